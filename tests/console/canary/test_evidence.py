"""Ranks, bets, starts, dispersion: by hand where that can be, and that each promises what it says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.canary.evidence import betting, edges, normal, ranks
from console.canary.evidence.arrays import log_mean
from console.canary.evidence.dispersion import Prior, Residuals, phi
from console.canary.evidence.prior import fano, of_history
from console.canary.evidence.starts import HALF, Wealth, grow


def test_the_normal_distribution() -> None:
    z = np.array([-3.0, -1.0, 0.0, 1.959963984540054, 4.0])
    p = np.array([0.0013498980316300933, 0.15865525393145707, 0.5, 0.975, 0.9999683287581669])
    assert normal.below(z) == pytest.approx(p, abs=1e-7)
    assert normal.quantile(p) == pytest.approx(z, abs=1e-6)


def test_equal_tracks_of_one_bucket_say_nothing() -> None:
    pool = ranks.pooled(np.array([[[5.0]]]), np.array([[[95.0]]]))
    assert pool.scores == pytest.approx(0)
    growth, score, variance = ranks._body(pool, ranks.LAMBDAS)
    assert (growth[0, 0], score[0, 0], variance[0, 0]) == (pytest.approx(0), 0, 0)


def test_scores_by_hand() -> None:
    """Half of the pool in each of two buckets: mid-ranks 1/4 and 3/4, whose normal scores are -+0.6745."""
    pool = ranks.pooled(np.array([[[0.0, 10.0]]]), np.array([[[100.0, 90.0]]]))
    assert pool.scores[0, 0] == pytest.approx([-0.67449, 0.67449], abs=1e-5)
    growth, score, _ = ranks._body(pool, np.array([0.4]))
    q, a = 0.05, 0.67449
    up, down = 1 - q + q * math.exp(0.4 * a), 1 - q + q * math.exp(-0.4 * a)
    tilted = 100 * q * (1 - q) * (math.exp(0.4 * a) / up**2 + math.exp(-0.4 * a) / down**2)
    cost = 100 * (math.log(up) + math.log(down)) + max(0.0, math.log(200 * q * (1 - q) / tilted)) / 2
    assert score[0, 0] == pytest.approx(6.7449, abs=1e-4)
    assert growth[0, 0, 0] == pytest.approx(0.4 * 10 * a - cost, abs=1e-4)


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=4).filter(lambda pool: sum(pool) >= 4),
    st.integers(1, 12),
)
@settings(max_examples=60)
def test_whatever_the_pool_the_expectation_is_about_1_at_most(pool: list[int], drawn: int) -> None:
    """Every way to draw the high track from the pool, with its chance.

    Two chances in the bound are those of the normal law, which for a dozen is a few per cent off.
    """
    drawn = min(drawn, sum(pool) - 1)
    ways = [one for one in itertools.product(*(range(n + 1) for n in pool)) if sum(one) == drawn]
    chance = np.array([math.prod(map(math.comb, pool, one)) for one in ways]) / math.comb(sum(pool), drawn)
    high = np.array(ways, float)[:, None]
    made = ranks.pooled(high, np.array(pool, float) - high)
    for lambdas in (ranks.LAMBDAS[:4], ranks.PROMOTING):
        assert (chance @ np.exp(ranks._body(made, lambdas)[0][:, 0]) <= 1.05).all()
    tails, _, _ = ranks._tails(made)
    assert (chance @ np.exp(tails[:, 0]) <= 1 + 1e-9).all()


def test_a_log_normal_histogram_moves_as_its_observations_would() -> None:
    bounds = np.array([[0.05, 0.1, 0.2, 0.4, 0.8, np.inf]])
    log_edges = edges.upper_edges(bounds)

    def shares(median: float) -> np.ndarray:
        z = (log_edges[0, :-1] - math.log(median)) / 0.7
        return np.diff(np.concatenate([[0.0], normal.below(z), [1.0]])) * 1e6

    for factor in (1.01, 1.1, 3.0):
        counts = shares(0.15)[None, None]
        made = edges.moved(counts, counts, edges.move(log_edges, np.array([factor])))[0, 0]
        assert made == pytest.approx(shares(0.15 * factor), rel=0.01, abs=300)
        assert made.sum() == pytest.approx(1e6)


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=8),
    st.floats(1.0, 10.0),
    st.booleans(),
)
def test_a_moved_histogram_keeps_its_sum_and_never_goes_down(
    counts: list[int], factor: float, zero: bool
) -> None:
    bounds = np.array([[(0.0 if zero else 0.01) * 1 + 0.1 * i for i in range(len(counts) - 1)] + [np.inf]])
    row = np.array(counts, float)[None, None]
    made = edges.moved(row, row + 1, edges.move(edges.upper_edges(bounds), np.array([factor])))
    assert (made >= 0).all()
    assert made.sum() == pytest.approx(row.sum())
    assert (np.cumsum(made) <= np.cumsum(row) * (1 + 1e-9) + 1e-6).all()


def bet(high: list[float], low: list[float]) -> np.ndarray:
    one = np.zeros(1)
    terms = betting.Terms(one, one + 0.5, one + 1, one)
    block = betting.Values(np.array(high)[:, None], np.array(low)[:, None])
    made, _ = betting.tilt(terms, block, betting.Steps.none(1))
    growth: np.ndarray = made.growth[:, 0]
    return growth


def test_bets_by_hand() -> None:
    """Nothing is known of the steps yet: a full bet on the sign; log 2 at most."""
    growth = bet([2.0, 2.0], [1.0, 3.0])
    assert growth[0, :3] == pytest.approx(np.log([1.2, 1.5, 1.95]))
    assert growth[1, :3] == pytest.approx(np.log([0.8, 0.5, 0.05]))
    flat = bet([2.0, 4.0, 2.0, 4.0, 4.5], [1.0, 3.0, 1.0, 3.0, 4.0])
    assert flat[4, :3] == pytest.approx(np.log1p(betting.LAMBDAS * 0.5 / 3.0))  # steps of 2, so s = 3


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_exchangeable_tracks_make_a_fair_game(pairs: list[tuple[float, float]]) -> None:
    """Whatever came before, the tracks of a poll exchanged give the opposite bet: the mean is 1."""
    high, low = [a for a, _ in pairs], [b for _, b in pairs]
    one = np.exp(bet(high, low)[-1, :3])
    other = np.exp(bet([*high[:-1], low[-1]], [*low[:-1], high[-1]])[-1, :3])
    assert (one + other) / 2 == pytest.approx(1.0)


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_starts_are_an_average_with_weights_that_add_up(polls: int, seed: int) -> None:
    """The shared number per alternative is the same as every start's wealth by itself, added up."""
    growth = np.random.default_rng(seed).normal(0, 1, (polls, 1, 1))
    age = np.arange(polls)[:, None]
    _, total = grow(Wealth.fresh(1, 1), growth, age, np.array([0.5]))
    weights = [0.5] + [0.5 * HALF / ((s + HALF - 1) * (s + HALF)) for s in range(1, polls)]
    by_hand = 1 - sum(weights) + sum(w * math.exp(growth[s:].sum()) for s, w in enumerate(weights))
    assert math.exp(total[-1, 0, 0]) == pytest.approx(by_hand)


@given(st.integers(2, 40), st.data())
def test_cutting_a_block_in_two_changes_nothing(polls: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, polls - 1))
    growth = np.random.default_rng(polls).normal(0, 1, (polls, 2, 3))
    age, first = np.arange(polls)[:, None] * np.ones((1, 2), int), np.full(3, 0.6)
    _, whole = grow(Wealth.fresh(2, 3), growth, age, first)
    before, one = grow(Wealth.fresh(2, 3), growth[:cut], age[:cut], first)
    _, two = grow(before, growth[cut:], age[cut:], first)
    assert np.concatenate([one, two]) == pytest.approx(whole, rel=1e-12)


def plain(strength: float = 20.0) -> Prior:
    one = np.ones((1, 1))
    return Prior(one, one * 0, one, one * np.inf, one * strength, one)


def phis(residual: np.ndarray, information: np.ndarray, prior: Prior | None = None) -> np.ndarray:
    part = np.full_like(residual, 0.05)
    valid = np.ones((len(residual), 1), bool)
    prior = prior or plain()
    made = phi(
        prior,
        Residuals.none(1, 1),
        residual[:, None, None],
        information[:, None, None],
        part[:, None, None],
        valid,
    )
    found: np.ndarray = made[1][:, 0, 0]
    return found


def test_dispersion_by_hand() -> None:
    """Residuals 2, -2, 2, -2, information 1: the Bartlett sum is 16 - 1.6·12 + 1.2·8 - 0.8·4."""
    found = phis(np.array([2.0, -2, 2, -2, 0]), np.ones(5), plain(strength=1.0))
    assert found[0] == 1
    assert found[4] == pytest.approx(max(1.0, (1 + 16 - 1.6 * 12 + 1.2 * 8 - 0.8 * 4) / 5))


def test_dispersion_is_of_earlier_polls_only() -> None:
    rng = np.random.default_rng(1)
    r = rng.normal(0, 2, 50)
    changed = r.copy()
    changed[30:] = 1e6
    assert phis(r, np.ones(50))[:31] == pytest.approx(phis(changed, np.ones(50))[:31])


def test_a_steady_harm_is_no_noise_and_a_restless_track_is() -> None:
    rng = np.random.default_rng(2)
    k = rng.poisson(20 + 4 * 1, 400).astype(float)
    x = rng.binomial(k.astype(int), 0.05 * 4 / (0.95 + 0.2)).astype(float)
    steady = phis(x - 0.05 * k, k * 0.05 * 0.95)
    assert steady[-1] < 1.5
    slow = np.repeat(rng.normal(0, 2, 40), 10)
    assert phis(slow + rng.normal(0, 1, 400), np.ones(400))[-1] > 5


def test_clumps_show_in_productions_own_counts() -> None:
    rng = np.random.default_rng(3)
    for mean in (1.5, 14.0, 140.0):
        assert fano(rng.poisson(mean, 2000).astype(float)) == pytest.approx(1.0, abs=0.2)
        assert fano((3 * rng.poisson(mean / 3, 2000)).astype(float)) == pytest.approx(3.0, rel=0.35)


def test_history_of_a_slow_track_is_known_as_a_long_run_and_as_a_single_poll() -> None:
    rng = np.random.default_rng(4)
    white = [rng.normal(0, 1, 240) for _ in range(10)]
    calm = of_history(white, [np.ones(240)] * 10)
    assert calm.long_run == pytest.approx(1.0, abs=0.25)
    slow = [np.repeat(rng.normal(0, 1, 24), 10) + rng.normal(0, 1, 240) for _ in range(10)]
    noisy = of_history(slow, [np.ones(240)] * 10)
    assert noisy.single == pytest.approx(2.0, rel=0.2)
    assert noisy.long_run > 6
    assert not of_history([np.ones(3)], [np.ones(3)]).known


def autoregressive(rng: np.random.Generator, polls: int, keep: float) -> np.ndarray:
    steps = rng.standard_normal(polls) * math.sqrt(1 - keep**2)
    steps[0] = rng.standard_normal()
    for poll in range(1, polls):
        steps[poll] += keep * steps[poll - 1]
    return steps


@pytest.mark.parametrize(("minutes", "least", "most"), [(2.0, 0.5, 1.3), (15.0, 0.4, 1.6)])
def test_noise_that_lasts_is_counted_as_long_as_it_lasts(minutes: float, least: float, most: float) -> None:
    """A quarter of an hour is far beyond the short window, which by itself sees less than a fifth of it."""
    keep = math.exp(-1 / (4 * minutes))
    truth = (1 + keep) / (1 - keep)
    rng = np.random.default_rng(31)
    found = [
        of_history([autoregressive(rng, 240, keep) for _ in range(10)], [np.ones(240)] * 10).long_run
        for _ in range(40)
    ]
    assert least * truth < np.median(found) < most * truth


def test_a_mean_of_logs_is_safe_at_both_ends() -> None:
    values = np.array([[1e5, -1e5, 3.0], [-np.inf, -np.inf, -np.inf]])
    assert log_mean(values, np.log(np.full(3, 1 / 3)))[0] == pytest.approx(1e5 - math.log(3))
    assert log_mean(values, np.zeros(3))[1] == -np.inf
    assert log_mean(np.zeros((2, 0)), np.zeros(0)).tolist() == [-np.inf, -np.inf]
