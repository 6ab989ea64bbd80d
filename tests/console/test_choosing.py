"""Which deployments can be chosen, and why not the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions import Impossible
from console.canary.stages import Deployment, Release
from console.choosing import Verb, choices
from console.host import Candidate
from console.planning import Choice, plan
from console.ports import Project, ReleaseTemplate, Served
from console.production_previews import preview_production
from console.situation import Situation
from tests.screens.worlds import BASELINE, CANARY, RELEASE

PROJECT = Project("prj_1", "shop", "team_1", BASELINE.id, True, None, rolling_releases=True)
TEMPLATE = ReleaseTemplate(((5, None, True), (100, None, False)))
CALM = Situation(None, PROJECT, TEMPLATE)


def candidate(name: str, **changes: object) -> Candidate:
    made = Deployment(name, f"{name}.vercel.app", "shop", 0, "READY", "production")
    return replace(Candidate(made, rollback_candidate=True), **changes)  # type: ignore[arg-type]


GOOD = candidate("dpl_good")
SERVING, ROLLING = Candidate(BASELINE, rollback_candidate=True), Candidate(CANARY)
BROKEN = replace(GOOD, deployment=replace(GOOD.deployment, id="dpl_broken", ready_state="ERROR"))
RED = candidate("dpl_red", checks_conclusion="failed")
ALL = [GOOD, SERVING, ROLLING, BROKEN, RED]


@pytest.mark.parametrize("verb", ["start", "promote", "rollback"])
@pytest.mark.parametrize("release", [None, RELEASE], ids=["nothing rolls", "one rolls"])
def test_what_can_be_chosen_is_exactly_what_can_be_planned(verb: Verb, release: Release | None) -> None:
    situation = replace(CALM, release=release)
    found = choices(verb, ALL, situation)
    for row in found.rows:
        able = row.why_not is None and found.in_the_way is None
        try:
            plan(verb, Choice(row.candidate.deployment.id), replace(situation, target=row.candidate))
        except Impossible:
            assert not able, row
        else:
            assert able, row


def test_each_says_its_own_reason_and_what_holds_for_all_is_said_once() -> None:
    found = choices("start", ALL, replace(CALM, release=RELEASE))
    reasons = {row.candidate.deployment.id: row.why_not for row in found.rows}
    assert reasons["dpl_good"] is None
    assert "not ready (error)" in (reasons["dpl_broken"] or "")
    assert reasons["dpl_red"] == "Its checks failed."
    assert "rolling" in (reasons[CANARY.id] or "")
    assert found.in_the_way is not None
    assert "Another rolling release" in found.in_the_way


def test_without_a_configuration_it_says_how_to_make_one() -> None:
    found = choices("start", [GOOD], Situation(None, replace(PROJECT, rolling_releases=False), None))
    assert "release config set" in (found.in_the_way or "")


def test_a_rollback_goes_only_where_the_host_allows_it() -> None:
    listed = [GOOD, candidate("dpl_never", rollback_candidate=False), SERVING]
    assert [row.why_not is None for row in choices("rollback", listed, CALM).rows] == [True, False, False]


def test_what_serves_can_be_promoted_again_only_while_domains_are_behind() -> None:
    left = replace(PROJECT, served=(Served("a.example", BASELINE.id), Served("b.example", "dpl_other")))
    for project, can in ((PROJECT, False), (left, True)):
        situation = Situation(None, project, target=SERVING)
        [row] = choices("promote", [SERVING], situation).rows
        assert (row.why_not is None) is can
        if can:
            preview = preview_production(
                plan("promote", Choice(BASELINE.id), situation), situation, "shop", BASELINE
            )
            assert "domains left behind move to it: b.example" in preview.what
        else:
            with pytest.raises(Impossible):
                plan("promote", Choice(BASELINE.id), situation)
