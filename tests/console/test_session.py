"""One console's inside on a simulated host: what it sees, says and records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from console import events
from console.envelope import NewEvent, Recorded
from console.outcome import End
from console.ports import StoreUnusable
from console.readings import Problem
from console.wiring import first_world, open_stores
from data.policy_files import POLICY
from data.sqlite.ledger import SqliteLedger
from tests.console.consoles import Console, Consoles, consoles, until
from tests.simulated import Simulated

SELDOMER = {"PROMETHEUS__SCRAPE_S": "15", "POLL__METRICS_S": "15", "POLL__RELEASE_S": "10"}
"""As in life, so that a world sixty times as fast has time enough for each poll."""

LONG_S = 110.0
"""A promotion needs some minutes of the world."""


async def follows_the_release(one: Console) -> None:
    """The console hears of its sources again, and has values of both tracks."""
    await one.sees(
        lambda w: w.first_values and all(s.state.value != "lost" and s.problem is None for s in w.sources),
        "values",
    )


@pytest.mark.parametrize(
    ("scenario", "word"),
    [
        pytest.param("healthy", "promote", marks=pytest.mark.slow),
        ("error-spike", "rollback"),
        ("latency-regression", "rollback"),
    ],
)
async def test_a_release_is_judged_and_the_verdict_recorded(tmp_path: Path, scenario: str, word: str) -> None:
    async with consoles(tmp_path, scenario, speed=60) as scene:
        one = await scene.started(**SELDOMER)
        await until(lambda: one.word == word, word, LONG_S)
        await until(lambda: [e for e in one.recorded(events.VerdictChanged) if e.word == word])
        await one.sees(
            lambda w: w.verdict and w.verdict.judged_at - w.verdict.since > 12_000, "the same again"
        )
        changes = one.recorded(events.VerdictChanged)
        assert all(e.before != e.word for e in changes)
        assert [e.before for e in changes] == ["none", *(e.word for e in changes[:-1])]
        assert changes[-1].reasons


@pytest.mark.slow
async def test_without_metrics_there_is_never_a_promotion(tmp_path: Path) -> None:
    async with consoles(tmp_path, "metrics-outage") as scene:
        one = await scene.started(JUDGE__PASSES="10")  # more than there is time for before the outage
        await one.sees(lambda w: one.word == "no_data", "no data")
        await one.sees(lambda w: w.verdict and w.now - w.verdict.since > 60_000, "a minute without")
        assert {e.word for e in one.recorded(events.VerdictChanged)} <= {"hold", "no_data"}


# --- outages -----------------------------------------------------------------------------------------


def refused(problem: Problem | None) -> bool:
    return problem is not None and problem.kind == "unauthorised"


UNHURRIED = {"PROMETHEUS__SCRAPE_S": "20", "POLL__RELEASE_S": "20", "POLL__METRICS_S": "20"}
"""A rhythm that a busy machine can keep at twenty times the speed: a source that is back has to stay so."""


def silence(scene: Consoles) -> None:
    """From now on every question is cut off."""
    scene.fault("/", "drop", 100_000, effect="none")


def speak(scene: Consoles) -> None:
    scene.sim.faults._waiting.clear()


async def test_it_starts_and_says_so_with_every_source_down_and_recovers_alone(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        silence(scene)
        one = await scene.started()
        await one.sees(lambda w: [s.state.value for s in w.sources] == ["lost", "lost"], "both lost")
        world = await one.sees(lambda w: all(s.problem for s in w.sources), "why")
        assert world.release.value is None
        assert world.verdict is None
        assert world.person.value is None
        assert one.session.refusal("abort") == "There is no rolling release."
        speak(scene)
        await follows_the_release(one)
        await one.sees(lambda w: w.person.value and w.person.value.key == "ana", "who is there")


@pytest.mark.slow
async def test_sources_lost_and_back_are_recorded_once_while_a_release_runs(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=20) as scene:
        one, other = await scene.started(**UNHURRIED), await scene.started(**UNHURRIED)
        await follows_the_release(one)
        silence(scene)
        await until(lambda: len(one.recorded(events.SourceChanged)) == 2, "two losses")
        await one.sees(lambda w: any("lost" in banner.text for banner in w.banners), "the loss")
        world = await one.sees(lambda w: one.word == "no_data", "no data")
        assert world.release.value is not None
        assert world.metrics[0].canary.value is not None  # what was known last stays, with its age
        speak(scene)
        await until(lambda: len(one.recorded(events.SourceChanged)) == 4, "both back")
        await follows_the_release(one)
        await follows_the_release(other)
        told = [(e.source, e.state) for e in one.recorded(events.SourceChanged)]
        assert sorted(told[:2]) == [("prometheus", "lost"), ("vercel", "lost")]
        assert sorted(told[2:]) == [("prometheus", "back"), ("vercel", "back")]
        assert all(e.says for e in one.recorded(events.SourceChanged))


async def test_a_revoked_token_is_said_readings_go_stale_and_nothing_is_lost(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        await follows_the_release(one)
        before = one.world.ledger_size
        scene.fault("/v", "status", 100_000, status=401)
        await one.session.refresh()
        world = await one.sees(lambda w: [s for s in w.sources if refused(s.problem)], "refused")
        vercel = next(s for s in world.sources if s.name == "vercel")
        assert scene.sim.token not in f"{vercel.problem}"
        stale = await one.sees(
            lambda w: w.release.freshness(w.now, w.rhythm("vercel")).value != "fresh", "an old release"
        )
        assert stale.release.value is not None
        await one.sees(
            lambda w: "Who you are is not known" in (one.session.refusal("abort") or ""), "no name"
        )
        assert one.world.ledger_size >= before
        assert one.stores.ledger.verify().ok
        speak(scene)
        await one.session.refresh()
        await follows_the_release(one)
        await one.sees(lambda w: one.session.refusal("abort") is None, "she is known again")


async def test_a_host_that_fails_takes_nobodys_name_away(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        await one.sees(lambda w: w.release.value, "a release")
        scene.fault("/v2/user", "status", 100_000, status=503)
        asked = scene.asked("/v2/user")
        await one.session.refresh()
        await until(lambda: scene.asked("/v2/user") > asked + 3, "asked again in vain")
        await one.sees(lambda w: w.person.problem, "that it cannot be asked")
        assert one.session.refusal("abort") is None


async def test_a_host_with_another_time_is_said(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=1) as scene:
        one = await scene.started()
        await one.sees(lambda w: w.release.value, "a release")
        assert not [b for b in one.world.banners if "clock" in b.text]
    behind = tmp_path / "behind"
    async with consoles(behind, speed=1) as scene:
        scene.clock = ClockBehind(scene.sim, 3_600)
        one = await scene.started()
        world = await one.sees(lambda w: [b for b in w.banners if "clock" in b.text], "the clock")
        [banner] = [b for b in world.banners if "clock of" in b.text]
        assert "60 min ahead" in banner.text
        await one.sees(lambda w: one.state_of("prometheus") in ("lost", "failing"), "not trusted")
        problem = next(s.problem for s in one.world.sources if s.name == "prometheus")
        assert problem is not None
        assert problem.kind == "clock"
        assert one.word != "promote"


class ClockBehind:
    """The simulator's clock, seen by a machine whose own is late."""

    def __init__(self, sim: Simulated, seconds: int) -> None:
        self._clock = sim.clock
        self._late = seconds

    def now(self) -> int:
        return self._clock.now() - self._late * 1000

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


# --- stores ------------------------------------------------------------------------------------------


async def test_the_first_picture_is_what_was_known_last(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        aim = scene.target()
        empty = open_stores(tmp_path / "other" / "ledger.db", scene.clock)
        unknown = first_world(aim, empty)
        empty.ledger.close()
        empty.samples.close()
        assert unknown.release.value is None
        assert {s.state.value for s in unknown.sources} == {"starting"}
        one = await scene.started()
        await follows_the_release(one)
        known = one.world
        await one.session.close()
        stores = open_stores(aim.ledger_path, aim.clock)
        asked = scene.sim.journal.seen
        world = first_world(aim, stores)
        stores.ledger.close()
        stores.samples.close()
        assert scene.sim.journal.seen == asked
        assert known.release.value is not None
        assert world.release.value == known.release.value
        assert world.release.at is not None
        assert world.first_values
        assert world.recent


@pytest.mark.parametrize("way", ["deleted", "damaged"])
async def test_samples_lost_while_running_cost_no_decision(tmp_path: Path, way: str) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started()
        await follows_the_release(one)
        await until(lambda: one.recorded(events.VerdictChanged), "a verdict")
        before, lost_at = [e.hash for e in one.stores.ledger.read()], scene.clock.now()
        if way == "deleted":
            remove(tmp_path / "ledger-samples.db")
        else:
            damage(tmp_path / "ledger-samples.db")
            await one.sees(lambda w: [b for b in w.banners if "begun anew" in b.text], "the damage")
        await one.sees(lambda w: (w.release.at or 0) > lost_at and w.first_values, "new values")
        await one.sees(lambda w: w.verdict and w.verdict.judged_at > lost_at, "a new judgement")
        after = [e.hash for e in one.stores.ledger.read()]
        assert after[: len(before)] == before
        assert one.recorded(events.SourceChanged) == []
        assert one.stores.ledger.verify().ok


def remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def damage(file: Path) -> None:
    """Overwrite the file in place, as a broken disk would."""
    for suffix in ("-wal", ""):
        part = file.with_name(file.name + suffix)
        if part.exists():
            with part.open("r+b") as out:
                out.write(b"\x5a" * part.stat().st_size)


class Switched(SqliteLedger):
    """A ledger on a disk that fills up, or that cannot be read any more."""

    appends, reads = True, True

    def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        self.check(type(self).appends)
        return super().append(stream, expected_version, events)

    def read(self, **which: Any) -> list[Recorded]:
        self.check(type(self).reads)
        return super().read(**which)

    @staticmethod
    def check(works: bool) -> None:
        if not works:
            raise StoreUnusable(Problem("refused", "The disk is full.", "Free some space."))


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> type[Switched]:
    monkeypatch.setattr(Switched, "appends", True)
    monkeypatch.setattr(Switched, "reads", True)
    return Switched


async def test_nothing_is_sent_that_cannot_be_recorded(tmp_path: Path, switched: type[Switched]) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed(switched)
        preview = await one.session.preview("advance")
        switched.appends = False
        outcome = await one.session.perform(preview, "why", "25")
        assert outcome.end is End.REFUSED_HERE
        assert "Nothing was sent: The disk is full." in outcome.says
        switched.reads = False
        outcome = await one.session.perform(preview, "why", "25")
        assert outcome.end is End.REFUSED_HERE
        assert "The disk is full." in outcome.says
        assert scene.effects() == []
        await one.sees(lambda w: [b for b in w.banners if "disk is full" in b.text], "the disk")
        switched.appends = switched.reads = True
        await one.sees(lambda w: not [b for b in w.banners if "disk is full" in b.text], "healed")
        assert (await one.session.perform(preview, "why", "25")).end is End.DONE
        assert len(scene.effects()) == 1


async def test_an_outcome_that_could_not_be_recorded_is_asked_for_afterwards(
    tmp_path: Path, switched: type[Switched]
) -> None:
    class FullAfterIntent(switched):  # type: ignore[misc, valid-type]
        def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> list[Recorded]:
            done: list[Recorded] = super().append(stream, expected_version, events)
            if events[0].kind == "action.intended":
                switched.appends = False
            return done

    async with consoles(tmp_path) as scene:
        one = await scene.armed(FullAfterIntent)
        outcome = await one.session.perform(await one.session.preview("advance"), "why", "25")
        assert outcome.end is End.DONE
        assert "could not record it" in outcome.says
        await one.sees(lambda w: w.pending, "an open action")
        switched.appends = True
        await until(lambda: one.recorded(events.ActionEnded), "the outcome")
        [ended] = one.recorded(events.ActionEnded)
        assert (ended.outcome, ended.how) == ("done", "asked_host")
        await one.sees(lambda w: not w.pending, "nothing open")
        assert len(scene.effects()) == 1


@pytest.mark.slow
async def test_a_ledger_that_cannot_be_read_makes_the_picture_old_not_live(
    tmp_path: Path, switched: type[Switched]
) -> None:
    async with consoles(tmp_path, speed=60) as scene:
        one = await scene.armed(switched)
        await one.sees(lambda w: one.word == "promote", "promote")
        switched.reads = False
        world = await one.sees(lambda w: one.word == "no_data", "no data")
        assert [b for b in world.banners if "disk is full" in b.text]
        await one.sees(lambda w: one.state_of("vercel") == "lost", "an old picture")
        switched.reads = True
        await follows_the_release(one)


# --- people and policy ---------------------------------------------------------------------------------


async def test_a_policy_changed_on_disk_refuses_every_effect_until_it_is_adopted(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        await one.sees(lambda w: w.release.value, "a release")
        preview = await one.session.preview("abort")
        text = (tmp_path / POLICY).read_text()
        (tmp_path / POLICY).write_text(text.replace("roles: [devops]", "roles: [development]"))
        outcome = await one.session.perform(preview, "harm", "")
        assert outcome.end is End.REFUSED_HERE
        assert "policy.yaml changed since it was adopted" in outcome.says
        await one.sees(lambda w: [b for b in w.banners if "policy.yaml changed" in b.text], "the policy")
        assert (await one.session.arm("again", 5)).end is End.REFUSED_HERE
        (tmp_path / POLICY).write_text(text)
        assert (await one.session.perform(preview, "harm", "")).end is End.DONE
        assert len(scene.effects()) == 1


async def test_whoever_is_not_listed_can_look_only(tmp_path: Path) -> None:
    people = 'version: 1\npeople:\n  jo:\n    name: "Jo"\n    roles: [devops]\n    vercel: ["usr_jo"]\n'
    async with consoles(tmp_path, people=people) as scene:
        one = await scene.started()
        world = await one.sees(lambda w: w.person.value and w.release.value, "who is there")
        assert world.person.value is not None
        assert world.person.value.roles == ()
        armed = await one.session.arm("I may", 5)
        assert armed.end is End.REFUSED_HERE
        assert "not listed in people.yaml" in armed.says
        outcome = await one.session.perform(await one.session.preview("abort"), "harm", "")
        assert outcome.end is End.REFUSED_HERE
        assert scene.effects() == []
        assert one.recorded(events.ActionIntended) == []


async def test_arming_ends_by_itself(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=60) as scene:
        one = await scene.armed()
        assert (await one.session.arm("a minute", 1)).end is End.DONE
        assert one.world.mode.value == "live"
        await one.sees(lambda w: w.mode.value == "read-only", "over")
        assert one.world.armed is None
        outcome = await one.session.perform(await one.session.preview("abort"), "harm", "")
        assert outcome.end is End.REFUSED_HERE
        assert "arming is over" in outcome.says
        assert scene.effects() == []


async def test_what_somebody_else_did_is_recorded_by_name(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.armed()
        await one.sees(lambda w: w.release.value, "a release")
        assert (await one.session.perform(await one.session.preview("advance"), "ok", "25")).end is End.DONE
        await until(lambda: [e for e in one.recorded(events.ReleaseSeen) if e.percentage == 25], "25 %")
        scene.act("advance", "jo")
        await until(lambda: [e for e in one.recorded(events.ReleaseSeen) if e.percentage == 50], "50 %")
        scene.act("abort", "mia")
        await until(lambda: [e for e in one.recorded(events.ReleaseSeen) if e.state == "ABORTED"], "aborted")
        seen = [(e.state, e.percentage, e.by) for e in one.recorded(events.ReleaseSeen)]
        assert seen[1:] == [("ACTIVE", 25, None), ("ACTIVE", 50, "jo"), ("ABORTED", None, "usr_mia")]
        assert len(scene.effects()) == 1


async def test_closing_waits_for_the_answer_to_what_was_sent(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=1) as scene:
        one = await scene.armed()
        preview = await one.session.preview("advance")
        scene.fault("approve-stage", "delay", seconds=1)
        acting = asyncio.create_task(one.session.perform(preview, "ok", "25"))
        await until(scene.effects, "the request")
        await one.session.close()
        assert (await acting).end is End.DONE
        stores = open_stores(tmp_path / "ledger.db", scene.clock)
        kinds = [e.kind for e in stores.ledger.read()]
        stores.ledger.close()
        stores.samples.close()
        assert kinds[-1] == "action.ended"
