"""Text from outside in a Markdown document: it says what it says, and is no heading, link or HTML. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 2_000
"""Characters of one text that stand in a document; the ledger has the rest."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$#{}])")
_BEGINS = re.compile(r"^([-+=]|\d+(?=[.)]))")
_ADDRESS = re.compile(r"(?i)(https?|ftp|mailto|xmpp):|(?<![\w])www\.")
_FENCE = re.compile(r"`{3,}")


def printable(text: str) -> str:
    """On one line, with whatever does not print (control, text direction, nothing at all) made visible."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else f"⟨{ord(char):04X}⟩" for char in line)


def inline(text: str) -> str:
    """``text`` to stand in a line, a list item or a table cell, as it is and nothing else."""
    line = printable(text)
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]}…"
    line = _SPECIAL.sub(r"\\\1", line).replace("@", "&#64;")
    line = _ADDRESS.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line)
    return _BEGINS.sub(lambda found: _literal(found[1]), line)


def _literal(begin: str) -> str:
    """What would begin a list: a mark escaped, a number with its first digit as an entity."""
    return f"&#{ord(begin[0])};{begin[1:]}" if begin[0].isdigit() else f"\\{begin}"


def block(text: str, language: str = "text") -> list[str]:
    """Lines of text as a fenced block that nothing in them can end."""
    rows = [_visible(row) for row in text.split("\n")]
    longest = max((len(found) for row in rows for found in _FENCE.findall(row)), default=2)
    fence = "`" * max(longest + 1, 3)
    return [f"{fence}{language}", *rows, fence]


def _visible(row: str) -> str:
    row = row.replace("\t", "    ").rstrip()
    if row.isprintable():
        return row
    return "".join(char if char.isprintable() else f"⟨{ord(char):04X}⟩" for char in row)


def row(*cells: str) -> str:
    """A row of a table, of cells that are Markdown already."""
    return f"| {' | '.join(cells)} |"


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table of cells that are Markdown already."""
    return [row(*heads), row(*("---" for _ in heads)), *(row(*cells) for cells in rows)]
