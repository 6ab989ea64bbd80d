"""The three families: events out of requests, durations in buckets, gauges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from console.canary.effect import RATIOS, Effect, Size, mean_size, ratio_size, ratio_steps, shift_size
from console.canary.evidence import betting, conditional, edges, normal, ranks
from console.canary.evidence.arrays import Flags, Floats, carried_sum
from console.canary.evidence.dispersion import Prior
from console.canary.evidence.tilt import Tilt
from console.canary.lanes import Lane, bounded, bucketed, counted, tracks, valued
from console.canary.noise import buckets_prior, events_prior, gauge_prior
from console.canary.recording import AnyMetric, HistogramMetric


def _each(lanes: Sequence[Lane], name: str) -> Floats:
    return np.array([getattr(lane.asked, name) for lane in lanes], np.float64)


def _fixed(lanes: Sequence[Lane], metrics: Sequence[Sequence[AnyMetric]]) -> Floats:
    """The dispersion each metric fixes; NaN where none."""
    return np.array([metrics[lane.release][lane.place].dispersion or np.nan for lane in lanes], np.float64)


def _turned(block: Floats, high_is_canary: Floats) -> tuple[Floats, Floats]:
    """Baseline and canary, each half of the last axis, as high and low."""
    half = block.shape[-1] // 2
    baseline, canary = block[..., :half], block[..., half:]
    canary_first = high_is_canary[:, None] > 0
    return np.where(canary_first, canary, baseline), np.where(canary_first, baseline, canary)


class Events:
    """Ratios, counts, sets, cuts of categories. A block's numbers: events and total, baseline then canary."""

    def __init__(self, lanes: Sequence[Lane], metrics: Sequence[Sequence[AnyMetric]]) -> None:
        self.lanes, self.grid, self.noise_grows = lanes, conditional.GRID, True
        self.fixed = _fixed(lanes, metrics)
        self._high = np.array([float(lane.high_is_canary) for lane in lanes])
        mine = [metrics[lane.release][lane.place] for lane in lanes]
        self._terms = conditional.Terms(
            _each(lanes, "tolerance"),
            _each(lanes, "disaster"),
            _each(lanes, "margin"),
            _each(lanes, "negligible"),
            np.array([float(bounded(metric)) for metric in mine]),
        )
        self.prior: Prior = events_prior(lanes, mine)

    def begin(self) -> None:
        return None

    def columns(self, metrics: Sequence[Sequence[AnyMetric]]) -> Floats:
        found = []
        for lane in self.lanes:
            baseline, canary = tracks(lane, metrics[lane.release][lane.place])
            found.append(np.stack([*counted(lane, baseline), *counted(lane, canary)], axis=-1))
        return np.stack(found, axis=1)

    def tilt(self, block: Floats, extra: None, warming: Flags) -> tuple[Tilt, None]:
        high, low = _turned(block, self._high)
        events = conditional.Events(high[..., 0], high[..., 1], low[..., 0], low[..., 1], block[..., 3])
        return conditional.tilt(self._terms, events), None

    def no_effect(self) -> Effect:
        return Effect(np.zeros((len(self.lanes), 3 + len(RATIOS))))

    def effect(self, block: Floats, tilt: Tilt, tempered: Floats, effect: Effect) -> Effect:
        high, low = _turned(block, self._high)
        with np.errstate(invalid="ignore", divide="ignore"):
            return effect.plus(
                ratio_steps(high[..., 0], high[..., 1], low[..., 0], low[..., 1], tempered[..., 0])
            )

    def size(self, lane: int, effect: Effect, extra: Any, dispersion: float, alpha: float) -> Size:
        size = ratio_size(effect.sums[lane], alpha)
        return size if self.lanes[lane].high_is_canary else size.turned(ratio=True)


class Buckets:
    """Histograms. A block's numbers: the buckets of the baseline, then of the canary."""

    def __init__(self, lanes: Sequence[Lane], metrics: Sequence[Sequence[AnyMetric]]) -> None:
        self.lanes, self.grid, self.noise_grows = lanes, ranks.GRID, False
        self.fixed = _fixed(lanes, metrics)
        self._high = np.array([float(lane.high_is_canary) for lane in lanes])
        bounds = [_bounds(metrics[lane.release][lane.place]) for lane in lanes]
        self._widths = [len(one) for one in bounds]
        self.width = max(self._widths)
        padded = np.array([np.pad(one, (0, self.width - len(one)), constant_values=np.inf) for one in bounds])
        self._edges = edges.upper_edges(padded)
        self._terms = ranks.Terms(
            edges.move(self._edges, _each(lanes, "tolerance")),
            edges.move(self._edges, _each(lanes, "disaster")),
            edges.move(self._edges, _each(lanes, "margin")),
            self._high,
        )
        mine = [metrics[lane.release][lane.place] for lane in lanes]
        self.prior: Prior = buckets_prior(lanes, mine, self._widths)

    def begin(self) -> Floats:
        """The low track's counts so far."""
        return np.zeros((len(self.lanes), self.width))

    def columns(self, metrics: Sequence[Sequence[AnyMetric]]) -> Floats:
        found = []
        for lane, width in zip(self.lanes, self._widths, strict=True):
            pair = tracks(lane, metrics[lane.release][lane.place])
            found.append(np.concatenate([bucketed(track, width, self.width) for track in pair], axis=-1))
        return np.stack(found, axis=1)

    def tilt(self, block: Floats, extra: Floats, warming: Flags) -> tuple[Tilt, Floats]:
        high, low = _turned(block, self._high)
        seen = carried_sum(extra, np.nan_to_num(low, nan=0.0))
        return ranks.tilt(self._terms, ranks.Histograms(high, low), seen[1:], warming), seen[-1]

    def no_effect(self) -> Effect:
        return Effect(np.zeros((len(self.lanes), 2)))

    def effect(self, block: Floats, tilt: Tilt, tempered: Floats, effect: Effect) -> Effect:
        counts = np.isfinite(block).all(axis=-1)
        score = np.where(counts, tilt.residual[..., 0] / tempered[..., 0], 0.0)
        information = np.where(counts, tilt.information[..., 0] / tempered[..., 0], 0.0)
        return effect.plus(np.stack([score, information], axis=-1))

    def size(self, lane: int, effect: Effect, extra: Floats, dispersion: float, alpha: float) -> Size:
        score, information = (float(x) for x in effect.sums[lane])
        scale = _spread(extra[lane], self._edges[lane])
        size = shift_size(score, information, scale, self.lanes[lane].asked.tolerance, alpha)
        return size if self.lanes[lane].high_is_canary else size.turned(ratio=True)


def _bounds(metric: AnyMetric) -> Floats:
    assert isinstance(metric, HistogramMetric)
    return np.array([np.inf if bound == "+Inf" else float(bound) for bound in metric.bounds])


def _spread(counts: Floats, log_edges: Floats) -> float:
    """The standard deviation of the logarithm of durations, from the edges' shares; 1 if unknown."""
    total = counts.sum()
    if total <= 0:
        return 1.0
    share = np.cumsum(counts) / total
    good = np.isfinite(log_edges) & (share > 0.02) & (share < 0.98)
    if good.sum() < 2:
        return 1.0
    z, x = normal.quantile(share[good]), log_edges[good]
    z = z - z.mean()
    if not (z * z).sum() > 0:
        return 1.0
    return max(float((z * (x - x.mean())).sum() / (z * z).sum()), 1e-3)


class Gauges:
    """One value a poll. A block's numbers: baseline, canary."""

    def __init__(self, lanes: Sequence[Lane], metrics: Sequence[Sequence[AnyMetric]]) -> None:
        self.lanes, self.grid, self.noise_grows = lanes, betting.GRID, False
        self.fixed = _fixed(lanes, metrics)
        self._high = np.array([float(lane.high_is_canary) for lane in lanes])
        mine = [metrics[lane.release][lane.place] for lane in lanes]
        self.prior, offsets = gauge_prior(lanes, mine)
        self._terms = betting.Terms(
            _each(lanes, "tolerance"), _each(lanes, "disaster"), _each(lanes, "margin"), offsets
        )

    def begin(self) -> betting.Steps:
        return betting.Steps.none(len(self.lanes))

    def columns(self, metrics: Sequence[Sequence[AnyMetric]]) -> Floats:
        found = []
        for lane in self.lanes:
            baseline, canary = tracks(lane, metrics[lane.release][lane.place])
            found.append(np.stack([valued(baseline), valued(canary)], axis=-1))
        return np.stack(found, axis=1)

    def tilt(self, block: Floats, extra: betting.Steps, warming: Flags) -> tuple[Tilt, betting.Steps]:
        high, low = _turned(block, self._high)
        return betting.tilt(self._terms, betting.Values(high[..., 0], low[..., 0]), extra)

    def no_effect(self) -> Effect:
        return Effect(np.zeros((len(self.lanes), 3)))

    def effect(self, block: Floats, tilt: Tilt, tempered: Floats, effect: Effect) -> Effect:
        apart = block[..., 1] - block[..., 0]
        return effect.plus(np.stack([np.isfinite(apart).astype(float), apart, apart**2], axis=-1))

    def size(self, lane: int, effect: Effect, extra: Any, dispersion: float, alpha: float) -> Size:
        n, total, squares = (float(x) for x in effect.sums[lane])
        return mean_size(n, total, squares, dispersion, alpha)
