"""The command line: what a line may mean, what is run, and that nothing typed is taken for a key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input, OptionList

from console.host import Candidate, Listed
from console.readings import Reading
from screens.command.grammar import Offer, Verb, completed, offers
from screens.dialogs.choose import ChooseDialog
from screens.dialogs.command import CommandDialog
from screens.dialogs.event import EventDialog
from screens.dialogs.help import key_helps
from screens.dialogs.review import ReviewDialog
from screens.ledger.screen import LedgerScreen
from screens.release.screen import ReleaseScreen
from screens.sources.screen import SourcesScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running

RAN: list[str] = []
WORDS = (("dpl_1", "fix cart"), ("dpl_2", "cart icons"), ("other", "dpl of old"))
VERBS = [
    Verb("release", "The rolling release", lambda rest: RAN.append(f"release {rest}"), ("1",)),
    Verb("quit", "Leave", lambda rest: RAN.append("quit"), ("q",)),
    Verb("promote", "Make production", lambda rest: RAN.append(f"promote {rest}"), (), "DEPLOYMENT", False,
         lambda: WORDS),
    Verb("event", "An event", lambda rest: RAN.append(f"event {rest}"), ("e",), "NUMBER", True),
]  # fmt: skip
KEYS = [Offer("release.why", "The evidence behind the verdict", lambda: RAN.append("why"), "w")]


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("q", ["quit"]),
        ("quit", ["quit"]),
        (":q", ["quit"]),
        ("Q", ["quit"]),
        ("pro", ["promote DEPLOYMENT"]),
        ("1", ["release"]),
        ("evidence verdict", ["release.why"]),
        ("release.w", ["release.why"]),
        ("promote ", ["promote dpl_1", "promote dpl_2", "promote other"]),
        ("promote cart", ["promote dpl_1", "promote dpl_2"]),
        ("promote dpl_2", ["promote dpl_2"]),
        ("promote dpl", ["promote dpl_1", "promote dpl_2", "promote other"]),
        ("e 12", ["event 12"]),
        ("e ", ["event NUMBER"]),
        ("zzz", []),
    ],
)
def test_what_a_line_may_mean_best_first(typed: str, lines: list[str]) -> None:
    assert [offer.line for offer in offers(typed, VERBS, KEYS)][: len(lines)] == lines
    assert bool(lines) or offers(typed, VERBS, KEYS) == []


@given(st.text(st.sampled_from("releasquitpomv 12."), max_size=14))
def test_an_exact_word_is_always_first_and_nothing_ever_fails(typed: str) -> None:
    found = offers(typed, VERBS, KEYS)
    for verb in VERBS:
        if typed in (verb.name, *verb.short):
            assert found[0].line.split(" ")[0] == verb.name
    assert len({offer.line for offer in found}) == len(found)


def test_a_word_that_needs_another_is_completed_before_it_runs() -> None:
    (event,) = offers("event", VERBS, [])
    assert event.run is None
    assert completed(event) == "event "
    (promote,) = offers("promote", VERBS, [])
    assert promote.run is not None
    assert completed(promote) == "promote"


# --- on the console ----------------------------------------------------------------------------


async def typed(session: Running, line: str) -> None:
    """Type ``line`` and enter as fast as a terminal delivers it: no key waits for what the last one did."""
    for char in f":{line}\n":
        key = "enter" if char == "\n" else _character_to_key(char)
        session.app.post_message(events.Key(key, None if char == "\n" else char))
    await session.pilot.pause()


async def on(session: Running, screen: type) -> None:
    await session.until(lambda: isinstance(session.app.screen, screen), screen.__name__)


async def test_every_action_is_listed_by_what_it_does() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        wanted = {one.does for one in key_helps(session.app.screen)} - {
            "Every action, by name or by a word typed",
            "The same, also while you type",
        }
        assert len(wanted) > 30
        for key in ("colon", "ctrl+p"):
            await session.press(key)
            await on(session, CommandDialog)
            line = session.app.screen
            assert isinstance(line, CommandDialog)
            await session.until(lambda line=line: len(line._offers) > 40)  # type: ignore[misc]
            assert wanted - {offer.does for offer in line._offers} == set()
            await session.press("escape")


@pytest.mark.parametrize("line", ["q", "quit", "q!"])
async def test_q_leaves(line: str) -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await typed(session, line)
        await session.until(lambda: session.app._exit)
    assert session.app.return_code == 0


@pytest.mark.slow
async def test_words_do_what_they_say_however_fast_they_are_typed() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await typed(session, "ledger")
        await on(session, LedgerScreen)
        await typed(session, "goto release")
        await on(session, ReleaseScreen)
        await typed(session, "theme light")
        await session.until(lambda: session.app.theme == "coalmine-light")
        await typed(session, "sources")
        await on(session, SourcesScreen)
        await session.press("escape")
        await typed(session, "event 2")
        await on(session, EventDialog)
        await session.shows("Event 2 of the ledger", "started at 5 %")
        await session.press("escape")
        await typed(session, "event 99")
        await session.until(lambda: session.app.said)
        assert session.app.said[-1].text == "The ledger has no event 99: the newest is 8."
        await typed(session, "filter hold")
        await session.shows("1 of the newest 8 match hold")
        await typed(session, "mode full")
        await session.shows("full: plots")
        assert session.cockpit.performed == []


async def test_deployments_are_completed_by_what_a_person_knows_them_by() -> None:
    newer = replace(worlds.CANARY, id="dpl_newer", commit_message="Sort cart", author="kim")
    world = replace(
        worlds.healthy(),
        candidates=Reading(Listed((Candidate(newer),)), worlds.NOW, "vercel"),
    )
    async with running(world, size=(100, 30)) as session:
        await session.press("colon", *"copy kim")
        await session.shows("copy dpl_newer", "Sort cart kim")
        await session.press("tab")
        assert session.app.screen.query_one(Input).value == "copy dpl_newer"
        await session.press("enter")
        await session.until(lambda: session.app.clipboard == "dpl_newer")
        await typed(session, f"promote {worlds.BASELINE.id[:8]}")
        await on(session, ReviewDialog)
        review = session.app.screen
        assert isinstance(review, ReviewDialog)
        assert review._choice is not None
        assert review._choice.target_id == worlds.BASELINE.id


@pytest.mark.slow
async def test_words_that_change_production_only_open_what_their_keys_open() -> None:
    cockpit = PreparedCockpit(worlds.read_only(), refusing="this session is not armed")
    async with running(worlds.read_only(), cockpit=cockpit, size=(100, 30)) as session:
        await session.press("colon", *"abort")
        await session.shows("not now: this session is not armed")
        await session.press("enter")
        await on(session, ReviewDialog)
        await session.press("escape")
        await typed(session, "abort")
        await on(session, ReviewDialog)
        assert cockpit.performed == []


async def test_enter_on_an_empty_line_does_nothing_and_arrows_choose() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("colon", "enter")
        await on(session, CommandDialog)
        await session.press(*["down"] * 7)
        assert session.app.screen.query_one(OptionList).highlighted == 6
        await session.press("enter")
        await on(session, LedgerScreen)
        await session.press("colon", *"event", "enter")
        assert session.app.screen.query_one(Input).value == "event "
        await session.press(*"zz", "enter")
        await session.until(lambda: session.app.said)
        assert session.app.said[-1].text == "zz is no number of an event."


async def test_it_opens_over_a_dialog_and_names_what_cannot_be_done_there() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("w", "ctrl+p")
        await on(session, CommandDialog)
        line = session.app.screen
        assert isinstance(line, CommandDialog)
        assert "reading.copy" in {offer.line for offer in line._offers}
        await session.press(*"abort", "enter")
        await session.until(lambda: session.app.said)
        assert "Close this dialog first" in session.app.said[-1].text
        await session.press("escape")
        await on(session, ReleaseScreen)
        assert not isinstance(session.app.screen, ChooseDialog)


async def test_a_filter_typed_in_one_go_is_a_filter_and_no_keys() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        for char in "9/advanced":
            session.app.post_message(events.Key(_character_to_key(char), char))
        await on(session, LedgerScreen)
        await session.shows("2 match advanced")
