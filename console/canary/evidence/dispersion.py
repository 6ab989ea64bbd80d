"""How much noisier the tracks are than chance alone: phi, by which the growth of evidence is divided.

Errors come in clumps, and a track has slow noise of its own. ``phi`` is at least 1 and is made of earlier
polls only (analysis sheet, E7):

    phi_t = max(1, prior_t, (a0 prior_t + L / v) / (a0 + t - 1)),

where ``v`` is the mean information so far, and ``L`` the lag-window sum (Bartlett, 4 lags) of squares and lag
products of the residuals. They are taken about the share of their information that they show on the whole, so
that a steady harm does not raise it, nor a change of stage. Harm also widens the law of counts itself (four
times the errors vary four times as much), which is no noise: ``v`` is raised to what the excess that is
certain, one deviation below the one seen, makes of it. Sums of residuals and of information, not their
quotients poll by poll: at low traffic most polls have no error, and would count as "no noise".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Floats, carried_sum

LAGS = 4


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of the dispersion before the release ``[lanes, scores]``.

    ``prior_t = max(floor + slope v_t, 1 + (history - 1) max(1, v_t / v_history))`` with ``v_t`` the mean
    information up to this poll: noise of a track grows with information, clumps do not, and the larger of the
    two readings is the safe one.
    """

    floor: Floats
    slope: Floats
    history: Floats
    """1 without history."""
    history_information: Floats
    """Infinite without history."""
    strength: Floats
    """``a0``: as many polls as the prior weighs."""
    at_once: Floats
    """The dispersion of a single poll; ``history`` is of a long run, in which noise that lasts adds up."""

    def of_first_poll(self, information: Floats) -> Floats:
        """The prior of the first poll of an epoch, in which noise that lasts counts once."""
        more = np.maximum(1.0, information / self.history_information)
        single = np.maximum(self.floor + self.slope * information, 1 + (self.at_once - 1) * more)
        return np.maximum(1.0, single)

    def at(self, information: Floats) -> Floats:
        """The prior where the mean information is ``information`` ``[polls, lanes, scores]``."""
        more = np.maximum(1.0, information / self.history_information)
        return np.maximum(
            np.maximum(1.0, self.floor + self.slope * information), 1 + (self.history - 1) * more
        )


@dataclass(frozen=True, slots=True)
class Residuals:
    """Sums over the residuals so far."""

    polls: Floats
    """Polls with data ``[lanes, 1]``."""
    information: Floats
    """``[lanes, scores]``, as the residuals' sum."""
    residual: Floats
    products: Floats
    """``[3, LAGS + 1, lanes, scores]``: residual², residual × information (both ways), information²."""
    parts: Floats
    """The high track's part of the requests, weighted by information; 0 where harm leaves the variance."""
    last: Floats
    """The last residuals and informations ``[LAGS, 2, lanes, scores]``."""

    @classmethod
    def none(cls, lanes: int, scores: int) -> Residuals:
        zero = np.zeros((lanes, scores))
        return cls(
            np.zeros((lanes, 1)),
            zero,
            zero,
            np.zeros((3, LAGS + 1, lanes, scores)),
            zero,
            np.zeros((LAGS, 2, lanes, scores)),
        )

    def restarted(self, lanes: np.ndarray) -> Residuals:
        """With nothing seen yet in the ``lanes`` that are true."""
        kept = np.where(lanes, 0.0, 1.0)[:, None]
        return Residuals(
            self.polls * kept,
            self.information * kept,
            self.residual * kept,
            self.products * kept,
            self.parts * kept,
            self.last * kept,
        )


def phi(
    prior: Prior, sums: Residuals, residual: Floats, information: Floats, part: Floats, valid: np.ndarray
) -> tuple[Residuals, Floats]:
    """The sums after a block, and phi at each poll ``[polls, lanes, scores]``, from the polls before it.

    ``part`` is the high track's part of the requests where the residual is of a count, 0 elsewhere.
    """
    after, before = _added(sums, residual, information, part, valid)
    n, v, r, products, parts = before
    excess = long_run(r, v, products)
    known = prior.at(v[1:] / np.maximum(n[1:], 1.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(v[:-1] > 0, excess * n[:-1] / (v[:-1] * _widened(r, v[:-1], parts, excess) ** 2), 0.0)
    blended = (prior.strength * known + own) / (prior.strength + np.where(v[:-1] > 0, n[:-1], 0.0))
    return after, np.maximum(known, blended)


def _added(
    sums: Residuals, residual: Floats, information: Floats, part: Floats, valid: np.ndarray
) -> tuple[Residuals, tuple[Floats, Floats, Floats, Floats, Floats]]:
    """The sums after the block, and at each poll: n and v with it, the others up to before it."""
    rows = np.concatenate([sums.last, np.stack([residual, information], axis=1)])
    steps = np.empty((len(residual), *sums.products.shape))
    for lag in range(LAGS + 1):
        earlier = rows[LAGS - lag : LAGS - lag + len(residual)]
        steps[:, 0, lag] = residual * earlier[:, 0]
        steps[:, 1, lag] = residual * earlier[:, 1] + information * earlier[:, 0]
        steps[:, 2, lag] = information * earlier[:, 1]
    n = carried_sum(sums.polls, valid[..., None].astype(np.float64))
    v = carried_sum(sums.information, information)
    r = carried_sum(sums.residual, residual)
    products = carried_sum(sums.products, steps)
    parts = carried_sum(sums.parts, information * part)
    after = Residuals(n[-1], v[-1], r[-1], products[-1], parts[-1], rows[-LAGS:])
    return after, (n, v, r[:-1], products[:-1], parts[:-1])


def _widened(residual: Floats, information: Floats, parts: Floats, excess: Floats) -> Floats:
    """How much larger a count's variance is at the excess that is certain than without any; 1 at least.

    With share ``q`` and excess ``c`` (residual over information) the fitted share is ``q + c q (1 - q)``,
    whose variance is ``(1 + c (1 - q)) (1 - c q)`` times that of ``q``. Noise of the track's own, a part of
    its rate, grows with the square of that, which is what is allowed for.
    """
    q = parts / information
    c = (residual - np.sqrt(np.maximum(excess, information))) / information
    c = np.clip(c, 0.0, None)
    return np.where(q > 0, np.maximum((1 + c * (1 - q)) * (1 - np.minimum(c * q, 1.0)), 1.0), 1.0)


def long_run(residual: Floats, information: Floats, products: Floats) -> Floats:
    """The lag-window sum of squares, about the residuals' own share of the information; never negative."""
    upto = information[: len(residual)]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(upto > 0, residual / upto, 0.0)[:, None]
    lags = products.shape[2]
    bartlett = np.array([1.0] + [2 * (1 - lag / lags) for lag in range(1, lags)])[None, :, None, None]
    about = products[:, 0] - share * products[:, 1] + share**2 * products[:, 2]
    total: Floats = (about * bartlett).sum(axis=1)
    return np.maximum(total, 0.0)
