"""The ledger screen: a long list that stays quick, a filter, an event in full, the chain verified."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from console.envelope import Break, Head, Recorded, VerifyReport
from console.ports import StoreUnusable
from console.readings import Freshness, Problem
from console.world import World
from screens.app import CoalmineApp
from screens.event_text import flat
from screens.ledger.list import EventList
from screens.ledger.rows import matcher
from screens.ledger.screen import PAGE, LedgerScreen
from screens.ledger.store import Page
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running
from tests.screens.worlds import ENGINE, NOW, RELEASE_STREAM, seen

SMALL = (80, 24)


@cache
def many(count: int) -> tuple[Recorded, ...]:
    """A chain of ``count`` events of ten streams, newest first."""
    entries = [
        (f"{RELEASE_STREAM}-{i % 10}", seen(f"seen number {i}", i % 100), ENGINE, NOW - (count - i) * 1_000)
        for i in range(1, count + 1)
    ]
    return tuple(reversed(worlds.ledger(*entries)))


def world_of(events: tuple[Recorded, ...]) -> World:
    """A world whose ledger is ``events`` (newest first); it carries the newest twenty."""
    return replace(worlds.healthy(), recent=events[:20], ledger_size=len(events))


def ledger_screen(session: Running) -> LedgerScreen:
    screen = session.app.screen
    assert isinstance(screen, LedgerScreen)
    return screen


async def opened(session: Running, events: tuple[Recorded, ...]) -> LedgerScreen:
    """The ledger screen, its first page read."""
    await session.press("9")
    screen = ledger_screen(session)
    await session.until(lambda: len(screen.rows.events) == min(len(events), PAGE))
    await session.pilot.pause()
    return screen


async def test_events_stand_newest_first_with_local_time_and_age() -> None:
    async with running(worlds.rollback(), size=SMALL) as session:
        await session.press("9")
        rows = (await session.shows("verdict hold → roll back")).splitlines()
        assert rows[3].strip() == "9 events"
        newest = next(row for row in rows if row.startswith("▸"))
        assert newest.split()[1:6] == ["9", "14:02", "6", "min", "ago"]


async def test_older_pages_are_read_when_their_end_comes_near() -> None:
    events = many(1_700)
    cockpit = PreparedCockpit(world_of(events), ledger=events)
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        screen = await opened(session, events)
        await session.shows("1,700 events   500 read so far")
        for _ in range(8):
            await session.press("G")
        await session.until(lambda: len(screen.rows.events) == 1_700)
        await session.press("G")
        shown = await session.shows("▸     1")
        assert "read so far" not in shown
        assert [event.seq for event in screen.rows.events] == list(range(1_700, 0, -1))


def rows_of(session: Running) -> list[str]:
    """The rows of the list on show, without the scrollbar."""
    return [row[:79].rstrip() for row in session.text.splitlines()[6:-2]]


async def test_the_mark_and_the_view_stay_while_new_events_arrive() -> None:
    events = many(300)
    cockpit = PreparedCockpit(world_of(events[10:]), ledger=events[10:])
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        screen = await opened(session, events[10:])
        await session.press(*["pagedown"] * 3)
        marked, top = screen.rows.marked, screen.rows.scroll_offset.y
        assert marked is not None
        before = rows_of(session)
        cockpit.ledger = events
        await session.show(world_of(events))
        await session.until(lambda: len(screen.rows.events) == 300)
        await session.pilot.pause()
        assert screen.rows.marked == marked
        assert screen.rows.scroll_offset.y == top + 10
        assert rows_of(session) == before


async def test_the_mark_follows_the_newest_event_while_it_stands_there() -> None:
    events = many(60)
    cockpit = PreparedCockpit(world_of(events[1:]), ledger=events[1:])
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        screen = await opened(session, events[1:])
        cockpit.ledger = events
        await session.show(world_of(events))
        await session.shows("▸    60")
        assert screen.rows.scroll_offset.y == 0


async def test_a_burst_larger_than_the_world_carries_leaves_no_hole() -> None:
    events = many(300)
    cockpit = PreparedCockpit(world_of(events[100:]), ledger=events[100:])
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        screen = await opened(session, events[100:])
        cockpit.ledger = events
        await session.show(world_of(events))
        await session.until(lambda: len(screen.rows.events) == 300)
        assert [event.seq for event in screen.rows.events] == list(range(300, 0, -1))


async def test_a_filter_keeps_what_matches_and_escape_undoes_it() -> None:
    events = many(120)
    cockpit = PreparedCockpit(world_of(events), ledger=events)
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        screen = await opened(session, events)
        await session.press("slash", "7", "$", "enter")
        await session.shows("12 match 7$")
        assert [event.seq for event in screen.rows.events] == list(range(117, 0, -10))
        await session.press("j", "enter")
        await session.shows("Event 107 of the ledger")
        await session.press("escape", "escape")
        await session.until(lambda: len(screen.rows.events) == 120)
        assert screen.rows.marked is not None
        assert screen.rows.marked.seq == 107
        assert session.app.focused is screen.rows
        assert not screen.query_one("#filter", Input).display


def test_a_filter_is_a_regular_expression_inverted_by_a_mark_or_plain_text() -> None:
    events = many(50)
    assert sum(map(matcher("NUMBER 1"), events)) == 11
    assert sum(map(matcher("!number 1"), events)) == 39
    assert sum(map(matcher("number (1|2)$"), events)) == 2
    assert sum(map(matcher("number (1"), events)) == 0
    assert sum(map(matcher("release.seen"), events)) == 50


async def test_one_stream_or_all_again() -> None:
    events = many(120)
    cockpit = PreparedCockpit(world_of(events), ledger=events)
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        screen = await opened(session, events)
        await session.press("s")
        await session.until(lambda: len(screen.rows.events) == 12)
        assert {event.stream for event in screen.rows.events} == {f"{RELEASE_STREAM}-0"}
        await session.shows(f"stream {RELEASE_STREAM}-0")
        await session.press("escape")
        await session.until(lambda: len(screen.rows.events) == 120)


async def test_a_wide_terminal_shows_the_marked_event_beside_the_list() -> None:
    async with running(worlds.rollback()) as session:
        await session.press("9", "j")
        shown = await session.shows("release.seen (schema 1)", "advanced 5 % → 25 %")
        assert "before" in shown
        await session.pilot.resize_terminal(80, 24)
        await session.until(lambda: "release.seen (schema 1)" not in session.text)


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (
            VerifyReport(1204, Head(1204, "3f2a" * 16), 2, ()),
            ["✓ the chain holds: 1,204 events verified, 2 redacted"],
        ),
        (
            VerifyReport(
                9, Head(9, "aa" * 32), 0, (Break(7, "its payload was changed: the digest does not match"),)
            ),
            ["! the chain is broken at 1 place of 9 events", "event 7: its payload was changed"],
        ),
        (
            VerifyReport(9, Head(9, "aa" * 32), 0, tuple(Break(i, "missing") for i in range(1, 8))),
            ["broken at 7 places", "event 4: missing", "and 3 more"],
        ),
    ],
)
async def test_verifying_says_that_it_holds_or_where_it_breaks(report: VerifyReport, says: list[str]) -> None:
    cockpit = PreparedCockpit(worlds.rollback(), report=report, hold=asyncio.Event())
    async with running(worlds.rollback(), size=SMALL, cockpit=cockpit) as session:
        await session.press("9", "v")
        await session.shows("… verifying 9 events, 0 s")
        session.clock.seconds += 3
        session.app.draw()
        await session.shows("… verifying 9 events, 3 s")
        await session.press("v", "j")
        assert cockpit.hold is not None
        cockpit.hold.set()
        await session.shows(*says)
        await session.press("escape")
        assert says[0] not in session.text


async def test_ten_thousand_rows_answer_keys_as_quickly_as_a_hundred() -> None:
    """The work of a key, or of a tick, does not grow with the list: counted in rows drawn, not in time."""
    events = many(10_000)
    cockpit = PreparedCockpit(world_of(events), ledger=events)
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        screen = await opened(session, events)
        screen.page.older(events[PAGE:], 20_000)
        screen.refresh_world()
        await session.until(lambda: len(screen.rows.events) == 10_000)
        drawn: list[int] = []
        original = EventList._line

        def counting(self: EventList, index: int) -> object:
            drawn.append(index)
            return original(self, index)

        EventList._line = counting  # type: ignore[method-assign,assignment]
        try:
            await session.press("G")
            await session.shows("▸     1")
            await session.press("k", "pageup", "g")
            session.clock.seconds += 1
            session.app.draw()
            await session.pilot.pause()
        finally:
            EventList._line = original  # type: ignore[method-assign]
        assert len(drawn) < 60 * screen.rows.size.height


async def test_a_store_that_fails_while_reading_is_said_and_the_screen_stays() -> None:
    class Failing(PreparedCockpit):
        async def events(
            self, *, stream: str | None = None, before_seq: int | None = None, limit: int = 200
        ) -> list[Recorded]:
            raise StoreUnusable(
                Problem("refused", "The ledger cannot be read: [disk] gone.", "Bring it back.")
            )

    async with running(worlds.rollback(), size=SMALL, cockpit=Failing(worlds.rollback())) as session:
        await session.press("9")
        await session.until(lambda: bool(session.app.said))
        assert session.app.said[-1].text == "The ledger cannot be read: [disk] gone. Bring it back."
        assert "enter event" in session.text


async def test_before_the_cockpit_is_open_the_first_world_is_all_there_is() -> None:
    never = asyncio.Event()

    async def opener() -> PreparedCockpit:
        await never.wait()
        raise AssertionError

    app = CoalmineApp(worlds.rollback(), opener, monotonic=lambda: 0.0)
    async with app.run_test(size=SMALL) as pilot:
        session = Running(app, pilot, PreparedCockpit(worlds.rollback()))
        await session.press("9", "v", "G")
        await session.shows("9 events", "▸     1")


# --- what was read -----------------------------------------------------------------------------


@given(st.integers(1, 60), st.data())
def test_whatever_arrives_in_whatever_pieces_the_page_has_no_hole_and_no_double(
    start: int, data: st.DataObject
) -> None:
    everything = many(60)[::-1]
    page = Page()
    length = start
    page.newer(everything[:length][::-1][:5])
    for _ in range(data.draw(st.integers(0, 8))):
        length = min(60, length + data.draw(st.integers(0, 20)))
        newest = everything[:length][::-1]
        if data.draw(st.booleans()):
            if page.offer(newest[: data.draw(st.integers(1, 6))]) is None:
                page.newer(newest[: data.draw(st.integers(1, 30))])
        elif page.oldest is not None and not page.complete:
            before = [event for event in newest if event.seq < page.oldest]
            page.older(before[:7], 7)
        seqs = [event.seq for event in page.events]
        assert seqs == list(range(seqs[0], seqs[0] - len(seqs), -1))
        assert page.complete == (seqs[-1] == 1) or not page.complete


def test_a_payload_is_shown_field_by_field() -> None:
    payload = {"says": "x", "action": {"to": 25}, "preview": ["a", "b"], "one": ["only"]}
    assert list(flat(payload)) == [
        ("says", "x"),
        ("action.to", "25"),
        ("preview.1", "a"),
        ("preview.2", "b"),
        ("one", "only"),
    ]


def test_the_chain_of_these_tests_is_one() -> None:
    """A control."""
    assert many(50)[0].header.prev_hash == many(50)[1].hash
    assert worlds.healthy().release.freshness(NOW, worlds.HOST_RHYTHM) is Freshness.FRESH
