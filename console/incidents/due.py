"""What is due when in an incident, and how long things took: from stored times alone, so the same on every
screen and after every restart. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.incidents.incident import Incident
from console.incidents.severity import Suggestion, escalated, upward
from console.incidents.terms import Severity, State, rank
from console.readings import Millis

MINUTE: Millis = 60_000
ACKNOWLEDGE_MS: dict[int, Millis] = {1: 5 * MINUTE, 2: 15 * MINUTE, 3: 60 * MINUTE, 4: 24 * 60 * MINUTE}
"""By rank of severity: until when somebody has to have acknowledged it, from its detection."""
FIRST_WORD_MS: dict[int, Millis] = {1: 5 * MINUTE, 2: 5 * MINUTE, 3: 60 * MINUTE}
UPDATE_MS: dict[int, Millis] = {1: 20 * MINUTE, 2: 20 * MINUTE, 3: 60 * MINUTE}
"""Between one word to everybody and the next; SEV4 has none."""
LONG_MS: Millis = 2 * 60 * MINUTE
SLOWER_MS: Millis = 30 * MINUTE
"""What takes longer than two hours is told of every half hour at SEV1 and SEV2."""
WATCH_MS: dict[int, Millis] = {1: 30 * MINUTE, 2: 30 * MINUTE, 3: 10 * MINUTE, 4: 10 * MINUTE}
"""How long a mitigated one is watched before it counts as resolved."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long it took, in milliseconds; ``None`` where that has not happened, or is no more so."""

    detect: Millis | None
    """From the start to the detection; ``None`` where nobody said that it began earlier."""
    acknowledge: Millis | None
    """From the detection to the first that took care."""
    mitigate: Millis | None
    """From the start to the mitigation that held."""
    resolve: Millis | None
    """From the start to the resolution."""


def times_of(incident: Incident) -> Times:
    """The four times; none is negative, whatever clock wrote them."""
    start, detected = incident.opened.started_at, incident.opened.detected_at

    def between(since: Millis, at: Millis | None) -> Millis | None:
        return None if at is None else max(0, at - since)

    return Times(
        detected - start if detected > start else None,
        between(detected, incident.acknowledged_at),
        between(start, incident.mitigated_at),
        between(start, incident.resolved_at),
    )


def time_at(incident: Incident, now: Millis) -> dict[Severity, Millis]:
    """How long it was of which severity; it counts until it was resolved, or is over."""
    until = incident.resolved_at or incident.closed_at or now
    ends = [at for at, _ in incident.severities[1:]] + [until]
    found: dict[Severity, Millis] = {}
    for (since, severity), end in zip(incident.severities, ends, strict=True):
        found[severity] = found.get(severity, 0) + max(0, min(end, until) - since)
    return found


def acknowledge_by(incident: Incident) -> Millis | None:
    """Until when somebody has to take care of it; ``None`` where somebody does, or it is over."""
    if incident.acknowledged_at is not None or incident.over:
        return None
    return incident.opened.detected_at + ACKNOWLEDGE_MS[rank(incident.severity)]


def update_by(incident: Incident) -> Millis | None:
    """Until when everybody concerned has to hear how it stands; ``None`` where nothing is due."""
    every = UPDATE_MS.get(rank(incident.severity))
    last = incident.update
    if incident.over:
        return None
    if last is not None and last.next_at is not None:
        return last.next_at
    if every is None:
        return None
    if last is None:
        return incident.at + FIRST_WORD_MS[rank(incident.severity)]
    late = last.at - incident.at >= LONG_MS
    return last.at + (max(every, SLOWER_MS) if late else every)


def watched_until(incident: Incident) -> Millis | None:
    """Until when a mitigated one is watched; ``None`` of any other."""
    if incident.state is not State.MITIGATED:
        return None
    return incident.state_since + WATCH_MS[rank(incident.severity)]


def suggestion_of(incident: Incident, now: Millis) -> Suggestion | None:
    """The worst that is suggested and not set: by a rule that was recorded, or since it lasts."""
    if incident.over:
        return None
    found = []
    if incident.suggestion is not None:
        one = incident.suggestion
        found.append(Suggestion(one.severity, one.rule, tuple(one.reasons)))
    if incident.mitigated_at is None:
        lasting = escalated(incident.severity, incident.severities[-1][0], now)
        found += [lasting] if lasting is not None else []
    above = [one for one in found if upward(incident.severity, one) is not None]
    return min(above, key=lambda one: rank(one.severity), default=None)
