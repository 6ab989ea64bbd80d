"""What changed before it began, and that a timeline is read from its own stretch of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import events
from console.envelope import Actor, NewEvent, Recorded
from console.event import Event
from console.incidents import happened as h
from console.incidents.desk import Incidents, Opening
from console.incidents.incident import incident_of
from console.incidents.suspects import OUTSIDE
from console.incidents.telling_before import before_as_json, before_line
from console.incidents.timeline import Line, timeline
from console.incidents.timeline_filter import Wanted, chosen, place_of
from console.ledger_range import first_since, recorded_between
from console.readings import Millis
from data.sqlite.ledger import SqliteLedger
from tests.console.incidents.scene import BOOK, MINUTE, Scene, at_once, who
from tests.console.incidents.test_fold import T0, opened
from tests.console.test_narrate import flag_intended, intended
from tests.ledgers import HandClock, chained, note


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    one = Scene.at(tmp_path)
    yield one
    one.ledger.close()


def put(scene: Scene, stream: str, event: Event, person: str = "ana") -> None:
    new = event.new(Actor(person, "s", "console"), scene.clock.now())
    scene.ledger.append(stream, scene.ledger.version(stream), [new])


def flag_ended(outcome: Any) -> events.FlagEnded:
    return events.FlagEnded(action_id="a1", outcome=outcome, how="answered", says="Off.")


def seen(says: str = "advanced 5 % → 25 %", by: str | None = None) -> events.ReleaseSeen:
    return events.ReleaseSeen(canary_id="dpl_b", baseline_id="dpl_a", state="ACTIVE", says=says, by=by)


async def changes(scene: Scene, links: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, str, bool, bool]]:
    name = await scene.opened(links=links)
    found = await scene.desk.before(await scene.seen(name))
    assert [one.seq for one in sorted(found, key=lambda one: -one.at)] == [one.seq for one in found]
    assert len([before_line(one, str) for one in found]) == len(found)
    assert len(before_as_json(await scene.seen(name), 30, found)["changes"]) == len(found)
    return [(one.who, one.what, one.outside, one.linked) for one in found]


async def test_a_change_counts_once_and_the_newest_stands_first(scene: Scene) -> None:
    put(scene, "release:dpl_b", seen("started at 5 %"), "coalmine")
    scene.later(31)
    put(scene, "flag:Vercel Flags:new-cart", flag_intended())
    put(scene, "flag:Vercel Flags:new-cart", flag_ended("done"))
    scene.later(5)
    put(scene, "release:dpl_b", seen(by="jo"), "coalmine")
    scene.later(5)
    assert await changes(scene, (("flag", "new-cart"),)) == [
        ("jo", "advanced 5 % → 25 %, by jo", True, False),
        (
            "ana",
            "ana asked for flag new-cart → off for everyone in production: errors at checkout (done)",
            False,
            True,
        ),
    ]


@pytest.mark.parametrize("outcome", ["refused", "not_sent"])
async def test_what_was_refused_changed_nothing(scene: Scene, outcome: str) -> None:
    put(scene, "flag:Vercel Flags:new-cart", flag_intended())
    put(scene, "flag:Vercel Flags:new-cart", flag_ended(outcome))
    scene.later(1)
    assert await changes(scene) == []


async def test_what_nobody_knows_the_end_of_is_a_suspect(scene: Scene) -> None:
    put(scene, "flag:Vercel Flags:new-cart", flag_intended())
    scene.later(1)
    [(person, what, _, _)] = await changes(scene)
    assert (person, what.endswith("(what became of it is not recorded)")) == ("ana", True)


async def test_what_the_host_shows_after_a_change_of_ours_is_its_effect(scene: Scene) -> None:
    put(scene, "release:dpl_b", intended(action="advance", from_percentage=5, to_percentage=25))
    scene.later(0.5)
    put(scene, "release:dpl_b", seen(), "coalmine")
    scene.later(9)
    put(scene, "release:dpl_b", seen("advanced 25 % → 50 %"), "coalmine")
    scene.later(1)
    found = await changes(scene)
    assert [(person, outside) for person, _, outside, _ in found] == [(OUTSIDE, True), ("ana", False)]


async def test_what_is_after_the_start_or_long_before_is_none(scene: Scene) -> None:
    put(scene, "release:dpl_b", seen(), "coalmine")
    scene.later(40)
    name = await scene.opened(started_at=scene.clock.now() - 5 * MINUTE)
    scene.later(1)
    put(scene, "release:dpl_b", seen("aborted"), "coalmine")
    assert await scene.desk.before(await scene.seen(name)) == ()
    [one] = await scene.desk.before(await scene.seen(name), 60 * MINUTE)
    assert one.before == 35 * MINUTE


async def test_what_somebody_wrote_in_anothers_name_says_so(scene: Scene) -> None:
    name = await scene.opened()
    put(scene, h.stream_of(name), h.IncidentNoted(person="jo", says="all is well"), "mallory")
    put(scene, h.stream_of(name), h.IncidentNoted(person="mallory", says="mine"), "mallory")
    lines = await scene.desk.timeline(await scene.seen(name))
    assert [(one.who, one.claimed) for one in lines] == [("ana", ""), ("mallory", "jo"), ("mallory", "")]
    assert lines[1].says == "not counted, as mallory wrote it and not jo: jo noted: all is well"


async def test_the_run_of_another_incident_is_not_in_it(scene: Scene) -> None:
    name = await scene.opened()

    def step(stream: str, **payload: Any) -> None:
        new = NewEvent("run.began", payload, who("ana"), scene.clock.now())
        scene.ledger.append(stream, scene.ledger.version(stream), [new])

    step("run:R-1", incident_id=name)
    step("run:R-2", incident_id="INC-9")
    step("run:R-2", says="a step of it")
    lines = await scene.desk.timeline(await scene.seen(name))
    assert [(one.about, one.seq) for one in lines] == [("incident", 1), ("run", 2)]


LINES = st.lists(
    st.builds(
        Line,
        seq=st.integers(1, 99),
        at=st.integers(0, 50),
        recorded_at=st.just(0),
        about=st.sampled_from(["flag", "note"]),
        kind=st.sampled_from(["flag.ended", "incident.noted"]),
        who=st.sampled_from(["ana", "Bo"]),
        says=st.sampled_from(["the Cart is off", "calls"]),
        own=st.booleans(),
    ),
    max_size=12,
)


@given(LINES, st.integers(-5, 55), st.integers(-5, 55))
def test_what_is_filtered_keeps_its_order_and_each_wish_narrows(
    lines: list[Line], since: int, until: int
) -> None:
    lines.sort(key=lambda one: one.at)
    within = chosen(lines, Wanted(since=since, until=until))
    assert list(within) == [one for one in lines if since <= one.at <= until]
    for wanted in (
        Wanted(frozenset({"flag"}), since=since, until=until),
        Wanted(frozenset({"incident.noted"}), since=since, until=until),
        Wanted(people=frozenset({"bo"}), since=since, until=until),
        Wanted(words="CART off", since=since, until=until),
    ):
        found = chosen(lines, wanted)
        assert [one for one in within if one in found] == list(found)
        assert chosen(found, wanted) == found
    assert {one.who for one in chosen(lines, Wanted(people=frozenset({"bo"})))} <= {"Bo"}
    place = place_of(lines, since)
    assert lines == [] or all(one.at < since for one in lines[:place])
    assert place in range(max(len(lines), 1))


@given(st.lists(st.integers(-40, 40), max_size=12), st.randoms())
def test_a_timeline_does_not_depend_on_the_order_it_is_read_in(moments: list[int], luck: Any) -> None:
    actor = Actor("ana", "s", "command")
    news = [(h.stream_of("INC-2"), opened().new(actor, T0))]
    news += [
        ("freeze:p", events.ReleaseFrozen(person="ana", reason="x", rule="r").new(actor, T0 + one * MINUTE))
        for one in moments
    ]
    recorded = chained(news)
    incident = incident_of(recorded[:1])
    assert incident is not None
    now = T0 + 30 * MINUTE
    mixed = list(recorded)
    luck.shuffle(mixed)
    lines = timeline(incident, recorded, now)
    assert timeline(incident, mixed, now) == lines
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert len(lines) == 1 + len([one for one in moments if -31 <= one <= 30])


class Counting(SqliteLedger):
    """The real ledger, and how many events were read from it."""

    rows = 0

    def read(self, **which: Any) -> list[Recorded]:
        found = super().read(**which)
        self.rows += len(found)
        return found


def filled(folder: Path, count: int, clock: HandClock, apart: Millis = 1000) -> Counting:
    """A ledger of ``count`` events, one every second, in batches of one stream each."""
    ledger = Counting(folder / "ledger.db", clock)
    for batch in range(count // 100):
        clock.time += 100 * apart
        news: Sequence[NewEvent] = [note(at=clock.time)] * 100
        ledger.append(f"bulk:{batch}", 0, news)
    return ledger


@pytest.mark.parametrize(
    "count", [pytest.param(5_000), pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
async def test_a_timeline_reads_its_own_stretch_and_not_the_whole_ledger(tmp_path: Path, count: int) -> None:
    clock = HandClock()
    ledger = filled(tmp_path, count // 2, clock)
    desk = Incidents(ledger, clock, lambda: BOOK, at_once)
    opening = await desk.open(Opening("x", "p", severity="SEV3"), who("ana"))
    clock.time += 2 * 24 * 60 * MINUTE
    for batch in range(count // 200):
        clock.time += 100_000
        ledger.append(f"later:{batch}", 0, [note(at=clock.time)] * 100)
    found = await desk.get(opening.next)
    assert found is not None
    declined = h.IncidentMoved(person="ana", state="declined", before="triage", why="x")
    ledger.append(h.stream_of(found.id), 1, [declined.new(who("ana"), found.at + MINUTE)])
    found = await desk.get(opening.next)
    assert found is not None
    ledger.rows = 0
    assert await desk.timeline(found)
    # Half an hour and a minute before it at one event a second, the two of its own, and what is looked at
    # to find where they begin and end.
    assert ledger.rows <= 31 * 60 + 100 + 2 * (count.bit_length() + 1) + 6
    ledger.close()


@given(gaps=st.lists(st.integers(0, 3), min_size=1, max_size=30), since=st.integers(-2, 60))
@pytest.mark.slow
def test_the_first_event_of_a_time_is_found_by_halving(
    gaps: list[int], since: int, tmp_path_factory: Any
) -> None:
    clock = HandClock(0)
    ledger = SqliteLedger(tmp_path_factory.mktemp("range") / "ledger.db", clock)
    times = []
    for number, gap in enumerate(gaps):
        clock.time += gap
        times.append(clock.time)
        ledger.append(f"s:{number}", 0, [note(at=clock.time)])
    assert first_since(ledger, since) == 1 + len([one for one in times if one < since])
    found = recorded_between(ledger, since, since + 5)
    assert [one.header.recorded_at for one in found] == [one for one in times if since <= one <= since + 5]
    ledger.close()
