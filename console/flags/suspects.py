"""Which flags may be behind a harm: ranked, each with its reasons in words. Pure.

Three things speak against a flag. That requests with one of its variants fail more than the others *on the
same deployment* weighs most: between deployments the difference may be the release's. Then that it was
changed shortly before the judge's word turned; then that only the canary's code asks for it, which a harm on
the canary alone fits. None of them proves anything, and a flag of which nothing is known is not acquitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from console.flags.incident import Incident
from console.flags.model import Flag
from console.flags.splits import ByVariant, Counted, Splits
from console.flags.words import shown_text
from console.readings import Millis

MINUTE: Millis = 60_000
JUST_BEFORE_MS: Millis = 60 * MINUTE
LATELY_MS: Millis = 3 * JUST_BEFORE_MS
"""A change that is older than this is held against nobody."""
LEAST_ERRORS = 5
LEAST_RATIO = 1.5
CHANCE = 0.001
"""How likely one of all the flags of an incident is ever blamed for errors that chance alone dealt."""
POINTS = {"errors": 8, "changed": 4, "changed earlier": 1, "canary only": 2}

Kind = Literal["errors", "changed", "changed earlier", "canary only"]


@dataclass(frozen=True, slots=True)
class Made:
    """A change of a flag: when, by whom (if that is known) and why."""

    at: Millis
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks against a flag."""

    kind: Kind
    says: str
    variant: str = ""
    """Of ``errors``: the one whose requests fail more."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A flag that something speaks against."""

    key: str
    reasons: tuple[Reason, ...]
    """The weightiest first."""
    unsaid: tuple[str, ...] = ()
    """What cannot be held against it or for it, and why."""

    @property
    def points(self) -> int:
        """Of the ranking; the numbers say an order and nothing else."""
        return sum(POINTS[one.kind] for one in self.reasons)

    @property
    def says(self) -> str:
        """All reasons in one line."""
        return "; ".join(one.says for one in self.reasons)

    @property
    def worse(self) -> str:
        """The variant whose requests fail more; empty where that is not seen."""
        return next((one.variant for one in self.reasons if one.kind == "errors"), "")


def ranked(
    flags: Sequence[Flag],
    incident: Incident,
    changes: Mapping[str, Sequence[Made]],
    splits: Splits | None,
) -> tuple[Suspect, ...]:
    """The flags that something speaks against, the most suspect first; of equals the last changed.

    ``changes``: of each flag those that are known, in any order. ``splits``: ``None`` where the metrics
    say nothing by flag.
    """
    found = []
    pairs = _comparisons(splits, incident)
    for flag in flags:
        reasons, unsaid = list[Reason](), list[str]()
        newest = _newest(changes.get(flag.key, ()), incident)
        own = {} if splits is None or incident.harmed is None else splits.get(incident.harmed, {})
        seen = own.get(flag.key, {})
        reasons += _errors(seen, pairs)
        reasons += _changed(newest, incident)
        reasons += _canary_only(flag.key, splits, incident)
        if not reasons:
            continue
        if seen and sum(one.requests > 0 for one in seen.values()) == 1:
            (alone,) = (name for name, one in seen.items() if one.requests > 0)
            unsaid.append(f"all have {shown_text(alone)}, so its variants cannot be compared")
        unsaid += _too_late(changes.get(flag.key, ()), incident)
        at = newest.at if newest is not None else 0
        reasons.sort(key=lambda one: -POINTS[one.kind])
        found.append((Suspect(flag.key, tuple(reasons), tuple(unsaid)), at))
    found.sort(key=lambda one: (-one[0].points, -one[1], one[0].key))
    return tuple(one for one, _ in found)


# --- changed -----------------------------------------------------------------------------------------


def _newest(made: Sequence[Made], incident: Incident) -> Made | None:
    """The last change that was there when the judge's word turned."""
    return max((one for one in made if one.at <= incident.since), key=lambda one: one.at, default=None)


def _changed(newest: Made | None, incident: Incident) -> Iterator[Reason]:
    if newest is None or incident.since - newest.at > LATELY_MS:
        return
    before = incident.since - newest.at
    when = f"{_about(before)} before {incident.event}" if incident.harm else f"{_about(before)} ago"
    who = f" by {shown_text(newest.by)}" if newest.by else ""
    why = f" ({shown_text(newest.why)})" if newest.why else ""
    kind: Kind = "changed" if before <= JUST_BEFORE_MS else "changed earlier"
    yield Reason(kind, f"changed {when}{who}{why}")


def _too_late(made: Sequence[Made], incident: Incident) -> Iterator[str]:
    after = [one for one in made if one.at > incident.since]
    if incident.harm and after:
        last = max(after, key=lambda one: one.at)
        yield f"changed again {_about(last.at - incident.since)} after: too late to be the cause"


def _about(ms: Millis) -> str:
    if ms < 2 * MINUTE:
        return f"{max(ms, 0) // 1000} s"
    return f"{round(ms / MINUTE)} min"


# --- only the canary's code --------------------------------------------------------------------------


def _canary_only(key: str, splits: Splits | None, incident: Incident) -> Iterator[Reason]:
    """Said only where the baseline counts other flags: one that counts none may ask for this one, too."""
    if splits is None or incident.harmed is None or incident.beside is None:
        return
    own, other = splits.get(incident.harmed, {}), splits.get(incident.beside, {})
    if _whole(own.get(key, {})) > 0 and _whole(other.get(key, {})) == 0 and any(map(_whole, other.values())):
        yield Reason("canary only", "only the canary's code asks for it")


def _whole(seen: ByVariant) -> float:
    return sum(one.requests for one in seen.values())


# --- errors by variant -------------------------------------------------------------------------------


def _comparisons(splits: Splits | None, incident: Incident) -> int:
    """How many variants are compared with the rest of theirs: so often chance has its chance."""
    own = {} if splits is None or incident.harmed is None else splits.get(incident.harmed, {})
    return max(sum(len(seen) for seen in own.values() if len(seen) > 1), 1)


def _errors(seen: ByVariant, pairs: int) -> Iterator[Reason]:
    """The variant that fails most, if it does so more than the others and more than chance has it."""
    whole = Counted(_whole(seen), sum(one.errors for one in seen.values()))
    worst: tuple[float, str] | None = None
    for variant, one in seen.items():
        others = Counted(whole.requests - one.requests, whole.errors - one.errors)
        if one.errors < LEAST_ERRORS or min(one.requests, others.requests) <= 0:
            continue
        rate, usual = one.errors / one.requests, others.errors / others.requests
        share = one.requests / whole.requests
        if rate < LEAST_RATIO * usual or log_chance(one.errors, whole.errors, share) > math.log(
            CHANCE / pairs
        ):
            continue
        says = (
            f"{_percent(rate)} of requests with {shown_text(variant)} fail, {_percent(usual)} of the others"
            f" ({one.errors:.0f} of {one.requests:.0f} against {others.errors:.0f} of {others.requests:.0f})"
        )
        if worst is None or rate > worst[0]:
            worst = (rate, says)
            reason = Reason("errors", says, variant)
    if worst is not None:
        yield reason


def log_chance(here: float, whole: float, share: float) -> float:
    """ln of the chance that at least ``here`` of ``whole`` errors fall where ``share`` of the requests are.

    The binomial tail, which is the exact test of two Poisson rates (Przyborowski and Wilenski 1940). Counts
    are rounded: they come from counters.
    """
    k, n = round(here), round(whole)
    if k <= 0 or share >= 1:
        return 0.0
    if share <= 0:
        return -math.inf
    place, rest = math.log(share), math.log1p(-share)
    terms = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * place + (n - i) * rest
        for i in range(k, n + 1)
    ]
    top = max(terms)
    return min(top + math.log(sum(math.exp(one - top) for one in terms)), 0.0)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
