"""Lanes that are worked through together, and how a block of polls changes what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from console.canary.effect import Effect
from console.canary.evidence.arrays import Flags, Floats, Ints, carried_sum, log_mean
from console.canary.evidence.dispersion import Prior, Residuals, phi
from console.canary.evidence.starts import Wealth, grow
from console.canary.evidence.tilt import Grid, Tilt
from console.canary.lanes import Lane
from console.canary.recording import AnyMetric

DISASTER_PART = 0.1
"""Of a lane's wealth, for harm while warming up; 0 in releases without a warm-up."""

CERTAIN = 1.25
"""A calm release's dispersion may be estimated so high; one above is taken for the canary's own noise."""


class Family(Protocol):
    """What the kinds of metric differ in."""

    lanes: Sequence[Lane]
    grid: Grid
    prior: Prior
    fixed: Floats
    """The dispersion where it is given; NaN where it is to be estimated ``[lanes]``."""
    noise_grows: bool
    """Whether the tracks' own noise is in proportion to what is measured."""

    def begin(self) -> Any:
        """What the family carries besides the evidence."""

    def columns(self, metrics: Sequence[Sequence[AnyMetric]]) -> Floats:
        """All polls of ``metrics`` (by release): ``[polls, lanes, numbers]``, NaN where missing."""

    def tilt(self, block: Floats, extra: Any, warming: Flags) -> tuple[Tilt, Any]:
        """The growth of a block, before tempering."""

    def effect(self, block: Floats, tilt: Tilt, tempered: Floats, effect: Effect) -> Effect:
        """The sums from which the size of the effect follows."""

    def no_effect(self) -> Effect:
        """Those sums at the start."""


@dataclass(frozen=True, slots=True)
class LaneState:
    """All that is carried of a family's lanes; its size does not grow."""

    wealth: Wealth
    residuals: Residuals
    extra: Any
    effect: Effect
    judged: Floats
    """Polls judged in this epoch, outside the warm-up ``[lanes]``."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A block's outcome per poll and lane, ``[polls, lanes]``, natural logs."""

    worse: Floats
    promote: Floats
    valid: Flags
    known: Flags
    """Whether both tracks were measured, though it be that nothing happened."""
    requests: Floats
    expected: Floats
    if_equal: Floats
    dispersion: Floats


def begin(family: Family) -> LaneState:
    """Before the first poll."""
    lanes = len(family.lanes)
    scores = int(family.grid.score.max()) + 1
    return LaneState(
        Wealth.fresh(lanes, family.grid.size),
        Residuals.none(lanes, scores),
        family.begin(),
        family.no_effect(),
        np.zeros(lanes),
    )


def restart(family: Family, state: LaneState, lanes: Flags) -> LaneState:
    """A new epoch for some lanes: no wealth, no effect, and no residuals: harm and recovery are no noise."""
    effect = state.effect.restarted(lanes, family.no_effect())
    judged = np.where(lanes, 0.0, state.judged)
    residuals = state.residuals.restarted(lanes)
    return LaneState(state.wealth.restarted(lanes), residuals, state.extra, effect, judged)


def advance(
    family: Family, state: LaneState, block: Floats, age: Ints, warming: Flags, warms_up: Flags
) -> tuple[LaneState, Progress]:
    """The family after ``block``. ``age``, ``warming`` are ``[polls, lanes]``, ``warms_up`` ``[lanes]``."""
    grid = family.grid
    known_polls: Flags = np.asarray(np.isfinite(block).all(axis=-1))
    tilt, extra = family.tilt(block, state.extra, warming)
    steady = tilt.valid & ~warming
    residual = np.where(steady[..., None], tilt.residual, 0.0)
    information = np.where(steady[..., None], tilt.information, 0.0)
    residuals, tempers = phi(family.prior, state.residuals, residual, information, tilt.part, steady)
    judged = carried_sum(state.judged, steady.astype(np.float64))
    first = steady & (judged[:-1] == 0)
    divisor = _tempered(family, tempers, information, first)
    fixed = family.fixed[:, None]
    known = np.isfinite(fixed)
    tempers, divisor = np.where(known, fixed, tempers), np.where(known, fixed, divisor)
    growth = tilt.growth / divisor
    growth[..., grid.worse] *= ~warming[..., None]
    growth[..., grid.promote] *= ~warming[..., None]
    growth[..., grid.disaster] *= warming[..., None]
    wealth, total = grow(state.wealth, growth, age, grid.first)

    def question(part: slice) -> Floats:
        return log_mean(total[..., part], grid.log_weights[part])

    kept = np.where(warms_up, DISASTER_PART, 0.0)
    with np.errstate(divide="ignore"):
        worse = np.logaddexp(np.log1p(-kept) + question(grid.worse), np.log(kept) + question(grid.disaster))
    counted = np.where(steady[..., None], block, np.nan)
    effect = family.effect(counted, tilt, tempers, state.effect)
    progress = Progress(
        worse,
        question(grid.promote),
        tilt.valid,
        known_polls,
        np.where(steady, tilt.requests, 0.0),
        np.where(steady, tilt.expected, 0.0),
        np.where(steady, tilt.if_equal, 0.0) / divisor[..., grid.promote.start],
        tempers[..., 0],
    )
    return LaneState(wealth, residuals, extra, effect, judged[-1]), progress


def _tempered(family: Family, phi: Floats, information: Floats, first: Flags) -> Floats:
    """By what each alternative's growth is divided ``[polls, lanes, alternatives]``.

    For harm the first poll by the dispersion of a single one. For a promotion by more: noise of the canary's
    own is a part of its rate, so at the margin it is larger by as much as the rate is; clumps are not.
    """
    grid = family.grid
    single = np.where(first[..., None], family.prior.of_first_poll(information), phi)
    divisor = np.maximum(np.minimum(single, phi), 1.0)[..., grid.score]
    wider = np.array([max(0.0, lane.asked.margin - 1) for lane in family.lanes])
    wider = (
        np.where(np.isfinite(wider), wider, 0.0)[:, None] if family.noise_grows else np.zeros((len(wider), 1))
    )
    clumped = np.maximum(family.prior.floor, 1.0)
    own = np.where(phi > CERTAIN * clumped, phi - clumped, 0.0)
    divisor[..., grid.promote] = (phi + wider * own)[..., grid.score[grid.promote]]
    return divisor
