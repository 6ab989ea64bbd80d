"""What the screen has read of the flags, and how old that is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from console.flags.counts import Counts
from console.flags.differing import difference_lines
from console.flags.edits import Raw
from console.flags.evaluating import MALFORMED
from console.flags.model import Flag
from console.flags.provider import Version
from console.readings import Millis, Problem
from screens.paint import Span, span
from screens.present import SECOND, ago, duration

EVERY_S = 30.0
"""How often the flags are read while their screen is on show."""
STALE_MS: Millis = round(1.5 * EVERY_S) * SECOND


@dataclass(frozen=True, slots=True)
class Known:
    """The newest answer of the back-end; ``problem``: why the one asked for after it did not come."""

    provider: str = ""
    follows: str = ""
    """How soon applications serve a change, in words."""
    flags: tuple[Flag, ...] = ()
    """The active ones, the newest change first."""
    archived: tuple[Flag, ...] | None = None
    """The archived ones, once somebody asked for them."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people are called, by the back-end's ids."""
    unreadable: tuple[str, ...] = ()
    segments: tuple[Raw, ...] | None = None
    """``None``: could not be read."""
    at: Millis | None = None
    problem: Problem | None = None

    @property
    def all(self) -> tuple[Flag, ...]:
        """The archived ones come last."""
        return (*self.flags, *(self.archived or ()))

    def person(self, by: object) -> str:
        """What somebody is called: the name, or the id where that is not known."""
        return "" if by is None else self.names.get(str(by), str(by))

    def called(self) -> dict[str, str]:
        """What each segment is called, by its id."""
        return {str(one.get("id")): str(one.get("slug")) for one in self.segments or ()}


@dataclass(frozen=True, slots=True)
class Past:
    """The newest versions of a flag, each with what it changed; or why they are not known."""

    versions: tuple[tuple[Version, tuple[str, ...]], ...] = ()
    problem: Problem | None = None
    counts: Counts | None = None
    """Evaluations of the last day, where the back-end counts them and says so."""


def newest_first(flags: Sequence[Flag]) -> tuple[Flag, ...]:
    """The newest change first, else as the back-end has them; those of which it is not known come last."""
    return tuple(sorted(flags, key=lambda one: changed_at(one) or 0, reverse=True))


def changed_at(flag: Flag) -> Millis | None:
    """When the flag was changed last, where the back-end says so."""
    at = flag.raw.get("updatedAt")
    return at if type(at) is int else None


def past_of(flag: Flag, versions: Sequence[Version], most: int) -> Past:
    """``versions`` (newest first), each beside the one before it; that of the last shown has to be known."""
    states = [Flag({**flag.raw, **one.data}) for one in versions]
    found = []
    for place, one in enumerate(versions[:most]):
        lines: tuple[str, ...] = ()
        if place + 1 < len(states):
            try:
                lines = difference_lines(states[place + 1], states[place])
            except MALFORMED:
                lines = ("what it changed cannot be read",)
        found.append((one, lines))
    return Past(tuple(found))


def age_spans(known: Known, reading: bool, now: Millis) -> list[Span]:
    """When the flags were read, and what is wrong with that."""
    if known.at is None:
        if known.problem is None:
            return [span("   … being read", "quiet")]
        return [span("   ! not read", "worse", bold=True)]
    age = now - known.at
    if known.problem is not None:
        return [span(f"   ⧗ stale {duration(age)}: {known.problem.what}", "caution", bold=True)]
    if age > STALE_MS:
        return [span(f"   ⧗ stale {duration(age)}", "caution", bold=True)]
    return [span(f"   read {ago(known.at, now)}{', … reading again' if reading else ''}", "quiet")]
