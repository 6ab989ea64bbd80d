"""The bell rings for what needs somebody, once, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.banners import standing_banners
from console.world import Frozen, StageMark, Waiting, World
from screens.attention import calls
from screens.widgets.painted import Painted
from tests.screens import worlds
from tests.screens.running import running


def test_a_decision_calls_and_its_standing_does_not() -> None:
    holding, rollback = worlds.holding(), worlds.rollback()
    assert "ROLL BACK" in (calls(holding, rollback) or "")
    assert calls(rollback, rollback) is None
    assert calls(rollback, holding) is None


def test_a_source_lost_and_an_unknown_outcome_call_once() -> None:
    assert "lost" in (calls(worlds.healthy(), worlds.lost()) or "")
    assert calls(worlds.lost(), worlds.lost()) is None
    unknown = replace(worlds.unknown(), verdict=worlds.healthy().verdict)
    assert "unknown" in (calls(replace(unknown, pending=()), unknown) or "")
    assert calls(unknown, unknown) is None


def test_the_first_picture_and_a_release_that_is_over_call_nobody() -> None:
    assert calls(worlds.no_release_ever(), worlds.rollback()) is None
    assert calls(worlds.rollback(), worlds.complete()) is None


def waiting(minutes: int, stage: int = 1) -> World:
    """A release that has waited so long for an approval."""
    marks = (StageMark(worlds.NOW - minutes * worlds.MINUTE, worlds.STAGES[stage].percentage),)
    release = replace(worlds.RELEASE, active_index=stage)
    return replace(worlds.holding(), release=worlds.reading(release), marks=marks)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (worlds.automatic(), waiting(0), "Vercel waits for you: 50 % needs approval"),
        (waiting(7, stage=0), waiting(0), "Vercel waits for you: 50 % needs approval"),
        (waiting(0), waiting(9), None),
        (waiting(9), waiting(10), "Vercel has waited for you 10 min: 50 % needs approval"),
        (waiting(10), waiting(11), None),
        (waiting(0), waiting(0, stage=3), None),
        (waiting(0), worlds.paused(), "Vercel paused the release at 25 %"),
        (worlds.paused(), worlds.paused(), None),
        (waiting(0), worlds.aborted(), "The release was aborted: everybody has the baseline"),
        (worlds.aborted(), worlds.aborted(), None),
    ],
)
def test_what_the_host_asks_of_somebody_or_did_calls_once(
    before: World, after: World, says: str | None
) -> None:
    same = worlds.holding().verdict
    assert calls(replace(before, verdict=same), replace(after, verdict=same)) == says


def test_a_request_of_somebody_else_calls_once_whatever_the_release_does() -> None:
    for world in (worlds.healthy(), worlds.no_release_ever()):
        asked = replace(world, waiting=Waiting(approvals=1, of_others=1))
        assert "waits for approval" in (calls(world, asked) or "")
        assert calls(asked, asked) is None
        assert calls(asked, world) is None
        both = replace(worlds.rollback(), waiting=asked.waiting)
        assert "ROLL BACK" in (calls(worlds.holding(), both) or ""), "harm comes first"
        own = replace(world, waiting=Waiting(approvals=1))
        assert calls(world, own) is None


def test_a_freeze_is_no_waiting() -> None:
    frozen = replace(waiting(10), frozen=Frozen("ana", "incident", worlds.NOW))
    assert calls(waiting(9), frozen) is None


async def test_it_is_loud_at_eighty_columns_that_vercel_waits() -> None:
    """Two seconds must do: the line stands above everything else, with its mark and what to press."""
    world = waiting(12)
    async with running(replace(world, banners=standing_banners(world)), size=(80, 24)) as session:
        lines = session.text.splitlines()
        assert lines[3].strip() == "! Vercel has waited for you 12 min: 50 % needs approval (A)."
        pane = session.app.screen.query_one("#notices", Painted)
        assert {(part.tone, part.bold) for part in pane.lines[0] if part.text.strip()} == {("caution", True)}


async def test_the_console_rings_and_says_why() -> None:
    async with running(worlds.holding()) as session:
        rung = []
        session.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        await session.show(worlds.rollback())
        await session.show(worlds.rollback())
        assert len(rung) == 1
        assert "ROLL BACK" in session.app.said[-1].text
