"""What the host does by itself and what it waits for; the standing lines about both."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from console.banners import standing_banners
from console.canary.stages import Release
from console.host_words import gate_may, gate_words, moves_itself, waited_min, waits_for_approval
from console.project import Project, ReleaseTemplate
from console.world import Frozen, World
from tests.screens import worlds

GATE = ReleaseTemplate((), True, "pause", False, 3, 5)


def running(world: World) -> Release:
    assert world.release.value is not None
    return world.release.value


@pytest.mark.parametrize(
    ("release", "waits", "moves"),
    [
        (running(worlds.healthy()), True, False),
        (running(worlds.automatic()), False, True),
        (running(worlds.paused()), False, False),
        (running(worlds.aborted()), False, False),
        (replace(running(worlds.healthy()), active_index=3), False, False),
        (replace(running(worlds.automatic()), active_index=3), False, False),
        (replace(running(worlds.healthy()), paused=True), False, False),
    ],
)
def test_who_moves_the_release_on(release: Release, waits: bool, moves: bool) -> None:
    assert (waits_for_approval(release), moves_itself(release)) == (waits, moves)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (GATE, "may pause the release by itself"),
        (replace(GATE, gate_action="rollback"), "may roll back by itself"),
        (replace(GATE, gate_action=None), "may act by itself"),
        (replace(GATE, gate_action="new to us"), "may act by itself"),
        (replace(GATE, gate_dry_run=True), "only reports"),
    ],
)
def test_what_its_gate_may_do(template: ReleaseTemplate, says: str) -> None:
    assert gate_may(template) == says


def test_how_long_it_has_waited_counts_from_the_stage() -> None:
    assert waited_min(worlds.healthy()) == 11
    assert waited_min(replace(worlds.healthy(), marks=())) == 11  # the host's own last change
    assert waited_min(worlds.automatic()) is None


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (None, ""),
        (replace(GATE, gate_enabled=False), ""),
        (
            GATE,
            "it pauses the release by itself where the canary has more 5xx than the baseline in 3 of 5 looks",
        ),
        (replace(GATE, gate_action="rollback"), "it rolls back by itself"),
        (replace(GATE, gate_dry_run=True), "it only reports (dry run)"),
        (replace(GATE, gate_window_size=None), "where the canary has more 5xx than the baseline"),
        (replace(GATE, gate_action="tell"), "it does: tell"),
    ],
)
def test_the_hosts_own_gate_in_words(template: ReleaseTemplate | None, says: str) -> None:
    words = gate_words(template)
    assert says in words
    assert bool(words) is bool(says)


def told(world: World) -> str:
    return "\n".join(banner.text for banner in standing_banners(world))


def test_a_freeze_says_what_it_cannot_stop() -> None:
    frozen = Frozen("ana", "incident 42", worlds.NOW)
    assert "cannot be stopped by it: X aborts" in told(replace(worlds.automatic(), frozen=frozen))
    for world in (worlds.healthy(), worlds.paused()):
        assert "by itself" not in told(replace(world, frozen=frozen))


def test_a_pause_of_the_hosts_is_said_with_what_can_be_done() -> None:
    said = told(worlds.paused())
    assert "Vercel paused this release: it stays at 25 %" in said
    assert "A advances or X aborts" in said
    gated = replace(worlds.paused(), template=worlds.reading(GATE))
    assert "Vercel's gate (or somebody there) paused" in told(gated)
    assert "paused" not in told(worlds.automatic())


def test_outside_the_console_banners_name_commands_and_no_keys() -> None:
    frozen = Frozen("ana", "braces {like} these stay", worlds.NOW)
    off = Project("prj_1", "shop", "team_1", worlds.BASELINE.id, False, None, True)
    automatic_off = replace(worlds.healthy(), project=worlds.reading(off))
    found = [
        banner
        for world in (worlds.paused(), replace(worlds.automatic(), frozen=frozen), automatic_off)
        for banner in standing_banners(world)
    ]
    said = "\n".join(banner.outside for banner in found)
    assert "or coalmine release advance advances or coalmine release abort aborts it" in said
    assert "cannot be stopped by it: coalmine release abort aborts" in said
    assert "coalmine release promote switches it on again" in said
    assert "braces {like} these stay" in said
    assert not re.findall(r"\b[APX]\b", said)
    assert re.findall(r"\b[APX]\b", "\n".join(banner.text for banner in found))
