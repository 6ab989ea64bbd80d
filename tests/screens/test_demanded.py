"""What the screens owe about the judge, each said by the real judge and read off the real lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.canary.catalogue import packaged
from console.canary.live_words import needs
from console.canary.measures import Ratio
from console.canary.rows import Pair, Row
from console.canary.verdict import MetricState, Verdict, Word
from console.world import World
from screens import paint
from screens.dialogs.why_text import why_lines
from screens.metrics.detail import about, head
from screens.metrics.found import Entry, entries
from screens.metrics.rows import row
from screens.metrics.state import sentence
from screens.release.verdict import verdict_lines
from tests.console.canary.test_live import COURSE, POLL, TERMS, release, words
from tests.screens.measured import measured
from tests.screens.worlds import NOW

METRICS = packaged()


def shown(verdict: Verdict) -> World:
    """The measured world, judged so just now."""
    return replace(measured(), verdict=replace(verdict, since=NOW - 60_000, judged_at=NOW - 1_000))


def release_screen(verdict: Verdict, cells: int = 160) -> list[str]:
    return [paint.plain(line).rstrip() for line in verdict_lines(shown(verdict), NOW, cells)]


def why(verdict: Verdict) -> str:
    return " ".join(" ".join(map(paint.plain, why_lines(shown(verdict), NOW, 110))).split())


def entry(world: World, metric_id: str) -> Entry:
    return next(one for one in entries(world) if one.id == metric_id)


def told(world: World, metric_id: str) -> str:
    one = entry(world, metric_id)
    lines = [row(one, world, NOW, 120, True), *head(one, world, NOW, 100), *about(one, world, NOW, 100)]
    return " ".join(" ".join(map(paint.plain, lines)).split())


def test_harm_is_told_with_both_rates_beyond_doubt_and_before_everything_else() -> None:
    verdict = words(release(40, errors=4.0))
    assert verdict.word is Word.ROLLBACK
    lines = release_screen(verdict)
    assert lines[0].startswith(" ▼ ROLL BACK")
    first = " ".join(lines[1].split())
    rates = f"{verdict.metrics[0].canary} against {verdict.metrics[0].baseline}"
    assert first.startswith(f"! error rate {rates} ")
    assert "worse beyond doubt" in first
    assert f"error rate {rates}, worse beyond doubt" in " ".join(lines[0].split())
    assert f"error rate {rates}, worse beyond doubt" in why(verdict)


@pytest.mark.parametrize(
    ("polls", "said"),
    [
        (48, "needs about 12 more minutes at this traffic"),
        (14, "needs about 4 more minutes at this traffic"),
        (2, "needs about 30 more seconds at this traffic"),
        (600, "needs about 2.5 more hours at this traffic"),
    ],
)
def test_how_long_a_decision_takes_is_said_in_minutes_of_this_traffic(polls: int, said: str) -> None:
    assert needs(polls, TERMS) == said


def test_an_open_question_says_how_much_longer_it_takes() -> None:
    """Judged until a required metric waits for requests, then read off both places that say it."""
    verdict = next(
        verdict
        for polls in range(6, 40, 2)
        if (verdict := words(release(polls))).word is Word.HOLD and verdict.eta_ms
    )
    waiting = next(one for one in verdict.metrics if one.eta_ms and "at this traffic" in one.sentence)
    assert waiting.sentence.endswith("at this traffic")
    assert "more" in waiting.sentence
    assert waiting.sentence in why(verdict)
    assert "more at this traffic" in "\n".join(release_screen(verdict))


def test_after_harm_it_says_until_when_it_was_worse_and_how_long_to_confirm() -> None:
    bad, good = release(30, errors=5.0), release(80)
    course = replace(COURSE, epochs=((30 * POLL, "flag new-cart off"),))
    found = [words([*bad, *good[30:until]], course) for until in range(42, 60, 2)]
    confirming = [one for one in found if one.reasons and "to confirm" in one.reasons[0]]
    assert confirming
    for verdict in confirming:
        reason = verdict.reasons[0]
        assert reason.startswith("worse until ")
        assert "; recovering since, about " in reason
        assert reason.endswith(" to confirm")
        assert reason in release_screen(verdict, 200)[0]
        assert reason in why(verdict)


def test_session_metrics_say_how_late_they_are_before_they_are_judged() -> None:
    def without_sessions(one: Row) -> Row:
        return replace(one, pairs={**one.pairs, "conversion_rate": Pair(Ratio(3, 100), None)})

    verdict = words([without_sessions(one) for one in release(20)])
    late = next(one for one in verdict.metrics if one.metric_id == "conversion_rate")
    assert late.state is MetricState.NO_DATA
    assert late.sentence.startswith("left out: its events come up to 30 min late")
    said = told(shown(verdict), "conversion_rate")
    assert "its events come up to 30 min late: not judged so soon after visitors were moved" in said
    assert late.sentence in why(verdict)


@pytest.mark.parametrize("metric_id", [one.id for one in METRICS if one.late_s])
def test_every_late_metric_says_so_beside_its_numbers(metric_id: str) -> None:
    assert f"up to {METRICS[metric_id].late_s // 60} min after a visit began" in told(measured(), metric_id)


def test_time_to_interactive_that_is_inp_says_so() -> None:
    world = measured()
    own = told(world, "time_to_interactive")
    assert "INP stands in for it" not in own
    every = tuple(
        replace(view, instead="INP") if view.metric.id == "time_to_interactive" else view
        for view in world.all_metrics
    )
    fallen_back = replace(world, all_metrics=every)
    one = entry(fallen_back, "time_to_interactive")
    for cells in (79, 120):
        assert " INP " in paint.plain(row(one, fallen_back, NOW, cells, False))
    assert sentence(one, fallen_back, NOW).startswith("INP stands in for it; ")
    assert "INP stands in for it" in told(fallen_back, "time_to_interactive")


@pytest.mark.parametrize("metric_id", [one.id for one in METRICS if not one.split])
def test_what_no_label_splits_is_one_value_for_both_tracks(metric_id: str) -> None:
    world = measured()
    one = entry(world, metric_id)
    line = paint.plain(row(one, world, NOW, 120, False))
    assert line.count(one.text("canary")) == 1
    assert "◇ context" in line
    assert " both " in line
    assert "of both tracks together" in told(world, metric_id)
