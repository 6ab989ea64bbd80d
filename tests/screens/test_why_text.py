"""``w`` and the rows of the verdict with the statistical judge: the number, what it means, culprits first."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word
from console.world import World
from screens import paint
from screens.dialogs.why import WhyDialog
from screens.dialogs.why_text import evidence_plot, lead_lines, meaning, odds, why_lines
from screens.release.judged import brief, ordered, table
from screens.release.verdict import verdict_lines
from screens.widgets.plot import Plot
from tests.screens import worlds
from tests.screens.measured import LINE, judged, measured
from tests.screens.running import running
from tests.screens.worlds import MINUTE, NOW

WORLD = measured()


def said(world: World = WORLD, cells: int = 100) -> str:
    return " ".join(" ".join(map(paint.plain, why_lines(world, NOW, cells))).split())


def rows(verdict: Verdict, cells: int, world: World = WORLD) -> list[str]:
    return [paint.plain(line).rstrip() for line in table(verdict, world, NOW, cells)]


def test_why_says_the_number_its_line_and_what_it_means() -> None:
    text = said()
    assert "▼ ROLL BACK since 14:02" in text
    assert "by the statistical judge" in text
    assert "evidence 2.6 against a line of 2.1" in text
    assert "If the canary were as good as the baseline, evidence would ever reach 2.6" in text
    assert "at most 1 release in 390, however often anybody looks" in text
    assert "Epoch 2" in text
    assert "at most 0.79 % of good releases" in text
    assert "effect 4.6 ×; 2.9 to 7.1 × at all looks together" in text
    assert "decided in about 25 min at this traffic" in text


def test_the_culprit_with_the_strongest_evidence_stands_first() -> None:
    ids = [one.metric_id for one in ordered(judged())]
    assert ids == ["new_errors", "error_rate", "latency_p95", "conversion_rate"]
    text = said()
    assert text.index("! new error types") < text.index("! error rate") < text.index("≈ latency p95")


@given(st.floats(0.01, 12))
def test_the_odds_never_claim_more_than_the_evidence(evidence: float) -> None:
    text = odds(evidence).replace(",", "")
    found = re.fullmatch(r"at most (\d+) releases? in (\d+)", text)
    assert found is not None, text
    part, whole = int(found[1]), int(found[2])
    if whole > 10:
        assert part / whole >= 10**-evidence
    assert odds(-evidence) == "any release"


def test_below_the_line_it_says_so() -> None:
    calm = replace(judged(), word=Word.HOLD, evidence=0.4, epoch=1, eta_ms=12 * MINUTE)
    text = said(replace(WORLD, verdict=calm))
    assert "evidence 0.4 against a line of 2.1, not reached" in text
    assert "A decision takes about 12 min more at this pace." in text
    assert "First epoch" in text
    assert "however often" in meaning(0.4, LINE)


def test_which_judge_spoke_is_said_where_it_matters() -> None:
    by = {
        judge: paint.plain(verdict_lines(replace(WORLD, verdict=replace(judged(), judge=judge)), NOW, 120)[0])
        for judge in ("limits", "both", "statistical")
    }
    assert "by limits" in by["limits"]
    assert "by both judges" in by["both"]
    assert " by " not in by["statistical"]
    alone = paint.plain(verdict_lines(worlds.rollback(), NOW, 120)[0])
    assert "by limits" not in alone, "where only they judge it goes without saying"
    text = said(replace(WORLD, verdict=replace(judged(), judge="limits")))
    assert "The limits spoke by themselves" in text


def test_the_rows_are_short_words_and_the_evidence_where_there_is_room() -> None:
    wide = rows(judged(), 200)
    assert wide[0].endswith("│ line")
    assert "█ │ line" in wide[1]
    assert "about 25 min more at this traffic" in wide[3]
    assert wide[2].strip().startswith("≈ latency p95")
    assert "4.6 × (2.9 to 7.1 ×)" in wide[1]
    assert len({line.index("│ line") for line in wide if "│ line" in line}) == 1
    narrow = rows(judged(), 80)
    assert "│ line" not in "".join(narrow)
    assert narrow[3].endswith("~25 min more")
    assert narrow[2].endswith("no worse")


@pytest.mark.parametrize("cells", [60, 80, 108, 120, 160, 200])
@pytest.mark.parametrize("count", [1, 4, 5, 6, 7, 8, 16])
def test_many_metrics_leave_the_screen_its_room(cells: int, count: int) -> None:
    states = list(MetricState)
    every = tuple(
        MetricVerdict(f"m{i}", f"metric {i}", states[i % len(states)], "1 %", "1 %", "", "so", evidence=0.1)
        for i in range(count)
    )
    lines = rows(replace(judged(), metrics=every), cells)
    assert len(lines) <= 7
    shown = sum("metric" in line for line in lines)
    if shown < count:
        assert lines[-1].strip().startswith(f"+ {count - shown} more (7 has all): ")
    culprits = sum(one.state is MetricState.WORSE for one in every)
    assert sum("! metric" in line for line in lines) == min(culprits, 6)


def test_where_there_is_little_room_a_culprit_says_where_its_harm_is() -> None:
    sentence = "worse beyond doubt; most of it in /api/a: 64.0 % against 1.3 %"
    one = MetricVerdict("m", "m", MetricState.WORSE, "7 %", "1 %", "", sentence, evidence=4.0, cell="/api/a")
    assert brief(one, wide=False) == "mostly /api/a"
    assert brief(one, wide=True) == sentence


def test_what_looks_worse_keeps_saying_so() -> None:
    one = MetricVerdict(
        "m", "m", MetricState.INCONCLUSIVE, "1", "1", "",
        "looks worse, not beyond doubt yet; needs about 3 more minutes at this traffic",
        evidence=1.2, eta_ms=3 * MINUTE,
    )  # fmt: skip
    assert brief(one, wide=False) == "looks worse, ~3 min more"
    assert brief(replace(one, evidence=None), wide=False) == one.sentence


def test_the_plot_has_the_evidence_and_its_line() -> None:
    data = evidence_plot(WORLD)
    assert data is not None
    assert len(data.canary) == len(data.baseline) == len(WORLD.evidence)
    assert min(point.value for point in data.canary) == 0
    assert {point.value for point in data.baseline} == {LINE}
    assert evidence_plot(replace(WORLD, evidence=WORLD.evidence[:1])) is None


async def test_w_plots_the_evidence_and_a_filter_hides_it() -> None:
    async with running(WORLD, size=(120, 34)) as session:
        await session.press("w")
        await session.until(lambda: isinstance(session.app.screen, WhyDialog))
        await session.drawn()
        shown = await session.shows("● evidence", "○ its line", "evidence 2.6 against")
        assert "┆25%" in shown
        plot = session.app.screen.query_one(Plot)
        built = plot.built
        session.clock.seconds = 5
        session.app.tick()
        await session.pilot.pause()
        assert plot.built == built
        await session.press("y")
        assert "evidence 2.6" in session.app.clipboard
        assert "new error types" in session.app.clipboard
        await session.press("slash", *"conversion", "enter")
        shown = await session.shows("1 of")
        assert "○ its line" not in shown
        assert "conversion" in shown
        await session.press("escape")
        await session.shows("○ its line")


async def test_without_evidence_w_is_text_alone() -> None:
    async with running(worlds.rollback(), size=(120, 34)) as session:
        await session.press("w")
        shown = await session.shows("over the limit of 2 %")
        assert "its line" not in shown
        assert lead_lines(replace(WORLD, verdict=None), NOW, 80) == []
