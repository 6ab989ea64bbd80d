"""Of a timeline: what somebody looks for, and the place of a moment in it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.incidents.timeline import Line
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Wanted:
    """What lines have to be; everything that is left empty is met by all of them."""

    kinds: frozenset[str] = frozenset()
    """What they are about, or the kind of their event (``flag.ended``): one of these."""
    people: frozenset[str] = frozenset()
    """Who recorded them: one of these."""
    since: Millis | None = None
    until: Millis | None = None
    """Both included."""
    words: str = ""
    """Every one of these, whatever the case: in text, person or kind."""


def chosen(lines: Iterable[Line], wanted: Wanted) -> tuple[Line, ...]:
    """The lines that are all of it, in their order."""
    people = {one.casefold() for one in wanted.people}
    words = wanted.words.casefold().split()
    return tuple(
        line
        for line in lines
        if (not wanted.kinds or line.about in wanted.kinds or line.kind in wanted.kinds)
        and (not people or line.who.casefold() in people)
        and (wanted.since is None or line.at >= wanted.since)
        and (wanted.until is None or line.at <= wanted.until)
        and _has(line, words)
    )


def matching(lines: Iterable[Line], words: str) -> tuple[Line, ...]:
    """The lines that have every one of ``words`` in them."""
    return chosen(lines, Wanted(words=words))


def _has(line: Line, words: Sequence[str]) -> bool:
    text = f"{line.about} {line.kind} {line.who} {line.says}".casefold()
    return all(word in text for word in words)


def place_of(lines: Sequence[Line], moment: Millis) -> int:
    """Where a jump to a moment lands: on the first line at it or after it, else on the last; 0 of none."""
    found = bisect_left(lines, moment, key=lambda line: line.at)
    return max(min(found, len(lines) - 1), 0)
