"""A histogram as it would be, had every observation been longer by a factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence import normal
from console.canary.evidence.arrays import Floats, Ints

_LEAST = 1e-12


def upper_edges(bounds: Floats) -> Floats:
    """log of the upper edges ``[lanes, buckets]``; minus infinity at and below 0, infinite for the last."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bounds > 0, np.log(np.maximum(bounds, 1e-300)), -np.inf)


@dataclass(frozen=True, slots=True)
class Move:
    """By which factor each lane's histogram is moved, and from which edges the moved ones are read.

    All ``[lanes, buckets]``: ``z`` at a moved edge is ``z[left] (1 - part) + z[right] part + further``.
    """

    left: Ints
    right: Ints
    part: Floats
    further: Floats
    log_edges: Floats


def move(log_edges: Floats, factor: Floats) -> Move:
    """The move of each lane by ``factor`` ``[lanes]``, 1 or more."""
    here = np.broadcast_to(np.arange(log_edges.shape[1]), log_edges.shape)
    left, right = here.copy(), here.copy()
    part, further = np.zeros(log_edges.shape), np.zeros(log_edges.shape)
    for lane, edges in enumerate(log_edges):
        inner = np.nonzero(np.isfinite(edges))[0]
        wanted = edges[inner] - np.log(factor[lane])
        if len(inner) < 2:  # nothing tells how wide the distribution is: one unit of log for one deviation
            further[lane, inner] = wanted - edges[inner]
            continue
        place = np.clip(np.searchsorted(edges[inner], wanted), 1, len(inner) - 1)
        a, b = inner[place - 1], inner[place]
        left[lane, inner], right[lane, inner] = a, b
        part[lane, inner] = (wanted - edges[a]) / (edges[b] - edges[a])
    return Move(left, right, part, further, log_edges)


def parts_below(shape: Floats, how: Move) -> tuple[Floats, Floats]:
    """Which part of all lies below each edge, as it is and once moved ``[polls, lanes, buckets]``.

    Between the edges the distribution is read on the scale of a log-normal one: a straight line through
    (log edge, normal quantile), which a true log-normal is.
    """
    total = np.maximum(shape.sum(axis=-1, keepdims=True), _LEAST)
    share = np.cumsum(shape, axis=-1) / total
    z = normal.quantile(np.clip(share, 1e-9, 1 - 1e-9))
    at = np.broadcast_to(how.left, z.shape), np.broadcast_to(how.right, z.shape)
    low, high = (np.take_along_axis(z, one, axis=-1) for one in at)
    line = np.minimum(low * (1 - how.part) + high * how.part + how.further, z)
    return share, np.where(np.isfinite(how.log_edges), np.minimum(normal.below(line), share), share)


def moved(counts: Floats, shape: Floats, how: Move) -> Floats:
    """``counts`` as they would be, had each observation been longer; the sums stay.

    ``shape`` is what the distribution looked like so far (these counts among it), which is smoother than one
    poll. From each bucket goes the part that leaves it in ``shape``.
    """
    before, target = parts_below(shape, how)
    return _transported(counts, before, target)


def _transported(counts: Floats, before: Floats, target: Floats) -> Floats:
    """Each poll's own cumulative share, bent as ``shape``'s is bent from ``before`` to ``target``."""
    n = counts.sum(axis=-1, keepdims=True)
    own = np.cumsum(counts, axis=-1)
    left = before - target
    held = np.maximum(np.diff(before, axis=-1, prepend=0.0), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(held > 0, np.minimum(left / np.maximum(held, _LEAST), 1.0), 0.0)
        rest = np.maximum(left - held, 0.0)
    below = np.concatenate([np.zeros_like(own[..., :1]), own[..., :-1]], axis=-1)
    reached = own - part * (own - below) - rest * n
    reached = np.maximum.accumulate(np.clip(reached, 0.0, n), axis=-1)
    reached[..., -1:] = n
    return np.diff(reached, axis=-1, prepend=0.0)
