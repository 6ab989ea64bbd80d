"""When what stands in is asked, about which time, and what is kept of it: nothing that a judge could read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import CATALOGUE, Metric
from console.canary.measures import Count, Quantile, Window
from console.canary.stages import Advancement, Deployment, Release, ReleaseState
from console.keeping import Alive, load, together_key
from console.metric_sources import SPEED_INSIGHTS
from console.ports import Sample
from console.readings import Millis, Problem
from console.supplementing import NO_RELEASE, NOT_NEEDED, TOO_EARLY, SupplementJob
from console.together import LAG, MINUTE, MOST, Spans, Together, spans_of
from tests.data.hosts import EPOCH, StillClock

LOAD, INTERACTIVE = CATALOGUE["page_load"], CATALOGUE["time_to_interactive"]


def release(started_at: Millis = EPOCH) -> Release:
    tracks = Deployment("dpl_base", "b.example"), Deployment("dpl_canary", "c.example")
    return Release(ReleaseState.ACTIVE, Advancement.MANUAL, *tracks, (), 0, 5.0, started_at, started_at)


@given(st.integers(0, 10**9), st.integers(-(10**7), 10**9))
def test_both_spans_are_whole_minutes_of_one_length_on_either_side_of_the_beginning(
    began: Millis, later: Millis
) -> None:
    found = spans_of(release(began), began + later)
    if found is None:
        assert later < LAG + 2 * MINUTE
        return
    assert found.before.end <= began
    assert found.before.end <= found.since.start
    assert found.since.end <= began + later - LAG
    assert found.since.seconds == found.before.seconds
    assert MINUTE <= found.since.end - found.since.start <= MOST
    edges = (found.since.start, found.since.end, found.before.start, found.before.end)
    assert not any(edge % MINUTE for edge in edges)


@dataclass
class Answering:
    """Gives page load, and says why it has nothing else."""

    name: str = SPEED_INSIGHTS
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def gives(self, metric: Metric) -> bool:
        return metric in (LOAD, INTERACTIVE)

    async def together(self, metrics: Sequence[Metric], spans: Spans) -> Mapping[str, Together | Problem]:
        self.asked.append(tuple(one.id for one in metrics))
        lacking = Problem("not_found", "the schema has no INP", "")
        had = Together(spans.since, Quantile(0.75, 1.8, 900), spans.before, None)
        return {one.id: had if one is LOAD else lacking for one in metrics}


class Asked:
    """A job whose release and metrics the test sets."""

    def __init__(self) -> None:
        self.source, self.clock = Answering(), StillClock(EPOCH + 10 * MINUTE)
        self.release: Release | None = release()
        self.metrics: tuple[Metric, ...] = (LOAD, INTERACTIVE, CATALOGUE["error_rate"])
        self.job = SupplementJob(self.source, self.clock, "here", lambda: self.release, lambda: self.metrics)

    async def poll(self) -> tuple[Sequence[Sample], Alive]:
        kept = await self.job.job().run()
        alive = load(Alive, next(one.body for one in kept if one.key == f"here/{SPEED_INSIGHTS}"))
        assert alive is not None
        return kept, alive


async def test_only_what_it_may_have_is_asked_and_kept_under_no_deployments_name() -> None:
    asked = Asked()
    kept, alive = await asked.poll()
    assert asked.source.asked == [("page_load", "time_to_interactive")]
    assert alive.lacks == {"time_to_interactive": "the schema has no INP"}
    [one] = [sample for sample in kept if sample.key != f"here/{SPEED_INSIGHTS}"]
    assert one.key == f"here/{together_key('dpl_canary', 'page_load')}"
    assert not any("metric/" in sample.key for sample in kept)
    told = load(Together, one.body)
    assert told is not None
    assert told.measure == Quantile(0.75, 1.8, 900)
    assert asked.job.left(asked.metrics) == [INTERACTIVE, CATALOGUE["error_rate"]]


async def test_nobody_is_asked_where_nothing_is_missing_or_nothing_can_be_said_yet() -> None:
    asked = Asked()
    for release_then, metrics, note in (
        (release(), (), NOT_NEEDED),
        (None, (LOAD,), NO_RELEASE),
        (release(EPOCH + 9 * MINUTE), (LOAD,), TOO_EARLY),
    ):
        asked.release, asked.metrics = release_then, metrics
        _, alive = await asked.poll()
        assert alive.note == note
        assert asked.job.behind is bool(metrics)
    assert asked.source.asked == []


async def test_what_turns_out_to_be_missing_is_asked_for_before_its_turn() -> None:
    asked, behind = Asked(), []
    for metrics in ((LOAD,), (LOAD, INTERACTIVE)):
        asked.metrics = metrics
        behind.append(asked.job.behind)
        await asked.poll()
        behind.append(asked.job.behind)
    assert behind == [True, False, True, False]


def test_a_count_is_kept_and_read_as_it_was() -> None:
    from console.keeping import dump

    one = Together(Window(60_000, 120_000), Count(5, 60, 2), Window(0, 60_000), None, "visitors")
    assert load(Together, dump(Together, one)) == one
