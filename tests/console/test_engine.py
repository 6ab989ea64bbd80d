"""Several consoles on one file: one polls, a lost one is replaced, a late one writes nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from console import events
from console.engine import Engine, Job, lease_for
from console.offload import StoreThread
from console.ports import Sample, SourceError
from console.readings import Problem
from data.clock import ScaledClock
from data.sqlite.leases import SqliteLeases
from data.sqlite.samples import SqliteSamples
from tests.console.consoles import consoles, until
from tests.simulated import ORIGIN


async def test_one_of_two_consoles_polls_and_both_see_it(tmp_path: Path) -> None:
    async with consoles(tmp_path, "error-spike", speed=10) as scene:
        one, other = await scene.started(), await scene.started()
        await one.sees(lambda w: w.verdict and w.verdict.word.value == "rollback", "rollback")
        await other.sees(lambda w: w.verdict and w.verdict.word.value == "rollback", "rollback there")
        asked = [e.at_ms for e in scene.sim.journal.entries if e.path.endswith("/rolling-release")]
        # one poller asks every 2 s give or take 10 %; two would ask twice as often
        assert len(asked) <= 1.6 * (asked[-1] - asked[0]) / 2_000 + 2
        words = [e.word for e in one.recorded(events.VerdictChanged)]
        assert all(a != b for a, b in pairwise(words))
        assert len([e for e in one.recorded(events.ReleaseSeen) if e.percentage == 5]) == 1
        polling = [c for c in (one, other) if c.session._engine.polling]
        assert len(polling) == 1


async def test_a_closed_poller_is_replaced_at_once_and_a_lost_one_within_a_poll(tmp_path: Path) -> None:
    every_ms = 5_000
    async with consoles(tmp_path, speed=5) as scene:
        first = await scene.started()
        await until(lambda: first.session._engine.polling, "the first")
        second, third = await scene.started(), await scene.started()
        await first.session.close()
        await until(lambda: second.session._engine.polling or third.session._engine.polling, "a second")
        lost, waiting = (second, third) if second.session._engine.polling else (third, second)
        for task in lost.session._loops._tasks:  # as if its process had been killed: nothing is given back
            task.cancel()
        await asyncio.gather(*lost.session._loops._tasks, return_exceptions=True)
        lease = SqliteLeases(tmp_path / "ledger.db")
        held = lease.holder(f"poller:{scene_scope(lost)}")
        lease.close()
        assert held is not None
        # the last lease runs out, and the next look comes, before a poll is missed
        assert held.expires_at - scene.clock.now() + lease_for(every_ms) / 3.5 <= every_ms
        await until(lambda: waiting.session._engine.polling, "the third")


def scene_scope(one: object) -> str:
    return str(one.session._parts.where.scope)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("every_ms", "lease_ms"), [(500, 1_000), (3_000, 2_000), (15_000, 5_000)])
def test_the_lease_is_shorter_than_a_poll_but_never_too_short(every_ms: int, lease_ms: int) -> None:
    assert lease_for(every_ms) == lease_ms


# --- one engine alone ----------------------------------------------------------------------------------


class Bench:
    """An engine on files, and what its one job does."""

    def __init__(self, folder: Path) -> None:
        self.clock = ScaledClock(ORIGIN, 20.0)
        self.samples = SqliteSamples(folder / "samples.db", self.clock)
        self.leases = SqliteLeases(folder / "ledger.db")
        self.stores = StoreThread()
        self.runs = 0
        self.after = 0
        self.fails: Exception | None = None
        self.then_fails: Exception | None = None
        self.watching_only = False
        self.go = asyncio.Event()
        self.go.set()

    async def run(self) -> Sequence[Sample]:
        self.runs += 1
        await self.go.wait()
        if self.fails is not None:
            raise self.fails
        now = self.clock.now()
        return [Sample("here/thing", now, now, "source", f'"{self.runs}"')]

    async def then(self) -> None:
        self.after += 1
        if self.then_fails is not None:
            raise self.then_fails

    def engine(self, session: str) -> Engine:
        job = Job("thing", "source", 2_000, self.run, self.then, self.watching_only)
        return Engine(
            [job], self.samples, self.leases, self.clock, "here", session, self.stores, random.Random(1)
        )

    def kept(self) -> tuple[Sample | None, Sample | None]:
        return self.samples.latest().get("here/thing", (None, None))

    def close(self) -> None:
        self.stores.close()
        self.samples.close()
        self.leases.close()


async def test_a_writer_that_lost_its_lease_writes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    late, newer = bench.engine("late"), bench.engine("newer")
    bench.go.clear()
    await late._renew()
    asking = asyncio.create_task(late._once(late._jobs[0]))
    await until(lambda: bench.runs == 1, "the question")
    bench.clock.advance(60)  # its process slept; its lease ran out, and another took over
    await newer._renew()
    assert newer.polling
    now = bench.clock.now()
    bench.samples.record([Sample("here/thing", now, now, "source", '"newer"')], newer.fence)
    bench.go.set()
    await asking
    good, _ = bench.kept()
    assert good is not None
    assert good.body == '"newer"'
    assert not late.polling
    assert bench.after == 0
    bench.close()


async def test_failures_are_kept_and_what_follows_a_poll_still_happens(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    engine = bench.engine("one")
    bench.fails = SourceError(Problem("timeout", "It was silent.", "Wait."))
    running = asyncio.create_task(engine.run())
    await until(lambda: bench.after, "the judge is told of silence, too")
    _, failure = bench.kept()
    assert failure is not None
    assert failure.problem == Problem("timeout", "It was silent.", "Wait.")
    bench.fails = RuntimeError("a bug with a secret in it")
    await until(lambda: (p := bench.kept()[1]) and p.problem and p.problem.kind == "internal", "a fault")
    _, failure = bench.kept()
    assert "secret" not in str(failure)
    bench.fails = None
    await until(lambda: bench.kept()[1] is None, "recovered")
    bench.then_fails = RuntimeError("a bug")
    await until(lambda: engine.fault, "the judge's fault is said")
    runs = bench.runs
    await until(lambda: bench.runs > runs + 2, "it goes on")
    assert engine.fault is not None
    bench.then_fails = None
    await until(lambda: engine.fault is None, "healed")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    bench.close()


async def test_a_slow_answer_piles_nothing_up_and_a_wake_asks_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    engine = bench.engine("one")
    bench.go.clear()
    running = asyncio.create_task(engine.run())
    await until(lambda: bench.runs == 1, "the question")
    for _ in range(5):
        engine.refresh()
    asked_at = bench.clock.now()
    await until(lambda: bench.clock.now() > asked_at + 6_000, "three intervals")
    assert bench.runs == 1
    bench.go.set()
    await until(lambda: bench.runs >= 2, "the next")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    bench.close()


async def test_what_is_left_to_those_who_watch_is_not_asked_by_a_command(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.watching_only = True
    one = bench.engine("one")
    await one.once()
    assert bench.runs == 0
    watching = asyncio.create_task(one.run())
    await until(lambda: bench.runs)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    bench.close()


async def test_a_command_asks_once_unless_somebody_polls(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    one, other = bench.engine("one"), bench.engine("other")
    await one.once()
    assert bench.runs == 1
    await other.once()
    assert bench.runs == 1
    await one.stop()
    await other.once()
    assert bench.runs == 2
    bench.close()
