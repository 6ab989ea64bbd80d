"""Selectors of the catalogue, ``NAME{$D,label="value"}``: read, checked, and matched against labels. Pure.

The client asks for the series of many metrics at once, by name and deployment, and finds out itself to
which selector each of them belongs. ``$D`` stands for the matchers of the deployments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

DEPLOYMENTS = "$D"
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_MATCHER = re.compile(
    r"""\s*(?: (?P<deployments>\$D)
      | (?P<label>[A-Za-z_][A-Za-z0-9_]*)\s*(?P<op>=~|!~|!=|=)
        \s*(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    )\s*(?P<comma>,|$)""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class BadSelector(ValueError):
    """Not a selector; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; ``pattern`` is set for the regular expressions, which match whole values."""

    label: str
    op: str
    value: str
    pattern: re.Pattern[str] | None = None

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether ``labels`` pass; a label that is absent has the value ``""``."""
        value = labels.get(self.label, "")
        hit = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return hit is (self.op in ("=", "=~"))


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by name and labels. ``split``: it has a place for the matchers of the deployments."""

    text: str
    name: str
    matchers: tuple[Matcher, ...]
    split: bool

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether a series of the selector's name with these labels belongs to it."""
        return all(one.fits(labels) for one in self.matchers)


@lru_cache(maxsize=512)
def selector(text: str) -> Selector:
    """The selector written in ``text``. Raises :class:`BadSelector`."""
    found = _NAME.match(text)
    if found is None:
        raise BadSelector("a selector begins with the name of a series, like http_requests_total{$D}")
    name, rest = found[0], text[found.end() :].strip()
    if not rest:
        return Selector(text, name, (), split=False)
    if rest[0] != "{" or rest[-1] != "}":
        raise BadSelector(
            "a selector is a name and matchers in braces, without range, offset or function: "
            'http_requests_total{$D,status=~"5.."}'
        )
    matchers, split, inside, at = [], False, rest[1:-1].strip(), 0
    while at < len(inside):
        one = _MATCHER.match(inside, at)
        if one is None:
            raise BadSelector(f'the matcher at {inside[at : at + 20]!r} is not of the form label="value"')
        at = one.end()
        if one["deployments"]:
            split = True
        else:
            matchers.append(_matcher(one["label"], one["op"], _unquoted(one["text"])))
    return Selector(text, name, tuple(matchers), split)


def _matcher(label: str, op: str, value: str) -> Matcher:
    if op not in ("=~", "!~"):
        return Matcher(label, op, value)
    try:
        return Matcher(label, op, value, re.compile(value, re.DOTALL))
    except re.error as error:
        raise BadSelector(f"{value!r} is not a regular expression: {error}") from None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])


def expression_fault(text: str) -> str | None:
    """What is plainly wrong with an expression's form; ``None`` if nothing is.

    Whether it means something only the server can say.
    """
    closing, waiting, quote, at = {"(": ")", "[": "]", "{": "}"}, [], "", 0
    while at < len(text):
        sign = text[at]
        if quote:
            if sign == "\\" and quote != "`":
                at += 1
            elif sign == quote:
                quote = ""
        elif sign in "\"'`":
            quote = sign
        elif sign in closing:
            waiting.append(closing[sign])
        elif sign in closing.values() and (not waiting or waiting.pop() != sign):
            return f"there is a {sign} too many"
        at += 1
    if quote:
        return f"a string that begins with {quote} does not end"
    return f"a {waiting[-1]} is missing" if waiting else None
