"""What is wrong with a playbook, and where."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from console.envelope import Json


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to put right. Line and column count from 1; without a column it is about the whole line."""

    line: int
    column: int | None
    code: str
    """Of the kind of fault, for programs: ``kind-unknown``."""
    message: str
    suggestion: str | None = None
    """What to write instead, where that is one thing."""

    def words(self, file: str) -> str:
        """``file:line:column: message``, as editors jump to it."""
        place = f"{file}:{self.line}" if self.column is None else f"{file}:{self.line}:{self.column}"
        return f"{place}: {on_one_line(self.message)}"

    def as_json(self, file: str) -> Json:
        return {
            "file": file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "suggestion": self.suggestion,
        }


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """By place; the same thing said twice is said once."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda one: (one.line, one.column or 0)))


def close_to(word: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant."""
    found = difflib.get_close_matches(word, list(known), 1, 0.6)
    return found[0] if found else None


def meant(word: str, known: Iterable[str]) -> str:
    """``; did you mean `…`?``, or nothing."""
    close = close_to(word, known)
    return f"; did you mean `{close}`?" if close else ""


def listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def on_one_line(text: str) -> str:
    """Text of which a value is part: what breaks lines in it must not look like a line of ours."""
    return re.sub(r"\s*\n\s*", " ", text)


SHOWN = 40
"""Characters of a wrong value that a message repeats."""


def shown(text: str) -> str:
    """A value from the file as a message repeats it."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
