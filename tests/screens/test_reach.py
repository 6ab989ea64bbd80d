"""Getting about: the way through the screens, and a picture that stands still."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.readings import Reading
from console.world import Mode
from screens.dialogs.review import ReviewDialog
from screens.ledger.screen import LedgerScreen
from screens.pause import standing
from screens.release.screen import ReleaseScreen
from screens.trail import KEPT, Trail
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running

ROOMS = st.lists(st.sampled_from("abc"), max_size=2 * KEPT)


@given(ROOMS)
def test_the_way_back_is_the_way_that_was_gone(rooms: list[str]) -> None:
    trail = Trail("a")
    way = ["a"]
    for room in rooms:
        trail.went(room)
        if room != way[-1]:
            way.append(room)
    back = [trail.here]
    while (room_before := trail.step(-1)) is not None:
        back.append(room_before)
    assert back == way[::-1][:KEPT]
    forth = [trail.here]
    while (room_after := trail.step(1)) is not None:
        forth.append(room_after)
    assert forth == back[::-1]


@given(ROOMS)
def test_the_last_room_is_another_one_and_comes_back(rooms: list[str]) -> None:
    trail = Trail("a")
    for room in rooms:
        trail.went(room)
    here, last = trail.here, trail.last
    if last is not None:
        trail.went(last)
        assert last != here
        assert (trail.here, trail.last) == (last, here)


async def on(session: Running, room: type) -> None:
    await session.until(lambda: isinstance(session.app.screen, room), room.__name__)


async def test_minus_and_brackets_walk_the_way_through_the_screens() -> None:
    async with running(worlds.healthy(), size=(80, 24)) as session:
        await session.press("minus", "left_square_bracket", "right_square_bracket")
        await on(session, ReleaseScreen)
        await session.press("9")
        await on(session, LedgerScreen)
        for key, room in (
            ("minus", ReleaseScreen),
            ("minus", LedgerScreen),
            ("left_square_bracket", ReleaseScreen),
            ("left_square_bracket", LedgerScreen),
            ("right_square_bracket", ReleaseScreen),
        ):
            await session.press(key)
            await on(session, room)


async def test_paused_the_picture_stands_and_its_age_grows() -> None:
    async with running(worlds.healthy()) as session:
        await session.press("space")
        session.clock.seconds += 12
        await session.show(replace(worlds.rollback(), now=worlds.NOW + 12_000))
        shown = await session.shows("paused 12 s", "data 16 s", "✓ PROMOTE")
        assert "ROLL BACK" not in shown.replace("roll back", "")
        assert "ROLL BACK" in session.app.said[-1].text  # but somebody is called
        await session.press("w")
        assert "PROMOTE" in await session.shows("judged 14:07")
        await session.press("escape", "space")
        assert "paused" not in await session.shows("▼ ROLL BACK")


async def test_what_keys_may_do_is_never_paused() -> None:
    async with running(worlds.read_only(), cockpit=PreparedCockpit(worlds.read_only())) as session:
        await session.press("space")
        await session.show(worlds.healthy())
        assert "LIVE" in (await session.shows("paused")).splitlines()[0]


async def test_paused_an_act_is_previewed_from_the_world_as_it_is() -> None:
    async with running(worlds.healthy()) as session:
        await session.press("space")
        release = replace(worlds.RELEASE, active_index=2, percentage=50.0)
        await session.show(
            replace(worlds.healthy(), release=replace(worlds.healthy().release, value=release))
        )
        await session.press("A")
        await session.until(lambda: isinstance(session.app.screen, ReviewDialog))
        await session.shows("50 %", "100 %")
        review = session.app.screen
        assert isinstance(review, ReviewDialog)
        assert review.review.preview is not None
        assert getattr(review.review.preview.action, "from_percentage", None) == 50


def test_standing_takes_only_what_decides_about_keys() -> None:
    picture, newest = worlds.healthy(), worlds.read_only()
    shown = standing(picture, replace(newest, release=Reading.missing("vercel")))
    assert (shown.mode, shown.armed) == (Mode.READ_ONLY, None)
    assert (shown.release, shown.verdict, shown.now) == (picture.release, picture.verdict, picture.now)
