"""Lines of toned text: what the pure drawing modules give and the widgets paint.

A tone is a meaning, not a colour; the themes say what each looks like.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from screens import clean

Tone = Literal[
    "normal",
    "quiet",
    "strong",
    "canary",
    "baseline",
    "canary-band",
    "baseline-band",
    "good",
    "worse",
    "caution",
    "key",
    "cursor",
]
TONES: tuple[Tone, ...] = get_args(Tone)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one tone; ``bold`` lifts it to the weight of what decides."""

    text: str
    tone: Tone = "normal"
    bold: bool = False


Line = tuple[Span, ...]
EMPTY: Line = ()
Look = tuple[str, Tone, bool]
"""A character as it is drawn."""
BLANK = " \u2800"
"""Characters without ink: the second is braille without dots."""
NEAR = 12
"""Cells that are cheaper painted again than jumped over."""


def span(text: str, tone: Tone = "normal", bold: bool = False) -> Span:
    """A span of ``text``, cleaned: every text from outside comes in through here."""
    return Span(clean.clean(text), tone, bold)


def width(line: Iterable[Span]) -> int:
    """Cells that the line takes."""
    return sum(clean.width(part.text) for part in line)


def plain(line: Iterable[Span]) -> str:
    """The line without its tones."""
    return "".join(part.text for part in line)


def cut(line: Line, cells: int) -> Line:
    """The line, ending in an ellipsis if it is wider than ``cells``."""
    if width(line) <= cells:
        return line
    line = _stripped(line)
    if width(line) <= cells:
        return line
    out: list[Span] = []
    left = cells
    for index, part in enumerate(line):
        size = clean.width(part.text)
        rest = line[index + 1 :]
        if size > left or (size == left and width(rest) > 0):
            out.append(replace(part, text=clean.cut(part.text + clean.ELLIPSIS, left)))
            break
        out.append(part)
        left -= size
    return tuple(out)


def _stripped(line: Line) -> Line:
    """Without the room at its end, which is nothing that a cut would lose."""
    kept = list(line)
    while kept and not kept[-1].text.strip():
        kept.pop()
    return (*kept[:-1], replace(kept[-1], text=kept[-1].text.rstrip())) if kept else ()


def fit(line: Line, cells: int) -> Line:
    """The line, exactly ``cells`` wide."""
    short = cut(line, cells)
    room = cells - width(short)
    return (*short, Span(" " * room)) if room > 0 else short


def differing(old: Line, new: Line) -> list[tuple[int, int]]:
    """The runs of cells, first and after the last, in which two lines of one width look different.

    Runs with fewer than :data:`NEAR` cells between them are one: going there costs more than painting them.
    """
    before, after = ([(char, one.tone, one.bold) for one in line for char in one.text] for line in (old, new))
    if before == after:
        return []
    if len(before) != len(after) or not (_single(old) and _single(new)):
        return [_outermost(before, after)]
    runs: list[tuple[int, int]] = []
    for at, (was, now) in enumerate(zip(before, after, strict=True)):
        if was != now:
            if runs and at - runs[-1][1] < NEAR:
                runs[-1] = (runs[-1][0], at + 1)
            else:
                runs.append((at, at + 1))
    return runs


def _single(line: Line) -> bool:
    """Whether every character of the line takes one cell."""
    return all(one.text.isascii() or all(clean.width(char) == 1 for char in one.text) for one in line)


def _outermost(before: list[Look], after: list[Look]) -> tuple[int, int]:
    """From the first to the last difference, in cells: also where characters take two or none."""
    shorter = min(len(before), len(after))
    same = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    rest = next((at for at in range(shorter - same) if before[-1 - at] != after[-1 - at]), shorter - same)
    return tuple(  # type: ignore[return-value]
        clean.width("".join(char for char, _, _ in after[:end])) for end in (same, len(after) - rest)
    )


def spread(left: Line, right: Line, cells: int, gap: int = 2) -> Line:
    """``left`` and ``right`` at the two ends; the left one gives way, the right one only if it must."""
    right = cut(right, cells)
    room = cells - width(right) - gap
    return fit((*fit(left, room), Span(" " * gap), *right), cells) if room > 0 else fit(right, cells)


def columns(cells: Iterable[tuple[Span, int]], gap: int = 2) -> Line:
    """Spans in columns of fixed widths, so that numbers never jump."""
    out: list[Span] = []
    for part, size in cells:
        if size <= 0:
            continue
        if out:
            out.append(Span(" " * gap))
        out.append(replace(part, text=clean.fit(part.text, size)))
    return tuple(out)


def toned(line: Line, tone: Tone) -> Line:
    """The whole line in one tone and no weight: how a stale pane is drawn."""
    return tuple(Span(part.text, tone) for part in line)


def paragraph(
    text: str, cells: int, tone: Tone = "normal", bold: bool = False, indent: int = 0, most: int = 200
) -> list[Line]:
    """An outside or own sentence, wrapped to ``cells``, in at most ``most`` rows."""
    inner = max(cells - indent, 1)
    wrapped = clean.wrap(clean.clean(text), inner)
    if len(wrapped) > most:
        wrapped = [*wrapped[: most - 1], clean.cut(wrapped[most - 1] + clean.ELLIPSIS, inner)]
    room = Span(" " * indent)
    return [(room, Span(part, tone, bold)) if indent else (Span(part, tone, bold),) for part in wrapped]
