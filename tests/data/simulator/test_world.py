"""The world: the same by seed however it is looked at, and moved by stages, scenarios and time."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.readings import Millis
from data.clock import ScaledClock
from data.simulator import releases, shop, telemetry, traffic
from data.simulator.population import Population
from data.simulator.records import Release
from data.simulator.world import World
from tests.simulated import ORIGIN


def world(seed: int = 1, scenario: str = "healthy", origin: Millis = ORIGIN) -> tuple[World, ScaledClock]:
    clock = ScaledClock(origin, 1e-9)
    return World(seed=seed, clock=clock, scenario=scenario), clock


def release_of(it: World) -> Release:
    assert it.project.release is not None
    return it.project.release


def picture(it: World) -> dict[object, object]:
    """Everything that can be seen of a world's traffic, with times counted from its beginning."""
    targets: dict[object, object] = {
        key: (target.row(), [at - it.epoch for at in target.times], target.last_traffic - it.epoch)
        for key, target in it.samples.targets.items()
    }
    return {**targets, "host": it.samples.host.row()}


class Moved:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.at = ORIGIN

    def now(self) -> Millis:
        return self.at

    def monotonic(self) -> float:
        return (self.at - ORIGIN) / 1000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the world does not sleep")


def lived(seed: int, looks: list[int], acts_at: int) -> dict[object, object]:
    """90 s of a world looked at ``looks`` milliseconds after its beginning, with one approval in it."""
    clock = Moved()
    it = World(seed=seed, clock=clock)
    for look in sorted({*looks, acts_at, 90_000}):
        clock.at = ORIGIN + look
        now = it.advance()
        if look == acts_at:
            releases.approve(it.project, release_of(it).canary_id, 1, it.project.people[0], now)
    return picture(it)


@pytest.mark.slow
@settings(max_examples=15)
@given(
    seed=st.sampled_from([0, 1, 2**40]),
    looks=st.lists(st.integers(0, 90_000), max_size=30),
    acts_at=st.integers(0, 90_000),
)
def test_the_same_seed_is_the_same_world_whatever_the_polling(
    seed: int, looks: list[int], acts_at: int
) -> None:
    assert lived(seed, looks, acts_at) == lived(seed, [], acts_at)


def test_another_seed_is_another_world_and_the_time_of_its_beginning_does_not_matter() -> None:
    one, _ = world(1)
    other, _ = world(2)
    later, _ = world(1, origin=ORIGIN + 7 * 3_600_000)
    assert picture(one) != picture(other)
    assert picture(one) == picture(later)
    assert list(one.project.deployments) == list(later.project.deployments)


def test_worlds_of_one_seed_share_nothing_that_moves() -> None:
    one, clock = world(1)
    other, _ = world(1)
    before = picture(other)
    clock.advance(60)
    one.advance()
    assert picture(other) == before
    assert world(1)[0].samples.attempts == other.samples.attempts


def test_it_begins_in_the_middle_of_a_release_with_an_hour_of_history() -> None:
    it, _ = world()
    release = release_of(it)
    assert (release.state, release.active_index, [s.percentage for s in release.stages]) == (
        "ACTIVE",
        0,
        [5, 25, 50, 100],
    )
    assert it.epoch - release.started_at == 6 * 60_000
    baseline = it.samples.targets[release.base_id, "baseline"]
    canary = it.samples.targets[release.canary_id, "canary"]
    assert it.epoch - baseline.times[0] >= 60 * 60_000
    assert release.started_at < canary.times[0] <= release.started_at + 10_000
    assert baseline.times[-1] == canary.times[-1] == it.epoch


def test_rates_stay_in_the_range_of_a_shop() -> None:
    rates = [shop.load(seconds) for seconds in range(0, 86_400, 60)]
    assert 60 < min(rates) < max(rates) < 200
    assert max(rates) > 1.5 * min(rates)


@pytest.mark.parametrize("index", [1, 2])
def test_a_stage_moves_its_share_of_visitors_within_a_minute(index: int) -> None:
    it, clock = world()
    release = release_of(it)
    for following in range(1, index + 1):
        releases.approve(it.project, release.canary_id, following, it.project.people[0], it.advance())
    shares = []
    for _ in range(90):
        clock.advance(1)
        shares.append(it.canary_percentage(it.advance()))
    assert shares == sorted(shares)  # nobody moves back
    assert shares[-1] == pytest.approx(release.stages[index].percentage, abs=0.2)
    now = it.advance()
    canary, base = (it.counts(key, now - 30_000, now)[0] for key in (release.canary_id, release.base_id))
    assert canary / (canary + base) == pytest.approx(shares[-1] / 100, abs=0.03)


def test_a_canary_is_cold_at_first_and_warms_up() -> None:
    it, clock = world()
    release = release_of(it)
    assert it.flow.cold_share(release.canary_id, release.started_at + 1_000) > 0.1
    assert it.flow.cold_share(release.canary_id, it.epoch) < 0.002
    assert it.flow.cold_share(release.base_id, it.epoch) < 0.001
    releases.rollback(it.project, release.base_id, None, it.project.people[0], it.advance())
    clock.advance(10)
    staged = next(d for d in it.project.deployments.values() if d.substate == "STAGED")
    releases.start(it.project, staged.id, it.project.people[0], it.advance())
    clock.advance(5)
    assert it.flow.cold_share(staged.id, it.advance()) > 0.1


def test_an_abort_takes_everybody_back_domain_by_domain() -> None:
    it, clock = world()
    release = release_of(it)
    clock.advance(60)
    releases.rollback(it.project, release.base_id, "too slow", it.project.people[0], it.advance())
    shares = []
    for _ in range(30):
        shares.append(it.canary_percentage(it.advance()))
        clock.advance(0.1)
    assert shares == sorted(shares, reverse=True)
    assert 2 < len(set(shares)) <= 4
    assert shares[-1] == 0
    clock.advance(2)  # the tick in which the last domain moved is over
    start = it.advance()
    clock.advance(30)
    assert it.counts(release.canary_id, start, it.advance()) == (0, 0)


def test_after_completion_everybody_is_served_by_the_canary_which_is_a_baseline_then() -> None:
    it, clock = world()
    release = release_of(it)
    releases.complete(it.project, release.canary_id, it.project.people[0], it.advance())
    clock.advance(30)
    now = it.advance()
    (only,) = it.streams(now)
    assert (only.deployment_id, only.track) == (release.canary_id, "baseline")
    assert only.share == pytest.approx(1.0)
    assert it.counts(release.base_id, now - 20_000, now)[0] == 0


def test_series_of_a_deployment_stay_for_an_hour_after_its_last_request() -> None:
    it, clock = world()
    release = release_of(it)
    releases.rollback(it.project, release.base_id, None, it.project.people[0], it.advance())
    clock.advance(3_500)
    assert release.canary_id in {t.deployment_id for t in it.samples.exposed(it.advance())}
    clock.advance(200)
    assert release.canary_id not in {t.deployment_id for t in it.samples.exposed(it.advance())}
    attempts = it.samples.attempts
    assert attempts[-1] - attempts[0] >= 2 * 3_600_000


def test_error_spike_hits_the_canary_alone_and_clears_when_it_is_switched_off() -> None:
    it, clock = world(scenario="error-spike")
    release = release_of(it)
    clock.advance(300)
    now = it.advance()
    requests, errors = it.counts(release.canary_id, now - 240_000, now)
    assert 0.06 < errors / requests < 0.11
    requests, errors = it.counts(release.base_id, now - 240_000, now)
    assert errors / requests < 0.01
    it.switch("healthy")
    clock.advance(241)
    now = it.advance()
    requests, errors = it.counts(release.canary_id, now - 240_000, now)
    assert errors / requests < 0.02


def test_a_bad_build_stays_bad_when_it_is_promoted_and_the_next_one_is_good() -> None:
    it, clock = world(scenario="error-spike")
    release = release_of(it)
    ana = it.project.people[0]
    releases.complete(it.project, release.canary_id, ana, it.advance())
    clock.advance(120)
    now = it.advance()
    requests, errors = it.counts(release.canary_id, now - 60_000, now)
    assert errors / requests > 0.06
    staged = next(d for d in it.project.deployments.values() if d.substate == "STAGED")
    releases.start(it.project, staged.id, ana, now)
    clock.advance(120)
    now = it.advance()
    requests, errors = it.counts(staged.id, now - 60_000, now)
    assert errors / requests < 0.03


def test_latency_regression_is_seen_on_the_canary_alone() -> None:
    it, clock = world(scenario="latency-regression")
    clock.advance(60)
    now = it.advance()
    slow = {s.track: shop.true_quantile(it.behaviour(s, now), 0.95) for s in it.streams(now)}
    assert 1.4 < slow["canary"] / slow["baseline"] < 1.65


def error_share(it: World, seconds: int) -> float:
    """Of the deployment that is or was the canary."""
    now = it.advance()
    requests, errors = it.counts(release_of(it).canary_id, now - seconds * 1000, now)
    return errors / requests


def test_a_slow_burn_grows_for_half_an_hour() -> None:
    it, clock = world(scenario="slow-burn")
    shares = []
    for _ in range(4):
        clock.advance(600)
        shares.append(error_share(it, 600))
    assert shares[0] < 0.009
    assert shares[0] < 0.6 * shares[2]
    assert shares[-1] == pytest.approx(0.012 + 0.0034, rel=0.3)


def test_flapping_goes_on_and_off_and_on() -> None:
    it, clock = world(scenario="flapping")
    clock.advance(60)  # the first time begins here; each lasts 45 s, and 240 s lie between two beginnings
    seen = []
    for _ in range(3):
        clock.advance(45)
        seen.append(error_share(it, 45) > 0.06)
        clock.advance(195)
        seen.append(error_share(it, 190) > 0.06)
    assert seen == [True, False] * 3


def test_harm_after_the_promotion_waits_for_it() -> None:
    it, clock = world(scenario="late-harm")
    clock.advance(900)
    assert error_share(it, 300) < 0.006
    canary = release_of(it).canary_id
    releases.complete(it.project, canary, it.project.people[0], it.advance())
    clock.advance(300)
    assert error_share(it, 240) < 0.006
    clock.advance(400)
    assert error_share(it, 120) > 0.006


def test_low_traffic_leaves_the_canary_hardly_any_and_sound() -> None:
    it, clock = world(scenario="low-traffic")
    clock.advance(600)
    now = it.advance()
    release = release_of(it)
    baseline, _ = it.counts(release.base_id, now - 600_000, now)
    canary, errors = it.counts(release.canary_id, now - 600_000, now)
    assert 1200 < baseline < 2400
    assert 40 < canary < 160
    assert errors < 5


def test_effects_on_metrics_follow_the_build_and_end_with_the_scenario() -> None:
    it, clock = world(scenario="harm-conversion")
    clock.advance(60)
    it.advance()
    streams = {stream.track: stream for stream in it.streams(it.advance())}
    assert [change.factor for change in it.condition(streams["canary"], it.advance())] == [0.7]
    assert it.condition(streams["baseline"], it.advance()) == ()
    it.switch("healthy")
    assert it.condition(streams["canary"], it.advance()) == ()


def test_metrics_outage_leaves_a_gap_in_the_samples_and_the_shop_serves_on() -> None:
    it, clock = world(scenario="metrics-outage")
    release = release_of(it)
    clock.advance(400)
    now = it.advance()
    target = it.samples.targets[release.base_id, "baseline"]
    since = it.running.since
    assert not [at for at in target.times if since + 20_000 <= at < since + 260_000]
    assert [at for at in target.times if at >= since + 260_000]
    assert it.counts(release.base_id, now - 400_000, now)[0] > 10_000


# --- the draws underneath -------------------------------------------------------------------------


@given(first=st.floats(0, 100), second=st.floats(0, 100))
def test_raising_the_percentage_never_takes_a_visitor_away_from_the_canary(
    first: float, second: float
) -> None:
    people = POPULATION
    low, high = sorted((first, second))
    assert people.below(low) <= people.below(high)
    assert 0 <= people.request_share(low) <= people.request_share(high) <= 1.0


POPULATION = Population(3)


@pytest.mark.parametrize("percentage", [5, 25, 50])
def test_shares_of_visitors_and_requests_are_near_the_percentage_but_not_it(percentage: int) -> None:
    assert POPULATION.below(percentage) / POPULATION.size == pytest.approx(percentage / 100, rel=0.15)
    share = POPULATION.request_share(percentage)
    assert share == pytest.approx(percentage / 100, rel=0.2)
    assert share != percentage / 100
    assert POPULATION.request_share(100) == 1.0
    assert POPULATION.request_share(0) == 0.0


@pytest.mark.parametrize("draw", [traffic.poisson, telemetry.poisson])
@pytest.mark.parametrize("mean", [0.0, 0.4, 7.0, 60.0])
def test_poisson_has_the_mean_and_variance_of_one(
    mean: float, draw: Callable[[random.Random, float], int]
) -> None:
    rng = random.Random(5)
    drawn = [draw(rng, mean) for _ in range(4_000)]
    average = sum(drawn) / len(drawn)
    variance = sum((n - average) ** 2 for n in drawn) / len(drawn)
    assert average == pytest.approx(mean, abs=5 * math.sqrt(mean / 4_000) + 1e-9)
    assert variance == pytest.approx(mean, rel=0.12)


def test_cells_have_the_chances_that_the_truth_is_told_from() -> None:
    """The counters that the requests leave agree with the analytic error share and quantile."""
    it, _ = world()
    release = release_of(it)
    target = it.samples.targets[release.base_id, "baseline"]
    requests = sum(target.hits)
    errors = sum(hits for cell, hits in enumerate(target.hits) if shop.CELL_IS_ERROR[cell])
    assert errors / requests == pytest.approx(shop.true_error_share(shop.HEALTHY), rel=0.08)
    by_bucket = Counter[int]()
    for cell, hits in enumerate(target.hits):
        by_bucket[cell % shop.BUCKETS] += hits
    quarter_second = (
        sum(hits for bucket, hits in by_bucket.items() if bucket <= shop.BOUNDS.index(0.25)) / requests
    )
    assert shop.true_quantile(shop.HEALTHY, quarter_second, 0.0008) == pytest.approx(0.25, rel=0.02)
    assert sum(target.seconds) / requests == pytest.approx(0.135, rel=0.15)
