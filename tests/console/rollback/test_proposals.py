"""The judge proposes to stop what it finds bad, once, with what it knew; a person's word carries it out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.actions import Rollback
from console.canary.verdict import Word
from console.outcome import End
from console.rollback import happened as h
from console.rollback.evidence import Harm, evidence_of, harm_of, waiting_costs
from console.rollback.plan import HostStep
from console.rollback.request import State
from tests.console.consoles import until
from tests.console.rollback.people import office, seen
from tests.screens import worlds

AS_IN_LIFE = {"PROMETHEUS__SCRAPE_S": "15", "POLL__METRICS_S": "15", "POLL__RELEASE_S": "10"}
LONG_S = 240.0


@pytest.mark.slow
async def test_harm_is_proposed_once_and_accepting_it_is_enough(tmp_path: Path) -> None:
    async with office(tmp_path, "error-spike", speed=10) as scene:
        ana = await scene.of("ana")
        await ana.sees(lambda w: ana.recorded(h.RequestOpened), "a proposal")
        [opened] = ana.recorded(h.RequestOpened)
        assert (opened.by, opened.person) == ("judge", "")
        assert opened.evidence[0] == "the verdict: ROLL BACK"
        assert any("error rate" in line for line in opened.evidence)
        assert any("canary" in line and "█" in line for line in opened.evidence), "a plot in text"
        room = ana.session.requests()
        view = await seen(room, opened.request_id)
        assert view.state is State.DRAFT
        assert scene.effects() == []
        await room.tend()
        await ana.session._tend_requests()
        assert len(ana.recorded(h.RequestOpened)) == 1

        outcome = await room.accept(opened.request_id, "errors at checkout")
        assert outcome.end is End.DONE, outcome
        assert len([path for path in scene.effects() if "/rollback/" in path]) == 1
        assert (await seen(room, opened.request_id)).state is State.SUCCEEDED
        late = await room.accept(opened.request_id, "again")
        assert "succeeded already" in late.says
        assert len([path for path in scene.effects() if "/rollback/" in path]) == 1


@pytest.mark.slow
async def test_a_proposal_whose_release_is_over_is_void(tmp_path: Path) -> None:
    async with office(tmp_path, "error-spike") as scene:
        ana = await scene.of("ana")
        await ana.sees(lambda w: ana.recorded(h.RequestOpened), "a proposal")
        scene.act("abort")
        await ana.sees(lambda w: ana.recorded(h.RequestVoided), "voided")
        [opened] = ana.recorded(h.RequestOpened)
        assert (await seen(ana.session.requests(), opened.request_id)).state is State.SUPERSEDED


@pytest.mark.slow
async def test_nothing_is_proposed_of_what_is_well(tmp_path: Path) -> None:
    async with office(tmp_path) as scene:
        ana = await scene.of("ana")
        await ana.sees(lambda w: w.verdict and w.verdict.word.value == "promote", "promote")
        assert ana.recorded(h.RequestOpened) == []


@pytest.mark.slow
async def test_what_everyone_has_and_goes_bad_is_proposed_to_go_back(tmp_path: Path) -> None:
    async with office(tmp_path, "late-harm", speed=60) as scene:
        ana = await scene.of("ana", **AS_IN_LIFE)
        release = (
            await ana.sees(lambda w: w.release.value and w.release.value.active, "the release")
        ).release.value
        assert release is not None
        assert release.baseline is not None
        scene.act("complete")
        await until(lambda: ana.recorded(h.RequestOpened), "a proposal", LONG_S)
        [opened] = ana.recorded(h.RequestOpened)
        assert (opened.by, opened.person) == ("judge", "")
        assert opened.evidence[0] == "the verdict: ROLL BACK, against its own past"
        assert "worse than the hour before" in opened.evidence[1]
        room = ana.session.requests()
        view = await seen(room, opened.request_id)
        assert view.plan is not None
        [step] = view.plan.steps
        assert isinstance(step, HostStep)
        assert isinstance(step.action, Rollback)
        assert step.action.deployment_id == release.baseline.id
        await ana.session._tend_requests()
        assert len(ana.recorded(h.RequestOpened)) == 1

        asked = await room.accept(opened.request_id, "errors at checkout")
        assert "waits for approval" in asked.says, "it is no abort any more: the policy wants somebody else"
        assert not [path for path in scene.effects() if "/rollback/" in path]
        assert (await seen(room, opened.request_id)).state is State.AWAITING_APPROVAL
        # it is not carried out here: at sixty times life's speed the gate takes 0.25 s for too late


def test_what_waiting_costs_is_frozen_with_the_rest() -> None:
    """14,400 and 4,800 requests a minute on the two tracks; the canary has a quarter of the visitors."""
    rolling = evidence_of(worlds.rollback())
    assert "about 4,800 requests a minute met the canary" in rolling
    assert waiting_costs(rolling) == "about 4,800 requests a minute go on to meet the canary"
    assert "about 19,200 requests a minute met what serves" in evidence_of(worlds.complete())
    assert waiting_costs(evidence_of(replace(worlds.rollback(), metrics=()))) == ""


BAKE = worlds.bake(Word.ROLLBACK)


def test_only_what_a_release_left_is_proposed_to_go_back() -> None:
    done = replace(worlds.complete(), bake=BAKE)
    assert harm_of(done) == Harm(BAKE.of.deployment_id, "rollback", worlds.BASELINE.id)
    verdict, first = evidence_of(done)[:2]
    assert verdict == "the verdict: ROLL BACK, against its own past"
    assert first.strip() == BAKE.verdict.reasons[0]
    for unfit in (
        replace(BAKE, of=replace(BAKE.of, how="rollback")),
        replace(BAKE, of=replace(BAKE.of, deployment_id="dpl_other")),
        replace(BAKE, of=replace(BAKE.of, until=worlds.NOW - 1)),
        replace(BAKE, verdict=replace(BAKE.verdict, word=Word.HOLD)),
        None,
    ):
        assert harm_of(replace(done, bake=unfit)) is None
    assert harm_of(replace(worlds.rollback(), bake=BAKE)) == Harm(BAKE.of.deployment_id, "abort")
