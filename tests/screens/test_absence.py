"""Where there is no release to show: a refusal is no silence, and a plan without is no switch turned off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.host import Slots
from console.ports import Project
from console.readings import Problem, Reading
from screens.opening import Opening
from screens.paint import plain
from screens.release.absence import absence
from tests.screens import worlds


def told(**changes: object) -> str:
    world = replace(worlds.never_connected(), **changes)  # type: ignore[arg-type]
    lines = absence(world, Opening("open", 0.0), world.now, 80)
    return " ".join(" ".join(plain(line) for line in lines).split())


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("forbidden", "does not show this project to this token"),
        ("unauthorised", "does not show this project to this token"),
        ("unreachable", "has never answered"),
    ],
)
def test_a_host_that_refuses_has_answered(kind: str, says: str) -> None:
    problem = Problem(kind, "It said no (403).", "Check the team.")
    text = told(release=Reading.missing("vercel", problem))
    assert says in text
    assert "It said no (403). Check the team." in text


def test_a_plan_without_rolling_releases_is_not_told_to_switch_them_on() -> None:
    none: Reading[object] = Reading(None, worlds.NOW, "vercel")
    project = worlds.reading(Project("prj_1", "shop", "team_1", None, True, None, False))
    plan = Reading(Slots("plan_not_supported", 0), worlds.NOW, "vercel")
    assert "This account's plan has no rolling releases" in told(release=none, project=project, slots=plan)
    assert "Switch them on" not in told(release=none, project=project, slots=plan)
    assert "Switch them on" in told(release=none, project=project)
