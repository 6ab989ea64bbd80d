"""Automatic assignment is off: since when, by what, and how it is undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console import auto_assign
from console.banners import standing_banners
from console.host import Happened
from console.ports import Account, Activity, AliasJob, Project, RolledBack
from console.readings import Reading
from console.world import World
from tests.screens import worlds

NOW = worlds.NOW
SIX = NOW - 6 * 60_000
JOB = AliasJob("rollback", "succeeded", SIX, worlds.BASELINE.id, "dpl_2")


def world(base: World, *activities: Activity, **changes: object) -> World:
    project = Project("prj_1", "shop", "team_1", worlds.BASELINE.id, False, None, False)
    happened = Reading(Happened(activities), NOW, "vercel")
    changed = replace(project, **changes)  # type: ignore[arg-type]
    return replace(base, project=Reading(changed, NOW, "vercel"), activity=happened)


def said(one: World) -> str:
    return " ".join(banner.text for banner in standing_banners(one) if "Automatic" in banner.text)


def test_on_is_no_banner_and_neither_is_unknown() -> None:
    assert said(world(worlds.no_release_ever(), auto_assign_domains=True)) == ""
    assert said(world(worlds.no_release_ever(), auto_assign_domains=None)) == ""


def test_the_newest_rollback_says_since_when_who_and_why() -> None:
    activity = Activity(
        "evt_1", auto_assign.ROLLED_BACK, SIX + 2_000, "Jo rolled back production to x", "usr_jo"
    )
    one = world(
        worlds.no_release_ever(),
        activity,
        alias_job=JOB,
        rolled_back=RolledBack(SIX, "checkout broken", "jo"),
    )
    text = said(one)
    assert "Jo rolled back to dpl_2 (checkout broken)." in text
    assert "(6 min ago)" in text
    assert "P promotes one and switches it on again" in text


def test_somebody_else_s_earlier_rollback_is_not_taken_for_this_one() -> None:
    earlier = Activity("evt_1", auto_assign.ROLLED_BACK, SIX - 180_000, "Jo rolled back production to x", "1")
    own = RolledBack(SIX, "still bad", "ana")
    one = world(worlds.no_release_ever(), earlier, alias_job=JOB, rolled_back=own)
    assert "ana rolled back to dpl_2 (still bad)." in said(one)
    assert "somebody rolled back to dpl_2." in said(world(worlds.no_release_ever(), earlier, alias_job=JOB))


def test_an_abort_is_said_as_an_abort() -> None:
    one = world(worlds.no_release_ever(), alias_job=replace(JOB, from_release_canary_id="dpl_canary9"))
    assert "somebody aborted the release of dpl_canary9" in said(one)


def test_without_a_rollback_job_the_activity_says_it() -> None:
    activity = Activity("evt_1", auto_assign.ROLLED_BACK, SIX, "Jo rolled back production to x", "usr_jo")
    promoted = AliasJob("promote", "succeeded", SIX - 10_000_000, None, "dpl_1")
    assert "Jo rolled back production to x" in said(
        world(worlds.no_release_ever(), activity, alias_job=promoted)
    )


def test_what_the_host_does_not_say_is_said_to_be_unknown() -> None:
    assert "Vercel does not say since when)." in said(world(worlds.no_release_ever()))
    by = replace(
        world(worlds.no_release_ever(), auto_assign_changed_by="usr_jo"),
        account=Reading(Account("usr_jo", "jo", None), NOW, "vercel"),
    )
    assert "switched by jo" in said(by)


def test_while_a_release_runs_the_undo_waits_for_its_end() -> None:
    assert "once this release is over" in said(world(worlds.healthy(), alias_job=JOB))


@pytest.mark.parametrize(
    ("age_ms", "word"), [(5_000, "5 s ago"), (6 * 60_000, "6 min ago"), (7_200_000, "2 h ago")]
)
def test_moments_say_the_clock_and_the_age(age_ms: int, word: str) -> None:
    assert auto_assign.moment(NOW - age_ms, NOW).endswith(f"({word})")
