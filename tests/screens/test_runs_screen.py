"""The screen of a run on the real driver: one key does the step, and whoever watches sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.commands.playbook import command
from console.outcome import Outcome
from console.runs.room import RunRoom
from screens import paint
from screens.asked import Answers, Asked
from screens.dialogs.verb import VerbDialog
from screens.runs.page import NUMBERED, current, head, named, row
from screens.runs.screen import RunScreen
from screens.runs.verbs import abort, answer, begin, hand_over, retry, skip, take_over
from screens.widgets.painted import Painted
from tests.screens.incident_room import Working, cockpit_of, told, working
from tests.screens.run_room import TRIAGE, begun, found_of, of_steps
from tests.screens.running import Running, running
from tests.screens.worlds import NOW, rollback

AREA = "/api/`checkout` **{{ area }}**\x1b[31m"


async def started(session_of: Working, area: str = "/api/checkout") -> tuple[RunRoom, str]:
    cockpit = cockpit_of(session_of, rollback())
    name = await begun(cockpit, session_of, found_of(TRIAGE), area=area)
    assert cockpit.run_room is not None
    return cockpit.run_room, name


async def prepared(area: str = "/api/checkout") -> tuple[Working, RunRoom, str]:
    it = working()
    await told(it)
    room, name = await started(it, area)
    return it, room, name


def on_run(session: Running) -> RunScreen:
    screen = session.app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def to_run(session: Running, name: str) -> None:
    session.app.show(name)
    await session.until(lambda: isinstance(session.app.screen, RunScreen) and on_run(session).ready)
    await session.pilot.pause()


async def seen_elsewhere(session: Running, it: Working) -> None:
    await session.show(await it.world(rollback()))


@pytest.mark.slow
async def test_a_run_is_driven_answered_and_finished_by_one_key_each() -> None:
    it, room, name = await prepared()
    cockpit = cockpit_of(it, rollback())
    cockpit.run_room = room
    async with running(rollback(), size=(120, 34), cockpit=cockpit) as session:
        await to_run(session, name)
        await session.shows("It has not begun. First comes: 1. See it yourself.")
        await session.press("enter")
        screen = on_run(session)
        await session.until(lambda: screen.seen is not None and screen.seen.run.current == "see")
        await session.shows("ana drives it, from here", "Open `/api/checkout` as a visitor does")
        await session.press("enter")
        await session.until(lambda: isinstance(session.app.screen, VerbDialog))
        await session.shows("Step see wants a few words as evidence.")
        await session.press(*"slow", "enter")
        for step, choices in (("decide", 1), ("tell", 0)):
            await moved(session, it, screen, step)
            await session.press("enter")
            await session.until(lambda: isinstance(session.app.screen, VerbDialog))
            await session.press(*["down"] * choices, "enter")
        await moved(session, it, screen, "")
        await session.shows("succeeded")
        assert screen.seen is not None
        assert screen.seen.run.step("see").answer is not None
        assert screen.unable("do") == f"{name} is over: nothing more happens in it."


async def moved(session: Running, it: Working, screen: RunScreen, step: str) -> None:
    """Until the run stands at ``step``, or is over."""

    def there() -> bool:
        run = screen.seen.run if screen.seen is not None else None
        return run is not None and (run.over if not step else run.current == step)

    for _ in range(500):
        await session.pilot.pause(0.02)
        await seen_elsewhere(session, it)
        if there() and not isinstance(session.app.screen, VerbDialog):
            return
    raise AssertionError(session.text)


@pytest.mark.slow
async def test_whoever_watches_sees_the_step_that_somebody_else_began() -> None:
    it, room, name = await prepared()
    cockpit = cockpit_of(it, rollback())
    cockpit.run_room = room
    async with running(rollback(), size=(80, 24), cockpit=cockpit) as session:
        await to_run(session, name)
        await session.shows("It has not begun.")
        await room.drive(name)
        await moved(session, it, on_run(session), "see")
        assert "step 1 of 3: See it yourself" in session.text
        await room.close()


async def test_what_is_asked_of_a_run_is_a_command_that_there_is() -> None:
    it, room, name = await prepared()
    seen = await room.look(name)
    assert seen is not None
    made: list[Asked | Outcome] = [
        skip(seen, "ana"),
        retry(seen, "ana"),
        abort(seen, "ana"),
        hand_over(seen, "ana", lambda who: True),
        take_over(seen),
        begin(found_of(TRIAGE), "INC-2", {}),
    ]
    assert isinstance(answer(seen, "ana"), Outcome)  # it is at no step yet
    for asked in made:
        assert isinstance(asked, Asked)
        words = asked.line(Answers("", {field.name: "x" for field in asked.fields})).split()
        assert words[:2] == ["coalmine", "playbook"]
        known = {name for param in command.commands[words[2]].params for name in param.opts}
        assert {word for word in words if word.startswith("--")} <= known
    assert it.person == "ana"


async def test_what_would_be_refused_is_said_in_the_words_of_the_rules() -> None:
    _, room, name = await prepared()
    seen = await room.look(name)
    assert seen is not None
    refused = skip(seen, "ana").check(Answers("", {"reason": "no time"}), NOW)
    assert refused is not None
    assert refused.says == f"{name} has not begun: there is no step to skip."
    lacks = begin(found_of(TRIAGE), "", {})
    assert isinstance(lacks, Asked)
    found = lacks.check(Answers(), NOW)
    assert found is not None
    assert "`area` is needed" in found.says


@pytest.mark.parametrize("cells", [40, 78, 110])
async def test_values_are_none_of_the_markdown_and_everything_fits(cells: int) -> None:
    it, room, name = await prepared(AREA.replace("\x1b[31m", ""))
    await room.drive(name)
    it.clock.at = NOW
    for _ in range(50):
        seen = await room.look(name)
        assert seen is not None
        if seen.run.current:
            break
        await it.clock.sleep(0)
    assert seen is not None
    lines = [*head(seen, NOW, cells, here=True), *current(seen, rollback(), NOW, cells)]
    assert seen.playbook is not None
    lines += [
        row(number, step, seen.run.step(step.id), cells, number == 1, at=number == 1)
        for number, step in enumerate(seen.playbook.steps, 1)
    ]
    assert all(paint.width(line) <= cells for line in lines)
    text = " ".join(" ".join(map(paint.plain, lines)).split())
    if cells > 100:
        assert "/api/`checkout` **{{ area }}**" in text
    await room.close()


def test_a_title_with_a_number_of_its_own_is_counted_once() -> None:
    found = found_of(TRIAGE).checked.playbook
    assert found is not None
    assert [named(step) for step in found.steps] == ["See it yourself", "Decide", "Tell people"]
    assert NUMBERED.sub("", "10 things") == "10 things"
    assert named(replace(found.steps[0], title="3. ")) == "3. "


async def test_of_two_hundred_steps_only_those_on_show_are_drawn() -> None:
    it = working()
    await told(it)
    cockpit = cockpit_of(it, rollback())
    name = await begun(cockpit, it, of_steps(200))
    async with running(rollback(), size=(80, 24), cockpit=cockpit) as session:
        await to_run(session, name)
        await session.shows("Look at part 1")
        screen = on_run(session)
        assert len(screen.rows.keys) == 200
        await session.press("G")
        await session.shows("Look at part 200")
        assert "part 200" not in screen.query_one("#marked", Painted).text


async def test_the_keys_of_a_run_ask_before_anything_is_recorded() -> None:
    it, room, name = await prepared()
    cockpit = cockpit_of(it, rollback())
    cockpit.run_room = room
    before = len(it.ledger.told)
    async with running(rollback(), size=(80, 24), cockpit=cockpit) as session:
        await to_run(session, name)
        await session.shows("It has not begun.")
        for key, shows in {
            "s": "SKIP the step",
            "t": "TRY AGAIN",
            "x": "END here",
            "h": "HAND OVER",
            "T": "TAKE OVER",
            "d": "as JSON",
        }.items():
            await session.press(key)
            await session.shows(shows)
            await session.press("escape")
            await session.until(lambda: isinstance(session.app.screen, RunScreen))
            await session.pilot.pause()
    assert len(it.ledger.told) == before
