"""What disturbs a release that is as good as the one before it: the families of streams.

A family says how load, error rate and latency move, for both tracks or for the canary alone, and whether
errors come in clumps. Everything is a factor on the calm level, drawn for each stretch of polls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

POLL_SECONDS = 15
POLLS_A_MINUTE = 60 // POLL_SECONDS
POLLS_A_DAY = 24 * 60 * POLLS_A_MINUTE

Clumps = Literal["none", "fixed", "geometric"]


@dataclass(frozen=True, slots=True)
class Family:
    """One way to be noisy without any harm. Standard deviations are of the logarithm of a factor."""

    name: str
    load_day: float = 0.0
    """Amplitude of the daily wave of the load, which both tracks share."""
    load_noise: float = 0.0
    error_swing: float = 0.0
    """Slow swing of the error rate that both tracks share."""
    latency_swing: float = 0.0
    incidents_an_hour: float = 0.0
    """Shared incidents: minutes with several times the errors and slower answers, for both tracks."""
    error_noise: float = 0.0
    """Slow noise of the canary's own error rate: few instances, a noisy neighbour."""
    latency_noise: float = 0.0
    noise_minutes: float = 2.0
    """After so many minutes the canary's own noise has forgotten most of itself."""
    clumps: Clumps = "none"
    clump_size: float = 1.0
    """Errors that come together (retries, one bad client), in the mean."""
    warmup_errors: float = 1.0
    """The canary's error rate is so many times higher in the first minutes, and heals."""
    warmup_latency: float = 1.0
    warmup_minutes: float = 3.0


CALM = Family("calm")
SHARED = Family(
    "shared swings",
    load_day=0.4,
    load_noise=0.15,
    error_swing=0.35,
    latency_swing=0.10,
    incidents_an_hour=1.0,
)
TRACK_NOISE = Family("canary-only noise", error_noise=0.3, latency_noise=0.03)
CLUMPS = Family("clumped errors", clumps="geometric", clump_size=3.0)
WARM_UP = Family("warm-up spikes", warmup_errors=3.0, warmup_latency=1.5)

FAMILIES = (CALM, SHARED, TRACK_NOISE, CLUMPS)
"""Those of the promise. What a warm-up does is measured beside them."""

VARIANTS = (
    replace(CLUMPS, name="clumps of exactly 3", clumps="fixed"),
    replace(CLUMPS, name="clumps of 6", clump_size=6.0),
    replace(TRACK_NOISE, name="mild noise", error_noise=0.15, latency_noise=0.02, noise_minutes=5.0),
    replace(TRACK_NOISE, name="quick noise", error_noise=0.5, latency_noise=0.05, noise_minutes=0.5),
    replace(TRACK_NOISE, name="slow noise", noise_minutes=15.0),
    replace(SHARED, name="stormy", load_noise=0.3, error_swing=0.7, latency_swing=0.2, incidents_an_hour=3.0),
    replace(TRACK_NOISE, name="noise and clumps", clumps="geometric", clump_size=3.0),
    replace(SHARED, name="swings and noise", error_noise=0.3, latency_noise=0.03),
)
"""Streams that nobody tuned anything for: how the promise bends, not whether it holds."""

EVERY = {family.name: family for family in (*FAMILIES, WARM_UP, *VARIANTS)}

SWING_MINUTES = 10.0
INCIDENT_MINUTES = 4.0
MOST_INCIDENTS = 6


@dataclass(frozen=True, slots=True)
class Conditions:
    """Factors on the calm level, each ``(…, polls)``."""

    load: Array
    errors_both: Array
    latency_both: Array
    errors_canary: Array
    latency_canary: Array


def slow_noise(rng: np.random.Generator, shape: tuple[int, ...], deviation: float, minutes: float) -> Array:
    """Autoregressive Gaussian noise along the last axis, stationary from its first poll."""
    steps = rng.standard_normal(shape)
    keep = math.exp(-1 / (minutes * POLLS_A_MINUTE))
    steps[..., 1:] *= math.sqrt(1 - keep**2)
    for poll in range(1, shape[-1]):
        steps[..., poll] += keep * steps[..., poll - 1]
    return steps * deviation


def _factor(rng: np.random.Generator, shape: tuple[int, ...], deviation: float, minutes: float) -> Array:
    """A factor of slow noise with a mean of 1."""
    if deviation == 0:
        return np.ones(shape)
    return np.exp(slow_noise(rng, shape, deviation, minutes) - deviation**2 / 2)


def _incidents(rng: np.random.Generator, shape: tuple[int, ...], an_hour: float) -> tuple[Array, Array]:
    """What shared incidents do to the error rate and to latency."""
    errors, latency = np.ones(shape), np.ones(shape)
    if an_hour == 0:
        return errors, latency
    one = (*shape[:-1], 1)
    polls = shape[-1]
    at = np.arange(polls)
    many = rng.poisson(an_hour * polls / (60 * POLLS_A_MINUTE), one)
    for number in range(MOST_INCIDENTS):
        start = rng.uniform(-INCIDENT_MINUTES * POLLS_A_MINUTE, polls, one)
        length = rng.exponential(INCIDENT_MINUTES * POLLS_A_MINUTE, one)
        inside = (many > number) & (at >= start) & (at < start + length)
        errors *= np.where(inside, rng.uniform(2.0, 8.0, one), 1.0)
        latency *= np.where(inside, rng.uniform(1.1, 1.6, one), 1.0)
    return errors, latency


def conditions(
    family: Family, rng: np.random.Generator, shape: tuple[int, ...], *, young: bool = False
) -> Conditions:
    """The factors of stretches of ``shape[-1]`` polls. ``young``: the canary starts cold at poll 0."""
    phase = rng.uniform(0, 2 * math.pi, (*shape[:-1], 1))
    day = np.exp(family.load_day * np.sin(2 * math.pi * np.arange(shape[-1]) / POLLS_A_DAY + phase))
    load = day * _factor(rng, shape, family.load_noise, SWING_MINUTES)
    errors, latency = _incidents(rng, shape, family.incidents_an_hour)
    errors = errors * _factor(rng, shape, family.error_swing, SWING_MINUTES)
    latency = latency * _factor(rng, shape, family.latency_swing, SWING_MINUTES)
    if family.load_day:
        errors = errors * np.sqrt(load)  # a busy hour fails more often
    own_errors = _factor(rng, shape, family.error_noise, family.noise_minutes)
    own_latency = _factor(rng, shape, family.latency_noise, family.noise_minutes)
    if young:
        cold = np.arange(shape[-1]) < family.warmup_minutes * POLLS_A_MINUTE
        own_errors = own_errors * np.where(cold, family.warmup_errors, 1.0)
        own_latency = own_latency * np.where(cold, family.warmup_latency, 1.0)
    return Conditions(load, errors, latency, own_errors, own_latency)


def clumped(
    family: Family, rng: np.random.Generator, requests: NDArray[np.int64], share: Array
) -> NDArray[np.int64]:
    """How many of ``requests`` fail when each fails with the chance ``share``, one by one or in clumps."""
    if family.clumps == "none":
        return rng.binomial(requests, share)
    many = rng.poisson(requests * share / family.clump_size)
    if family.clumps == "fixed":
        errors = many * round(family.clump_size)
    else:
        more = rng.negative_binomial(np.maximum(many, 1), 1 / family.clump_size)
        errors = many + np.where(many > 0, more, 0)
    return np.minimum(errors, requests)
