"""What judging costs: a poll of many projects, a long release, a whole recording; beside simpler ways.

In seconds of this process on a core, which other processes of a busy machine do not count towards.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from console.canary.recorded import judge_recording
from console.canary.recording import Recording, read
from console.canary.statistical import Block, Judge
from tests.benchmarks.measuring import Pair, at_most
from tests.judging.families import CALM, POLLS_A_MINUTE
from tests.judging.recordings import recording
from tests.judging.streams import POLLS, streams

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PROJECTS, METRICS = 200, 16
DISTINCT = 10
"""So many projects differ; the cost does not depend on what the counts are."""
RATIOS, HISTOGRAMS = 8, 4
"""Of the sixteen; the rest are gauges."""
MADE = 60
"""Polls of the release that stands behind a poll judged from scratch: a quarter of an hour."""

FROM_SCRATCH = 0.1
"""One more poll costs at most this part of judging a quarter of an hour again."""
OF_RANK_TESTS = 0.1
"""A poll costs at most this part of one rank test for each metric."""
GROWTH = 1.3
"""A poll late in the hour costs at most so many times one at its start."""


@lru_cache
def project(number: int, polls: int) -> Recording:
    """A release with sixteen metrics and nothing wrong."""
    rng = np.random.default_rng(number)
    made = streams(CALM, rng, 200, RATIOS, polls=polls, hours=1)
    metrics: list[dict[str, Any]] = []
    for at in range(METRICS):
        ratio, histogram = recording(made, at % RATIOS, history=False)["metrics"]
        if at < RATIOS:
            metric = ratio
        elif at < RATIOS + HISTOGRAMS:
            metric = histogram
        else:
            one, other = rng.normal(50, 1, (2, polls)).tolist()
            metric = {"kind": "gauge", "baseline": {"value": one}, "canary": {"value": other}}
        metrics.append({**metric, "id": f"metric-{at}"})
    return Recording.model_validate({"id": f"project-{number}", "poll_seconds": 15, "metrics": metrics})


def fleet(projects: int, polls: int) -> tuple[Judge, Block]:
    """So many projects under one judge, and all of their polls."""
    different = [project(number, polls) for number in range(min(projects, DISTINCT))]
    releases = [different[number % len(different)] for number in range(projects)]
    judge = Judge(releases)
    return judge, judge.block(releases)


def timed(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def polls_of(judge: Judge, block: Block, polls: int) -> list[float]:
    """Seconds of each of the first ``polls``, judged one by one."""
    state, same = judge.begin(), np.zeros(len(judge.recordings), bool)
    taken = []
    for poll in range(polls):
        part = block.part(poll, poll + 1, same)
        begun = time.process_time()
        state, _ = judge.step(state, part)
        taken.append(time.process_time() - begun)
    return taken


def test_one_more_poll_is_cheaper_than_all_again() -> None:
    judge, block = fleet(PROJECTS, MADE)
    same = np.zeros(PROJECTS, bool)

    def measure() -> Pair:
        pair = Pair(f"{PROJECTS} projects × {METRICS} metrics, one more poll against {MADE} polls again")
        for _ in range(3):
            pair.bare.append(timed(lambda: judge.step(judge.begin(), block.part(0, MADE, same))))
            pair.ours += polls_of(judge, block, 8)
        return pair

    at_most(FROM_SCRATCH, measure, statistics.median)


def test_a_poll_is_cheaper_than_a_rank_test_for_each_metric() -> None:
    judge, block = fleet(PROJECTS, MADE)
    points = np.random.default_rng(1).normal(size=(2, 60))

    def measure() -> Pair:
        pair = Pair(f"{PROJECTS} projects × {METRICS} metrics at one poll against scipy's rank test for each")
        for _ in range(5):
            pair.ours += polls_of(judge, block, 4)
            hundred = timed(lambda: [mannwhitneyu(*points) for _ in range(100)])
            pair.bare.append(hundred / 100 * PROJECTS * METRICS)
        return pair

    at_most(OF_RANK_TESTS, measure, statistics.median)


def test_a_poll_costs_the_same_at_the_end_of_the_hour() -> None:
    judge, block = fleet(20, POLLS)

    def measure() -> Pair:
        pair = Pair("20 projects, a poll of the last quarter of an hour against one of the first")
        for _ in range(3):
            taken = polls_of(judge, block, POLLS)
            quarter = 15 * POLLS_A_MINUTE
            pair.ours += taken[-quarter:]
            pair.bare += taken[:quarter]
        return pair

    at_most(GROWTH, measure, statistics.median)


LOOKS = 60
"""A rank judge looks at the hour's one-minute points sixty times."""
OF_LOOKS = 0.6
"""A recording, read and judged at all of its polls, costs at most what those looks at two metrics do."""


@pytest.mark.parametrize("history", [False, True], ids=["alone", "with ten hours of history"])
def test_recordings_are_judged_by_the_thousand(history: bool) -> None:
    """The aim is 1,000 a minute on one core, printed; asserted is a ratio, which no slow machine changes."""
    made = streams(CALM, np.random.default_rng(5), 200, 8)
    texts = [json.dumps(recording(made, run, history=history)) for run in range(len(made))]
    points = np.random.default_rng(1).normal(size=(2, 60))

    def look() -> None:
        for minute in range(2, LOOKS + 1):
            for _ in range(2):
                mannwhitneyu(points[0, :minute], points[1, :minute])

    def measure() -> Pair:
        pair = Pair(f"a recording of {POLLS} polls × 2 metrics against {LOOKS} looks with scipy's rank test")
        for _ in range(3):
            for text in texts:
                pair.ours.append(timed(lambda text=text: judge_recording(read(text))))  # type: ignore[misc]
            pair.bare.append(timed(look))
        sys.stdout.write(f"\n{60 / statistics.median(pair.ours):,.0f} recordings a minute on this core\n")
        return pair

    at_most(OF_LOOKS, measure, statistics.median)
