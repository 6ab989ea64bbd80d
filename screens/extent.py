"""How large a terminal must be, and the sentence that stands in a smaller one."""

from __future__ import annotations

from screens.paint import Line, paragraph

MIN_WIDTH, MIN_HEIGHT = 60, 16


def too_small(width: int, height: int) -> bool:
    """Whether nothing but a sentence can be drawn."""
    return width < MIN_WIDTH or height < MIN_HEIGHT


def sentence(width: int, height: int) -> list[Line]:
    """What is needed, what there is, and how to leave."""
    need, have = f"{MIN_WIDTH}×{MIN_HEIGHT}", f"{width}×{height}"
    text = f"Coalmine needs {need}; this is {have}. Enlarge the terminal. ctrl+q quits."
    return paragraph(text, max(width, 1))
