"""When to ask again."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from console.readings import Problem
from console.schedule import BACKOFF_CAP_MS, NEEDS_A_PERSON, RARELY_MS, Pace

NOW = 1_800_000_000_000
EVERY = st.integers(500, 600_000)
SEED = st.integers(0, 10_000)


@given(EVERY, SEED)
def test_after_success_the_interval_give_or_take_a_tenth(every: int, seed: int) -> None:
    delay = Pace(every, 3).succeeded().delay_ms(random.Random(seed), NOW)
    assert 0.9 * every - 1 <= delay <= 1.1 * every


@given(EVERY, st.integers(1, 1_000), SEED)
def test_after_failures_it_waits_but_never_for_ever_and_never_hammers(
    every: int, failures: int, seed: int
) -> None:
    silent = Problem("timeout", "It was silent.", "Wait.")
    delay = Pace(every, failures).delay_ms(random.Random(seed), NOW, silent)
    assert every // 10 <= delay <= max(BACKOFF_CAP_MS, every // 10)


@given(EVERY, SEED, st.sampled_from(sorted(NEEDS_A_PERSON)))
def test_what_only_a_person_can_heal_is_asked_rarely(every: int, seed: int, kind: str) -> None:
    delay = Pace(every).failed().delay_ms(random.Random(seed), NOW, Problem(kind, "No.", "Look."))
    assert delay >= RARELY_MS


@given(EVERY, SEED, st.integers(-60_000, 3_600_000))
def test_the_time_that_the_host_names_wins(every: int, seed: int, ahead: int) -> None:
    limited = Problem("rate_limited", "Too often.", "Wait.", retry_at=NOW + ahead)
    delay = Pace(every).failed().delay_ms(random.Random(seed), NOW, limited)
    assert max(0, ahead) <= delay <= max(0, ahead) + 1_000


def test_two_consoles_do_not_beat_in_step() -> None:
    delays = {Pace(15_000).delay_ms(random.Random(seed), NOW) for seed in range(20)}
    assert len(delays) > 15
