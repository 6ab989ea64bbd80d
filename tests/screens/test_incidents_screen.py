"""The screens of incidents on a real desk: what is shown, what each key leads to, what other consoles do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Button, Input

from console.commands.incident import command
from console.incidents import role_rules, rules
from console.incidents.incident import Incident
from console.incidents.terms import ROLE_WORDS, SEVERITIES, State
from console.outcome import End, Outcome
from console.world import OpenIncident
from screens import paint
from screens.asked import Answers, Asked
from screens.attention import calls, worst
from screens.dialogs.verb import VerbDialog
from screens.incidents.opening import opening
from screens.incidents.page import head, page
from screens.incidents.role_verbs import roles
from screens.incidents.room import IncidentScreen
from screens.incidents.rows import due, haystack, heading, ordered, row
from screens.incidents.timeline_rows import next_moment
from screens.incidents.verbs import link, minutes_of, note, severity, state, update
from screens.status import status_line, tabs_line
from screens.targets import Kind, target_of
from tests.screens import worlds
from tests.screens.incident_room import BOOK, MINUTE, Working, cockpit_of, going, told, working
from tests.screens.running import Running, running
from tests.screens.worlds import NOW, rollback

ON_HOST = "4mYy1Hk9xYq3Ww2Zr8Tb6Nc5"
HOSTILE = "a\x1b[31m\u202e\nb [bold]{{ x }}[/]"


async def prepared() -> tuple[Working, Incident]:
    it = working()
    one = await it.room.desk.get(await told(it))
    assert one is not None
    return it, one


def room_on(session: Running) -> IncidentScreen:
    screen = session.app.screen
    assert isinstance(screen, IncidentScreen)
    return screen


async def opened(session: Running) -> IncidentScreen:
    await session.press("4")
    await session.shows("read 0 s ago")
    await session.press("enter")
    await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
    await session.until(lambda: room_on(session).incident is not None)
    await session.shows("TIMELINE")
    return room_on(session)


async def dialog_of(session: Running, key: str) -> VerbDialog:
    await session.press(key)
    await session.until(lambda: isinstance(session.app.screen, VerbDialog))
    screen = session.app.screen
    assert isinstance(screen, VerbDialog)
    await session.pilot.pause()
    return screen


async def seen_elsewhere(session: Running, it: Working) -> None:
    """The session has looked at its ledger, as it does four times a second."""
    await session.show(await it.world(rollback()))


# --- the words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [40, 58, 78, 110, 196])
async def test_rows_fit_and_say_how_bad_it_is_without_colour(cells: int) -> None:
    _, one = await prepared()
    line = paint.plain(row(one, NOW, cells, marked=True))
    assert len(line) <= cells
    assert "INC-2" in line
    assert "▲ SEV2" in line
    assert paint.width(heading(cells)) <= cells
    assert all(part in haystack(one) for part in ("INC-2", "SEV2", "ana", "new-cart", "open"))


async def test_open_ones_come_first_the_worst_on_top() -> None:
    it, _ = await prepared()
    assert [one.id for one in ordered(await it.room.desk.all())] == ["INC-2", "INC-3", "INC-1"]
    assert [one.id for one in await it.room.ongoing()] == ["INC-2", "INC-3"]


def test_what_is_due_first_is_said_and_when_it_is_late() -> None:
    assert due(NOW + 4 * MINUTE, NOW + 9 * MINUTE, NOW) == ("ack 4:00", "normal")
    assert due(None, NOW + MINUTE, NOW) == ("word 1:00", "caution")
    assert due(None, NOW - MINUTE, NOW) == ("word 1:00 late", "worse")
    assert due(None, None, NOW) == ("–", "quiet")


async def test_the_head_says_state_and_what_is_due_and_fits() -> None:
    _, one = await prepared()
    for cells in (60, 80, 120, 200):
        lines = head(one, NOW, cells)
        assert all(paint.width(line) <= cells for line in lines)
        text = "\n".join(map(paint.plain, lines))
        assert "! next word 7:00 late" in text
        assert "commander ana" in text


async def test_a_role_that_i_am_asked_to_take_stands_first_and_a_measured_severity_too() -> None:
    it, one = await prepared()
    it.clock.at = NOW
    offered = await it.by(
        "ana", one.id, lambda who: lambda at, now: role_rules.offered(at, who, "deputy", "bo", BOOK, now)
    )
    assert offered.end is End.DONE
    again = await it.room.desk.get(one.id)
    assert again is not None
    text = "\n".join(paint.plain(line) for line in page(again, rollback(), NOW, 100, "bo"))
    assert "ASKED     you are asked by ana to be deputy, 10:00 left: c accepts" in text
    worse = replace(again, severity="SEV4")
    assert "MEASURED  SEV3" in "\n".join(
        paint.plain(line) for line in page(worse, rollback(), NOW, 100, "bo")
    )


async def test_hostile_text_stays_on_its_line() -> None:
    it = working()
    name = await it.open(HOSTILE, evidence=(HOSTILE,))
    await it.note(name, HOSTILE)
    one = await it.room.desk.get(name)
    assert one is not None
    lines = [*head(one, NOW, 80), *page(one, rollback(), NOW, 80, "ana"), row(one, NOW, 80, marked=False)]
    text = "".join(map(paint.plain, lines))
    assert "\x1b" not in text
    assert "\u202e" not in text
    async with running(rollback(), size=(80, 24), cockpit=cockpit_of(it, rollback())) as session:
        await opened(session)
        assert "[bold]{{ x }}[/]" in session.text
        assert "\x1b" not in session.text


def test_the_worst_incident_stands_in_the_status_line_and_in_its_tab() -> None:
    bad = OpenIncident("INC-7", "cart", "SEV2", True, "triage", NOW)
    world = replace(worlds.healthy(), incidents=(bad, replace(bad, id="INC-8", severity="SEV4")))
    assert "▲ SEV2 INC-7 +1" in paint.plain(status_line(world, NOW, 120))
    small = paint.plain(status_line(world, NOW, 80))
    assert "▲SEV2+1" in small
    assert len(small) <= 80
    hidden = replace(world, incidents=(replace(bad, severity="undetermined"),))
    assert "▲SEV?" in paint.plain(status_line(hidden, NOW, 80))
    assert "4 Incidents•2" in paint.plain(tabs_line("release", 120, {"incidents": 2})[0])
    for cells in (40, 60, 80, 100, 200):
        line, places = tabs_line("release", cells, {"incidents": 12, "rollbacks": 12})
        assert paint.width(line) <= cells
        assert len(places) == 7


# --- the worst thing -----------------------------------------------------------------------------


def test_the_worst_thing_is_a_bad_incident_then_harm_then_what_waits() -> None:
    bad = OpenIncident("INC-7", "cart", "SEV2", True, "triage", NOW)
    quiet = worlds.healthy()
    assert worst(quiet).room in ("", "release")
    assert worst(replace(rollback(), incidents=(bad,))).incident_id == "INC-7"
    small = replace(rollback(), incidents=(replace(bad, severity="SEV4"),))
    assert worst(small).room == "release"
    assert worst(replace(quiet, incidents=(replace(bad, severity="SEV4"),))).incident_id == "INC-7"
    asked = replace(quiet, waiting=replace(quiet.waiting, of_others=1, approvals=1))
    assert worst(asked).room == "rollbacks"


def test_the_bell_rings_for_a_new_incident_and_for_one_that_is_worse() -> None:
    bad = OpenIncident("INC-7", "cart", "SEV3", True, "triage", NOW)
    quiet = worlds.healthy()
    one = replace(quiet, incidents=(bad,))
    assert calls(quiet, one) == "INC-7 is open (SEV3): cart"
    assert calls(one, one) is None
    assert calls(one, replace(quiet, incidents=(replace(bad, severity="SEV1"),))) == "INC-7 is SEV1 now: cart"
    assert calls(one, replace(quiet, incidents=(replace(bad, severity="SEV4"),))) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("inc-7", ("incident", "INC-7")),
        (" PB-12 ", ("run", "PB-12")),
        ("https://chat.example/t/1?about=RB-3", ("request", "RB-3")),
        ("dpl_3Kx7", ("deployment", "dpl_3Kx7")),
        ("https://vercel.com/team/shop/flags", ("room", "flags")),
        (
            "https://vercel.com/team/shop/4mYy1Hk9xYq3Ww2Zr8Tb6Nc5",
            ("deployment", "dpl_4mYy1Hk9xYq3Ww2Zr8Tb6Nc5"),
        ),
        ("https://vercel.com/team/shop", ("room", "release")),
        ("https://evil.example/team/shop/flags", None),
        ("javascript:alert(1)", None),
        ("https://[::1", None),
        ("", None),
    ],
)
def test_a_name_or_an_address_leads_somewhere(text: str, found: tuple[Kind, str] | None) -> None:
    assert target_of(text) == found


# --- what is asked -------------------------------------------------------------------------------


def _verbs(one: Incident) -> list[Asked]:
    world = rollback()
    return [
        note(one, "ana"),
        update(one, "ana", NOW),
        severity(one, "ana", NOW),
        state(one, "ana", NOW),
        roles(one, "ana", BOOK, NOW),
        link(one, "ana", world),
        opening(world, NOW),
    ]


async def test_whatever_is_asked_is_a_command_that_there_is() -> None:
    _, one = await prepared()
    for asked in _verbs(one):
        typed = {field.name: "5" for field in asked.fields}
        for choice in [one.value for one in asked.choices] or [""]:
            words = asked.line(Answers(choice, typed)).split()
            assert words[:2] == ["coalmine", "incident"]
            verb = command.commands[words[2]]
            known = {name for param in verb.params for name in param.opts}
            assert {word for word in words if word.startswith("--")} <= known, words


async def test_what_the_rules_refuse_is_said_before_it_is_sent_in_their_words() -> None:
    _, one = await prepared()
    lower = severity(one, "jo", NOW).check(Answers("SEV4", {"reason": "less"}), NOW)
    assert isinstance(lower, Outcome)
    assert lower.says == "ana decides to lower the severity of INC-2."
    found = rules.severity_set(one, "jo", "SEV4", "less")
    assert isinstance(found, Outcome)
    assert lower.says == found.says
    assert severity(one, "jo", NOW).check(Answers("SEV1", {}), NOW) is None
    assert state(one, "ana", NOW).check(Answers("identified", {}), NOW) is not None
    assert state(one, "ana", NOW).check(Answers("identified", {"reason": "the cart"}), NOW) is None


async def test_only_states_that_follow_are_offered_the_ordinary_one_first() -> None:
    it, one = await prepared()
    assert [choice.value for choice in state(one, "ana", NOW).choices] == [
        "identified",
        "mitigated",
        "merged",
    ]
    mitigated = replace(one, state=State.MITIGATED, state_since=NOW)
    assert state(mitigated, "ana", NOW).choices[0].value == "resolved"
    over = await it.room.desk.get("INC-1")
    assert over is not None
    assert [choice.value for choice in state(over, "ana", NOW).choices] == ["reviewed", "reopen"]


async def test_roles_are_offered_as_they_can_be_had() -> None:
    _, one = await prepared()
    mine = [choice.value for choice in roles(one, "ana", BOOK, NOW).choices]
    assert "leave commander" in mine
    assert not [value for value in mine if value.startswith("take ")]  # a commander has no other role
    asked = [choice.value for choice in roles(one, "bo", BOOK, NOW - 5 * MINUTE).choices]
    assert asked[0] == "accept communications"
    others = [choice.value for choice in roles(one, "jo", BOOK, NOW).choices]
    assert "take_over commander" in others
    assert {f"offer {role}" for role in ROLE_WORDS} <= set(others)


def test_minutes_are_whole_and_at_most_a_week() -> None:
    assert [minutes_of(text) for text in ("1", "10080", "0", "10081", "1.5", "-3", "٣", "", "9" * 99)] == [
        1, 10_080, None, None, None, None, None, None, None,
    ]  # fmt: skip
    assert len(SEVERITIES) == 5


async def test_a_moment_is_jumped_to_round_and_round() -> None:
    it, one = await prepared()
    lines = tuple(reversed(await it.room.desk.timeline(one)))
    at, found = -1, list[str]()
    for _ in range(4):
        place = next_moment(lines, at)
        assert place is not None
        at = place
        found.append(lines[place].kind)
    assert found == ["incident.moved", "incident.severity_set", "incident.acknowledged", "incident.opened"]
    assert next_moment(lines, len(lines)) == next_moment(lines, -1)


# --- on the screen -------------------------------------------------------------------------------


async def test_a_note_is_one_key_its_words_and_enter() -> None:
    it = working()
    await told(it)
    async with running(rollback(), size=(80, 24), cockpit=cockpit_of(it, rollback())) as session:
        await opened(session)
        await dialog_of(session, "n")
        await session.press(*"cold", "enter")
        await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
        await seen_elsewhere(session, it)
        await session.shows("ana noted: cold")
        assert session.app.acts[-1].command == "coalmine incident note INC-2 cold"


@pytest.mark.slow
async def test_what_another_console_does_appears_without_a_key() -> None:
    it = working()
    name = await told(it)
    async with running(rollback(), size=(120, 34), cockpit=cockpit_of(it, rollback())) as session:
        await opened(session)
        await it.note(name, "the cache is cold", "jo")
        await seen_elsewhere(session, it)
        await session.shows("jo noted: the cache is cold")


@pytest.mark.slow
async def test_acknowledging_is_one_key_and_the_second_to_do_it_is_told_who_did() -> None:
    it = working()
    await it.open("Checkout errors")
    async with running(rollback(), size=(120, 34), cockpit=cockpit_of(it, rollback())) as session:
        screen = await opened(session)
        assert screen.unable("acknowledge") is None
        await session.press("a")
        await seen_elsewhere(session, it)
        await session.until(lambda: screen.incident is not None and screen.incident.acknowledged_by == "ana")
        assert screen.unable("acknowledge") == "ana takes care of INC-1 already."


@pytest.mark.slow
async def test_a_severity_is_lowered_with_a_reason_only() -> None:
    it = working()
    await told(it)
    async with running(rollback(), size=(80, 24), cockpit=cockpit_of(it, rollback())) as session:
        screen = await opened(session)
        dialog = await dialog_of(session, "v")
        dialog.at = SEVERITIES.index("SEV4")
        dialog.refresh_world()
        assert "Lowering the severity needs a reason." in session.text
        assert dialog.query_one("#send", Button).disabled
        await session.press("ctrl+s")
        assert isinstance(session.app.screen, VerbDialog)
        dialog.query_one("#field-reason", Input).value = "hardly any"
        await session.pilot.pause()
        await session.press("ctrl+s")
        await seen_elsewhere(session, it)
        await session.until(lambda: screen.incident is not None and screen.incident.severity == "SEV4")


@pytest.mark.slow
async def test_who_is_not_known_or_may_only_look_writes_nothing_and_is_told_why() -> None:
    it = working()
    await told(it)
    before = len(it.ledger.told)
    async with running(rollback(), size=(120, 34), cockpit=cockpit_of(it, rollback())) as session:
        await opened(session)
        it.person = None
        await session.press("n")
        await session.until(lambda: "Nobody is known." in session.app.said[-1].text)
        it.person, it.read_only = "ana", "Read-only by the settings (read_only)."
        await session.press("a")
        await session.until(lambda: "Read-only by the settings" in session.app.said[-1].text)
    assert len(it.ledger.told) == before


@pytest.mark.slow
async def test_the_timeline_is_filtered_and_esc_goes_back_step_by_step() -> None:
    async with running(rollback(), size=(120, 34), cockpit=going()) as session:
        screen = await opened(session)
        everything = len(screen.timeline)
        await session.press("slash", *"noted", "enter")
        await session.shows("1 match noted")
        assert len(screen.rows.keys) == 1 < everything
        await session.press("escape")
        await session.until(lambda: len(screen.rows.keys) == everything)
        await session.press("escape")
        await session.until(lambda: not isinstance(session.app.screen, IncidentScreen))
        assert session.app.current_mode == "incidents"


async def test_an_incident_that_is_not_there_is_said() -> None:
    async with running(rollback(), size=(120, 34), cockpit=going()) as session:
        session.app.show("INC-99")
        said = "There is no incident INC-99 in this ledger."
        await session.until(lambda: any(one.text == said for one in session.app.said))


async def test_the_worst_thing_is_one_key_from_anywhere() -> None:
    async with running(rollback(), size=(120, 34), cockpit=going()) as session:
        await session.press("7", "exclamation_mark")
        await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
        assert room_on(session).incident_id == "INC-2"
        await session.press("4")
        await session.until(lambda: session.app.current_mode == "incidents")


async def test_an_incident_is_opened_from_the_release_and_its_room_comes() -> None:
    it = working()
    async with running(rollback(), size=(80, 24), cockpit=cockpit_of(it, rollback())) as session:
        await dialog_of(session, "i")
        await session.press(*"broken", "enter", "enter", "enter")
        await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
        await session.until(lambda: room_on(session).incident is not None)
        one = room_on(session).incident
        assert one is not None
        assert one.opened.title == "broken"
        assert one.suggestion is not None
        assert "the verdict: ROLL BACK" in one.opened.evidence
        assert one.linked("release")


async def test_every_key_of_the_list_and_of_the_room_does_what_it_says() -> None:
    async with running(rollback(), size=(80, 24), cockpit=going()) as session:
        await opened(session)
        for key, shows in {
            "n": "A NOTE on INC-2",
            "u": "HOW INC-2 STANDS",
            "v": "HOW BAD INC-2 IS",
            "s": "WHERE INC-2 STANDS",
            "c": "WHO DOES WHAT in INC-2",
            "l": "WHAT INC-2 HAS TO DO WITH",
            "i": "OPEN AN INCIDENT",
            "d": "INC-2 as JSON",
            "enter": "of the ledger",
        }.items():
            await session.press(key)
            await session.shows(shows)
            await session.press("escape")
            await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
            await session.pilot.pause()
        screen = room_on(session)
        before = screen.rows.at
        await session.press("t")
        assert screen.rows.at != before
        await session.press("o")
        await session.until(lambda: "No playbook runs for it" in session.app.said[-1].text)


async def test_typed_words_lead_to_the_same_places() -> None:
    async with running(rollback(), size=(80, 24), cockpit=going()) as session:
        await session.press("colon", *"worst", "enter")
        await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
        await session.pilot.pause()
        await session.press("colon", *"declare", "enter")
        await session.shows("OPEN AN INCIDENT")


async def test_a_room_opened_while_the_picture_stands_still_is_read_once() -> None:
    it = working()
    name = await told(it)
    async with running(rollback(), size=(120, 34), cockpit=cockpit_of(it, rollback())) as session:
        await session.press("space")
        session.app.show(name)
        await session.until(lambda: isinstance(session.app.screen, IncidentScreen))
        await session.until(lambda: room_on(session).incident is not None)
        lines = len(room_on(session).timeline)
        await it.note(name, "meanwhile")
        await seen_elsewhere(session, it)
        await session.pilot.pause()
        assert len(room_on(session).timeline) == lines
        await session.press("space")
        await session.until(lambda: len(room_on(session).timeline) == lines + 1)
