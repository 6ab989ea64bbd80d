"""Baking: production watched against its own past for a while after what it serves has changed. Pure.

There is no second track to compare with any more (the release is complete, or there never was one), so what
is said is of the weaker kind and says so. It moves nothing: a rollback is a recommendation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from console.canary.verdict import Verdict, Word
from console.readings import Millis

if TYPE_CHECKING:
    from console.canary.limits import Rules

JUDGE = "own past"
WEAKER = "its own past instead of a second track: the weaker kind of evidence"
HOUR_MS: Millis = 3_600_000
HOUR_BEFORE, YESTERDAY, LAST_WEEK = "the hour before", "yesterday", "last week"
BACK_MS = {YESTERDAY: 24 * HOUR_MS, LAST_WEEK: 7 * 24 * HOUR_MS}

How = Literal["completion", "abort", "promote", "rollback", "deployment"]
HOWS: Mapping[How, str] = {
    "completion": "the release was completed",
    "abort": "the release was aborted",
    "promote": "it was promoted",
    "rollback": "it was rolled back to",
    "deployment": "it was deployed",
}


@dataclass(frozen=True, slots=True)
class BakeTerms:
    """For how long production is watched after a change, and by what (see ``[judge]``)."""

    length_ms: Millis
    """0: not at all."""
    objective: float
    """The share of requests that have to be answered well, 0 to 1."""
    alpha: float
    rules: Rules


@dataclass(frozen=True, slots=True)
class Baking:
    """What is watched: a deployment that serves everyone since ``since``, until ``until``."""

    deployment_id: str
    since: Millis
    until: Millis
    how: How
    past_until: Millis
    """The hour before ends here: before the release began, where one led to it."""


@dataclass(frozen=True, slots=True)
class Bake:
    """Where a bake stands, as it is kept and shown."""

    of: Baking
    verdict: Verdict
    lacking: tuple[str, ...] = ()
    """The pasts that the source had nothing of, in words."""
    read: int = 0
    to_read: int = 0
    """Pieces of the past asked for so far, and of how many."""
    peaks: Mapping[str, float] = field(default_factory=dict)
    """The highest evidence (log10) of each metric since the change: evidence is not taken back."""

    def over(self, now: Millis) -> bool:
        return now >= self.of.until

    @property
    def worse(self) -> bool:
        return self.verdict.word is Word.ROLLBACK

    def says(self, now: Millis) -> str:
        """In a few words where it stands: ``baking, 12 of 30 min left``."""
        whole = self.of.until - self.of.since
        if self.worse:
            return "worse than its own past"
        if not self.over(now):
            return f"baking, {_minutes(self.of.until - now)} of {_minutes(whole)} min left"
        if self.verdict.word is Word.PROMOTE:
            return f"baked for {_minutes(whole)} min: nothing worse than its own past was seen"
        return f"baked for {_minutes(whole)} min without enough data"


SILENT_MS: Millis = 3 * 60_000
"""A bake that nobody has judged for so long says nothing any more, unless it was worse."""


def in_time(bake: Bake, now: Millis) -> Bake:
    """The bake as it may be shown at ``now``: a word that was not renewed is no word."""
    verdict = bake.verdict
    silent = min(now, bake.of.until) - verdict.judged_at
    if bake.worse or silent <= SILENT_MS:
        return bake
    reason = f"not judged for {_minutes(silent)} min: nobody watches, or no source answers"
    return replace(
        bake, verdict=replace(verdict, word=Word.NO_DATA, since=verdict.judged_at, reasons=(reason,))
    )


def _minutes(span: Millis) -> int:
    return math.ceil(max(span, 0) / 60_000)


def hours_of(baking: Baking) -> dict[str, tuple[Millis, Millis]]:
    """The spans of the past that it is compared with, by name: an hour each."""
    spans = {HOUR_BEFORE: (baking.past_until - HOUR_MS, baking.past_until)}
    for name, back in BACK_MS.items():
        spans[name] = (baking.since - back, baking.since - back + HOUR_MS)
    return spans
