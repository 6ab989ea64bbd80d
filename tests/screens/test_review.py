"""The review dialog: seen first, never sent twice, never by accident, and true to what changes under it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from textual import events
from textual.widgets import Button, Input

from console import actions, previews
from console.actions import Impossible
from console.canary.stages import ReleaseState
from console.outcome import End, Outcome
from console.ports import SourceError
from console.readings import Problem
from console.world import Mode, World
from screens import paint
from screens.dialogs.arm import ArmDialog, minutes_of
from screens.dialogs.review import ReviewDialog
from screens.dialogs.review_text import ENDS, Review, body, foot, outcome_lines
from screens.release.screen import ReleaseScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running

SMALL = (80, 24)


async def reviewing(session: Running, key: str) -> str:
    """Open the review of what ``key`` does, and wait for its preview."""
    await session.press(key)
    shown = await session.shows("RECORDED")
    await session.until(lambda: session.app.focused is session.app.screen.query_one("#cancel"))
    return shown


def fill(session: Running, reason: str = "looks well", typed: str = "") -> None:
    """Put words into the fields, as typing would."""
    session.app.screen.query_one("#reason", Input).value = reason
    session.app.screen.query_one("#typed", Input).value = typed


async def test_the_preview_says_everything_before_anything_is_sent() -> None:
    async with running(worlds.rollback(), size=(100, 34)) as session:
        shown = await reviewing(session, "A")
        for part in (
            "ADVANCE the rolling release of shop",
            "serves 25 % → 50 % of visitors",
            "TOUCHES   25 % of visitors change deployment, about 840 requests a minute",
            "UNDO",
            "AFTER",
            "! WARNING the verdict is ROLL BACK",
            "if nothing is pressed, the canary stays at 25 %",
            "as ana, with your reason",
            "TYPE 50",
        ):
            assert part in shown
        assert session.cockpit.performed == []


def test_what_does_not_come_back_stands_beside_what_stays_different() -> None:
    world = worlds.rollback()
    told = ("SEARCH_URL (plain; production) changed 2 h after that build", "removed ones cannot be known")
    assert world.release.value is not None
    action = actions.make("abort", world.release.value)
    assert isinstance(action, actions.Abort)
    made = replace(previews.preview(action, world.release.value, None, None, "shop"), not_back=told)
    lines = [paint.plain(line) for line in body(Review("abort", "ready", 0.0, made), world, 100)]
    place = lines.index(f"NOT       {told[0]}")
    assert lines[place + 1] == f"          {told[1]}"


async def test_cancel_is_focused_and_enter_or_escape_change_nothing() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        for leave in ("enter", "escape"):
            await reviewing(session, "X")
            assert session.app.focused is session.app.screen.query_one("#cancel")
            await session.press(leave)
            await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        assert session.cockpit.performed == []


async def test_the_opening_key_pressed_again_does_nothing() -> None:
    async with running(worlds.rollback(), size=SMALL) as session:
        await reviewing(session, "X")
        await session.press("X", "X", "A", "C")
        await session.until(lambda: isinstance(session.app.screen, ReviewDialog))
        assert len(session.app.screen_stack) == 2
        assert session.cockpit.performed == []


async def test_what_widens_exposure_asks_for_a_reason_and_the_typed_word() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await reviewing(session, "A")
        send = session.app.screen.query_one("#send", Button)
        for reason, typed, held in (
            ("", "50", "a reason is needed"),
            ("  ", "50", "a reason is needed"),
            ("well", "", "type 50 to confirm"),
            ("well", "25", "type 50 to confirm"),
        ):
            fill(session, reason, typed)
            await session.shows(held)
            assert send.disabled
            await session.press("ctrl+s")
        assert session.cockpit.performed == []
        fill(session, " looks well ", "50")
        await session.shows("ctrl+s sends it")
        await session.press("ctrl+s")
        await session.shows("✓ done", "The host accepted it.", "event 10 of the ledger")
        assert session.cockpit.performed == [("advance", "looks well", "50")]


@pytest.mark.slow
async def test_what_is_typed_ahead_stays_in_its_order_and_its_field() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        for turns in range(14):
            await reviewing(session, "A")
            for key in "well at 25\r50":
                session.app.post_message(events.Key("enter" if key == "\r" else key, key))
                for _ in range(turns):  # it may be that far when the next key comes
                    await asyncio.sleep(0)
            await session.until(lambda: session.app.screen.query_one("#typed", Input).value == "50")
            assert session.app.screen.query_one("#reason", Input).value == "well at 25"
            await session.press("escape")
            await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))


async def typed_at_once(session: Running, keys: str, turns: int) -> None:
    """As a slow line brings them: all of it is there before the first key is answered."""
    names = {"\r": "enter", ":": "colon", "/": "slash"}
    for key in keys:
        session.app.post_message(events.Key(names.get(key, key), key))
        for _ in range(turns):
            await asyncio.sleep(0)


@pytest.mark.parametrize("turns", [0, 1, 3, 10])
async def test_what_is_typed_behind_a_key_is_meant_for_what_that_key_opens(turns: int) -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await typed_at_once(session, ":ledger\r", turns)
        await session.until(lambda: session.app.current_mode == "ledger")
        await typed_at_once(session, "/advance A", turns)
        field = session.app.screen.query_one("#filter", Input)
        await session.until(lambda: field.value == "advance A")
        assert len(session.app.screen_stack) == 1
        await session.press("escape", "escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        await typed_at_once(session, "Frelease week", turns)
        await session.until(lambda: len(session.app.screen_stack) == 2)
        await session.until(lambda: session.app.screen.query_one("#reason", Input).value == "release week")
        assert session.cockpit.performed == []


async def test_a_terminal_that_never_says_that_it_has_the_focus_again_types_where_it_typed() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await typed_at_once(session, "X", 0)  # there is no screen yet
        await session.shows("A advance")
        assert isinstance(session.app.screen, ReleaseScreen | ReviewDialog)
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        await typed_at_once(session, "/err", 0)
        await session.until(lambda: session.app.screen.query("#filter"))
        field = session.app.screen.query_one("#filter", Input)
        await session.until(lambda: field.value == "err")
        session.app.post_message(events.AppBlur())
        await session.until(lambda: session.app.focused is None)
        await typed_at_once(session, "or A", 0)
        await session.until(lambda: field.value == "error A")
        assert len(session.app.screen_stack) == 1


async def test_completing_asks_for_the_projects_name() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await reviewing(session, "C")
        fill(session, "done", "shop")
        await session.shows("TYPE shop", "ctrl+s sends it")
        await session.press("ctrl+s")
        await session.until(lambda: session.cockpit.performed == [("complete", "done", "shop")])


async def test_stopping_harm_costs_one_preview_with_the_reason_prefilled() -> None:
    async with running(worlds.rollback(), size=SMALL) as session:
        shown = await reviewing(session, "X")
        assert "ABORT the rolling release of shop" in shown
        assert "TYPE" not in shown
        await session.press("ctrl+s")
        await session.shows("✓ done")
        assert session.cockpit.performed == [("abort", worlds.ROLLBACK.reasons[0], "")]


async def test_a_reason_is_typed_with_the_keyboard_alone() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await reviewing(session, "A")
        await session.press("shift+tab", "shift+tab", "X", "q", "enter", "5", "0", "ctrl+s")
        await session.until(lambda: session.cockpit.performed == [("advance", "Xq", "50")])


async def test_what_is_typed_in_a_burst_lands_in_the_first_empty_field_whole() -> None:
    async with running(worlds.rollback(), size=SMALL) as session:
        await reviewing(session, "A")
        for character in "go on 2":
            key = "space" if character == " " else character
            session.app.post_message(events.Key(key, character))
        reason = session.app.screen.query_one("#reason", Input)
        await session.until(lambda: reason.value == "go on 2")
        assert session.app.focused is reason


async def test_it_is_sent_once_however_often_it_is_confirmed() -> None:
    cockpit = PreparedCockpit(worlds.rollback(), hold=asyncio.Event())
    async with running(worlds.rollback(), size=SMALL, cockpit=cockpit) as session:
        await reviewing(session, "X")
        await session.press("ctrl+s", "ctrl+s", "ctrl+s")
        await session.shows("… sending, 0 s")
        session.clock.seconds += 7
        session.app.draw()
        await session.shows("… sending, 7 s")
        await session.press("ctrl+r", "ctrl+s")
        assert cockpit.hold is not None
        cockpit.hold.set()
        await session.shows("✓ done")
        await session.press("ctrl+s")
        assert len(cockpit.performed) == 1


async def test_closing_while_sending_does_not_cut_it_off_and_the_outcome_is_told() -> None:
    cockpit = PreparedCockpit(worlds.rollback(), hold=asyncio.Event())
    async with running(worlds.rollback(), size=SMALL, cockpit=cockpit) as session:
        await reviewing(session, "X")
        await session.press("ctrl+s")
        await session.shows("… sending")
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        assert cockpit.hold is not None
        cockpit.hold.set()
        await session.until(lambda: bool(session.app.said))
        assert session.app.said[-1].text == "abort: done. The host accepted it."


@pytest.mark.parametrize("end", list(End))
async def test_every_outcome_stays_on_show_with_what_to_do_next(end: End) -> None:
    cockpit = PreparedCockpit(
        worlds.rollback(), outcome=Outcome(end, "What happened.", "Do this.", rule="devops")
    )
    async with running(worlds.rollback(), size=SMALL, cockpit=cockpit) as session:
        await reviewing(session, "X")
        await session.press("ctrl+s")
        word = ENDS[end][0].split(":")[0]
        shown = await session.shows(word, "What happened.", "Do this.", "rule: devops")
        assert "Close" in shown
        session.app.draw()
        await session.press("ctrl+s")
        assert word in session.text
        assert len(cockpit.performed) == 1


def moved(index: int | None, state: ReleaseState = ReleaseState.ACTIVE, canary: str = "") -> World:
    """The healthy world after somebody else acted."""
    deployment = replace(worlds.CANARY, id=canary) if canary else worlds.CANARY
    percentage = None if index is None else float(worlds.STAGES[index].percentage)
    release = replace(
        worlds.RELEASE, state=state, active_index=index, percentage=percentage, canary=deployment
    )
    return replace(worlds.healthy(), release=worlds.reading(release))


@pytest.mark.parametrize(
    ("key", "world", "says"),
    [
        ("A", moved(2), "somebody moved the release: 25 % → 50 %"),
        ("C", moved(2), "somebody moved the release: 25 % → 50 %"),
        ("A", moved(None, ReleaseState.ABORTED), "the release is over (aborted)"),
        ("X", moved(None, ReleaseState.COMPLETE), "the release is over (complete)"),
        ("A", moved(1, canary="dpl_other"), "another canary is being released"),
        ("A", worlds.no_release_ever(), "there is no release"),
        ("A", moved(3), "this became impossible"),
    ],
)
async def test_what_changes_under_the_dialog_is_said_and_nothing_is_sent(
    key: str, world: World, says: str
) -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await reviewing(session, key)
        fill(session, "well", "50" if key == "A" else "shop")
        await session.shows("ctrl+s sends it")
        await session.show(world)
        flat = " ".join((await session.shows("! Meanwhile")).replace("│", " ").split())
        assert says in flat
        assert session.app.screen.query_one("#send", Button).disabled
        await session.press("ctrl+s")
        assert session.cockpit.performed == []


async def test_an_abort_is_not_stopped_by_a_stage_that_moved() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await reviewing(session, "X")
        fill(session, "stop it")
        await session.show(moved(2))
        await session.press("ctrl+s")
        await session.until(lambda: session.cockpit.performed == [("abort", "stop it", "")])


async def test_after_a_change_it_can_be_read_again() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await reviewing(session, "A")
        await session.show(moved(2))
        await session.shows("! Meanwhile")
        await session.press("ctrl+r")
        shown = await session.shows("50 % → 100 %")
        assert "Meanwhile" not in shown


async def test_a_preview_fresher_than_the_screen_is_not_called_a_change() -> None:
    """The preview asks the host; the world on show may be a poll behind it."""
    async with running(worlds.healthy(), size=SMALL) as session:
        session.cockpit.present = moved(2)
        shown = await reviewing(session, "A")
        assert "50 % → 100 %" in shown
        assert "Meanwhile" not in shown
        await session.show(moved(2))
        assert "Meanwhile" not in session.text


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Impossible("The release is on its last stage: complete it instead."), "complete it instead"),
        (SourceError(Problem("timeout", "Vercel did not answer.", "Try again.")), "Vercel did not answer."),
        (RuntimeError("[red]bug"), "RuntimeError: [red]bug"),
    ],
)
async def test_a_preview_that_fails_says_why_and_sends_nothing(error: Exception, says: str) -> None:
    cockpit = PreparedCockpit(worlds.healthy(), raises=error)
    async with running(worlds.healthy(), size=SMALL, cockpit=cockpit) as session:
        await session.press("A")
        await session.shows("ADVANCE is not possible now", says)
        await session.press("ctrl+s", "escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))


async def test_what_the_gate_would_refuse_opens_to_read_and_says_how_to_arm() -> None:
    world = worlds.read_only()
    cockpit = PreparedCockpit(world, refusing="This session is not armed: press W to arm it.")
    async with running(world, size=SMALL, cockpit=cockpit) as session:
        shown = await reviewing(session, "A")
        assert "! This session is not armed: press W to arm it." in shown
        assert "REASON" not in shown
        await session.press("ctrl+s")
        assert cockpit.performed == []
        await session.press("W")
        await session.until(lambda: isinstance(session.app.screen, ArmDialog))
        cockpit.refusing = None
        await session.press("escape")
        await session.show(worlds.healthy())
        await session.shows("REASON", "a reason is needed")


async def test_nothing_is_sent_from_a_dialog_that_cannot_be_seen() -> None:
    async with running(worlds.rollback(), size=SMALL) as session:
        await reviewing(session, "X")
        await session.pilot.resize_terminal(20, 5)
        await session.shows("Coalmine needs")
        await session.press("ctrl+s")
        assert session.cockpit.performed == []


# --- arming ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30", 30),
        (" 1 ", 1),
        ("480", 480),
        ("0", None),
        ("481", None),
        ("-5", None),
        ("٣", None),
        ("x", None),
        ("", None),
    ],
)
def test_minutes_are_a_whole_number_within_the_day(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes


async def test_arming_asks_why_and_for_how_long_with_cancel_focused() -> None:
    async with running(worlds.read_only(), size=SMALL) as session:
        await session.press("W")
        await session.shows("ARM this session on shop", "a reason is needed")
        assert session.app.focused is session.app.screen.query_one("#cancel")
        await session.press("enter")
        assert session.cockpit.armed == []
        await session.press("W")
        session.app.screen.query_one("#reason", Input).value = "release day"
        session.app.screen.query_one("#minutes", Input).value = "0"
        await session.shows("whole number from 1 to 480")
        await session.press("ctrl+s")
        session.app.screen.query_one("#minutes", Input).value = "45"
        await session.shows("ctrl+s arms it")
        await session.press("ctrl+s")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        assert session.cockpit.armed == [("release day", 45)]


async def test_a_refused_arming_says_why_and_stays() -> None:
    refused = Outcome(End.REFUSED_HERE, "Nobody of that name may arm.", "Ask an owner.", rule="arming")
    cockpit = PreparedCockpit(worlds.read_only(), outcome=refused)
    async with running(worlds.read_only(), size=SMALL, cockpit=cockpit) as session:
        await session.press("W")
        session.app.screen.query_one("#reason", Input).value = "release day"
        await session.shows("ctrl+s arms it")
        await session.press("ctrl+s")
        await session.shows("! refused here", "Nobody of that name may arm.", "Ask an owner.")


async def test_an_armed_session_is_disarmed_at_once_and_the_demo_stays_armed() -> None:
    async with running(worlds.healthy(), size=SMALL) as session:
        await session.press("W")
        await session.until(lambda: session.cockpit.disarmed == 1)
        await session.show(replace(worlds.healthy(), mode=Mode.DEMO, armed=None))
        await session.press("W")
        assert session.app.said[-1].text == "The demo is armed from the start."
        assert session.cockpit.disarmed == 1


def test_what_others_have_to_approve_is_said_first_and_the_key_asks_for_it() -> None:
    world = worlds.rollback()
    release = world.release.value
    assert release is not None
    made = previews.preview(actions.make("abort", release), release, world.verdict, 3_360.0, "shop")
    for needs, asks in (("Rule stop needs 1 approval of qa.", True), ("", False)):
        review = Review("abort", "ready", 0.0, preview=replace(made, needs=needs))
        text = "\n".join(map(paint.plain, body(review, world, 80)))
        assert ("NEEDS     Rule stop needs 1 approval of qa." in text) == asks
        assert "NEEDS" not in text or text.index("NEEDS") < text.index("WHAT")
        last = "\n".join(map(paint.plain, foot(review, world, None, 0.0, 80)))
        assert last == ("· ctrl+s asks for it" if asks else "· ctrl+s sends it")
    waits = Outcome(End.AWAITING, "RB-1 waits for approval.", "They confirm it with: coalmine approve RB-1")
    told = "\n".join(map(paint.plain, outcome_lines(waits, 80)))
    assert "The screen of requests (3) shows who answers." in told
