"""The review of a broken glass on the screen: waited for, by somebody else, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.outcome import Outcome
from console.rollback.afterwards import VERDICTS, review_due, verdict_of, waits
from console.rollback.counting import View
from console.rollback.request import State
from console.rollback.telling import review_words, standing_words
from console.world import Waiting
from screens import paint
from screens.dialogs.request_text import TYPE_VERDICT, Answering, cannot, missing, offered
from screens.rollbacks.rows import row
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.request_room import MINUTE, WITH_GLASS, Requested, actor, requested
from tests.screens.running import running
from tests.screens.test_rollbacks_screen import LARGE, answered, cockpit_of, opened, seen
from tests.screens.worlds import NOW

DAY = 24 * 60 * MINUTE


async def broken(person: str = "jo", sits: str = "jo") -> tuple[Requested, str]:
    """A console of ``person``'s, and a request whose glass bo has broken."""
    it = requested(person, sits=sits, book=WITH_GLASS)
    name = await it.ask()
    view = await seen(it, name)
    said = it.room.desk.statement(view, "bo", "break_glass", "nobody is awake")
    assert not isinstance(said, Outcome)
    outcome = await it.room.desk.break_glass(said, "signed by bo", actor("bo"))
    assert outcome.says == f"The glass of {name} is BROKEN."
    return it, name


def told(view: View, now: int) -> str:
    return paint.plain(row(view, now, 90, marked=False))


async def test_a_broken_glass_waits_for_its_review_with_the_time_left_and_over() -> None:
    it, name = await broken()
    view = await seen(it, name)
    assert review_due(view) == NOW + DAY
    assert "review due in 24:00:00" in standing_words(view)
    assert (await it.room.waiting()) == Waiting(0, 0, 0, 1)
    it.clock.at += DAY - 90_000
    view = await seen(it, name)
    assert view.state is State.EXPIRED
    assert waits(view)
    assert [one.id for one in await it.room.desk.open()] == [name], "it is read again though it is over"
    assert "! review due in 1:30" in told(view, it.clock.at)
    assert "! review overdue by 8:30" in told(view, it.clock.at + 10 * MINUTE)
    done = await it.room.desk.review(name, actor("jo"), "justified", "it was")
    assert done.says == f"The broken glass of {name} is reviewed."
    view = await seen(it, name)
    assert (review_due(view), review_words(view), waits(view)) == (None, "", False)
    assert (await it.room.waiting()) == Waiting()
    assert await it.room.desk.open() == ()


async def test_it_is_offered_to_everybody_but_who_broke_it_and_once() -> None:
    it, name = await broken()
    view = await seen(it, name)
    assert "review" in offered(view, "jo")
    assert "review" not in offered(view, "bo")
    assert "somebody else than bo has to" in cannot(view, "review")
    asking = Answering(view, verb="review", read=True)
    assert missing(asking, "it was", "", "shop") == TYPE_VERDICT
    assert missing(asking, "", "just", "shop") == "a reason is needed"
    assert missing(asking, "it was", "just", "shop") is None
    await it.room.desk.review(name, actor("jo"), "not_justified", "somebody was awake")
    view = await seen(it, name)
    assert "review" not in offered(view, "ana")
    assert cannot(view, "review") == "jo has reviewed it: not justified."
    whole = requested()
    view = await seen(whole, await whole.ask())
    assert "Nobody broke the glass" in cannot(view, "review")


async def test_nobody_reviews_it_with_somebody_elses_key_on_their_own_account() -> None:
    it, name = await broken("ana", sits="bo")
    outcome = await it.room.answering.review(await seen(it, name), "justified", "it was")
    assert outcome.says == "Nobody reviews the glass that they broke."
    assert (await seen(it, name)).request.reviewed is None


@given(st.text(max_size=30))
def test_no_text_is_taken_for_two_verdicts(text: str) -> None:
    found = verdict_of(text)
    assert found is None or VERDICTS[found].startswith(" ".join(text.lower().replace("_", " ").split()))


@pytest.mark.parametrize(("verdict", "words"), VERDICTS.items())
def test_a_verdict_is_its_words_or_their_beginning(verdict: str, words: str) -> None:
    assert {verdict_of(one) for one in (words, words[0], verdict, f" {words.upper()} ")} == {verdict}


@pytest.mark.slow
async def test_it_is_reviewed_with_a_key_a_verdict_and_words() -> None:
    it, name = await broken()
    cockpit = PreparedCockpit(await it.world())
    cockpit.room = it.room
    async with running(cockpit.present, size=LARGE, cockpit=cockpit) as session:
        dialog = await opened(session)
        await session.until(lambda: dialog.it.read, "a page that fits is read")
        await session.shows("Review…  V", "1 review due")
        await session.press("V")
        await session.shows("VERDICT", "a reason is needed")
        await session.press(*"pol", "enter", *"name a deputy")
        await session.shows("records the review")
        assert (await answered(session, dialog)).says == f"The broken glass of {name} is reviewed."
        said = f"coalmine rollback review {name} --verdict policy_should_change --reason 'name a deputy'"
        assert session.app.acts[-1].command == said
    reviewed = (await seen(it, name)).request.reviewed
    assert reviewed is not None
    assert (reviewed.person, reviewed.verdict) == ("jo", "policy_should_change")


@pytest.mark.slow
async def test_who_broke_it_is_told_that_somebody_else_has_to() -> None:
    it, _ = await broken("bo")
    async with running(worlds.healthy(), size=LARGE, cockpit=cockpit_of(it)) as session:
        dialog = await opened(session)
        await session.until(lambda: dialog.it.read, "a page that fits is read")
        await session.press("V")
        assert dialog.it.verb is None
        assert "somebody else than bo has to" in session.app.said[-1].text
