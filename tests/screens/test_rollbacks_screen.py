"""The screen of requests and the approver's dialog: nothing is sent before it was read, nor by accident."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Button, Input

from console.as_command import as_request_command
from console.commands.rollback import command
from console.outcome import Outcome
from console.readings import Problem
from console.rollback.answering import Answerer
from console.rollback.counting import View
from console.rollback.plan import ordered
from console.rollback.request import State
from console.rollback.store_shown import with_store
from console.rollback.store_step import StoreStep
from console.world import Waiting
from screens import paint
from screens.dialogs.request import RequestDialog
from screens.dialogs.request_text import (
    ANSWERS,
    REASONED,
    WIDENS,
    Answering,
    Verb,
    missing,
    offered,
    signs_with,
)
from screens.rollbacks.page import Held, page
from screens.rollbacks.rows import haystack, heading, row
from screens.rollbacks.screen import RollbacksScreen
from screens.status import status_line, tabs_line
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.request_room import (
    BOOK,
    MINUTE,
    WITH_GLASS,
    Requested,
    actor,
    asking,
    plan,
    requested,
    shown,
)
from tests.screens.running import Running, running
from tests.screens.worlds import NOW

SMALL, LARGE = (80, 24), (200, 50)


async def seen(it: Requested, name: str) -> View:
    view = await it.room.desk.get(name)
    assert view is not None
    return view


def cockpit_of(it: Requested) -> PreparedCockpit:
    cockpit = PreparedCockpit(worlds.healthy())
    cockpit.room = it.room
    return cockpit


async def opened(session: Running, key: str = "enter") -> RequestDialog:
    """The dialog on the marked request, once it knows who sits here and what production is."""
    await session.press("3")
    await session.shows("read 0 s ago")
    await session.press(key)
    await session.until(lambda: isinstance(session.app.screen, RequestDialog))
    dialog = session.app.screen
    assert isinstance(dialog, RequestDialog)
    await session.until(lambda: dialog.it.who is not None)
    await session.pilot.pause()
    return dialog


def asks(dialog: RequestDialog) -> Verb | None:
    """What is being asked for."""
    return dialog.it.verb


async def answered(session: Running, dialog: RequestDialog) -> Outcome:
    await session.press("ctrl+s")
    await session.until(lambda: dialog.it.stage == "ended")
    await session.pilot.pause()
    assert dialog.it.outcome is not None
    return dialog.it.outcome


# --- the words -----------------------------------------------------------------------------------


async def test_the_page_says_which_variables_do_not_come_back() -> None:
    it = requested()
    there = shown("dpl_old")
    kept = "SEARCH_URL (plain; production) changed 2 h after that build: it keeps what it was built with"
    known = replace(there, not_covered=(there.not_covered[0], kept, *there.not_covered[1:]))
    asked = await it.room.desk.ask(plan("dpl_old"), known, actor("ana"), "errors", "execute")
    lines = page(await seen(it, asked.next), NOW, 120)
    text = [paint.plain(line) for line in lines]
    assert [line for line in text if line == f"          {kept}"]


async def test_the_page_says_which_store_comes_back_and_how_it_differs() -> None:
    it = requested()
    step = StoreStep("ecfg_1", "shop-config", "bak_000003", "aa", "bb")
    lines = ("flags.basket-limit: 60 → 40",)
    told = with_store(None, step, lines, ())
    asked = await it.room.desk.ask(ordered("prj_1", [step]), told, actor("ana"), "a bad limit", "execute")
    text = [paint.plain(line) for line in page(await seen(it, asked.next), NOW, 170)]
    restores = "restore the Edge Config shop-config (ecfg_1) from its backup bak_000003"
    assert f"WHAT      1  {restores} (configuration; undone by restoring the backup of before)" in text
    assert "          shop-config: flags.basket-limit: 60 → 40" in text


async def test_the_page_says_all_that_an_approver_has_to_know() -> None:
    it = requested()
    view = await seen(it, await it.ask())
    held = Held(NOW)
    lines = page(view, NOW + 20_000, 110, you="bo", held=held, per_minute=420.0)
    text = "\n".join(paint.plain(line) for line in lines)
    for part in (
        "RB-1  INSTANT ROLLBACK of shop, production",
        "awaiting approval, 0 of 1, expires in 14:40   needs 1 more approval of: devops, qa, signed",
        "ana asks: errors at checkout",
        "error rate 2.4 % against 0.5 %",
        "1  instant rollback: dpl_base → dpl_old (code; undone by promoting)",
        "NOT       environment variables stay",
        "AFTER     automatic assignment of production domains is off",
        "rollback: 0 of 1 from devops, qa; signed",
        "✓ production is still what this was made for (asked 20 s ago)",
        "about 420 requests a minute go on as now; if nothing is pressed, it expires at",
        view.request.opened.plan_sha256[:4],
        "ana put down RB-1",
    ):
        assert part in text
    moved = page(view, NOW, 90, held=Held(NOW, "Production has moved."))
    assert "! this plan holds no more: Production has moved." in "\n".join(map(paint.plain, moved))


async def test_what_was_answered_and_what_does_not_count_stands_there_with_its_key() -> None:
    it = requested()
    name = await it.ask()
    await it.answer(name, "bo", why="seen the graph")
    text = "\n".join(map(paint.plain, page(await seen(it, name), NOW, 120, you="bo")))
    assert "✓ bo (that is you) approved it (signed, SHA256:" in text
    assert "seen the graph" in text
    assert "1 of 1 (bo)" in text


@pytest.mark.parametrize("cells", [40, 58, 78, 110])
async def test_rows_fit_and_say_how_it_stands_without_colour(cells: int) -> None:
    it = requested()
    view = await seen(it, await it.ask())
    line = row(view, NOW + MINUTE, cells, marked=True)
    assert paint.width(line) <= cells
    assert "RB-1" in paint.plain(line)
    assert "… awaiting 0 of 1, 14:00" in paint.plain(line)
    assert paint.width(heading(cells)) <= cells
    assert all(word in haystack(view) for word in ("RB-1", "ana", "errors at checkout", "INSTANT"))


def test_the_count_stands_in_the_tab_and_in_the_status_line() -> None:
    world = replace(worlds.healthy(), waiting=Waiting(1, 1))
    assert "3 Rollbacks•2" in paint.plain(tabs_line("release", 80, {"rollbacks": 2})[0])
    assert "•" not in paint.plain(tabs_line("release", 80, {"rollbacks": 0})[0])
    assert "3Rb•2" in paint.plain(tabs_line("release", 50, {"rollbacks": 2})[0])
    assert "1 approval waiting" in paint.plain(status_line(world, NOW, 120))
    assert "1 approval " in paint.plain(status_line(world, NOW, 80))
    only_hands = replace(world, waiting=Waiting(0, 1))
    assert "approval" not in paint.plain(status_line(only_hands, NOW, 120))


# --- what may be sent ----------------------------------------------------------------------------


async def test_only_what_can_count_is_offered_to_whom_it_can_count_for() -> None:
    it = requested()
    name = await it.ask()
    assert offered(await seen(it, name), "ana") == {"withdraw"}
    assert offered(await seen(it, name), "bo") == {"approve", "deny"}
    await it.answer(name, "bo")
    view = await seen(it, name)
    assert view.state is State.APPROVED
    assert offered(view, "bo") == {"revoke", "execute"}
    assert offered(view, "jo") == {"deny", "execute"}
    assert offered(replace(view, wrong="Its plan was changed."), "bo") == frozenset()
    await it.answer(name, "jo", "deny", "no")
    assert offered(await seen(it, name), "bo") == frozenset()


async def test_the_glass_is_offered_only_where_a_rule_of_the_policy_has_one() -> None:
    it = requested(book=WITH_GLASS)
    name = await it.ask()
    assert offered(await seen(it, name), "bo") == {"approve", "deny", "break_glass"}
    assert offered(await seen(it, name), "ana") == {"withdraw", "break_glass"}
    await it.answer(name, "bo")
    assert "break_glass" not in offered(await seen(it, name), "bo")


def test_what_was_done_is_told_as_a_command_that_there_is() -> None:
    for verb in get_args(Verb):
        name = as_request_command(verb, "RB-1").split()[2]
        assert name in command.commands, verb


VERBS: tuple[Verb, ...] = get_args(Verb)


@pytest.fixture(scope="module")
def waiting() -> View:
    """A request of ana's that waits for bo or jo."""
    room = asking().room
    assert room is not None
    view = room.desk.counting.view("RB-3", NOW)
    assert view is not None
    return view


@given(
    verb=st.sampled_from(VERBS),
    read=st.booleans(),
    reason=st.sampled_from(["", " ", "seen"]),
    typed=st.sampled_from(["", "shop", "shopp"]),
    moved=st.sampled_from([None, "It moved."]),
    stage=st.sampled_from(["open", "sending", "ended"]),
    known=st.booleans(),
)
def test_nothing_is_sent_unread_unreasoned_or_unconfirmed(
    waiting: View, verb: Verb, read: bool, reason: str, typed: str, moved: str | None, stage: str, known: bool
) -> None:
    who = Answerer("bo", None) if known else Problem("refused", "Nobody is known.", "Name your key.")
    it = Answering(waiting, stage, verb, who=who, held=Held(NOW, moved), read=read)  # type: ignore[arg-type]
    if missing(it, reason, typed, "shop") is None:
        assert read
        assert stage == "open"
        assert verb in offered(waiting, it.person)
        assert known or verb not in ANSWERS
        assert verb not in REASONED or reason.strip()
        assert verb not in WIDENS or (moved is None and typed == "shop")


async def test_who_would_answer_is_said_and_that_the_policy_asks_for_more() -> None:
    it = requested()
    view = await seen(it, await it.ask())
    who = await it.room.answering.who()
    assert isinstance(who, Answerer)
    assert signs_with(Answering(view, who=who)).startswith("bo signs with SHA256:")
    unsigned = requested(key=False)
    found = await unsigned.room.answering.who()
    assert isinstance(found, Answerer)
    said = signs_with(Answering(view, who=found))
    assert "jo answers unsigned" in said
    assert "the policy asks for a signature" in said
    nobody = await requested("mallory").room.answering.who()
    assert isinstance(nobody, Problem)
    assert "of nobody in allowed_signers" in nobody.what


# --- the screens ---------------------------------------------------------------------------------


async def test_a_request_is_read_to_its_end_before_it_can_be_approved() -> None:
    it = requested()
    name = await it.ask()
    async with running(worlds.healthy(), size=SMALL, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        assert isinstance(session.app.focused, Button)
        assert session.app.focused.id == "cancel"
        await session.shows("read it to the end first", "Approve…  A", "Deny…  D")
        await session.press("A", "ctrl+s")
        assert asks(dialog) is None
        await session.press("pagedown", "pagedown", "pagedown")
        await session.until(lambda: dialog.it.read)
        await session.press("A")
        assert asks(dialog) == "approve"
        await session.shows("type shop to confirm")
        await session.press("A", "ctrl+s")
        assert (await seen(it, name)).request.answers == ()
        await session.press(*"shop")
        outcome = await answered(session, dialog)
        assert outcome.says == f"bo approved {name}."
        assert session.app.acts[-1].command == f"coalmine rollback approve {name}"
        await session.shows("✓ done", "Close")
    assert (await seen(it, name)).state is State.APPROVED


@pytest.mark.slow
async def test_the_glass_is_broken_with_a_word_and_a_reason_and_loudly() -> None:
    it = requested(book=WITH_GLASS)
    name = await it.ask()
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        await session.until(lambda: dialog.it.read, "a page that fits is read")
        await session.press("B")
        await session.shows("LOUD", "with your name", "a reason is needed")
        await session.press(*"shop", "enter", *"nobody is awake")
        assert (await answered(session, dialog)).says == f"The glass of {name} is BROKEN."
        said = f"coalmine rollback break-glass {name} --reason 'nobody is awake'"
        assert session.app.acts[-1].command == said
    view = await seen(it, name)
    assert (view.state, view.glass) == (State.APPROVED, "")


@pytest.mark.slow
async def test_without_a_rule_for_it_no_glass_is_broken() -> None:
    it = requested()
    await it.ask()
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        await session.until(lambda: dialog.it.read, "a page that fits is read")
        await session.press("B")
        assert dialog.it.verb is None
        assert "No rule of the policy" in session.app.said[-1].text


@pytest.mark.slow
async def test_a_denial_needs_a_reason_and_closes_it() -> None:
    it = requested()
    name = await it.ask()
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        await session.until(lambda: dialog.it.read, "a page that fits is read")
        await session.press("D")
        await session.shows("a reason is needed")
        await session.press("ctrl+s")
        assert dialog.it.stage == "open"
        await session.press(*"just wrong")  # the first letter would scroll elsewhere
        assert dialog.query_one("#reason", Input).value == "just wrong"
        assert (await answered(session, dialog)).says == f"bo denied {name}."
        await session.press("escape")
        await session.shows("– denied")
    assert (await seen(it, name)).state is State.DENIED


@pytest.mark.slow
async def test_who_asked_withdraws_it_and_is_not_offered_to_approve() -> None:
    it = requested("ana", sits="ana")
    name = await it.ask()
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        shown = await session.shows("Withdraw…  U")
        assert "Approve…" not in shown
        await session.press("A")
        assert dialog.it.verb is None
        assert "Nobody approves what they asked for" in session.app.said[-1].text
        await session.press("U", *"not needed")
        assert (await answered(session, dialog)).says == f"{name} is withdrawn."


@pytest.mark.slow
async def test_what_the_key_or_the_desk_refuses_is_said_in_words() -> None:
    it = requested()
    name = await it.ask()
    assert it.key is not None
    it.key.fails = Problem("refused", "The key did not sign: agent refused.", "Is it in the agent?")
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        await session.press("A", *"shop")
        await answered(session, dialog)
        await session.shows(
            "! refused here", "Nothing was recorded. The key did not sign", "Is it in the agent?"
        )
    unsigned = requested(key=False)
    name = await unsigned.ask()
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(unsigned)) as session:
        dialog = await opened(session)
        await session.press("A", *"shop")
        await answered(session, dialog)
        await session.shows("! refused here", "The policy asks for a signature with your key.")
    assert (await seen(unsigned, name)).request.answers == ()


@pytest.mark.slow
async def test_what_moved_meanwhile_is_not_approved_and_what_expires_says_so() -> None:
    it = requested()
    await it.ask()
    it.hands.moving = "Production has moved (from_deployment_id: dpl_base → dpl_other)."
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        await session.shows("this plan holds no more: Production has moved")
        await session.press("A", *"shop")
        await session.shows("it has to be asked for anew")
        await session.press("ctrl+s")
        assert dialog.it.stage == "open"
        it.clock.at += 16 * MINUTE
        session.clock.seconds += 16 * 60
        session.app.tick()
        await session.shows("⧗ expired", "meanwhile RB-1 is expired")


@pytest.mark.slow
async def test_the_list_filters_and_marks_the_request_that_was_asked_for() -> None:
    cockpit = asking()
    async with running(cockpit.present, size=SMALL, cockpit=cockpit) as session:
        session.app.show_request("rb-1")
        await session.until(lambda: isinstance(session.app.top(), RollbacksScreen))
        room = session.app.top()
        assert isinstance(room, RollbacksScreen)
        await session.until(lambda: room.ready and room.rows.marked == "RB-1")
        await session.press("slash", *"approved", "enter")
        await session.until(lambda: room.rows.keys == ["RB-2"])
        await session.press("escape")
        await session.until(lambda: len(room.rows.keys) == 3)
        session.app.show_request("RB-9")
        await session.until(lambda: any("no request RB-9" in one.text for one in session.app.said))
        await session.press("d")
        await session.shows("as JSON", '"state": "approved"')


async def test_the_book_of_these_tests_asks_for_what_they_say() -> None:
    """A control: without an approval nothing here is approved."""
    rule = BOOK.policy.policies["rollback"]
    assert (rule.approvals, rule.signature) == (1, "required")
    it = requested()
    assert (await seen(it, await it.ask())).state is State.AWAITING_APPROVAL
    assert (await it.room.waiting()) == Waiting(1, 0, 1), "it was somebody else who asked"
    await it.answer("RB-1", "bo")
    assert (await it.room.waiting()) == Waiting(0, 0), "what is carried out by itself waits for nobody"
    await it.answer(await it.ask(on_quorum="wait"), "bo")
    assert (await it.room.waiting()) == Waiting(0, 1)
