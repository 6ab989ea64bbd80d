"""A driver is killed at every boundary of a step that changes production; whoever resumes finds out.

Whatever the moment: for one key the host was asked at most once, and the step ends as production stands. At
full size each kind is killed at least fifty times.
"""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console import events
from console.flags.changing import Resume
from console.flags.gate import Order
from console.outcome import End
from console.playbooks.model import Plain
from console.reconcile import SETTLE_MS
from console.runs.doing import Done
from console.session import COMMAND_ALIVE_MS
from data.clock import SystemClock
from data.simulator.acting import perform
from data.simulator.answers import ActRequest
from tests.console.consoles import Console, Consoles, adopt, until
from tests.console.rollback.people import ASKING, PEOPLE, Office
from tests.console.runs.stepping import Driver, driver, task
from tests.crash.children import child, ready, told
from tests.crash.scale import sized
from tests.crash.test_console_crash import scene_of_now
from tests.data.ssh.keys import new_key
from tests.simulated import simulated

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]
FLAG = "new-cart"
KILLS = 54


@dataclass
class Bench:
    """One simulated host, on which one step after the other is begun by drivers that die."""

    scene: Consoles
    own: Console
    zygote: Process
    at: Driver
    kills: int = 0
    runs: int = 0
    seen: int = 0

    def sent(self) -> list[str]:
        """What the host was asked to change since the last round began."""
        journal = self.scene.sim.journal
        entries = list(journal.entries)[-(journal.seen - self.seen) :] if journal.seen > self.seen else []
        return [
            one.path
            for one in entries
            if one.port == "vercel"
            and one.method in ("POST", "PATCH", "PUT", "DELETE")
            and not one.path.endswith("/observability/query")
        ]

    async def killed(self, kind: str, fields: dict[str, Plain], point: int, *, resume: bool = False) -> bool:
        """Begin a new run's step and die at ``point``; whether it died (else it was through before)."""
        if not resume:
            self.runs += 1
            self.seen = self.scene.sim.journal.seen
        asked = {
            "kind": kind,
            "fields": fields,
            "run": f"RUN-{self.runs}",
            "point": point,
            "now": self.scene.clock.now(),
            "resume": resume,
        }
        assert self.zygote.stdin is not None
        self.zygote.stdin.write(f"{json.dumps(asked)}\n".encode())
        answer: dict[str, Any] = await told(self.zygote)
        if answer["signal"] != 9:
            assert answer.get("ended") == "succeeded", answer
            return False
        self.kills += 1
        return True

    async def taken_up(self, kind: str, fields: dict[str, Plain]) -> Done:
        """What the next driver finds, once the dead one's word has run out."""
        self.scene.sim.clock.advance((COMMAND_ALIVE_MS + SETTLE_MS) / 1000 + 1)
        return await self.at.resume(task(kind, fields, run=f"RUN-{self.runs}"))

    async def done_again(self, kind: str, fields: dict[str, Plain]) -> Done:
        """Whoever was asked has said: do it."""
        return await self.at.do(task(kind, fields, run=f"RUN-{self.runs}"))


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    async with scene_of_now(folder) as scene, child(scene, "-m", "tests.crash.stepping") as zygote:
        own = scene.console()
        await own.session.look_once()
        await ready(zygote)
        yield Bench(scene, own, zygote, driver(own, agreed_beforehand=True))


async def armed(one: Bench) -> None:
    """The own session's arming runs out while the clock is moved past dead drivers."""
    assert (await one.own.session.arm("on call", 60)).end is End.DONE


async def killed_and_resumed(
    one: Bench, kind: str, fields: dict[str, Plain], point: int, so: Callable[[], Awaitable[bool]]
) -> bool:
    """One run of which the driver dies at ``point``; ``so``: whether production is as the step wants it."""
    if not await one.killed(kind, fields, point):
        assert await so()
        return False
    await armed(one)
    done, sent = await one.taken_up(kind, fields), one.sent()
    assert len(sent) <= 1, (point, sent)
    assert done.ended == ("succeeded" if await so() else done.ended), (point, done)
    assert done.ended in ("succeeded", "failed", "ask"), (point, done)
    if done.ended == "succeeded":
        assert await so()
    elif done.ended == "failed":
        assert sent == [], "what was recorded as not sent was not sent"
    else:
        assert sent == []
        again = await one.done_again(kind, fields)
        assert again.ended == "succeeded", (point, again)
        assert await so()
    assert len(one.sent()) <= 1, (point, one.sent())
    assert (await one.at.do(task(kind, fields, run=f"RUN-{one.runs}"))).ended == (
        "failed" if done.ended == "failed" else "succeeded"
    )
    assert len(one.sent()) <= 1, (point, one.sent())
    return True


async def at_every_boundary(
    one: Bench,
    kind: str,
    prepared: Callable[[], Awaitable[tuple[dict[str, Plain], Callable[[], Awaitable[bool]]]]],
    least: int,
) -> None:
    """Through all boundaries, again and again, until there were enough kills."""
    while one.kills < max(sized(KILLS), least):
        point = 1
        while True:
            fields, so = await prepared()
            if not await killed_and_resumed(one, kind, fields, point, so):
                break
            point += 1
        assert point > least, f"only {point - 1} boundaries"
    assert one.own.stores.ledger.verify().ok


async def test_a_flag_step(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:

        async def so() -> bool:
            document = one.scene.sim.world.project.flags.flag(FLAG).document
            return not document["environments"]["production"]["active"]

        async def prepared() -> tuple[dict[str, Plain], Callable[[], Awaitable[bool]]]:
            if await so():
                await armed(one)
                desk = one.own.session.flags()
                offer = await desk.gate.offer(desk.change(FLAG, Resume("production")))
                [made] = await desk.perform(Order((offer,), "as before", FLAG))
                assert made.outcome.end is End.DONE, made
            return {"flag": FLAG, "set": {"pause_on": "off"}, "capture_previous": True}, so

        await at_every_boundary(one, "flag", prepared, 6)


async def test_a_hold_and_a_thaw(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        production, verbs = one.own.session.production, ["hold", "thaw"]

        def frozen() -> bool:
            story = [each for each in one.own.stores.ledger.read() if each.stream.startswith("freeze:")]
            return bool(story) and story[-1].kind == events.ReleaseFrozen.KIND

        async def prepared() -> tuple[dict[str, Plain], Callable[[], Awaitable[bool]]]:
            verbs.reverse()
            verb, wanted = verbs[0], verbs[0] == "hold"
            if frozen() == wanted:
                await armed(one)
                change = production.thaw if wanted else production.freeze
                assert (await change("as before")).end is End.DONE

            async def so() -> bool:
                return frozen() == wanted

            return {"do": verb, "reason": "errors"}, so

        await at_every_boundary(one, "rollout", prepared, 2)


@pytest.mark.parametrize("verb", ["advance", "abort", "complete"])
async def test_a_step_that_moves_the_release(tmp_path: Path, verb: str) -> None:
    async with bench(tmp_path) as one:
        project = one.scene.sim.world.project
        assert project.release is not None
        canary = project.release.canary_id

        async def so() -> bool:
            one.scene.sim.world.advance()
            release = project.release
            assert release is not None
            states = {"advance": ("ACTIVE", 1), "abort": ("ABORTED", None), "complete": ("COMPLETE", None)}
            state, index = states[verb]
            return release.state == state and index in (None, release.active_index)

        async def prepared() -> tuple[dict[str, Plain], Callable[[], Awaitable[bool]]]:
            if await so():
                at = one.scene.sim.world.advance()
                if verb == "advance":
                    perform(project, ActRequest(action="abort"), at, one.scene.sim.tokens)
                if verb == "complete":
                    base = ActRequest(action="rollback", deployment_id=base_id)
                    perform(project, base, at, one.scene.sim.tokens)
                begin = ActRequest(action="start", deployment_id=canary)
                perform(project, begin, at, one.scene.sim.tokens)
            fields: dict[str, Plain] = {"do": verb, "reason": "errors"}
            return ({**fields, "stage": 25} if verb == "advance" else fields), so

        base_id = project.release.base_id
        await at_every_boundary(one, "rollout", prepared, 6)


async def test_a_rollback_that_needs_nobody_else(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        one.scene.act("abort")
        production = one.own.session.production
        fit = [each.deployment.id for each in await production.candidates(for_rollback=True)]

        async def prepared() -> tuple[dict[str, Plain], Callable[[], Awaitable[bool]]]:
            serving = (await production.project()).serving_id
            target = next(each for each in fit if each != serving)

            async def so() -> bool:
                return (await production.project()).serving_id == target

            return rolling_back(target), so

        await at_every_boundary(one, "rollback", prepared, 12)


def rolling_back(target: str) -> dict[str, Plain]:
    approval: dict[str, Plain] = {"policy": "rollback", "expires": "15m"}
    return {"scope": "code", "to": target, "approval": approval, "reason": "errors"}


@asynccontextmanager
async def asking_bench(folder: Path) -> AsyncIterator[tuple[Bench, Office]]:
    """The same where a rollback needs the signed word of another person."""
    keys = {name: new_key(folder, f"id_{name}") for name in ("ana", "bo")}
    lines = "".join(f"{name} {pair.line}\n" for name, pair in keys.items())
    (folder / "allowed_signers").write_text(lines, encoding="utf-8")
    async with simulated(origin=SystemClock().now()) as sim:
        adopt(folder, sim.clock, ASKING, PEOPLE)
        private = {name: pair.private for name, pair in keys.items()}
        scene = Office(sim, folder, sim.clock, 1.0, keys=private)
        async with child(scene, "-m", "tests.crash.stepping") as zygote:
            scene.act("abort")
            own = scene.console()
            await own.session.look_once()
            await ready(zygote)
            try:
                yield Bench(scene, own, zygote, driver(own, agreed_beforehand=True)), scene
            finally:
                await own.session.close()


async def approved(one: Bench, scene: Office, before: set[str]) -> None:
    """bo says yes to the next request that there is."""
    room = one.own.session.requests()
    fresh: set[str] = set()

    def there() -> bool:
        fresh.update(set(room.desk.counting.ids()) - before)
        return bool(fresh)

    await until(there, "a request")
    outcome = await scene.answer(room, fresh.pop(), "bo")
    assert outcome.end is End.DONE, outcome


async def test_a_rollback_that_waits_for_its_approval(tmp_path: Path) -> None:
    """Its driver dies, is resumed by one that dies as well, and so on until one gets through."""
    async with asking_bench(tmp_path) as (one, scene):
        production, room = one.own.session.production, one.own.session.requests()
        fit = [each.deployment.id for each in await production.candidates(for_rollback=True)]
        while one.kills < sized(KILLS):
            serving = (await production.project()).serving_id
            target = next(each for each in fit if each != serving)
            before = set(room.desk.counting.ids())
            approving = asyncio.ensure_future(approved(one, scene, before))
            point = 1 + one.runs % 3
            dies = await one.killed("rollback", rolling_back(target), point)
            if not set(room.desk.counting.ids()) - before:  # it died before it asked: that run sends nothing
                assert one.sent() == []
                dies = await one.killed("rollback", rolling_back(target), 3)
            while dies:
                point += 1  # each gets a little further than the one before
                one.scene.sim.clock.advance((COMMAND_ALIVE_MS + SETTLE_MS) / 1000 + 1)
                dies = await one.killed("rollback", rolling_back(target), point, resume=True)
            await approving
            assert (await production.project()).serving_id == target
            assert len(one.sent()) == 1, one.sent()
            assert len(set(room.desk.counting.ids()) - before) == 1
        assert one.own.stores.ledger.verify().ok
