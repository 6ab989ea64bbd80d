"""What reaches somebody who looks elsewhere: the title, a notification, and a line on their return."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from console import lastknown
from console.world import Seen, World
from screens.away import Return, meanwhile
from screens.terminal import BACK, KEEP, Outside, speaks, title
from tests.screens import worlds
from tests.screens.running import running

SEQUENCE = re.compile(r"(\x1b\[22;2t)?\x1b\][29];([^\x00-\x1f\x7f-\x9f]*)\x1b\\(\x1b\[23;2t)?")


@pytest.mark.parametrize(
    ("world", "says"),
    [
        (worlds.healthy(), "coalmine: shop 25 % PROMOTE"),
        (worlds.holding(), "coalmine: shop 25 % HOLD"),
        (worlds.rollback(), "coalmine: shop 25 % ROLL BACK"),
        (worlds.complete(), "coalmine: shop"),
        (worlds.no_release_ever(), "coalmine: shop"),
        (worlds.host_down(), "coalmine: shop stale"),
    ],
)
def test_the_title_says_share_and_verdict(world: World, says: str) -> None:
    assert title(world, world.now) == says


def test_the_title_promises_nothing_that_nobody_has_looked_at() -> None:
    world = worlds.healthy()
    assert title(world, world.now + worlds.HOUR) == "coalmine: shop lost"
    quiet = replace(world, release=replace(world.release, at=world.now + worlds.HOUR))
    assert title(quiet, world.now + worlds.HOUR) == "coalmine: shop 25 % NO DATA"


def test_the_title_is_written_when_it_changes_and_put_back() -> None:
    written: list[str] = []
    Outside(written.append).leave()
    assert written == []
    outside = Outside(written.append)
    for world in (worlds.healthy(), worlds.healthy(), worlds.rollback()):
        outside.show(world, world.now)
    outside.leave()
    outside.leave()
    outside.show(worlds.healthy(), worlds.healthy().now)
    outside.call("too late")
    assert written == [
        f"{KEEP}\x1b]2;coalmine: shop 25 % PROMOTE\x1b\\",
        "\x1b]2;coalmine: shop 25 % ROLL BACK\x1b\\",
        f"\x1b]2;\x1b\\{BACK}",
    ]


@given(st.text() | st.text("\x1b\x07\x9c]\\;94ab"))
def test_no_text_from_outside_leaves_its_sequence(text: str) -> None:
    written: list[str] = []
    outside = Outside(written.append)
    world = replace(worlds.healthy(), project_label=text)
    outside.show(world, world.now)
    outside.call(text)
    assert [bool(SEQUENCE.fullmatch(one)) for one in written] == [True, True]
    assert written[1].startswith("\x1b]9;coalmine: ")


def test_only_a_terminal_that_understands_is_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "__stderr__", Screen())
    assert speaks({"TERM": "xterm-256color"}, headless=False)
    assert not speaks({"TERM": "xterm-256color"}, headless=True)
    assert [speaks({"TERM": term}, headless=False) for term in ("dumb", "linux", "")] == [False] * 3
    monkeypatch.setattr(sys, "__stderr__", io.StringIO())
    assert not speaks({"TERM": "xterm-256color"}, headless=False)


async def test_a_decision_is_notified_and_headless_nothing_is_written() -> None:
    async with running(worlds.holding()) as session:
        written: list[str] = []
        assert session.app.outside._write is None
        session.app.outside = Outside(written.append)
        await session.show(worlds.rollback())
        assert any(one.startswith("\x1b]9;coalmine: ROLL BACK: ") for one in written)
        assert any("\x1b]2;coalmine: shop 25 % ROLL BACK" in one for one in written)
    assert written[-1].endswith(BACK)


# --- while you were away -----------------------------------------------------------------------


def test_what_changed_is_told_oldest_first_and_only_that() -> None:
    recent = worlds.rollback().recent
    last = recent[0]
    told = meanwhile(recent, last.seq - 1, 5 * worlds.MINUTE)
    assert told is not None
    assert told.startswith("While you were away (5 min): verdict ")
    assert meanwhile(recent, last.seq, 5 * worlds.MINUTE) is None
    everything = meanwhile(recent, 0, worlds.HOUR) or ""
    assert "more before that" in everything
    assert everything.endswith(told.removeprefix("While you were away (5 min): "))


def test_a_picture_that_does_not_reach_back_says_so() -> None:
    recent = worlds.rollback().recent[:1]
    assert "… and more before that" in (meanwhile(recent, 0, worlds.HOUR) or "")


async def test_on_return_after_a_minute_one_line_says_what_changed() -> None:
    async with running(worlds.healthy()) as session:

        async def away(seconds: float) -> list[str]:
            said = len(session.app.said)
            session.app.post_message(events.AppBlur())
            await session.pilot.pause()
            session.clock.seconds += seconds
            await session.show(worlds.rollback())
            session.app.post_message(events.AppFocus())
            await session.pilot.pause()
            new = list(session.app.said)[said:]
            return [one.text for one in new if one.text.startswith("While you were away")]

        [told] = await away(61)
        assert told.startswith("While you were away (61 s): verdict ")
        assert await away(600) == []  # nothing new
        await session.show(worlds.healthy())
        assert await away(59) == []


def back_after(world: World, hours: int) -> World:
    """What the next console knows first of all, so many hours after ``world``."""
    kept = lastknown.read(lastknown.written(world), world.now + hours * worlds.HOUR)
    assert kept is not None
    return kept


def test_whoever_comes_back_is_told_once_what_came_since() -> None:
    world = worlds.rollback()
    left = replace(world, ledger_size=world.recent[2].seq)
    back = Return(back_after(left, 3).seen)
    now = world.now + 3 * worlds.HOUR
    asking = replace(world, now=now)
    assert back.told(asking) is None
    answered = replace(asking, release=replace(world.release, at=now + 1), now=now + 2_000)
    assert back.told(answered) is None  # its consequences come with the next picture
    told = back.told(answered) or ""
    assert told.startswith("While you were away (3 h): ")
    assert back.told(answered) is None


def test_whoever_was_away_for_a_moment_or_never_here_is_told_nothing() -> None:
    world = replace(worlds.rollback(), release=replace(worlds.rollback().release, at=worlds.NOW))
    for seen in (None, Seen(world.now - 30_000, 1), Seen(world.now - worlds.HOUR, world.ledger_size)):
        back = Return(seen)
        assert [back.told(world) for _ in range(3)] == [None, None, None]


def test_a_console_that_never_opened_forgets_nothing() -> None:
    first = back_after(worlds.rollback(), 1)
    assert back_after(first, 1).seen == first.seen == Seen(worlds.NOW, worlds.rollback().ledger_size)


async def test_a_console_opened_again_says_what_happened_meanwhile() -> None:
    world = worlds.rollback()
    first = back_after(replace(world, ledger_size=world.recent[2].seq), 2)
    now = world.now + 2 * worlds.HOUR
    late = replace(world, now=now, release=replace(world.release, at=now))
    async with running(late, first=first) as session:
        await session.show(late)
        await session.show(late)
        assert [said.text for said in session.app.said if "While you were away (2 h)" in said.text]
