"""Text from outside made safe to draw: nothing invisible, nothing that moves the cursor, known width.

Widths are terminal cells. What is drawn never holds a control character, a bidirectional mark or a
zero-width character that a reader could not see: each becomes something visible.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size

ELLIPSIS = "…"
MAX_OUTSIDE = 4_000
"""Characters of one outside text that are looked at; nobody reads more of it in a terminal."""

_DROPPED = {"\ufe0e", "\ufe0f"}  # variation selectors: terminals disagree about their width
_VISIBLE = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}  # letters that look like nothing
_MARKS_KEPT = 2


def clean(text: str) -> str:
    """``text`` on one line, with everything invisible or dangerous made visible. Idempotent."""
    if text.isascii() and text.isprintable():
        return text[:MAX_OUTSIDE]
    return _clean(text[:MAX_OUTSIDE])


@lru_cache(maxsize=2_048)
def _clean(text: str) -> str:
    out: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n")):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MARKS_KEPT or char in _DROPPED:
            continue
        if marks and not out:
            out.append("◌")
        out.append(_shown(char, category))
    return "".join(out)


def _shown(char: str, category: str) -> str:
    code = ord(char)
    if category == "Cc":
        return "␡" if code == 0x7F else chr(0x2400 + code) if code < 0x20 else f"⟨{code:02X}⟩"
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "␤"
    if category == "Cs":
        return "�"
    if 0x1F1E6 <= code <= 0x1F1FF:  # flags: pairs whose width terminals disagree about
        return chr(ord("A") + code - 0x1F1E6)
    if 0x1F3FB <= code <= 0x1F3FF:  # skin tones: the same
        return ""
    if category in ("Cf", "Cn") or char in _VISIBLE:
        return f"⟨{code:04X}⟩"
    if category not in ("Mn", "Me") and get_character_cell_size(char) == 0:
        return f"⟨{code:04X}⟩"
    return char


def first_line(text: str) -> str:
    """The first line of an outside text, cleaned: what a commit message is known by."""
    stripped = text.strip()
    return clean(stripped.splitlines()[0]) if stripped else ""


def width(text: str) -> int:
    """Cells that ``text`` takes in a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int) -> str:
    """``text`` if it fits in ``cells``, else its beginning and an ellipsis; never wider than ``cells``."""
    if cells <= 0:
        return ""
    if width(text) <= cells:
        return text
    kept: list[str] = []
    used = 0
    for char in text:
        size = get_character_cell_size(char)
        if used + size > cells - 1:
            break
        kept.append(char)
        used += size
    return "".join(kept).rstrip() + ELLIPSIS


def fit(text: str, cells: int, align: str = "left") -> str:
    """``text`` cut or padded to exactly ``cells``."""
    short = cut(text, cells)
    room = " " * (cells - width(short))
    return room + short if align == "right" else short + room


def wrap(text: str, cells: int) -> list[str]:
    """``text`` in lines of at most ``cells``, broken at spaces where it can be; at least one line."""
    if cells <= 0:
        return [""]
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if width(candidate) <= cells:
            line = candidate
            continue
        if line:
            lines.append(line)
        line = word
        while width(line) > cells:
            head = _head(line, cells)
            lines.append(head)
            line = line[len(head) :]
    lines.append(line)
    return lines


def _head(text: str, cells: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += get_character_cell_size(char)
        if used > cells:
            return text[: max(index, 1)]
    return text
