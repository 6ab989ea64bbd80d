"""Earlier releases that stayed good: what the judge learns of the noise from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console import events
from console.canary.rows import Row, spaced
from console.envelope import Recorded
from console.ports import Ledger
from console.readings import Millis

MOST = 3
"""The newest so many are looked at."""
LONGEST_MS: Millis = 3_600_000
"""Of a longer one its last hour."""
KEPT_MS: Millis = 7 * 24 * 3_600_000
"""For so long samples are kept."""
STREAM = "release:"


@dataclass(frozen=True, slots=True)
class Earlier:
    """One that was completed without ever having been judged ``rollback``."""

    baseline_id: str
    canary_id: str
    since: Millis
    until: Millis


def good(story: Sequence[Recorded]) -> Earlier | None:
    """The release of a stream, if it stayed good to its end. Pure."""
    found: list[tuple[Millis, events.ReleaseSeen]] = []
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            return None  # what cannot be read may have been anything
        if isinstance(event, events.VerdictChanged) and event.word == "rollback":
            return None
        if isinstance(event, events.EpochOpened):
            return None  # two different things were compared
        if isinstance(event, events.ReleaseSeen):
            found.append((one.at, event))
    if not found or found[-1][1].state != "COMPLETE":
        return None
    since, until = found[0][0], found[-1][0]
    first = found[0][1]
    return Earlier(first.baseline_id, first.canary_id, max(since, until - LONGEST_MS), until)


def good_before(ledger: Ledger, canary_id: str, at: Millis, oldest: Millis) -> list[Earlier]:
    """The newest good releases that were over before ``at`` and after ``oldest``, newest first. Blocking."""
    found = []
    for stream in ledger.streams(STREAM):
        if stream != f"{STREAM}{canary_id}":
            one = good(ledger.read(stream=stream))
            if one is not None and oldest <= one.until <= at:
                found.append(one)
    return sorted(found, key=lambda one: -one.until)[:MOST]


def rows_of(
    releases: Sequence[Earlier],
    read: Callable[[tuple[str, str], Millis, Millis], list[Row]],
    poll_ms: Millis,
) -> tuple[tuple[Row, ...], ...]:
    """Their polls without holes, oldest release first; those of which nothing is kept are left out."""
    made = [
        tuple(spaced(read((one.baseline_id, one.canary_id), one.since, one.until), poll_ms))
        for one in reversed(releases)
    ]
    return tuple(rows for rows in made if rows)
