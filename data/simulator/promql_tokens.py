"""PromQL text cut into tokens, strings and durations read."""

from __future__ import annotations

import re

from console.readings import Millis


class BadQuery(ValueError):
    """Not an expression this stand-in answers; the text says where it stopped."""


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<duration>(?:\d+(?:ms|[smhdwy]))+(?!\w))
    | (?P<word>[A-Za-z_:][\w:]*)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    | (?P<sign>=~|!~|!=|[=(){}\[\],/*+-])
    )""",
    re.VERBOSE | re.ASCII,
)
_UNITS_MS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def duration_ms(text: str) -> Millis:
    """``1h30m`` in milliseconds. Raises :class:`BadQuery`."""
    if not re.fullmatch(r"(?:\d+(?:ms|[smhdwy]))+", text):
        raise BadQuery(f"not a valid duration: {text!r}")
    total = sum(int(n) * _UNITS_MS[unit] for n, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))
    if total == 0:
        raise BadQuery("duration must be greater than 0")
    return total


def tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of each token, and ``end`` after them. Raises :class:`BadQuery`."""
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        one = _TOKEN.match(stripped, at)
        if one is None:
            raise BadQuery(f"1:{at + 1}: unexpected character {stripped[at]!r}")
        assert one.lastgroup is not None
        found.append((one.lastgroup, one.group(one.lastgroup)))
        at = one.end()
    return [*found, ("end", "end of input")]


def unquoted(text: str) -> str:
    """The value of a string token."""
    if text[0] == "`":
        return text[1:-1]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group(1)), text[1:-1])
