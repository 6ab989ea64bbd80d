"""What people may do with incidents, on a real ledger; and that of two at once exactly one does it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from console import events
from console.envelope import Actor
from console.event import Event
from console.incidents import happened as h
from console.incidents import role_rules, rules
from console.incidents.desk import Incidents, Made, Opening, suggestion_made, worst
from console.incidents.due import UPDATE_MS, suggestion_of, update_by
from console.incidents.incident import Incident
from console.incidents.severity import Signals
from console.incidents.terms import Severity, State
from console.incidents.timeline_filter import matching
from console.outcome import End, Outcome
from console.readings import Millis
from data.sqlite.ledger import SqliteLedger
from tests.console.incidents.scene import BOOK, MINUTE, REOPEN_MS, Scene, at_once, who


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    one = Scene.at(tmp_path)
    yield one
    one.ledger.close()


async def through(scene: Scene, name: str, *states: State, person: str = "ana") -> Incident:
    for state in states:
        await scene.did(name, person, towards(person, state))
    return await scene.seen(name)


def towards(person: str, state: State) -> Made:
    return lambda one, now: rules.moved(one, person, state, "x", now, "drill")


async def test_several_are_open_at_once_and_the_worst_is_known(scene: Scene) -> None:
    first = await scene.opened(severity="SEV3")
    scene.later(1)
    second = await scene.opened("login fails", severity="SEV1")
    assert (first, second) == ("INC-1", "INC-2")
    everything = await scene.desk.all()
    assert [one.id for one in everything] == ["INC-2", "INC-1"]
    found = worst(everything)
    assert found is not None
    assert found.id == "INC-2"


async def test_up_is_free_and_down_is_for_whoever_leads_with_a_reason(scene: Scene) -> None:
    name = await scene.opened(severity="SEV3")
    await scene.did(name, "ana", lambda one, now: role_rules.taken(one, "ana", "commander", ""))

    def say(person: str, severity: Severity, why: str = "") -> Made:
        return lambda one, now: rules.severity_set(one, person, severity, why)

    assert (await scene.did(name, "jo", say("jo", "SEV1"))).severity == "SEV1"
    refused = await scene.does(name, "jo", say("jo", "SEV4", "quiet"))
    assert "ana decides" in refused.says
    assert "needs a reason" in (await scene.does(name, "ana", say("ana", "undetermined"))).says
    found = await scene.did(name, "ana", say("ana", "SEV4", "two users"))
    assert found.severity == "SEV4"
    assert [severity for _, severity in found.severities] == ["SEV3", "SEV1", "SEV4"]


async def test_a_suggestion_waits_for_a_person_and_never_goes_down(scene: Scene) -> None:
    name = await scene.opened(severity="SEV3", signals=Signals(errors=0.001))
    assert (await scene.seen(name)).suggestion is None, "SEV4 is not worse"
    found = await scene.did(name, "ana", suggestion_made(Signals(errors=0.9)))
    assert found.severity == "SEV3"
    waiting = suggestion_of(found, scene.clock.now())
    assert waiting is not None
    assert waiting.severity == "SEV2"
    again = await scene.does(name, "ana", suggestion_made(Signals(errors=0.5)))
    assert "suggested already" in again.says
    found = await scene.did(name, "ana", lambda one, now: rules.severity_set(one, "ana", "SEV2", ""))
    assert suggestion_of(found, scene.clock.now()) is None
    scene.later(61)
    lasting = suggestion_of(found, scene.clock.now())
    assert lasting is not None
    assert (lasting.severity, lasting.reasons) == ("SEV1", ("SEV2 for 61 min",))


async def test_the_next_word_is_due_by_severity_or_as_it_was_said(scene: Scene) -> None:
    name = await scene.opened(severity="SEV2")
    start = scene.clock.now()
    assert update_by(await scene.seen(name)) == start + 5 * MINUTE
    scene.later(3)
    said = h.IncidentUpdated(person="ana", says="looking")
    found = await scene.did(name, "ana", lambda one, now: said)
    assert update_by(found) == start + 3 * MINUTE + UPDATE_MS[2]
    said = h.IncidentUpdated(person="ana", says="still", next_at=start + 99 * MINUTE)
    found = await scene.did(name, "ana", lambda one, now: said)
    assert update_by(found) == start + 99 * MINUTE
    scene.later(180)
    said = h.IncidentUpdated(person="ana", says="long")
    found = await scene.did(name, "ana", lambda one, now: said)
    assert update_by(found) == scene.clock.now() + 30 * MINUTE


async def test_its_whole_life_and_that_it_is_reopened_in_time_only(scene: Scene) -> None:
    name = await scene.opened(severity="SEV3")
    await through(scene, name, State.INVESTIGATING, State.IDENTIFIED, State.MITIGATED)
    scene.later(9)
    early = await scene.does(name, "ana", lambda one, now: rules.moved(one, "ana", State.RESOLVED, "x", now))
    assert "is watched for 1 min more" in early.says
    scene.later(1)
    waiting = await scene.does(
        name, "ana", lambda one, now: rules.moved(one, "ana", State.RESOLVED, "x", now, "", ("RB-1",))
    )
    assert "RB-1 still waits" in waiting.says
    found = await scene.did(name, "ana", lambda one, now: rules.moved(one, "ana", State.RESOLVED, "x", now))
    assert found.resolved_at == scene.clock.now()
    found = await scene.did(name, "jo", lambda one, now: rules.reopened(one, "jo", "again", now))
    assert (found.state, found.resolved_at) == (State.INVESTIGATING, None)
    await through(scene, name, State.MITIGATED, State.RESOLVED)
    scene.clock.time += REOPEN_MS + 1
    late = await scene.does(name, "jo", lambda one, now: rules.reopened(one, "jo", "again", now))
    assert "more than 7 days ago" in late.says
    found = await scene.did(name, "ana", lambda one, now: rules.closed(one, "ana", "reviewed", now))
    assert found.state is State.REVIEWED


async def test_who_takes_over_and_who_gives_up_what(scene: Scene) -> None:
    name = await scene.opened(severity="SEV2")
    await scene.did(name, "jo", lambda one, now: role_rules.taken(one, "jo", "commander", ""))
    both = await scene.does(name, "jo", lambda one, now: role_rules.taken(one, "jo", "scribe", ""))
    assert "jo commands INC-1 and has no other role" in both.says
    alone = await scene.does(name, "jo", lambda one, now: role_rules.left(one, "jo", "commander", ""))
    assert "would have no incident commander" in alone.says
    no = await scene.does(
        name, "bo", lambda one, now: role_rules.taken_over(one, "bo", "commander", "gone", BOOK)
    )
    assert "cannot take over" in no.says
    await scene.did(name, "bo", lambda one, now: role_rules.taken(one, "bo", "deputy", ""))
    found = await scene.did(
        name, "bo", lambda one, now: role_rules.taken_over(one, "bo", "commander", "gone", BOOK)
    )
    assert (found.roles.of("bo"), found.roles.of("jo")) == (("commander",), ())
    stranger = await scene.does(
        name, "bo", lambda one, now: role_rules.offered(one, "bo", "scribe", "kim", BOOK, now)
    )
    assert "kim is not listed" in stranger.says
    offered = await scene.did(
        name, "bo", lambda one, now: role_rules.offered(one, "bo", "commander", "jo", BOOK, now)
    )
    assert [one.to for one in offered.roles.pending(scene.clock.now())] == ["jo"]
    scene.later(11)
    late = await scene.does(name, "jo", lambda one, now: role_rules.accepted(one, "jo", "commander", now))
    assert "Nobody offers jo" in late.says


async def test_one_is_merged_into_an_older_one_and_its_timeline_with_it(scene: Scene) -> None:
    old, new = await scene.opened(), await scene.opened("the same")
    note = h.IncidentNoted(person="bo", says="seen in the new one")
    await scene.did(new, "bo", lambda one, now: note)
    into = await scene.seen(old)
    away = await scene.does(old, "ana", lambda one, now: rules.merged(one, "ana", one, old, "x"))
    assert "opened earlier" in away.says
    gone = await scene.did(new, "ana", lambda one, now: rules.merged(one, "ana", into, old, "same flag"))
    assert (gone.state, gone.merged_into) == (State.MERGED, "INC-1")
    lines = await scene.desk.timeline(await scene.seen(old))
    assert "bo noted: seen in the new one" in [line.says for line in lines]


async def test_the_timeline_has_what_happened_in_its_time_and_can_be_filtered(scene: Scene) -> None:
    def put(stream: str, event: Event) -> None:
        new = event.new(Actor("ana", "s", "console"), scene.clock.now())
        scene.ledger.append(stream, scene.ledger.version(stream), [new])

    seen = events.ReleaseSeen(
        canary_id="dpl_b", baseline_id="dpl_a", state="ACTIVE", says="advanced 5 % → 25 %"
    )
    put("release:dpl_b", seen)
    scene.later(31)
    put("freeze:prj_1", events.ReleaseFrozen(person="ana", reason="errors", rule="r"))
    put("session:s", events.SessionArmed(person="ana", reason="x", until=1))
    scene.later(5)
    name = await scene.opened()
    other = await scene.opened("another")
    scene.later(5)
    late = await scene.desk.record(
        name,
        who("bo"),
        lambda one, now: h.IncidentNoted(person="bo", says="the first call"),
        "noted",
        happened_at=scene.clock.now() - 7 * MINUTE,
    )
    assert late.end is End.DONE
    await through(scene, name, State.DECLINED)
    scene.later(1)
    put("release:dpl_b", seen)
    told = [line.says for line in await scene.desk.timeline(await scene.seen(name))]
    assert told == [
        "ana froze changes: errors",
        "bo noted: the first call",
        "ana opened INC-1 (severity undetermined): checkout fails",
        "ana: triage → declined: x",
    ]
    wide = await scene.desk.timeline(await scene.seen(name), 60 * MINUTE)
    assert wide[0].says == "advanced 5 % → 25 %"
    assert [line.says for line in matching(wide, "BO call")] == ["bo noted: the first call"]
    assert matching(wide, "bo nothing") == ()
    assert other not in " ".join(told)


async def test_who_is_not_listed_cannot_write_nor_can_a_console_that_only_reads(scene: Scene) -> None:
    name = await scene.opened()
    kim = await scene.does(name, "kim", lambda one, now: h.IncidentNoted(person="kim", says="x"))
    assert (kim.end, kim.next) == (End.REFUSED_HERE, "Who is not listed can look only.")
    reading = Incidents(scene.ledger, scene.clock, lambda: BOOK, at_once, "Read-only.")
    assert (await reading.open(Opening("x", "p"), who("ana"))).says == "Read-only."
    unknown = Incidents(scene.ledger, scene.clock, lambda: "No policy.", at_once)
    assert (await unknown.open(Opening("x", "p"), who("ana"))).says == "No policy."
    assert (await scene.seen(name)).version == 1
    future = await scene.desk.open(Opening("x", "p", scene.clock.now() + 1), who("ana"))
    assert "in the future" in future.says


async def test_a_clock_that_is_behind_writes_nothing(scene: Scene) -> None:
    name = await scene.opened()
    scene.later(-5)
    behind = await scene.does(name, "ana", lambda one, now: rules.acknowledged(one, "ana"))
    assert "clock is behind" in behind.says


def test_of_two_who_do_the_same_at_once_exactly_one_does_it(tmp_path: Path) -> None:
    scene = Scene.at(tmp_path)
    people = ("ana", "jo")
    ledgers = [SqliteLedger(tmp_path / "ledger.db", scene.clock) for _ in people]
    desks = [Incidents(one, scene.clock, lambda: BOOK, at_once) for one in ledgers]

    def taken(person: str) -> Made:
        def made(one: Incident, now: Millis) -> Event | Outcome:
            return role_rules.taken(one, person, "commander", "")

        return made

    try:
        with ThreadPoolExecutor(2) as pool:
            for turn in range(20):
                gate = Barrier(2)

                def race(place: int, gate: Barrier = gate, turn: int = turn) -> tuple[Outcome, Outcome]:
                    gate.wait(60)
                    opened = asyncio.run(desks[place].open(Opening(f"turn {turn}", "p"), who(people[place])))
                    gate.wait(60)
                    taking = desks[place].record(
                        f"INC-{2 * turn + 1}",
                        who(people[place]),
                        taken(people[place]),
                        "taken",
                    )
                    return opened, asyncio.run(taking)

                ended = list(pool.map(race, range(2)))
                assert {opened.next for opened, _ in ended} == {f"INC-{2 * turn + 1}", f"INC-{2 * turn + 2}"}
                won = [people[place] for place, (_, took) in enumerate(ended) if took.end is End.DONE]
                assert len(won) == 1
                lost = next(took for _, took in ended if took.end is not End.DONE)
                assert f"{won[0]} is incident commander" in lost.says
    finally:
        for one in (*ledgers, scene.ledger):
            one.close()
