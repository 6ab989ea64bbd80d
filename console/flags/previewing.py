"""What a change of a flag will do, before it is sent: what differs, who is moved, what to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console.flags.blast import Share, changed_share, moments, moved_people
from console.flags.cautions import cautions
from console.flags.changing import Changed
from console.flags.counted import BASIS, counted_share
from console.flags.counts import Counts
from console.flags.differing import difference_lines
from console.flags.edits import UNREADABLE, same
from console.flags.evaluating import followed
from console.flags.many import Population
from console.flags.model import BadFlag, Flag, packed_segments
from console.flags.patience import TooLong, at_most
from console.readings import Millis

MOST_MOMENTS = 12
"""Moments of a timed rollout that are shown."""
NOT_KNOWN = Share(0.0, 1.0, "bounds")
PREVIEW_S = 2.0
"""What is not worked out after so long is not waited for."""
GIVEN_UP = (
    f"Working out whom it moves was given up (after {PREVIEW_S:g} s in all, or at a regular expression that "
    "does not end): the people named and the shares may not be all. Such a pattern may hang the application."
)


@dataclass(frozen=True)
class Moment:
    """The share of people with another variant at a moment.

    People listed by name are few and told one by one: unless people are counted they are left aside.
    """

    at: Millis
    share: Share


@dataclass(frozen=True)
class Hit:
    """One environment whose people are moved, or may be."""

    environment: str
    through: str
    """The environment it copies, where it is hit by that alone; else empty."""
    moments: tuple[Moment, ...]
    """Now, and after each slot of a timed rollout."""
    pinned: tuple[str, ...]
    """People listed by name whose variant changes, as ``user.id = vip``."""

    @property
    def now(self) -> Share:
        return self.moments[0].share


@dataclass(frozen=True)
class Preview:
    """Everything a person should see before a change is sent."""

    words: str
    lines: tuple[str, ...]
    """The difference."""
    hits: tuple[Hit, ...]
    warnings: tuple[str, ...]
    exact: bool = field(default=True)
    """Whether every share is."""


def preview(
    change: Changed,
    *,
    now_ms: Millis,
    segments: Sequence[Mapping[str, Any]] = (),
    population: Population | None = None,
    counts: Counts | None = None,
) -> Preview:
    """``counts``: of evaluations since the flag was changed last, where branches alone give a range.
    ``segments``: the host's objects. ``population``: known people, counted instead of bounded."""
    try:
        packed: Any = packed_segments(segments)
    except BadFlag:
        packed = {}
    before, after = _packed(change.before), _packed(change.after)
    with at_most(PREVIEW_S) as patience:
        hits = tuple(_hits(before, after, packed, now_ms, population))
        if counts is not None and population is None and before is not None and after is not None:
            hits = tuple(_with_counts(hit, before, after, counts) for hit in hits)
    if patience.gave_up:
        hits = tuple(replace(hit, moments=tuple(map(_uncounted, hit.moments))) for hit in hits)
    exact = all(moment.share.exact for hit in hits for moment in hit.moments)
    return Preview(
        words=change.words,
        lines=difference_lines(change.before, change.after),
        hits=hits,
        warnings=(*cautions(change, segments, now_ms), *((GIVEN_UP,) if patience.gave_up else ())),
        exact=exact and not patience.gave_up,
    )


def _with_counts(hit: Hit, before: Any, after: Any, counts: Counts) -> Hit:
    """The share now by what applications got, where that says more than the branches alone."""
    shares, now = counts.shares(hit.environment), hit.moments[0]
    if shares is None or now.share.exact:
        return hit
    try:
        found = counted_share(before, after, hit.environment, shares, now.at)
    except (*UNREADABLE, TooLong):
        return hit
    if found is None or found.high - found.low >= now.share.high - now.share.low:
        return hit
    return replace(hit, moments=(Moment(now.at, found), *hit.moments[1:]))


def _uncounted(moment: Moment) -> Moment:
    """People were counted with conditions of which some were given up."""
    return replace(moment, share=NOT_KNOWN) if moment.share.basis == "population" else moment


def _hits(
    before: Any, after: Any, segments: Any, now_ms: Millis, population: Population | None
) -> Iterable[Hit]:
    if (
        before is None or after is None
    ):  # on one side archived or malformed: what is served, nobody here knows
        shown = before or after
        for name in shown["environments"] if shown else ():
            yield Hit(name, "", (Moment(now_ms, NOT_KNOWN),), ())
        return
    for name in dict.fromkeys([*before["environments"], *after["environments"]]):
        was, now = _deciding(before, name), _deciding(after, name)
        if was == now and all(same(before[key], after[key]) for key in ("seed", "variants", "variantIds")):
            continue
        own = same(before["environments"].get(name), after["environments"].get(name))
        yield Hit(
            name,
            now[0] if own and now[0] != name else "",
            _moments(before, after, name, segments, now_ms, population),
            _pinned(before, after, name, segments, now_ms),
        )


def _packed(flag: Flag) -> Any:
    """``None`` for a flag of which it cannot be said what it serves."""
    try:
        return flag.packed()
    except BadFlag:
        return None


def _deciding(definition: Any, name: str) -> tuple[str, Any]:
    """Which environment decides for ``name``, and its entry."""
    try:
        entry, owner, fault = followed(definition, name)
    except UNREADABLE as error:
        return name, str(error)
    return owner, fault or entry


def _moments(
    before: Any, after: Any, name: str, segments: Any, now_ms: Millis, population: Population | None
) -> tuple[Moment, ...]:
    one, other = (before, after) if population else (_without_targets(before), _without_targets(after))
    try:
        ats = sorted({*moments(one, name, now_ms), *moments(other, name, now_ms)})[:MOST_MOMENTS]
        return tuple(
            Moment(
                round(at),
                changed_share(one, other, name, now_ms=at, segments=segments, population=population),
            )
            for at in ats
        )
    except (*UNREADABLE, TooLong):
        return (Moment(now_ms, NOT_KNOWN),)


def _without_targets(definition: Any) -> Any:
    environments = {
        name: {key: value for key, value in entry.items() if key != "targets"}
        if isinstance(entry, dict)
        else entry
        for name, entry in definition["environments"].items()
    }
    return {**definition, "environments": environments}


def _pinned(before: Any, after: Any, name: str, segments: Any, now_ms: Millis) -> tuple[str, ...]:
    try:
        return tuple(moved_people(before, after, name, segments=segments, now_ms=now_ms))
    except (*UNREADABLE, TooLong):
        return ()


def share_words(share: Share) -> str:
    """``20 % of people``, ``0 to 35 % of people``, or that nothing is known."""
    if share.basis == BASIS:
        low, high = _rounded(share.low), _rounded(share.high)
        return (
            f"about {low if low == high else f'{low} to {high}'} of evaluations, as counted since its change"
        )
    if share.exact:
        return f"{_percent(share.low)} of people"
    if (share.low, share.high) == (0.0, 1.0):
        return "some, all or none: it cannot be said without knowing the people"
    return f"{_percent(share.low)} to {_percent(share.high)} of people"


def _rounded(share: float) -> str:
    """A counted share is no more certain than that."""
    return f"{100 * share:.3g} %"


def _percent(share: float) -> str:
    if 0 < share < 0.00001:
        return "under 0.001 %"
    return f"{100 * share:.3f}".rstrip("0").rstrip(".") + " %"
