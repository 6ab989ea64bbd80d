"""What a judge says: one word, since when, and the reasons in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.readings import Millis


class Word(StrEnum):
    """The verdict. ``no data`` and ``hold`` never move a release forward."""

    PROMOTE = "promote"
    HOLD = "hold"
    ROLLBACK = "rollback"
    NO_DATA = "no_data"


class MetricState(StrEnum):
    """What one metric says about the canary."""

    NO_DATA = "no_data"
    STALE = "stale"
    WARMING_UP = "warming_up"
    COLLECTING = "collecting"
    INCONCLUSIVE = "inconclusive"
    OK = "ok"
    EQUIVALENT = "equivalent"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One metric's part of the verdict. Texts carry their units; ``sentence`` says it in words."""

    metric_id: str
    title: str
    state: MetricState
    canary: str
    """The canary's value with unit, e.g. ``2.4 %``; ``–`` when there is none."""
    baseline: str
    effect: str
    """Canary against baseline, e.g. ``4.6 ×`` or ``+1.7 %``; empty when it says nothing."""
    sentence: str
    """E.g. ``over the limit of 2 % in 3 checks in a row``."""
    evidence: float | None = None
    """log10 of the e-value that it is worse; ``None`` where the judge of limits spoke."""
    interval: str = ""
    """Of the effect, at all looks together, e.g. ``1.6 to 2.9 ×``."""
    eta_ms: Millis | None = None
    """Until it is decided at this pace; ``None`` where that is made or not in sight."""
    cell: str = ""
    """Of a culprit: the endpoint, browser or feature that has most of the harm; empty where it is spread."""
    ratio: float | None = None
    """The effect as a number: canary over baseline; ``None`` where there is nothing to divide by."""
    bounds: tuple[float | None, float | None] | None = None
    """The interval as numbers; an end that is ``None`` is open."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's word on a release, with everything that led to it."""

    word: Word
    since: Millis
    """When this word was first given, without another in between."""
    judged_at: Millis
    reasons: tuple[str, ...]
    metrics: tuple[MetricVerdict, ...]
    judge: str = "limits"
    """Which judge spoke."""
    evidence: float | None = None
    """log10 of the e-value that anything is worse, in this epoch; ``None`` from the judge of limits."""
    line: float | None = None
    """The evidence from which on it is rolled back: log10 of 1 over the epoch's budget."""
    epoch: int = 1
    """Which epoch of the release it is of, from 1."""
    eta_ms: Millis | None = None
    """Until a decision at this pace."""
    care: tuple[str, ...] = ()
    """Of a ``promote``: signals that change no word and yet advise care, each in a few words."""
