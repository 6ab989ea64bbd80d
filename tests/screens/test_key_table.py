"""The one table of keys: no key with two meanings, all in the docs, and letters that mean the same."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from textual.binding import Binding

from screens.keymap import RASH, deliberate
from screens.keys import changes, sends
from screens.keytable import Place, places
from tests.screens import worlds
from tests.screens.running import running

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
PLACES = {place.name: place for place in places()}
EVERY = [binding for place in places() for binding in place.bindings]

MEANINGS = {
    "w": r"\.why$",
    "m": r"\.mitigate$",
    "exclamation_mark": r"^app\.worst$",
    "n": r"\.note$",
    "o": r"\.dashboard$|\.open$",
    "y": r"\.copy$",
    "d": r"\.raw$",
    "slash": r"\.filter$",
    "ctrl+r": r"^app\.refresh$|\.again$",
    "question_mark": r"^app\.help$",
    "colon": r"^app\.palette$",
    "space": r"^app\.pause$|\.mark$",
    "escape": r"\.back$",
    "ctrl+q": r"^app\.quit$",
    "j": r"\.down$",
    "k": r"\.up$",
    "ctrl+d": r"\.half_down$",
    "ctrl+u": r"\.half_up$",
    "ctrl+s": r"\.send$",
}
"""What a key means wherever it is bound: the end of the binding's name."""


@pytest.mark.parametrize("place", places(), ids=lambda place: place.name)
def test_no_key_means_two_things_in_one_place(place: Place) -> None:
    assert {key: sorted(names) for key, names in holders(place).items() if len(names) > 1} == {}


def holders(place: Place) -> dict[str, set[str]]:
    """The names of the bindings on each key."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for binding in place.bindings:
        by_key[binding.key].add(binding.id or "")
    return by_key


def test_the_measure_itself_sees_a_collision() -> None:
    both = Place("Control", (Binding("x", "one", id="a.one"), Binding("x", "two", id="a.two")))
    assert holders(both) == {"x": {"a.one", "a.two"}}


def test_every_binding_has_a_name_words_and_an_explanation() -> None:
    assert [one for one in EVERY if not (one.id and one.description and one.tooltip)] == []
    assert len({one.id for one in EVERY}) > 60


def test_one_name_is_one_action() -> None:
    """The same name in two places (a dialog's own key for it) leads to the same method."""
    by_name: dict[str | None, set[str]] = defaultdict(set)
    for binding in EVERY:
        by_name[binding.id].add(binding.action)
    assert {name: actions for name, actions in by_name.items() if len(actions) > 1} == {}


def test_a_key_keeps_its_meaning_on_every_screen() -> None:
    wrong = [
        (binding.key, binding.id)
        for binding in EVERY
        if binding.key in MEANINGS and not re.search(MEANINGS[binding.key], binding.id or "")
    ]
    assert wrong == []
    assert not [one.id for one in EVERY if one.key == "r" and not (one.id or "").endswith((".main", ".run"))]


def test_every_list_and_everything_to_read_moves_alike() -> None:
    listing = {"j", "k", "g", "G", "ctrl+d", "ctrl+u", "slash", "y"}
    for name in (
        "ReleaseScreen",
        "MetricsScreen",
        "LedgerScreen",
        "FlagsScreen",
        "ChooseDialog",
        "WhyDialog",
        "CallsDialog",
        "HelpDialog",
    ):
        assert listing - {one.key for one in PLACES[name].bindings} == set(), name
    reading = [place for place in places() if "reading.down" in {one.id for one in place.bindings}]
    assert len(reading) >= 8
    for place in reading:
        assert listing | {"pageup", "pagedown", "up", "down"} <= {one.key for one in place.bindings}


def test_what_changes_production_is_never_pressed_by_accident() -> None:
    careful = {binding.key for binding in EVERY if changes(binding)}
    assert careful == {"A", "C", "X", "S", "P", "R", "F", "W", "K", "E", "U"}
    assert all(deliberate(key) for key in careful)
    confirming = {binding.key for binding in EVERY if sends(binding)}
    assert confirming == {"ctrl+s"}
    destructive = {binding.id for binding in EVERY if binding.key in RASH}
    assert all(str(name).endswith(".half_down") for name in destructive)


def test_the_page_of_the_docs_is_made_from_the_table() -> None:
    import sys

    sys.path.insert(0, str(PAGE.parent))
    try:
        from keys_page import keys_page
    finally:
        sys.path.pop(0)
    import screens
    from screens.keys import key_text

    page = keys_page(screens, key_text)
    missing = [one.id for one in EVERY if f"`{one.id}`" not in page]
    assert missing == []


async def test_the_table_has_every_key_that_is_live() -> None:
    """What a running screen offers of ours is what the table says; so the table misses no widget."""
    async with running(worlds.healthy(), size=(80, 24)) as session:
        for keys, name in (
            (("1",), "ReleaseScreen"),
            (("7",), "MetricsScreen"),
            (("9",), "LedgerScreen"),
            (("colon",), "CommandDialog"),
        ):
            await session.press(*keys)
            await session.until(lambda name=name: type(session.app.screen).__name__ == name)  # type: ignore[misc]
            live = session.app.screen.active_bindings.values()
            ours = Counter((one.binding.key, one.binding.id) for one in live if one.binding.id)
            table = {(one.key, one.id) for one in PLACES[name].bindings}
            assert set(ours) - table == set()
            assert len(ours) > 2
