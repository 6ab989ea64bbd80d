"""The points that the compared judges are given: a release's counts, minute by minute."""

from __future__ import annotations

import numpy as np

from tests.judging.families import Array
from tests.judging.streams import BOUNDS, Counts, Pair, Track, a_minute

_EDGES = np.array((0.0, *BOUNDS))


def error_rate(track: Track) -> Array:
    """The share of failed requests of each minute; not a number in a minute without any request."""
    requests = a_minute(track.requests)
    rate = a_minute(track.errors) / np.maximum(requests, 1)
    return np.asarray(np.where(requests > 0, rate, np.nan))


def quantile(counts: Counts, of: float) -> Array:
    """The quantile of histograms (buckets last), by straight lines within a bucket, as metric stores do it.

    In the open bucket it is that bucket's lower edge.
    """
    below = np.cumsum(counts, axis=-1)
    wanted = below[..., -1] * of
    bucket = np.minimum((below >= wanted[..., None]).argmax(axis=-1), len(BOUNDS) - 1)
    before = np.where(
        bucket > 0, np.take_along_axis(below, np.maximum(bucket - 1, 0)[..., None], -1)[..., 0], 0
    )
    inside = np.take_along_axis(counts, bucket[..., None], -1)[..., 0]
    part = np.clip((wanted - before) / np.maximum(inside, 1), 0, 1)
    value = _EDGES[bucket] + part * (_EDGES[bucket + 1] - _EDGES[bucket])
    return np.asarray(np.where(below[..., -1] > 0, value, np.nan))


def latency(track: Track, of: float = 0.95) -> Array:
    """The latency quantile of each minute in seconds."""
    return quantile(a_minute(track.latency), of)


def mean_latency(track: Track) -> Array:
    """The mean latency of each minute in seconds, with every request in the middle of its bucket."""
    middles = np.append((_EDGES[1:] + _EDGES[:-1]) / 2, _EDGES[-1])
    counts = a_minute(track.latency)
    total = counts.sum(axis=-1)
    return np.asarray(np.where(total > 0, counts @ middles / np.maximum(total, 1), np.nan))


def of_both(pair: Pair) -> dict[str, tuple[Array, Array]]:
    """Name of the metric → points of the canary, points of the baseline."""
    c, b = pair.canary, pair.baseline
    return {
        "error rate": (error_rate(c), error_rate(b)),
        "p95 latency": (latency(c), latency(b)),
        "mean latency": (mean_latency(c), mean_latency(b)),
    }
