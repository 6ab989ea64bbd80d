"""What the metrics screen says: states, sentences, rows, queries and parts, as text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import Metric, packaged
from console.canary.measures import Cell, Count, Measure, Point, Quantile, Window
from console.canary.query_text import queries
from console.canary.verdict import MetricState
from console.metric_rhythm import rhythm_of
from console.metric_sources import (
    OBSERVABILITY,
    PROMETHEUS,
    REQUEST_LOGS,
    SPEED_INSIGHTS,
    SUPPLEMENTS_EVERY_MS,
    WEB_ANALYTICS,
)
from console.readings import Freshness, Reading, Rhythm
from console.together import Together
from console.trend import LEVELS, sliced, trend
from console.world import MetricView, World
from screens import clean, paint
from screens.metrics.detail import about, head, ranked
from screens.metrics.found import Entry, entries
from screens.metrics.marks import evidence_bar, judged_weight
from screens.metrics.rows import heading, row
from screens.metrics.state import sentence, state
from tests.screens import worlds
from tests.screens.measured import UNMEASURED, lacking, measured
from tests.screens.worlds import MINUTE, NOW, SECOND

WORLD = measured()
IDS = [one.id for one in packaged()]


def entry(metric_id: str, world: World = WORLD) -> Entry:
    return next(one for one in entries(world) if one.id == metric_id)


def plain(entry: Entry, world: World = WORLD, now: int = NOW, cells: int = 80) -> str:
    return paint.plain(row(entry, world, now, cells, False, judged_weight(world)))


def told(metric_id: str, world: World = WORLD, now: int = NOW) -> str:
    one = entry(metric_id, world)
    lines = [*head(one, world, now, 100, 9), *about(one, world, now, 100, every=True)]
    return " ".join(" ".join(map(paint.plain, lines)).split())


def test_the_whole_catalogue_is_there_in_its_families_measured_or_not() -> None:
    found = entries(WORLD)
    assert sorted(one.id for one in found) == sorted(IDS)
    order = list(dict.fromkeys(one.metric.family for one in found))
    assert order == ["errors", "performance", "experience", "infrastructure"]
    assert [one.id for one in found].index("memory") == [one.id for one in found].index("cpu") + 1
    assert [one.id for one in found if one.view is None] == list(UNMEASURED)


def test_a_metric_of_ones_own_stands_in_its_family() -> None:
    own = replace(packaged()["error_rate"], id="failed_payments", title="failed payments", by=None)
    world = replace(WORLD, catalogue=(*WORLD.catalogue, own))
    assert "failed payments" in plain(entry("failed_payments", world), world)


@pytest.mark.parametrize(
    ("metric_id", "said"),
    [
        ("error_rate", "! worse"),
        ("latency_p95", "≈ no worse"),
        ("conversion_rate", "… collecting"),
        ("network", "◇ context"),
        ("cpu", "◇ informs"),
        ("db_query_time", "· not measured"),
    ],
)
def test_each_state_is_a_glyph_and_a_word(metric_id: str, said: str) -> None:
    assert plain(entry(metric_id)).strip().startswith(said)


def test_old_values_say_so_and_lost_ones_are_not_shown() -> None:
    later = NOW + 40 * SECOND
    assert "⧗ stale 44 s" in plain(entry("error_rate"), now=later)
    lost = plain(entry("error_rate"), now=NOW + 8 * MINUTE)
    assert lost.strip().startswith("– lost")
    assert "2.4 %" not in lost
    assert "old and counts for nothing" in sentence(entry("error_rate"), WORLD, later)


def test_what_is_asked_once_a_minute_is_not_stale_after_half_of_it() -> None:
    """A guard fifty seconds old is stale; what informs only is judged by its own rhythm."""
    assert state(entry("cpu"), WORLD, NOW).freshness is Freshness.FRESH  # 50 s old
    assert state(entry("latency_p95"), WORLD, NOW + 46 * SECOND).freshness is Freshness.STALE
    assert state(entry("cpu"), WORLD, NOW + 3 * MINUTE).freshness is Freshness.STALE


@given(poll=st.integers(1_000, 600_000), scrape=st.integers(0, 60_000))
def test_no_rhythm_of_its_own_is_stricter_than_the_sources(poll: int, scrape: int) -> None:
    base = Rhythm.of(poll, sample_every_ms=scrape)
    for metric in packaged():
        own = rhythm_of(metric, base)
        assert own == base if metric.guard else own.stale_after_ms >= base.stale_after_ms
        assert own.stale_after_ms <= own.lost_after_ms


def test_more_or_fewer_requests_are_no_effect() -> None:
    """A canary at 5 % has a twentieth of them."""
    assert entry("request_rate").effect == ""


def test_partial_data_say_so_and_what_is_worse_stays_worse() -> None:
    def partial(metric_id: str) -> str:
        view = entry(metric_id).view
        assert view is not None
        bad = replace(view, canary=replace(view.canary, partial=True))
        world = replace(WORLD, metrics=(), all_metrics=(bad,))
        one = entry(metric_id, world)
        return f"{plain(one, world)} {sentence(one, world, NOW)}"

    assert "◐ partial" in partial("latency_p95")
    assert "! worse" in partial("error_rate")
    assert "a part of the data is missing; worse beyond doubt" in partial("error_rate")


def test_context_is_shown_once() -> None:
    line = plain(entry("network"))
    assert line.count("12.40 MB/s") == 1
    assert "both" in line
    assert "never judged" in sentence(entry("network"), WORLD, NOW)


def test_what_nobody_measures_says_the_cheapest_step() -> None:
    said = sentence(entry("db_query_time"), WORLD, NOW)
    assert said.startswith("nobody measures this yet: let the application export db_client_operation")
    assert "with the label deployment" in said
    assert "probes.url" in sentence(entry("probe_failures"), WORLD, NOW)
    nobody = replace(WORLD, sources=(), metrics=(), all_metrics=())
    assert "set prometheus.url" in sentence(entry("cpu", nobody), nobody, NOW)
    vercel = replace(nobody, sources=(worlds.source(OBSERVABILITY, "Vercel", worlds.HOST_RHYTHM, 2_000),))
    assert "Speed Insights" in sentence(entry("page_load", vercel), vercel, NOW)


def test_what_the_source_says_it_lacks_is_said() -> None:
    world = lacking()
    assert sentence(entry("client_errors", world), world, NOW).endswith("Set prometheus.url.")
    assert "· not measured" in plain(entry("client_errors", world), world)


def test_what_the_judge_leaves_out_for_now_is_not_said_to_lack_data() -> None:
    assert WORLD.verdict is not None
    kept = tuple(
        replace(one, state=MetricState.NO_DATA, sentence="left out: its events come up to 30 min late")
        if one.metric_id == "conversion_rate"
        else one
        for one in WORLD.verdict.metrics
    )
    world = replace(WORLD, verdict=replace(WORLD.verdict, metrics=kept))
    assert "· left out" in plain(entry("conversion_rate", world), world)
    assert "3.1 %" in plain(entry("conversion_rate", world), world)


@pytest.mark.parametrize("cells", [60, 79, 110])
@pytest.mark.parametrize("metric_id", IDS)
def test_every_row_fits_and_its_columns_stand_under_each_other(metric_id: str, cells: int) -> None:
    one = entry(metric_id)
    line = row(one, WORLD, NOW, cells, True, judged_weight(WORLD))
    assert paint.width(line) <= cells
    if state(one, WORLD, NOW).freshness is not Freshness.MISSING and one.metric.split and cells > 60:
        end = paint.plain(heading(cells)).index("canary") + len("canary")
        assert paint.plain(line)[end - 1] != " "
        assert paint.plain(line)[end] == " "


def test_nothing_from_outside_reaches_the_terminal_as_it_came() -> None:
    world = replace(WORLD, verdict=worlds.hostile().verdict)
    for one in entries(world):
        lines = (row(one, world, NOW, 80, False), *head(one, world, NOW, 80), *about(one, world, NOW, 80))
        for line in lines:
            assert paint.plain(line) == clean.clean(paint.plain(line))


# --- the detail -------------------------------------------------------------------------------


def test_the_detail_says_what_decides_and_what_it_rests_on() -> None:
    said = told("error_rate")
    for part in (
        "! worse error rate guard, required",
        "● 2.4 % against ○ 0.5 % 4.6 × (2.9 to 7.1 ×)",
        "worse beyond doubt",
        "higher is worse",
        "a promotion must exclude 2 × higher",
        "a guard of weight 4; without it nothing is promoted",
        "every 10 s",
        "276 of 12,000 in the last minute",
    ):
        assert part in said, part
    assert "informs only; the verdict does not rest on it" in told("cpu")
    assert "every 60 s; it informs only, and is no older for that" in told("cpu")
    assert "up to 30 min after a visit began" in told("conversion_rate")
    assert "context" in told("network")


def test_the_parts_of_a_metric_come_worst_first_and_small_ones_say_so() -> None:
    said = told("error_rate")
    assert said.index("/api/checkout") < min(said.index("/search"), said.index("(rare)"))
    assert "few yet: 12 of 100" in said
    assert "CartRoundingError 41 – ! only on the canary" in told("new_errors")
    assert "counts as worst" in told("error_severity")


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 5_000)), max_size=8), st.booleans())
def test_cells_are_ranked_by_what_went_wrong_beyond_the_baseline(
    pairs: list[tuple[int, int]], lower: bool
) -> None:
    metric = replace(packaged()["error_rate"], worse="lower" if lower else "higher")
    cells = [Cell(f"/{i}", min(bad, total), total) for i, (bad, total) in enumerate(pairs)]
    theirs = [Cell(one.name, 10, 1_000) for one in cells]
    beyond = [ours.events - ours.of * 0.01 for ours, _ in ranked(metric, cells, theirs)]
    assert beyond == sorted(beyond, reverse=not lower)


def test_a_small_part_that_fails_comes_before_a_large_one_that_is_as_it_was() -> None:
    metric = packaged()["error_rate"]
    ours = [Cell("/", 20, 10_000), Cell("/api/search", 5, 49)]
    theirs = [Cell("/", 200, 100_000), Cell("/api/search", 3, 1_000)]
    assert ranked(metric, ours, theirs)[0][0].name == "/api/search"


# --- queries ----------------------------------------------------------------------------------


def test_the_query_names_the_deployments_and_the_label_in_force() -> None:
    [first, *_] = queries(packaged()["error_rate"], PROMETHEUS, "version", ["dpl_a", "dpl_b"])
    assert first == (
        'sum by (version) (increase(http_requests_total{version=~"dpl_a|dpl_b",status=~"5.."}[1m]))'
        ' / sum by (version) (increase(http_requests_total{version=~"dpl_a|dpl_b"}[1m]))'
    )
    [p95, *_] = queries(packaged()["latency_p95"], PROMETHEUS, "deployment", ["dpl_a"])
    assert p95.startswith("histogram_quantile(0.95, sum by (deployment, le) (rate(http_request_duration")


def test_a_source_without_queries_has_none() -> None:
    assert queries(packaged()["error_rate"], REQUEST_LOGS, "deployment", ["a"]) == ()
    assert queries(packaged()["probe_failures"], PROMETHEUS, "deployment", ["a"]) == ()
    [vercel, *_] = queries(packaged()["error_rate"], OBSERVABILITY, "deployment", ["a"])
    assert "vercel.request.count" in vercel
    assert "deployment_id in ('a')" in vercel


@pytest.mark.parametrize("metric", packaged(), ids=lambda one: one.id)
def test_no_place_to_fill_is_left_in_a_query(metric: Metric) -> None:
    for one in queries(metric, PROMETHEUS, "deployment", ["dpl_a"]):
        assert "$" not in one
        assert one.count("(") == one.count(")")
        assert metric.split is ("dpl_a" in one)


# --- small pictures ---------------------------------------------------------------------------


def test_a_trend_shows_a_climb_and_keeps_noise_flat() -> None:
    climbing = trend([Point(NOW + i * 60_000, float(i)) for i in range(18)], (), 8).strip()
    assert climbing[0] == LEVELS[0]
    assert climbing[-1] == LEVELS[-1]
    noise = trend([Point(NOW + i * 60_000, 100 + i % 2) for i in range(15)], (), 8)
    assert len(set(noise.strip())) == 1
    assert trend((), (), 8) == ""


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=40), st.integers(1, 20))
def test_any_line_has_a_trend_of_its_width_or_none(values: list[float], cells: int) -> None:
    line = [Point(NOW + i * 20_000, value) for i, value in enumerate(values)]
    assert len(trend(line, (), cells)) in (0, cells)


def test_slices_leave_a_hole_where_nothing_was_measured() -> None:
    line = [Point(0, 1.0), Point(90_000, 3.0)]
    assert sliced(line, 90_000, 120_000, 4) == [1.0, None, None, 3.0]


def test_the_bar_is_full_only_from_the_metrics_own_line_on() -> None:
    weights = judged_weight(WORLD)
    assert evidence_bar(WORLD, packaged()["error_rate"], weights, 7).endswith("█")
    for name in ("latency_p95", "conversion_rate"):
        assert "█" not in evidence_bar(WORLD, packaged()[name], weights, 7)
    assert evidence_bar(WORLD, packaged()["cpu"], weights, 7) == ""
    assert evidence_bar(replace(WORLD, evidence=()), packaged()["error_rate"], weights, 7) == ""


def test_a_release_that_is_over_is_not_said_to_collect() -> None:
    world = replace(worlds.complete(), all_metrics=WORLD.all_metrics, catalogue=WORLD.catalogue)
    words = {state(one, world, NOW).word for one in entries(world)}
    assert not words & {"collecting", "worse", "ok"}
    assert "not judged" in words


def test_a_metric_that_was_never_heard_of_differs_from_one_without_values() -> None:
    whole = entry("error_rate").view
    assert whole is not None
    view = replace(whole, canary=Reading.missing("prometheus"))
    world = replace(WORLD, metrics=(), all_metrics=(view,))
    assert "nothing of the canary yet" in sentence(entry("error_rate", world), world, NOW)
    assert state(entry("error_rate", world), world, NOW).word == "no data"


# --- what stands in -----------------------------------------------------------------------------------

MEASURED = Window(NOW - 21 * MINUTE, NOW - MINUTE)
BEFORE = Window(NOW - 60 * MINUTE, NOW - 40 * MINUTE)


def stood_in(metric_id: str, source: str, since: Measure, was: Measure | None, instead: str = "") -> World:
    """Only that metric is measured, of both tracks together."""
    metric = replace(packaged()[metric_id], split=False, guard=False, required=False)
    told = Together(MEASURED, since, BEFORE, was, instead)
    reading = worlds.reading(since, source, 4 * MINUTE)
    health = worlds.source(source, source, Rhythm.of(SUPPLEMENTS_EVERY_MS), 4 * MINUTE)
    view = MetricView(metric, reading, reading, (), (), told)
    return replace(WORLD, metrics=(), all_metrics=(view,), supplements=(health,))


@pytest.mark.parametrize(
    ("metric_id", "since", "was", "instead", "now_text", "was_text"),
    [
        ("page_load", Quantile(0.75, 1.9, 4_200), Quantile(0.75, 1.8, 4_000), "", "1.90 s", "1.80 s"),
        ("time_to_interactive", Quantile(0.75, 0.21, 70), None, "INP", "210 ms", "–"),
    ],
)
def test_what_stands_in_is_shown_once_with_who_answered_and_never_judged(
    metric_id: str, since: Measure, was: Measure | None, instead: str, now_text: str, was_text: str
) -> None:
    world = stood_in(metric_id, SPEED_INSIGHTS, since, was, instead)
    one = entry(metric_id, world)
    assert state(one, world, NOW).word == "context"
    assert one.said is None
    assert plain(one, world).count(now_text) == 1
    assert "both" in plain(one, world)
    said = sentence(one, world, NOW)
    assert f"before the release {was_text}" in said
    assert "Speed Insights tells no deployments apart" in said
    assert (f"measured is {instead}" in said) is bool(instead)
    told = " ".join("\n".join(map(paint.plain, about(one, world, NOW, 100))).split())
    assert f"from Speed Insights, {since.total:,.0f} in 20 m" in told  # type: ignore[union-attr]
    assert "every 5 m" in told
    assert "p75 of vercel.speed_insights" in told


def test_the_parts_of_what_stands_in_are_set_against_before_the_release() -> None:
    since = Count(300, 1_200, 1_000, (Cell("search", 300, 1_000),))
    was = Count(500, 1_200, 1_000, (Cell("search", 500, 1_000),))
    world = stood_in("feature_usage", WEB_ANALYTICS, since, was)
    told = [paint.plain(line) for line in about(entry("feature_usage", world), world, NOW, 100)]
    [part] = [line for line in told if line.startswith("search")]
    assert [word for word in part.split() if word[0].isdecimal()] == ["0.30", "0.50"]
    assert any("since and before the release" in line for line in told)


def test_what_stands_in_grows_old_by_its_own_rhythm() -> None:
    world = stood_in("page_load", SPEED_INSIGHTS, Quantile(0.75, 1.9, 4_200), None)
    one = entry("page_load", world)
    assert state(one, world, NOW + 5 * MINUTE).word == "context"
    assert state(one, world, NOW + 7 * MINUTE).word.startswith("stale")
    assert state(one, world, NOW + 60 * MINUTE).word == "lost"
