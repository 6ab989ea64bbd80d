"""When the evidence on a release starts afresh: something it was about has changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from console import events
from console.canary.stages import Release
from console.envelope import Recorded
from console.ports import Activity
from console.readings import Millis

SETTLING_MS: Millis = 120_000
"""The host's own work at the start of a release is no change from outside."""

OUTSIDE = ("aliases-assigned", "instant-rollback", "manual-deployment-promotion", "edge-config", "firewall")
"""Beginnings of the host's kinds of activity that change what visitors get beside the release."""


ANOTHER = "the baseline is another deployment"


def opened(
    story: Sequence[Recorded], release: Release, activity: Sequence[Activity]
) -> events.EpochOpened | None:
    """The oldest epoch that should have been opened and is not on the release's stream yet.

    A change of stage opens none: it changes who gets the canary, and not what that is.
    """
    assert release.canary is not None
    recorded = [event for _, event in _typed(story) if isinstance(event, events.EpochOpened)]
    known = {(event.since, event.why) for event in recorded}
    reasons = {event.why for event in recorded}
    for since, cause, why in sorted(_causes(story, release, activity)):
        told = why in reasons if why.startswith(ANOTHER) else (since, why) in known
        if not told and since > release.started_at:
            return events.EpochOpened(canary_id=release.canary.id, cause=cause, since=since, why=why)  # type: ignore[arg-type]
    return None


def epochs_of(story: Sequence[Recorded]) -> list[tuple[Millis, str]]:
    """Since when each epoch of a release's stream is, and why; oldest first."""
    return sorted(
        (event.since, event.why) for _, event in _typed(story) if isinstance(event, events.EpochOpened)
    )


def _causes(
    story: Sequence[Recorded], release: Release, activity: Sequence[Activity]
) -> list[tuple[Millis, str, str]]:
    found: list[tuple[Millis, str, str]] = []
    seen = [(at, event) for at, event in _typed(story) if isinstance(event, events.ReleaseSeen)]
    over: events.ReleaseSeen | None = None
    for at, event in seen:
        if event.state == "ACTIVE" and over is not None:
            found.append((at, "rollback", f"{over.says}, and taken up again"))
        over = None if event.state == "ACTIVE" else event
    if seen and release.baseline is not None and seen[0][1].baseline_id != release.baseline.id:
        why = f"{ANOTHER}: {release.baseline.id}"
        found.append((release.updated_at, "outside", why))
    for one in activity:
        if one.at > release.started_at + SETTLING_MS and one.kind.startswith(OUTSIDE):
            found.append((one.at, "outside", one.text.strip() or one.kind))
    return found


def _typed(story: Sequence[Recorded]) -> list[tuple[Millis, events.Event]]:
    found = []
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if event is not None:
            found.append((one.at, event))
    return found
