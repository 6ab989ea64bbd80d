"""The flags screen: every flag in words, the marked one in full, how old that is, and what is filtered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.flags.counts import Counts
from console.flags.model import Flag
from screens import clean, paint
from screens.flags.detail import detail
from screens.flags.known import Known
from screens.flags.rows import haystack, row, stands
from screens.flags.screen import FlagsScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.flag_desk import Flags, flagged, flags, many, store_of
from tests.screens.running import Running, running
from tests.screens.worlds import NOW

SMALL, LARGE = (80, 24), (200, 50)
NEW_CART = flags().host.store.flag("new-cart").document
HOSTILE = "a\u202eb\x1b[31m[red]\x00\u200bflag"


def screen(session: Running) -> FlagsScreen:
    found = session.app.top()
    assert isinstance(found, FlagsScreen)
    return found


async def opened(session: Running) -> FlagsScreen:
    """The flags screen with its flags read."""
    await session.press("2")
    await session.until(lambda: isinstance(session.app.top(), FlagsScreen))
    await session.until(lambda: screen(session).known.at is not None and screen(session).marked is not None)
    await session.pilot.pause()
    return screen(session)


async def test_each_flag_says_how_it_stands_the_newest_change_first() -> None:
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged()) as session:
        await opened(session)
        shown = await session.shows("12 flags of Vercel Flags", "read 0 s ago")
        rows = shown.splitlines()
        assert "new-cart" in rows[5]
        assert "split by user.id" in rows[5]
        assert "static: on = true for everyone" in rows[6]
        assert "disabled" not in shown


async def test_the_marked_flag_is_told_in_full_with_its_history() -> None:
    async with running(worlds.healthy(), size=LARGE, cockpit=flagged()) as session:
        await opened(session)
        await session.press("slash", *"one-page", "enter")
        await session.until(lambda: screen(session).marked is not None)
        await session.shows("variants", "by name: user.id", "rule 1:", "everyone else →", "history")
        await session.press("escape")
        await session.until(lambda: len(screen(session).rows.keys) == 12)
        assert str(screen(session).rows.marked) == "one-page-checkout"


async def test_a_filter_goes_by_key_tag_and_state() -> None:
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged()) as session:
        room = await opened(session)
        for pattern, kept in (("gift", {"gift-cards"}), ("static", None), ("^nothing$", set())):
            room.filter_by(pattern)
            await session.until(lambda: len(room.rows.keys) < 12)
            if kept is not None:
                await session.until(lambda kept=kept: set(room.rows.keys) == kept)  # type: ignore[misc]
            room.filter_by("")
            await session.until(lambda: len(room.rows.keys) == 12)
        room.filter_by("^nothing$")
        await session.shows("No flag matches; esc undoes the filter.")


async def test_what_was_read_grows_stale_and_a_failure_says_why() -> None:
    it = flags()
    async with running(worlds.healthy(), size=LARGE, cockpit=flagged(it)) as session:
        await opened(session)
        asked = it.host.asked.count("flags")
        session.clock.seconds += 10
        await session.press("j")
        assert it.host.asked.count("flags") == asked
        it.host.down = True
        session.clock.seconds += 25
        session.app.draw()
        await session.shows(
            "⧗ stale 35 s: Vercel does not answer.", "It is asked again in 30 s.", "gift-cards"
        )
        it.host.down = False
        await session.press("ctrl+r")
        await session.shows("read 0 s ago")
        assert session.cockpit.refreshed == 1


async def test_flags_that_were_never_read_say_why() -> None:
    it = flags()
    it.host.down = True
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        await session.press("2")
        await session.shows("! not read", "Vercel does not answer. It is asked again in 30 s.")
    async with running(worlds.healthy(), size=SMALL, cockpit=PreparedCockpit(worlds.healthy())) as session:
        await session.press("2")
        await session.shows("This session has no back-end of flags.")


async def test_while_another_screen_is_on_show_nothing_is_asked() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        await opened(session)
        await session.press("1")
        asked = len(it.host.asked)
        session.clock.seconds += 120
        session.app.draw()
        await session.pilot.pause()
        assert len(it.host.asked) == asked
        await session.press("2")
        await session.until(lambda: it.host.asked.count("flags") == 2)


async def test_the_mark_stays_on_its_flag_when_another_is_changed() -> None:
    """On the first row, too: ``K`` must not find another flag under the mark."""
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        room = await opened(session)
        assert room.rows.marked == "new-cart"
        it.elsewhere("gift-cards", {"description": "changed", "message": "mine"})
        await session.press("ctrl+r")
        await session.until(lambda: room.rows.keys[0] == "gift-cards")
        assert room.rows.marked == "new-cart"
        assert room.marked is not None
        assert room.marked.key == "new-cart"


async def test_screen_modes_give_the_list_or_the_flag_all_the_rows() -> None:
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged()) as session:
        room = await opened(session)
        await session.press("plus")
        await session.shows("half: list", "delivery-promise", "search-ranking")
        await session.until(lambda: room.rows.size.height >= 17)
        await session.press("plus")
        await session.shows("full: flag", "variants", "history")
        await session.press("escape")
        await session.until(lambda: room.rows.size.height < 10)


async def test_ten_thousand_flags_make_only_the_rows_on_show(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = list[str]()

    def counting(flag: Flag, *rest: object) -> object:
        drawn.append(flag.key)
        return row(flag, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("screens.flags.screen.row", counting)
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(flags(many(10_000)))) as session:
        await opened(session)
        await session.shows("10,000 flags")
        assert len(set(drawn)) < 30
        await session.press("G")
        await session.shows("flag-09999")
        assert len(set(drawn)) < 60


def hostile_flags() -> Flags:
    """One flag whose every text is hostile."""
    model = flags().host.store.flag("one-page-checkout").document
    named = {**model, "slug": HOSTILE, "description": HOSTILE * 3, "tags": [HOSTILE], "updatedBy": HOSTILE}
    named["environments"] = {**model["environments"], HOSTILE: model["environments"]["production"]}
    return flags(store_of([named]))


@pytest.mark.parametrize("size", [SMALL, pytest.param(LARGE, marks=pytest.mark.slow)])
async def test_hostile_names_are_shown_and_do_nothing(size: tuple[int, int]) -> None:
    async with running(worlds.healthy(), size=size, cockpit=flagged(hostile_flags())) as session:
        await opened(session)
        shown = await session.shows("a⟨202E⟩b␛[31m[red]")
        assert not {"\u202e", "\x1b", "\x00", "\u200b"} & set(shown)


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=5), st.text(max_size=30), max_size=3))
def test_whatever_a_flag_holds_it_is_told_harmlessly_and_in_its_room(key: str, more: dict[str, str]) -> None:
    flag = Flag({**NEW_CART, **more, "slug": key, "tags": list(more), "description": key})
    lines = [row(flag, None, NOW, 60, True), *detail(flag, Known(), None, (), NOW, 40)]
    assert paint.width(lines[0]) <= 60
    assert all(paint.width(line) <= 40 for line in lines[1:])
    assert all(clean.clean(part.text) == part.text for line in lines for part in line)
    assert key in haystack(flag, NOW)


def test_a_flag_with_no_production_says_so() -> None:
    entry = NEW_CART["environments"]["preview"]
    assert stands(Flag({**NEW_CART, "environments": {"live": entry}}), NOW).state == "static"
    other = Flag({**NEW_CART, "environments": {"live": entry, "test": entry}})
    assert stands(other, NOW).words == "has no environment production"


async def test_the_picture_stands_still_while_paused() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        await opened(session)
        await session.press("space")
        session.clock.seconds += 60
        await session.show(replace(worlds.healthy(), now=NOW + 60_000))
        await session.pilot.pause()
        assert it.host.asked.count("flags") == 1


async def test_archived_flags_are_read_and_shown_when_the_filter_asks_for_them() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        room = await opened(session)
        assert it.host.asked.count("flags archived") == 0
        room.filter_by("archived")
        await session.until(lambda: list(room.rows.keys) == ["legacy-vouchers"])
        await session.shows("12 flags and 1 archived", "archived: every caller gets the default in its code")
        room.filter_by("")
        await session.until(lambda: len(room.rows.keys) == 12)


def test_a_filter_finds_tag_person_state_of_an_environment_and_what_is_stale() -> None:
    flag = Flag({**NEW_CART, "tags": ["checkout", "q3"], "updatedAt": NOW})
    found = haystack(flag, NOW, "Jo")
    for part in ("new-cart", "tag:checkout", "tag:q3", "by:Jo", "production:rules", "preview:static"):
        assert part in found
    assert "stale" not in found
    old = Flag({**flag.raw, "updatedAt": NOW - 40 * 86_400_000})
    assert haystack(old, NOW).endswith(" is:stale")
    assert haystack(Flag({**old.raw, "permanent": True}), NOW).endswith(" is:permanent")
    assert "stale" not in haystack(Flag({**old.raw, "state": "archived"}), NOW)


@pytest.mark.slow
async def test_a_flag_is_opened_by_its_key_also_an_archived_one() -> None:
    it = flags()
    async with running(worlds.healthy(), size=SMALL, cockpit=flagged(it)) as session:
        for key in ("stock-lookup-retry", "legacy-vouchers", "gift-cards"):
            await session.press("colon", *f"flag {key}", "enter")
            await session.until(lambda key=key: at(session) == key)  # type: ignore[misc]
        await session.press("colon", *"flag nothing", "enter")
        await session.until(lambda: told(session, "There is no flag nothing."))
        assert at(session) == "gift-cards"
        it.host.down = True
        await session.press("colon", *"flag elsewhere", "enter")
        await session.until(lambda: told(session, "Whether there is a flag elsewhere is not known"))


def told(session: Running, start: str) -> bool:
    """Whether the newest message begins so."""
    return bool(session.app.said) and session.app.said[-1].text.startswith(start)


def at(session: Running) -> str | None:
    """The marked flag, on the flags screen."""
    room = session.app.top()
    return room.marked.key if isinstance(room, FlagsScreen) and room.marked is not None else None


async def test_who_changed_a_flag_is_told_by_name_where_that_is_known() -> None:
    it = flags()
    it.host.names = {"usr_jo": "Jo Okafor"}
    async with running(worlds.healthy(), size=(200, 50), cockpit=flagged(it)) as session:
        await opened(session)
        shown = await session.shows("by Jo Okafor", "Jo Okafor: Cart metrics", "usr_mia")
        assert "usr_jo" not in shown


@pytest.mark.slow
async def test_evaluation_counts_stand_with_their_environment_and_in_the_preview() -> None:
    it = flags()
    it.host.counts = Counts(1, {"production": {"on": 300, "off": 699, "": 1}})
    async with running(worlds.healthy(), size=(200, 50), cockpit=flagged(it)) as session:
        await opened(session)
        await session.shows("1,000 evaluations in a day: 69.9 % off = false, 30 % on = true")
        await session.press("slash", *"guest-order", "enter", "K")
        await session.shows("about 30 % to 30.1 %")
