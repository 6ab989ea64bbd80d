"""The comparators of a condition, as the reference has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.flags.dates import milliseconds
from console.flags.javascript import (
    UNDEFINED,
    Raised,
    among,
    at_most,
    before,
    halves,
    is_number,
    lower,
    member,
    same,
    units,
)
from console.flags.patterns import LONGEST, search

Doubt = Callable[[str], None]
"""Told why an answer is not exact."""


def ignores_case(comparator: Any, options: Any) -> bool:
    if not isinstance(comparator, str) or comparator.removeprefix("!") not in FOLDING:
        return False
    if isinstance(options, str):
        return "i" in options
    return isinstance(options, dict | list) and member(options, "i") is True


def holds(left: Any, comparator: Any, right: Any, options: Any, doubt: Doubt) -> bool:
    """Whether a condition holds for the attribute's value ``left``. Never raises."""
    test = TESTS.get(comparator) if isinstance(comparator, str) else None
    if test is None:
        return False
    if ignores_case(comparator, options):
        left, right = lower(left), lower(right)
    try:
        return test(left, right, doubt)
    except Raised:
        return False


def _one_of(left: Any, right: Any, _: Doubt) -> bool:
    return isinstance(right, list) and among(left, right)


def _not_one_of(left: Any, right: Any, _: Doubt) -> bool:
    return isinstance(right, list) and left is not UNDEFINED and not among(left, right)


def _all_of(left: Any, right: Any, _: Doubt) -> bool:
    if not isinstance(right, list) or not isinstance(left, list):
        return False
    texts = {one for one in left if isinstance(one, str)}
    if len(texts) == len(left):
        return all(one in texts for one in right if isinstance(one, str))
    return all(among(one, left) for one in right)


def _shares(left: list[Any], right: list[Any]) -> bool:
    texts = {one for one in right if isinstance(one, str)}
    return any(one in texts if isinstance(one, str) else among(one, right) for one in left)


def _any_of(left: Any, right: Any, _: Doubt) -> bool:
    return isinstance(right, list) and isinstance(left, list) and _only_texts_or(left, right)


def _none_of(left: Any, right: Any, _: Doubt) -> bool:
    return isinstance(right, list) and not (isinstance(left, list) and _only_texts_or(left, right))


def _only_texts_or(left: list[Any], right: list[Any]) -> bool:
    return bool(left) and bool(right) and _shares(left, right)


def _text(test: Callable[[str, str], bool], negated: bool) -> Callable[[Any, Any, Doubt], bool]:
    def tested(left: Any, right: Any, _: Doubt) -> bool:
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        if halves(right):
            left, right = units(left), units(right)
        return test(left, right) is not negated

    return tested


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Doubt], bool]:
    def tested(left: Any, right: Any, _: Doubt) -> bool:
        if left is None or left is UNDEFINED or not (is_number(right) or isinstance(right, str)):
            return False
        return test(left, right)

    return tested


def _pattern(negated: bool) -> Callable[[Any, Any, Doubt], bool]:
    def tested(left: Any, right: Any, doubt: Doubt) -> bool:
        if not isinstance(left, str) or len(units(left)) > LONGEST:
            return False
        if not isinstance(right, dict) or right.get("type") != "regex":
            return False
        found = search(right.get("pattern", "(?:)"), right.get("flags"), left)
        if found.doubt:
            doubt(found.doubt)
        return found.matched is not None and found.matched is not negated

    return tested


def _dated(earlier: bool) -> Callable[[Any, Any, Doubt], bool]:
    def tested(left: Any, right: Any, doubt: Doubt) -> bool:
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        (one, sure), (other, certain) = milliseconds(left), milliseconds(right)
        impossible = (one is None and sure) or (other is None and certain)
        if not impossible and not (sure and certain):
            doubt("date: this text is read by rules of the engine's own")
        if one is None or other is None:
            return False
        return one < other if earlier else one > other

    return tested


FOLDING = {
    "eq",
    "oneOf",
    "containsAllOf",
    "containsAnyOf",
    "containsNoneOf",
    "startsWith",
    "endsWith",
    "contains",
}
"""The comparators that can leave the case aside, and those of them with a ``!`` before."""
TESTS: dict[str, Callable[[Any, Any, Doubt], bool]] = {
    "eq": lambda left, right, _: same(left, right),
    "!eq": lambda left, right, _: not same(left, right),
    "oneOf": _one_of,
    "!oneOf": _not_one_of,
    "containsAllOf": _all_of,
    "containsAnyOf": _any_of,
    "containsNoneOf": _none_of,
    "startsWith": _text(str.startswith, False),
    "!startsWith": _text(str.startswith, True),
    "endsWith": _text(str.endswith, False),
    "!endsWith": _text(str.endswith, True),
    "contains": _text(str.__contains__, False),
    "!contains": _text(str.__contains__, True),
    "ex": lambda left, _, __: left is not UNDEFINED and left is not None,
    "!ex": lambda left, _, __: left is UNDEFINED or left is None,
    "gt": _ordered(lambda left, right: before(right, left)),
    "gte": _ordered(lambda left, right: at_most(right, left)),
    "lt": _ordered(before),
    "lte": _ordered(at_most),
    "regex": _pattern(False),
    "!regex": _pattern(True),
    "before": _dated(True),
    "after": _dated(False),
}
