"""JavaScript regular expressions, in bounded time.

The ``regex`` library searches, for it can be told when to stop; the pattern is put into its dialect first.
What cannot be said in it, and what does not end in time, is answered as not exact.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

import regex

from console.flags import patience
from console.flags.javascript import units

SECONDS: Final = 0.1
"""A search that takes longer is given up: the reference would hang its server with it."""
LONGEST: Final = 10_000
"""UTF-16 units of a text the reference still searches."""
PATIENCE: Final = 3
"""So often a pattern may fail to end before it is given up without another search."""
_endless: dict[tuple[str, str], int] = {}
"""Patterns that did not end, and how often."""
LONGEST_PATTERN: Final = 20_000

ENDS = r"\n\r\u2028\u2029"
SPACES = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
WORD = "A-Za-z0-9_"
NO_DIGIT = r"\x00-/:-\U0010ffff"
NO_WORD = r"\x00-/:-@\[-\^`\{-\U0010ffff"
NO_SPACE = (
    r"\x00-\x08\x0e-\x1f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
CLASSES = {"d": "0-9", "D": NO_DIGIT, "w": WORD, "W": NO_WORD, "s": SPACES, "S": NO_SPACE}
EDGE = f"(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"
INSIDE = f"(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"
CONTROL = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "0": "\0"}
COUNT = re.compile(r"\{(\d+)(,(\d*))?\}", re.ASCII)
HEX = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}")
NAME = re.compile(r"\(\?<([A-Za-z_][A-Za-z0-9_]*)>", re.ASCII)


class Invalid(Exception):
    """The reference's engine refuses the pattern."""


class Beyond(Exception):
    """The pattern means something here that cannot be told for certain."""


class Found(NamedTuple):
    """``matched`` is ``None`` where the pattern is invalid; ``doubt`` says why the answer is not exact."""

    matched: bool | None
    doubt: str = ""


def search(pattern: Any, flags: Any, text: str) -> Found:
    """Whether ``pattern`` is found anywhere in ``text``. Raises :class:`console.flags.patience.TooLong`."""
    seconds = patience.left(SECONDS)
    if not isinstance(flags, str):
        return Found(None)
    kept = re.sub("[gy]", "", flags, count=1)
    if len(set(kept)) < len(kept) or set(kept) - set("dgimsuvy") or {"u", "v"} <= set(kept):
        return Found(None)
    try:
        compiled = _compiled(pattern if isinstance(pattern, str) else str(pattern), kept)
    except (Invalid, regex.error):
        return Found(None)
    except (Beyond, RecursionError, MemoryError, OverflowError) as error:
        return Found(False, f"regular expression: {str(error) or 'it is too deep'}")
    endless = f"regular expression: it did not end within {SECONDS:g} s, and may hang the application"
    if _endless.get((str(pattern), kept), 0) >= PATIENCE:
        patience.gave_up()
        return Found(False, endless)
    doubt = ""
    if "i" in kept and not (text.isascii() and str(pattern).isascii()):
        doubt = "regular expression: letters beyond ASCII without regard to case are the engine's own"
    if set(kept) & {"g", "y"}:
        doubt = "regular expression: flags g and y together keep a position between calls"
    try:
        subject = text if set(kept) & {"u", "v"} else units(text)
        hit = (
            compiled.match(subject, timeout=seconds)
            if "y" in kept
            else compiled.search(subject, timeout=seconds)
        )
    except TimeoutError:
        patience.gave_up()
        patience.check()  # what had less than its usual time is not held against the pattern
        _endless[str(pattern), kept] = _endless.get((str(pattern), kept), 0) + 1
        return Found(False, endless)
    except MemoryError:
        return Found(False, "regular expression: it took more memory than there is")
    return Found(hit is not None, doubt)


@lru_cache(maxsize=256)
def _compiled(pattern: str, flags: str) -> regex.Pattern[str]:
    if len(pattern) > LONGEST_PATTERN:
        raise Beyond("it is too long")
    unicode = bool(set(flags) & {"u", "v"})
    translated = _Translation(pattern if unicode else units(pattern), flags).whole()
    return regex.compile(translated, regex.V0 | (regex.IGNORECASE if "i" in flags else 0))


class _Translation:
    """One pass over a pattern."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern, self.at, self.out = pattern, 0, list[str]()
        self.unicode, self.dot_all, self.lines = "u" in flags, "s" in flags, "m" in flags
        if "v" in flags:
            raise Beyond("flag v")
        self.open = list[bool]()
        """For each open group, whether it may be repeated."""
        self.repeatable = False

    def whole(self) -> str:
        while self.at < len(self.pattern):
            self._term(self.pattern[self.at])
        if self.open:
            raise Invalid
        return "".join(self.out)

    def _put(self, text: str, length: int, repeatable: bool = True) -> None:
        self.out.append(text)
        self.at += length
        self.repeatable = repeatable

    def _term(self, one: str) -> None:
        if one in "*+?" or (one == "{" and COUNT.match(self.pattern, self.at)):
            self._quantifier(one)
        elif one == "(":
            self._group()
        elif one == ")":
            if not self.open:
                raise Invalid
            self._put(")", 1, self.open.pop())
        elif one == "[":
            self._set()
        elif one == "\\":
            self._escape()
        elif one in ".^$|":
            self._sign(one)
        elif one in "{}]" and self.unicode:
            raise Invalid
        else:
            self._put(regex.escape(one, special_only=False, literal_spaces=True), 1)

    def _sign(self, one: str) -> None:
        if one == ".":
            self._put(r"[\x00-\U0010ffff]" if self.dot_all else f"[^{ENDS}]", 1)
        elif one == "^":
            self._put(rf"(?:\A|(?<=[{ENDS}]))" if self.lines else r"\A", 1, False)
        elif one == "$":
            self._put(rf"(?:\Z|(?=[{ENDS}]))" if self.lines else r"\Z", 1, False)
        else:
            self._put("|", 1, False)

    def _quantifier(self, one: str) -> None:
        if not self.repeatable:
            raise Invalid
        text = one
        if one == "{":
            found = COUNT.match(self.pattern, self.at)
            assert found
            text = found[0]
            if found[3] and int(found[3]) < int(found[1]):
                raise Invalid
        lazy = self.pattern[self.at + len(text) : self.at + len(text) + 1] == "?"
        self._put(text + "?" * lazy, len(text) + lazy, False)

    def _group(self) -> None:
        rest = self.pattern[self.at : self.at + 4]
        for start, repeatable in (("(?:", True), ("(?<=", False), ("(?<!", False)):
            if rest.startswith(start):
                self.open.append(repeatable)
                return self._put(start, len(start), False)
        if rest[:3] in ("(?=", "(?!"):
            self.open.append(not self.unicode)
            return self._put(rest[:3], 3, False)
        if named := NAME.match(self.pattern, self.at):
            self.open.append(True)
            return self._put(f"(?P<{named[1]}>", len(named[0]), False)
        if rest.startswith("(?<"):
            raise Beyond("a group's name beyond ASCII")
        if rest.startswith("(?"):
            raise Invalid
        self.open.append(True)
        return self._put("(", 1, False)

    def _escape(self) -> None:
        nxt = self.pattern[self.at + 1 : self.at + 2]
        if not nxt:
            raise Invalid
        if nxt in CLASSES:
            self._put(f"[{CLASSES[nxt]}]", 2)
        elif nxt in "bB":
            self._put(EDGE if nxt == "b" else INSIDE, 2, False)
        else:
            char, length = self._character(nxt)
            self._put(regex.escape(char, special_only=False, literal_spaces=True), length)

    def _character(self, nxt: str) -> tuple[str, int]:
        """The character an escape stands for, and the escape's length."""
        if nxt in "123456789kpPcq" or (nxt == "0" and self.pattern[self.at + 2 : self.at + 3].isdigit()):
            raise Beyond(f"\\{nxt} is not told for certain")
        if nxt in CONTROL:
            return CONTROL[nxt], 2
        found = HEX.match(self.pattern, self.at + 1)
        if found and (not found[3] or self.unicode):
            if self.unicode and found[2] and found[2][:2].lower() in ("d8", "d9", "da", "db"):
                raise Beyond("half of a surrogate pair")
            code = int(found[1] or found[2] or found[3], 16)
            if code > 0x10FFFF:
                raise Invalid
            return chr(code), 1 + len(found[0])
        if self.unicode and nxt not in "^$\\.*+?()[]{}|/":
            raise Invalid
        return nxt, 2

    def _set(self) -> None:
        """A class in brackets, each of its members written so that it means only itself."""
        start, at = self.at, self.at + 1
        negated = self.pattern[at : at + 1] == "^"
        self.at += 1 + negated
        parts, ends = list[str](), list[str]()
        while (one := self.pattern[self.at : self.at + 1]) != "]":
            if not one:
                raise Invalid
            parts.append(self._in_set(one, ends))
        length = self.at + 1 - start
        self.at = start
        if not parts:
            return self._put(r"[\x00-\U0010ffff]" if negated else "(?!)", length)
        return self._put(f"[{'^' * negated}{''.join(parts)}]", length)

    def _in_set(self, one: str, ends: list[str]) -> str:
        low = self._atom(one)
        if self.pattern[self.at : self.at + 1] != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return low if len(low) > 1 else _literal(low)
        self.at += 1
        high = self._atom(self.pattern[self.at])
        if len(low) > 1 or len(high) > 1:
            if self.unicode:
                raise Invalid
            return "".join(part if len(part) > 1 else _literal(part) for part in (low, "-", high))
        if low > high:
            raise Invalid
        return f"{_literal(low)}-{_literal(high)}"

    def _atom(self, one: str) -> str:
        """One member: a character, or the inside of a class such as ``\\d``."""
        if one != "\\":
            self.at += 1
            return one
        nxt = self.pattern[self.at + 1 : self.at + 2]
        if not nxt:
            raise Invalid
        if nxt in CLASSES or nxt == "b":
            self.at += 2
            return CLASSES.get(nxt, "\b")
        if nxt == "B" or (nxt == "-" and self.unicode):
            if nxt == "B" and self.unicode:
                raise Invalid
            self.at += 2
            return nxt
        char, length = self._character(nxt)
        self.at += length
        return char


def _literal(char: str) -> str:
    return f"\\U{ord(char):08x}"
