"""The flags of a release under its stage bar: compact, against the plan, only where there are any."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.canary.stages import ReleaseState
from console.flags.exposure import Exposed, Exposures
from console.readings import Reading
from console.world import World
from screens import paint
from screens.release.linked import linked_lines
from screens.release.stages import stage_lines
from tests.console.flags.test_exposure import CART, NOW, linked
from tests.screens import worlds
from tests.screens.running import running


def texts(world: World, cells: int = 80, later: int = 0) -> list[str]:
    lines = linked_lines(world, NOW + later, cells)
    assert all(paint.width(line) <= cells for line in lines)
    return [paint.plain(line) for line in lines]


def test_the_plan_stands_beside_the_share_and_a_deviation_is_said() -> None:
    assert texts(linked(10)) == [" ⚑ new-cart on: 10 %   plan 0 → [10] → 25 → 25 %"]
    assert texts(linked(25)) == [" ⚑ new-cart on: 25 %   plan 0 → [10] → 25 → 25 %   ! above the plan"]
    assert texts(linked(10), later=60_000)[0].endswith("   ⧗ read 60 s ago")
    gone = Reading(Exposures((Exposed("new-cart", "on", problem="It is gone."),)), NOW, "vercel")
    assert texts(replace(linked(10), exposure=gone)) == [" ⚑ new-cart on: not known: It is gone"]


def test_after_promotion_the_old_share_is_told_with_what_changes_it() -> None:
    (line,) = texts(linked(25, ReleaseState.COMPLETE), 120)
    still = " ⚑ new-cart on: 25 % of people still, plan 100 %: coalmine flags set new-cart --share on 100"
    assert line == still
    assert texts(linked(25, ReleaseState.COMPLETE)) == [
        " ⚑ new-cart on: 25 % of people still, plan 100 %:",
        "   coalmine flags set new-cart --share on 100",
    ]
    assert texts(linked(100, ReleaseState.COMPLETE)) == [
        " ⚑ new-cart on: 100 % of people, as planned after promotion"
    ]


@pytest.mark.parametrize("cells", [80, 200])
def test_without_such_flags_the_stage_bar_is_as_before(cells: int) -> None:
    world = worlds.healthy()
    with_flags = stage_lines(linked(10), NOW, cells)
    assert len(with_flags) == len(stage_lines(world, NOW, cells)) + 1
    many = replace(linked(10), linked=tuple(replace(CART, key=f"flag-{n}") for n in range(9)))
    assert len(stage_lines(many, NOW, cells)) == len(stage_lines(world, NOW, cells)) + 4


async def test_it_is_on_the_release_screen() -> None:
    async with running(linked(25), size=(80, 24)) as session:
        await session.shows("⚑ new-cart on: 25 %", "! above the plan", "? keys")
