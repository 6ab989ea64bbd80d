"""Suspects on the flags screen: first in the list while a judge sees harm, with what speaks against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from console.canary.measures import Window
from console.flags.splits import Counted, Splits
from console.world import World
from screens.flags.screen import FlagsScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.flag_desk import Flags, flagged, flags
from tests.screens.running import running

SMALL, LARGE = (80, 24), (200, 50)


@dataclass
class Counts:
    """Metrics in which requests with ``worse`` of one flag fail."""

    flag: str = "guest-order-tracking"
    worse: str = "on"
    flag_series: str = "app_flag_requests_total"

    async def by_flag(self, deployment_ids: Sequence[str], window: Window) -> Splits:
        seen = {"on": Counted(1000, 10), "off": Counted(1000, 10)}
        canary, baseline = deployment_ids[0], deployment_ids[-1]
        bad = {**seen, self.worse: Counted(1000, 90)}
        own = {"new-cart": seen, self.flag: bad}
        return {baseline: dict.fromkeys(own, seen), canary: own}


def harmed(it: Flags | None = None, counts: Counts | None = None) -> PreparedCockpit:
    """A console whose verdict is to roll back, with the shop's flags and what is counted by them."""
    it = it or flags()
    it.desk.splits = counts or Counts()
    cockpit = flagged(it)
    cockpit.present = worlds.rollback()
    return cockpit


async def test_a_suspect_comes_first_and_says_why() -> None:
    async with running(worlds.rollback(), size=SMALL, cockpit=harmed()) as session:
        await session.press("2")
        shown = await session.shows("▲ 2 suspects: the verdict is to roll back", "▲ 9 % of requests with on")
        rows = [line for line in shown.splitlines() if "▲" in line]
        assert "guest-order-tracking" in rows[1]
        assert "new-cart" in rows[2], "changed before the verdict turned"
        screen = session.app.top()
        assert isinstance(screen, FlagsScreen)
        assert list(screen.rows.keys)[:2] == ["guest-order-tracking", "new-cart"]


async def test_the_marked_suspect_says_all_of_it() -> None:
    counts = Counts("new-cart", "off")
    async with running(worlds.rollback(), size=LARGE, cockpit=harmed(counts=counts)) as session:
        await session.press("2")
        await session.shows(
            "▲ suspect 1 of 1",
            "  9 % of requests with off fail, 1 % of the others",
            "  changed 32 min before the verdict turned",
            "  off is no way out: turning it off would give everyone off",
        )


async def test_when_the_harm_is_over_the_list_is_as_before_and_the_mark_stays() -> None:
    cockpit = harmed()
    async with running(worlds.rollback(), size=SMALL, cockpit=cockpit) as session:
        await session.press("2")
        await session.shows("▲ 2 suspects")
        screen = session.app.top()
        assert isinstance(screen, FlagsScreen)
        marked = screen.rows.marked
        calm: World = replace(worlds.rollback(), verdict=worlds.healthy().verdict)
        await session.show(calm)
        await session.until(lambda: screen.suspects is None)
        await session.until(lambda: next(iter(screen.rows.keys)) == "new-cart")
        assert screen.rows.marked == marked
        assert "▲" not in session.text
