"""Keys of one's own: what is refused and why, and that the console follows those that are not."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.dialogs.review import ReviewDialog
from screens.dialogs.why import WhyDialog
from screens.keymap import faults
from screens.keys import changes, sends, writes
from screens.keytable import places
from screens.look import Look, read
from screens.release.screen import ReleaseScreen
from tests.screens import worlds
from tests.screens.running import running

TABLE = places()
NAMES = sorted({one.id for place in TABLE for one in place.bindings if one.id})
CAREFUL = sorted({one.id for place in TABLE for one in place.bindings if one.id and changes(one)})
TYPED = sorted(string.ascii_lowercase + string.digits + ".,;'#")


def said(own: dict[str, str]) -> list[str]:
    return [f"{one.name}: {one.what}" for one in faults(own, TABLE)]


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"release.advanc": "ctrl+a"}, "did you mean release.advance"),
        ({"nothing.like.it": "x"}, "no key has this name"),
        ({"app.pause": "ecape"}, "did you mean escape"),
        ({"app.pause": "ctrl+nokey"}, "there is no key ctrl+nokey"),
        ({"app.pause": "cmd+x"}, "cmd is none of ctrl, alt"),
        ({"app.pause": ""}, "every action keeps a key"),
        ({"app.pause": "f5,"}, "every action keeps a key"),
        ({"app.pause": "shift+a"}, "write A"),
        ({"app.pause": "ctrl+A"}, "write ctrl+shift+a"),
        ({"app.pause": "ctrl+i"}, "cannot be told from tab"),
        ({"app.pause": "ctrl+m"}, "cannot be told from enter"),
        ({"app.pause": "ctrl+c"}, "is taken"),
        ({"app.pause": "v"}, "v is the key of flags.who_too already"),
        ({"app.pause": "?"}, "? is the key of app.help already"),
        ({"app.pause": "f5", "app.messages": "f5"}, "f5 is the key of"),
        ({"app.pause": "f5,f5"}, "named twice"),
        ({"release.advance": "a"}, "too easily pressed"),
        ({"release.advance": "space"}, "too easily pressed"),
        ({"release.advance": "enter"}, "too easily pressed"),
        ({"release.advance": "AA"}, "pressed once"),
        ({"release.advance": "ctrl+k"}, "pressed without looking"),
        ({"release.advance": "ctrl+d"}, "pressed without looking"),
        ({"release.advance": "X"}, "X is the key of release.abort already"),
        ({"release.abort": "ctrl+s"}, "both open and confirm"),
        ({"review.send": "ctrl+g", "release.abort": "ctrl+g"}, "both open and confirm"),
        ({"review.send": "s"}, "type into text fields"),
        ({"arm.send": "S"}, "type into text fields"),
        ({"app.quit": "Q"}, "type into text fields"),
        ({"app.arm": "w"}, "too easily pressed"),
    ],
)
def test_what_cannot_be_used_is_said(own: dict[str, str], says: str) -> None:
    found = said(own)
    assert found
    assert says in found[0]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    own = {
        "release.abrt": "f2",
        "app.pause": "nokey,f5,f5",
        "release.start": "s",
        "release.why": "v",  # sound by itself: it would meet the key of another
        "ledger.stream": "v",
        "release.abort": "ctrl+s",
    }
    found = [fault.name for fault in faults(own, TABLE)]
    assert set(found) == {"release.abrt", "app.pause", "release.start", "ledger.stream", "release.abort"}
    assert found.count("app.pause") == 2
    assert [fault.name for fault in faults(own | {"release.advance": "X"}, TABLE)] == found, (
        "what a key is moved to may free the one that another wants"
    )


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"release.advance": "ctrl+a"},
        {"release.advance": "X", "release.abort": "A"},
        {"release.advance": "A,f9"},
        {"app.pause": "+", "room.larger": "space"},
        {"app.pause": "ctrl++"},
        {"rows.down": "n,down", "rows.up": "e,up", "incident.note": "ctrl+n"},
        {"app.palette": "f1"},
        {"release.why": "é"},
        {"app.arm": "alt+w", "review.send": "ctrl+g", "arm.send": "ctrl+g", "freeze.send": "f12"},
    ],
)
def test_what_is_well_is_taken(own: dict[str, str]) -> None:
    assert said(own) == []


@given(st.sampled_from(CAREFUL), st.sampled_from(TYPED))
def test_no_plain_key_ever_changes_production(name: str, key: str) -> None:
    assert said({name: key})


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.sampled_from([*string.ascii_letters, "f3", "f4", "ctrl+a", "ctrl+e", "space", "ctrl+s", "ctrl+d"]),
        max_size=4,
    )
)
def test_whatever_is_taken_keeps_the_promises(own: dict[str, str]) -> None:
    if said(own):
        return
    for place in TABLE:
        by_key: dict[str, set[str | None]] = {}
        opening, confirming = set(), set()
        for one in place.bindings:
            key = own.get(one.id or "", one.key)
            by_key.setdefault(key, set()).add(one.id)
            if changes(one):
                assert key.isupper() or "ctrl" in key or key in ("f3", "f4")
                opening.add(key)
            if sends(one):
                assert not writes(key)
                confirming.add(key)
        assert all(len(names) == 1 for names in by_key.values())
        assert not opening & confirming


def test_a_look_is_kept_and_nothing_else_is_read_as_one() -> None:
    look = Look("coalmine-light", False, {"release.advance": "ctrl+a"})
    assert read(look.written()) == look
    assert read(Look().written()) == Look()
    for text in (
        "",
        "{}",
        "[]",
        '{"theme": 3, "mouse": true, "keys": {}}',
        '{"a": 3}',
        "{" * 99,
    ):
        assert read(text) is None
    assert read(look.written().replace('"ctrl+a"', "3")) is None


@pytest.mark.slow
async def test_foot_help_and_dialogs_follow_the_keys_of_ones_own() -> None:
    own = {"release.abort": "ctrl+x", "release.why": "e", "review.send": "ctrl+g", "app.palette": "f1"}
    async with running(worlds.healthy(), size=(80, 24), look=Look(keys=own)) as session:
        foot = session.text.splitlines()[-1]
        assert foot.split("   ")[:4] == [" A advance", "C complete", "ctrl+x abort", "e why"]
        assert "f1 palette" in foot
        await session.press("X", "w")
        assert isinstance(session.app.screen, ReleaseScreen)
        await session.press("e")
        await session.until(lambda: isinstance(session.app.screen, WhyDialog))
        await session.press("escape", "question_mark")
        assert "ctrl+x" in await session.shows("Keys of this screen")
        await session.press("escape", "f1", *"abort")
        assert "ctrl+x" in await session.shows("release.abort")
        await session.press("escape", "ctrl+x")
        await session.until(lambda: isinstance(session.app.screen, ReviewDialog))
        await session.shows("Send  ctrl+g", "a reason is needed")
        await session.press(*"bad")
        await session.shows("ctrl+g sends it")
        await session.press("ctrl+s")
        assert session.cockpit.performed == []
        await session.press("ctrl+g")
        await session.until(lambda: session.cockpit.performed, "the abort")


async def test_a_list_of_keys_takes_the_place_of_all_the_old_ones() -> None:
    async with running(worlds.healthy(), look=Look(keys={"release.down": "N,down"})) as session:
        room = session.app.screen
        assert isinstance(room, ReleaseScreen)
        await session.press("j")
        assert room.lists.events.seq is None
        seen: list[int | None] = []
        for key in ("N", "down", "N"):
            await session.press(key)
            seen.append(room.lists.events.seq)
        assert seen == [8, 7, 6]


async def test_the_theme_asked_for_is_there_from_the_first_paint() -> None:
    async with running(worlds.healthy(), look=Look("coalmine-light")) as session:
        assert session.app.theme == "coalmine-light"
        assert session.app.screen.styles.background.hex == "#FBFBF9"
