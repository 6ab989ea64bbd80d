"""Simulated releases: what both tracks count at each poll, ten hours of earlier releases, the hour before.

The setting is that of the public comparison: a canary with 5 % of the traffic, a poll every 15 s for an
hour, 0.5 % of requests failing, lognormal latency with a 95th percentile of 447 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from tests.judging.families import POLLS_A_MINUTE, Array, Conditions, Family, clumped, conditions

Counts = NDArray[np.int64]

SHARE = 0.05
POLLS = 60 * POLLS_A_MINUTE
HISTORY_HOURS = 10
BASE_ERRORS = 0.005
MEDIAN_SECONDS, SIGMA = 0.120, 0.8
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Upper bucket edges in seconds, OpenTelemetry's; one open bucket follows."""

_Z = np.linspace(-9, 9, 18_001)
_CDF = np.array([NormalDist().cdf(float(z)) for z in _Z])


@dataclass(frozen=True, slots=True)
class Harm:
    """What the canary does worse from the poll ``onset`` on: so many times the errors, the latency."""

    name: str
    errors: float = 1.0
    latency: float = 1.0
    onset: int = 0

    @property
    def none(self) -> bool:
        """Nothing is worse."""
        return self.errors == 1 and self.latency == 1


EQUAL = Harm("equal")


@dataclass(frozen=True, slots=True)
class Track:
    """One track's counts: ``requests``, ``errors`` are ``(…, polls)``; ``latency`` has the buckets last."""

    requests: Counts
    errors: Counts
    latency: Counts

    def __getitem__(self, key: int | tuple[int, ...]) -> Track:
        return Track(self.requests[key], self.errors[key], self.latency[key])


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tracks over the same polls."""

    baseline: Track
    canary: Track

    def __getitem__(self, key: int | tuple[int, ...]) -> Pair:
        return Pair(self.baseline[key], self.canary[key])


@dataclass(frozen=True, slots=True)
class Streams:
    """Releases: ``live``, ``before`` are ``(runs, polls)``, ``history`` is ``(runs, hours, polls)``."""

    live: Pair
    before: Track
    history: Pair

    def __len__(self) -> int:
        return len(self.live.canary.requests)


def bucket_shares(factor: Array) -> Array:
    """The share of requests in each bucket (last) when each takes ``factor`` times as long."""
    z = (np.log(np.array(BOUNDS)) - math.log(MEDIAN_SECONDS)) / SIGMA
    below = np.interp(z - np.log(factor)[..., None] / SIGMA, _Z, _CDF)
    edges = np.concatenate([np.zeros((*factor.shape, 1)), below, np.ones((*factor.shape, 1))], axis=-1)
    return np.diff(edges, axis=-1)


def _latencies(rng: np.random.Generator, requests: Counts, factor: Array) -> Counts:
    """Requests by latency bucket."""
    if np.all(factor == factor.flat[0]):
        return rng.multinomial(requests, bucket_shares(factor.flat[:1].astype(float))[0])
    return rng.multinomial(requests, bucket_shares(factor))


def _track(family: Family, rng: np.random.Generator, mean: Array, errors: Array, latency: Array) -> Track:
    requests = rng.poisson(mean)
    share = np.minimum(BASE_ERRORS * errors, 0.95)
    return Track(requests, clumped(family, rng, requests, share), _latencies(rng, requests, latency))


def pair(
    family: Family,
    rng: np.random.Generator,
    rate: float,
    shape: tuple[int, ...],
    harm: Harm = EQUAL,
    *,
    young: bool = False,
    share: float = SHARE,
) -> Pair:
    """Both tracks at ``rate`` requests a second in all. The harm is on the canary alone."""
    now = conditions(family, rng, shape, young=young)
    requests = rate * 60 / POLLS_A_MINUTE * now.load
    harmed = np.arange(shape[-1]) >= harm.onset
    errors = now.errors_both * now.errors_canary * np.where(harmed, harm.errors, 1.0)
    latency = now.latency_both * now.latency_canary * np.where(harmed, harm.latency, 1.0)
    baseline = _track(family, rng, requests * (1 - share), now.errors_both, now.latency_both)
    return Pair(baseline, _track(family, rng, requests * share, errors, latency))


def _whole(family: Family, rng: np.random.Generator, rate: float, shape: tuple[int, ...]) -> Track:
    """Production alone, with all the traffic."""
    now: Conditions = conditions(family, rng, shape)
    return _track(family, rng, rate * 60 / POLLS_A_MINUTE * now.load, now.errors_both, now.latency_both)


def streams(
    family: Family,
    rng: np.random.Generator,
    rate: float,
    runs: int,
    harm: Harm = EQUAL,
    *,
    polls: int = POLLS,
    hours: int = HISTORY_HOURS,
) -> Streams:
    """So many releases of one kind. Those of the history were equal, and their start is left out of it."""
    return Streams(
        live=pair(family, rng, rate, (runs, polls), harm, young=True),
        before=_whole(family, rng, rate, (runs, 60 * POLLS_A_MINUTE)),
        history=pair(family, rng, rate, (runs, hours, 60 * POLLS_A_MINUTE)),
    )


def a_minute(counts: Counts, polls: int = POLLS_A_MINUTE) -> Counts:
    """Counts of polls ``(runs, polls, …)`` added up to minutes; an unfinished minute is left out."""
    whole = counts.shape[1] // polls * polls
    minutes = counts[:, :whole].reshape(counts.shape[0], -1, polls, *counts.shape[2:])
    return np.asarray(minutes.sum(axis=2))
