"""Reviews and action items: whatever stands on the stream they hold together, and only the rules lead on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.envelope import Actor
from console.event import Event
from console.incidents import happened as h
from console.incidents import review_happened as r
from console.incidents import review_rules, rules
from console.incidents.action_items import action_items_of, by_urgency, name_parts
from console.incidents.incident import incident_of
from console.incidents.review import ReviewState, review_of
from console.incidents.telling_review import due_words, item_line, items_as_json, review_as_json, review_words
from console.incidents.terms import State
from console.outcome import End, Outcome
from console.readings import Millis
from tests.console.incidents.scene import BOOK, Scene
from tests.console.incidents.test_desk import towards
from tests.console.incidents.test_fold import PEOPLE, T0, opened, told
from tests.ledgers import chained

DAY: Millis = 86_400_000
TEXTS = st.sampled_from(["a limit", "an alert"])
EVENTS = st.one_of(
    st.builds(r.ReviewStarted, person=PEOPLE, owner=PEOPLE, due=st.integers(T0, T0 + DAY)),
    st.builds(r.ReviewSubmitted, person=PEOPLE),
    st.builds(r.ReviewReturned, person=PEOPLE, why=TEXTS),
    st.builds(r.ReviewAccepted, person=PEOPLE, says=TEXTS),
    st.builds(h.IncidentReopened, person=PEOPLE, why=TEXTS),
    st.builds(
        r.ActionAdded,
        person=PEOPLE,
        number=st.integers(1, 3),
        text=TEXTS,
        owner=PEOPLE,
        due=st.integers(T0, T0 + DAY),
        aim=st.sampled_from(r.AIMS),
    ),
    st.builds(r.ActionDone, person=PEOPLE, number=st.integers(1, 4), says=TEXTS),
)


@given(st.lists(EVENTS, max_size=25))
def test_they_hold_together(story: list[Event]) -> None:
    found = told(*story)
    now = T0 + len(story) * 60_000
    there = review_of(found.story)
    begun = any(isinstance(one, r.ReviewStarted) for one in story)
    assert (there is not None) == begun
    if there is not None:
        assert (there.submitted_at is not None) == (there.state is not ReviewState.DRAFT)
        assert (there.accepted_at is not None) == (there.state is ReviewState.REVIEWED)
        if there.state is not ReviewState.DRAFT:
            assert there.submitted_by == there.owner != there.accepted_by
    assert review_words(there, now)
    assert (review_as_json(there, now) is None) == (there is None)
    items = action_items_of(found)
    assert len({one.number for one in items}) == len(items)
    assert {one.number for one in items} == {one.number for one in story if isinstance(one, r.ActionAdded)}, (
        "what was put down stays"
    )
    done = {one.number for one in story if isinstance(one, r.ActionDone)}
    assert all(one.open or one.number in done for one in items)
    ordered = by_urgency(items, now)
    assert sorted(one.name for one in ordered) == sorted(one.name for one in items)
    marks = [0 if one.late(now) else 1 if one.open else 2 for one in ordered]
    assert marks == sorted(marks), "what is overdue stands first, what is done last"
    assert len(items_as_json(ordered, now)) == len([item_line(one, now, str) for one in ordered])


@given(st.lists(EVENTS, max_size=15), st.lists(EVENTS, max_size=8))
def test_what_somebody_else_recorded_in_ones_name_changes_nothing(
    honest: list[Event], forged: list[Event]
) -> None:
    clean = told(*honest)
    story = [("incident:INC-2", opened().new(Actor("ana", "s", "command"), T0))]
    for place, event in enumerate(honest, 1):
        named = getattr(event, "person", "coalmine")
        story.append(("incident:INC-2", event.new(Actor(named, "s", "command"), T0 + place * 60_000)))
    story += [("incident:INC-2", one.new(Actor("mallory", "s", "command"), T0 + DAY)) for one in forged]
    mixed = incident_of(chained(story))
    assert mixed is not None
    assert review_of(mixed.story) == review_of(clean.story)
    assert action_items_of(mixed) == action_items_of(clean)


@given(st.lists(EVENTS, max_size=20))
def test_a_fold_of_the_same_events_is_the_same(story: list[Event]) -> None:
    once, again = told(*story), told(*story)
    assert review_of(once.story) == review_of(again.story) == review_of(list(once.story))
    assert action_items_of(once) == action_items_of(again)


def test_names_of_action_items() -> None:
    assert name_parts("INC-12.3") == ("INC-12", 3)
    assert [name_parts(one) for one in ("INC-12", ".3", "INC-1.x", "INC-1.", "INC-1.1234567")] == [None] * 5
    assert due_words(3 * DAY, 0) == "due in 3 d"
    assert due_words(0, 5 * 3_600_000) == "OVERDUE by 5 h"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    one = Scene.at(tmp_path)
    yield one
    one.ledger.close()


async def resolved(scene: Scene, severity: str = "SEV2") -> str:
    name = await scene.opened(severity=severity)
    if severity in ("SEV1", "SEV2"):
        await scene.did(
            name, "ana", lambda one, now: h.RoleTaken(person="ana", role="commander", how="vacant", why="")
        )
    for state in (State.INVESTIGATING, State.MITIGATED, State.RESOLVED):
        await scene.did(name, "ana", towards("ana", state))
    return name


async def test_from_draft_to_reviewed_by_two_people(scene: Scene) -> None:
    early = await scene.opened("another")
    no = await scene.does(
        early, "ana", lambda one, now: review_rules.begun(one, "ana", "jo", None, BOOK, now)
    )
    assert "a review is of what is resolved" in no.says
    name = await resolved(scene)
    closing = await scene.does(name, "ana", lambda one, now: rules.closed(one, "ana", "done", now))
    assert "its review is accepted before" in closing.says
    kim = await scene.does(
        name, "ana", lambda one, now: review_rules.begun(one, "ana", "kim", None, BOOK, now)
    )
    assert "kim is not listed" in kim.says
    found = await scene.did(
        name, "ana", lambda one, now: review_rules.begun(one, "ana", "jo", None, BOOK, now)
    )
    there = review_of(found.story)
    assert there is not None
    assert found.resolved_at is not None
    assert (there.owner, there.due) == ("jo", found.resolved_at + 7 * DAY)
    assert (
        "jo owns the review"
        in (await scene.does(name, "ana", lambda one, now: review_rules.submitted(one, "ana"))).says
    )
    await scene.did(name, "jo", lambda one, now: review_rules.submitted(one, "jo"))
    closing = await scene.does(name, "ana", lambda one, now: rules.closed(one, "ana", "done", now))
    assert "It is in review" in closing.says
    await scene.did(name, "ana", lambda one, now: review_rules.returned(one, "ana", "impact is missing"))
    await scene.did(name, "jo", lambda one, now: review_rules.submitted(one, "jo"))
    own = await scene.does(name, "jo", lambda one, now: review_rules.accepted(one, "jo", "fine"))
    assert "somebody else accepts it" in own.says
    beside = await scene.does(name, "bo", lambda one, now: review_rules.accepted(one, "bo", "fine"))
    assert "ana decides about the review" in beside.says
    before = await scene.seen(name)
    found = await scene.did(name, "ana", lambda one, now: review_rules.accepted(one, "ana", "one limit"))
    assert found.state is State.REVIEWED
    assert found.version == before.version + 2, "both or neither"
    there = review_of(found.story)
    assert there is not None
    assert there.state is ReviewState.REVIEWED


async def test_a_small_one_may_be_put_away_without_a_review(scene: Scene) -> None:
    name = await resolved(scene, "SEV3")
    found = await scene.did(name, "ana", lambda one, now: rules.closed(one, "ana", "two users", now))
    assert found.state is State.REVIEWED


async def test_an_action_item_has_an_owner_and_a_day_and_stays_until_done(scene: Scene) -> None:
    name = await scene.opened()

    async def add(owner: str, due: Millis | None) -> Outcome:
        return await scene.does(
            name,
            "ana",
            lambda one, now: review_rules.action_added(
                one, "ana", "a limit", owner, due, "prevent", BOOK, now
            ),
        )

    assert "kim is not listed" in (await add("kim", None)).says
    assert "in the past" in (await add("bo", scene.clock.now())).says
    assert [(await add("bo", None)).end, (await add("jo", scene.clock.now() + DAY)).end] == [End.DONE] * 2
    scene.later(3 * 24 * 60)
    now = scene.clock.now()
    items = by_urgency(action_items_of(await scene.seen(name)), now)
    assert [(one.name, bool(one.late(now))) for one in items] == [("INC-1.2", True), ("INC-1.1", False)]
    assert "OVERDUE" in item_line(items[0], now, str)
    await scene.did(name, "bo", lambda one, now: review_rules.action_done(one, "bo", 2, "merged"))
    twice = await scene.does(name, "ana", lambda one, now: review_rules.action_done(one, "ana", 2, ""))
    assert "bo did INC-1.2 already" in twice.says
    none = await scene.does(name, "ana", lambda one, now: review_rules.action_done(one, "ana", 7, ""))
    assert "no action item 7" in none.says
