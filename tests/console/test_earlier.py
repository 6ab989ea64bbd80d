"""Earlier releases that stayed good: which they are, and that their noise reaches the next recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import events
from console.canary.catalogue import packaged
from console.canary.limits import Rules
from console.canary.measures import Ratio
from console.canary.stages import Advancement, Deployment, Release, ReleaseState
from console.earlier import MOST, good, good_before
from console.judging_terms import JudgingTerms
from console.keeping import Measured, dump, metric_key
from console.live_judging import live_recording
from console.ports import Sample
from data.clock import ScaledClock
from data.sqlite.ledger import SqliteLedger
from data.sqlite.samples import SqliteSamples
from tests.console.recorded import append, still_ledger
from tests.simulated import ORIGIN

HOUR, POLL = 3_600_000, 15_000
SCOPE = "s"


def told(ledger: SqliteLedger, canary: str, start: int, *more: events.Event, end: str = "COMPLETE") -> str:
    """A release that lasted for an hour, as a console recorded it."""
    stream = f"release:{canary}"
    seen = events.ReleaseSeen(
        canary_id=canary, baseline_id="dpl_b", state="ACTIVE", stage_index=0, percentage=5, says="seen"
    )
    append(ledger, seen, start, stream)
    for event in more:
        append(ledger, event, start + HOUR // 2, stream)
    over = seen.model_copy(update={"state": end, "stage_index": None, "percentage": 100})
    append(ledger, over, start + HOUR, stream)
    return stream


def word(said: str) -> events.VerdictChanged:
    return events.VerdictChanged.model_validate(
        {
            "canary_id": "x",
            "word": said,
            "before": "none",
            "since": ORIGIN,
            "reasons": ["because"],
            "judge": "statistical",
        }
    )


EPOCH = events.EpochOpened(canary_id="x", cause="flag", since=ORIGIN, why="a flag")


@pytest.mark.parametrize(
    ("more", "end", "counts"),
    [
        ([word("hold"), word("promote")], "COMPLETE", True),
        ([word("hold"), word("rollback"), word("promote")], "COMPLETE", False),
        ([word("promote")], "ABORTED", False),
        ([EPOCH], "COMPLETE", False),
        ([], "ACTIVE", False),
    ],
)
def test_only_what_was_completed_without_ever_being_called_worse_is_good(
    tmp_path: Path, more: list[events.Event], end: str, counts: bool
) -> None:
    with still_ledger(tmp_path) as ledger:
        stream = told(ledger, "dpl_a", ORIGIN, *more, end=end)
        found = good(ledger.read(stream=stream))
    assert (found is not None) is counts
    if found is not None:
        assert (found.canary_id, found.baseline_id) == ("dpl_a", "dpl_b")
        assert (found.since, found.until) == (ORIGIN, ORIGIN + HOUR)


def test_the_newest_few_that_were_over_by_then_are_found_and_not_the_release_itself(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        for number in range(MOST + 2):
            told(ledger, f"dpl_{number}", ORIGIN + 2 * number * HOUR)
        told(ledger, "dpl_now", ORIGIN - 3 * HOUR)
        at = ORIGIN + 2 * (MOST + 1) * HOUR
        found = good_before(ledger, "dpl_now", at, ORIGIN + HOUR)
        assert [one.canary_id for one in found] == [f"dpl_{number}" for number in range(MOST, 0, -1)]
        assert good_before(ledger, "dpl_now", ORIGIN, 0) == []


def test_their_measurements_are_the_history_of_the_next_recording(tmp_path: Path) -> None:
    metric = next(one for one in packaged().asked if one.id == "error_rate")
    samples = SqliteSamples(tmp_path / "samples.db", ScaledClock(ORIGIN + 5 * HOUR, 1e-9))

    def measured(deployment: str, start: int, polls: int) -> None:
        key = f"{SCOPE}/{metric_key(metric.id, deployment)}"
        for number in range(polls):
            end = start + (number + 1) * POLL
            value = Measured(end - POLL, end, end, Ratio(float(number % 3), 500.0))
            samples.record([Sample(key, end, end, "prometheus", dump(Measured, value))])

    for deployment, start, polls in (
        ("dpl_a", ORIGIN, 60),
        ("dpl_b", ORIGIN, 60),
        ("dpl_b", ORIGIN + 3 * HOUR, 12),
        ("dpl_c", ORIGIN + 3 * HOUR, 12),
    ):
        measured(deployment, start, polls)
    now = ORIGIN + 3 * HOUR
    release = Release(
        ReleaseState.ACTIVE,
        Advancement.MANUAL,
        Deployment("dpl_b", ""),
        Deployment("dpl_c", ""),
        (),
        0,
        5.0,
        started_at=now,
        updated_at=now,
    )
    with still_ledger(tmp_path) as ledger:
        told(ledger, "dpl_a", ORIGIN, word("promote"))
        earlier = good_before(ledger, "dpl_c", now, now - 7 * 24 * HOUR)
    terms = JudgingTerms("both", Rules(100, 3, 5, {}))
    found = live_recording(release, [], samples, SCOPE, [metric], terms, POLL, now + 12 * POLL, earlier)
    samples.close()
    assert found is not None
    [history] = found.metrics[0].history
    assert len(history.baseline) == len(history.canary) == 60
    assert len(found.metrics[0].canary) == 12
