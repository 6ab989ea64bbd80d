"""One part of a campaign: some runs of one cell, made with their own seed and shown to every judge."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tests.judging.cells import Cell
from tests.judging.families import CALM, POLLS_A_MINUTE, WARM_UP, Array
from tests.judging.ours import judged
from tests.judging.points import error_rate, mean_latency
from tests.judging.recordings import recording
from tests.judging.rivals import counter, limits, rank
from tests.judging.streams import Pair, Streams, pair, streams

OURS, RANK, MANUAL, COUNTER, TUNED = "ours", "rank", "limits", "counter", "tuned limits"
JUDGES = (OURS, RANK, MANUAL, COUNTER, TUNED)

MOST_ERRORS = 0.01
"""The limit of the manuals: at least 99 % of a minute's requests succeed."""
FAILURE_LIMIT, THRESHOLD = 3, 5
"""What their examples allow: more than three failures; the fifth failed check."""
CALM_RUNS, TUNED_TO = 400, 0.05

Minutes = list[float | None]


@dataclass(frozen=True, slots=True)
class Played:
    """What the judges said of each run: minutes from the start, ``None`` for never."""

    rollback: dict[str, Minutes]
    promote: Minutes
    culprits: list[list[str]]

    def as_json(self) -> dict[str, Any]:
        """For the store."""
        return {"rollback": self.rollback, "promote": self.promote, "culprits": self.culprits}


def seeded(seed: int, *names: object) -> np.random.Generator:
    """A generator of its own for what the names name, the same in every process."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    words = np.frombuffer(digest, np.uint32)
    return np.random.default_rng(np.random.SeedSequence([seed, *(int(word) for word in words)]))


def play(cell: Cell, seed: int, part: int, runs: int, judges: tuple[str, ...] = JUDGES) -> Played:
    """Make part ``part`` of ``cell`` and ask the judges."""
    made = streams(cell.family, seeded(seed, cell.key, part), cell.rate, runs, cell.harm)
    rollback: dict[str, Minutes] = {}
    promote: Minutes = []
    culprits: list[list[str]] = []
    if OURS in judges:
        rollback[OURS] = []
        for said in (judged(_recorded(cell, made, run)) for run in range(runs)):
            rollback[OURS].append(said.rollback)
            promote.append(said.promote)
            culprits.append(list(said.culprits))
    for name, minutes in _rivals(made.live, cell.rate).items():
        if name in judges:
            rollback[name] = [None if math.isinf(one) else float(one) for one in minutes]
    return Played(rollback, promote, culprits)


def _recorded(cell: Cell, made: Streams, run: int) -> dict[str, Any]:
    cold = cell.family.warmup_errors > 1
    warmup = round(WARM_UP.warmup_minutes * POLLS_A_MINUTE) if cold else 0
    return recording(made, run, f"{cell.key}-{run}", warmup_polls=warmup)


def _rivals(live: Pair, rate: int) -> dict[str, Array]:
    """Minutes to the rollback of each compared judge; infinity for never."""
    failing, slow = error_rate(live.canary), mean_latency(live.canary)
    most_errors, slowest = _tuned(rate)
    over = limits.over(failing, MOST_ERRORS)
    return {
        RANK: np.minimum(
            rank.first_high(failing, error_rate(live.baseline)),
            rank.first_high(slow, mean_latency(live.baseline)),
        ),
        MANUAL: limits.aborted_after(over, FAILURE_LIMIT),
        COUNTER: counter.rolled_back_after(over, THRESHOLD),
        TUNED: np.minimum(
            limits.aborted_after(limits.over(failing, most_errors), FAILURE_LIMIT),
            limits.aborted_after(limits.over(slow, slowest), FAILURE_LIMIT),
        ),
    }


@lru_cache
def _tuned(rate: int) -> tuple[float, float]:
    """The limits for error rate and mean latency that give 5 % false alarms together on calm releases."""
    calm = pair(CALM, seeded(0, "tuning", rate), rate, (CALM_RUNS, 60 * POLLS_A_MINUTE))
    each = TUNED_TO / 2
    return (
        limits.tuned(error_rate(calm.canary), FAILURE_LIMIT, each),
        limits.tuned(mean_latency(calm.canary), FAILURE_LIMIT, each),
    )
