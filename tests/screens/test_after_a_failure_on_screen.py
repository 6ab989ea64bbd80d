"""After a failure on the screen: on without the step, or back; what does not apply is refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.rollback.reopening import reopened_by
from console.rollback.request import State
from screens.dialogs.request import RequestDialog
from screens.dialogs.request_text import cannot, offered
from tests.console.rollback.people import office, seen
from tests.console.rollback.test_after_a_failure import FLAG, flag_and
from tests.console.rollback.test_reopening import bake, carried_out, write
from tests.console.rollback.test_requests import rollbacks
from tests.screens.cockpit import PreparedCockpit
from tests.screens.request_room import requested
from tests.screens.running import running
from tests.screens.test_requests_whole import Sat, sitting
from tests.screens.test_rollbacks_screen import answered, opened
from tests.screens.worlds import NOW


async def test_of_what_was_not_begun_nothing_is_skipped_or_undone() -> None:
    it = requested()
    name = await it.ask()
    view = await it.room.desk.get(name)
    assert view is not None
    assert not {"skip", "reverse"} & offered(view, "ana")
    assert cannot(view, "skip") == f"{name} is awaiting approval: no step of it has failed."
    assert cannot(view, "reverse") == f"{name} is awaiting approval: nothing was done by it."


async def read(at: Sat) -> RequestDialog:
    await at.press("enter")
    await at.until(lambda: isinstance(at.app.screen, RequestDialog), "the dialog")
    dialog = at.app.screen
    assert isinstance(dialog, RequestDialog)
    await at.until(lambda: dialog.it.who is not None, "who sits here")
    await at.press("G")
    await at.until(lambda: dialog.it.read, "the end of the page")
    return dialog


@pytest.mark.slow
async def test_gone_on_without_the_step_and_then_undone_with_two_keys(tmp_path: Path) -> None:
    async with office(tmp_path, speed=10) as scene:
        scene.act("abort", "jo")
        ana = await scene.of("ana")
        room, name = ana.session.requests(), await flag_and(scene, ana)
        scene.fault(FLAG, "status", status=403, method="PATCH")
        await room.execute(name)
        assert (await seen(room, name)).state is State.FAILED
        async with sitting(ana, (120, 40)) as at:
            await at.press("3")
            await at.shows("! failed")
            dialog = await read(at)
            await at.shows("Go on without it…  S", "Carry out…  X")
            await at.press("R")
            assert dialog.it.verb is None
            assert "Nothing was done by RB-1" in at.app.said[-1].text
            await at.press("S", *"shop", "enter")
            await at.shows("a reason is needed")
            assert rollbacks(scene.effects()) == []
            await at.press(*"not ours", "ctrl+s")
            await at.until(lambda: dialog.it.stage == "ended", "the outcome")
            assert at.app.acts[-1].command == "coalmine rollback execute RB-1 --skip 'not ours'"
            await at.until(lambda: dialog.it.view.state is State.PARTIALLY_DONE, "the end of it")
            await at.press("escape")
            await at.shows("! partially done")

            dialog = await read(at)
            await at.shows("Undo…  R")
            await at.press("R", *"shop", "enter", *"it was not that", "ctrl+s")
            await at.until(lambda: dialog.it.stage == "ended", "the outcome")
            assert at.app.acts[-1].command == "coalmine rollback undo RB-1 --reason 'it was not that'"
            assert dialog.it.outcome is not None
            assert "RB-2" in dialog.it.outcome.says
        view = await seen(room, "RB-2")
        assert view.request.opened.title == "UNDO RB-1: its step"
        assert len(rollbacks(scene.effects())) == 1


@pytest.mark.slow
async def test_what_was_reopened_is_among_what_waits_and_closed_with_a_key() -> None:
    it = requested(sits="jo")
    name = await carried_out(it)
    event = reopened_by(bake("dpl_old", NOW), await seen(it.room, name))
    assert event is not None
    write(it, name, event)
    cockpit = PreparedCockpit(await it.world())
    cockpit.room = it.room
    async with running(cockpit.present, size=(200, 50), cockpit=cockpit) as session:
        await session.press("3")
        await session.shows("! 1 reopened", "! reopened, partially done", "REOPENED: production is worse")
        dialog = await opened(session)
        await session.until(lambda: dialog.it.read, "a page that fits is read")
        await session.press("D")
        await session.shows("a reason is needed")
        await session.press(*"a provider was down")
        assert (await answered(session, dialog)).says == f"bo closed {name}."
        said = f"coalmine rollback close {name} --reason 'a provider was down'"
        assert session.app.acts[-1].command == said
    assert "close" not in offered(await seen(it.room, name), "bo")
