"""Playbooks that ship, driven to their end by the real driver and hands on the world they are for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from aiohttp import web

from console.clients import host_client, metrics_source
from console.commands.playbook_hands import Driving
from console.commands.playbook_library import by_name
from console.event import Event
from console.events import ReleaseFrozen, ReleaseThawed
from console.outcome import End, Outcome
from console.readings import Millis
from console.runs.desk import Runs, Start
from console.runs.driver import Told
from console.runs.params import given
from console.runs.pinned import pinned
from console.runs.rules import Scene, said
from console.runs.run import Run
from console.runs.terms import StepState
from data.playbook_files import shipped
from data.simulator.control import truth_of
from data.simulator.situations import SITUATIONS
from tests.console.consoles import Console, Consoles, consoles

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FLAG = "new-cart"
Answers = Mapping[str, tuple[str, str]]
"""By step: what is answered, and the evidence that goes with it."""


@asynccontextmanager
async def healthy_domain() -> AsyncIterator[str]:
    """A port of this machine that answers every request with 200."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def written(name: str) -> bytes:
    """The playbook as it ships, for a domain without TLS."""
    [path] = [one for one in shipped() if one.stem == name]
    return path.read_bytes().replace(b"https://{{ domain }}", b"http://{{ domain }}")


@dataclass
class Walk:
    scene: Consoles
    one: Console
    domain: str
    runs: Runs

    async def through(self, name: str, answers: Answers, mended: str = "") -> Run:
        """The run of a playbook at its end; it and its parts are answered from ``answers``.

        ``mended``: the step whose answer says that whatever was wrong is put right.
        """
        run_id = await self._started(name)
        aim = self.scene.target()
        host = host_client(aim)
        source, actor = metrics_source(aim, host), self.one.session.actor()
        session = self.one.session
        driving = Driving(self.runs, session.leases, aim, actor, session, source, True, Told(), agreed=True)
        doing = asyncio.create_task(driving.drives(run_id))
        try:
            while not doing.done():
                await self._answer(answers, mended)
                await asyncio.wait({doing}, timeout=0.1)
            await doing
        finally:
            doing.cancel()
            await host.transport.aclose()
        run = await self.runs.get(run_id)
        assert run is not None
        return run

    async def _started(self, name: str) -> str:
        found = pinned(written(name))
        assert found is not None
        world = {"production": self.production(), "domain": self.domain, "flag_key": FLAG}
        world |= {"project": "shop", "database": "schema", "restore_point": "06:00 UTC, snapshot 7"}
        world |= {"previous": earlier(self.scene)}
        if name in ("metrics-lost", "canary-slow"):
            world.update(canary=self._track("canary"), baseline=self._track("baseline"))
        texts = {one.name: world[one.name] for one in found.playbook.params if one.name in world}
        start = Start(found, f"{name}.md", given(found.playbook, texts))
        done = await self.runs.start(start, self.one.session.actor())
        assert done.end is End.DONE, done
        return done.next

    def production(self) -> str:
        return self._track("baseline")

    def _track(self, name: Literal["canary", "baseline"]) -> str:
        return truth_of(self.scene.sim.world, self.scene.speed).tracks[name].deployment_id

    async def _answer(self, answers: Answers, mended: str) -> None:
        for run in await self.runs.all():
            there = run.step(run.current) if run.current and not run.over else None
            if there is None or there.state is not StepState.WAITING or there.answer is not None:
                continue
            if run.current in answers:
                choice, evidence = answers[run.current]
                if run.current == mended:
                    self.scene.sim.world.switch("healthy")
                made = partial(answer_of, self.one.session.actor().person, run.current, choice, evidence)
                await self.runs.record(run.id, self.one.session.actor(), made, "answered")


def answer_of(
    person: str, step: str, choice: str, evidence: str, scene: Scene, now: Millis
) -> Event | Outcome:
    return said(scene, person, step, choice, evidence)


@asynccontextmanager
async def walking(folder: Path, name: str) -> AsyncIterator[Walk]:
    """An armed session of ana's in the situation that the playbook is for."""
    found = by_name(name)
    assert not isinstance(found, str)
    assert not found.checked.errors
    async with consoles(folder, SITUATIONS[name]) as scene, healthy_domain() as domain:
        one = await scene.armed()
        yield Walk(scene, one, domain, one.session.runs().desk)


def earlier(scene: Consoles) -> str:
    """A deployment that served production before."""
    project = scene.sim.world.project
    served = [one for one in project.deployments.values() if one.target == "production"]
    return min(served, key=lambda one: one.created_at).id


def paused(scene: Consoles) -> bool:
    """Whether everybody gets the safe variant of the flag in production."""
    entry = scene.sim.world.project.flags.flag(FLAG).document["environments"]["production"]
    return not entry["active"] and entry["pausedOutcome"]["variantId"] == "off"


def writes(scene: Consoles) -> int:
    return sum(one.method == "PATCH" and one.path.endswith(FLAG) for one in scene.sim.journal.entries)


def steps(run: Run, *names: str) -> list[str]:
    return [run.step(name).state.value for name in names]


async def test_a_bad_flag_is_paused_once_and_its_owner_told(tmp_path: Path) -> None:
    async with walking(tmp_path, "bad-flag") as at:
        answers = {"which": ("Yes, pause it", ""), "owner": ("done", "https://example.com/issues/1")}
        run = await at.through("bad-flag", answers)
        assert run.state.value == "succeeded", run
        done = steps(run, "which", "pause", "settle", "verify-http", "verify-errors", "owner")
        assert done == ["succeeded"] * 6
        assert steps(run, "hand-over") == ["pending"]
        assert (paused(at.scene), writes(at.scene)) == (True, 1)


TRIAGE = {"impact": ("done", "some cannot pay"), "what-changed": ("A flag", ""), "flag": ("done", "")}


async def test_what_is_not_the_flag_goes_on_in_the_triage_and_changes_nothing(tmp_path: Path) -> None:
    async with walking(tmp_path, "bad-flag") as at:
        answers = {"which": ("No, it is something else", ""), **TRIAGE}
        run = await at.through("bad-flag", answers)
        assert run.state.value == "succeeded", run
        assert steps(run, "which", "pause", "hand-over") == ["succeeded", "pending", "succeeded"]
        part = await at.runs.get("PB-2")
        assert part is not None
        assert (part.started.playbook, part.state.value) == ("generic-triage", "succeeded")
        assert (paused(at.scene), writes(at.scene)) == (False, 0)


async def test_the_triage_leads_to_the_playbook_for_what_changed(tmp_path: Path) -> None:
    async with walking(tmp_path, "generic-triage") as at:
        run = await at.through("generic-triage", TRIAGE)
        assert run.state.value == "succeeded", run
        done = steps(run, "impact", "domain", "errors", "what-changed", "flag")
        assert done == ["succeeded"] * 5
        assert steps(run, "experts", "tell-people") == ["pending", "pending"]
        assert at.scene.effects() == []


HELD = {"doctor": ("done", "no query gets an answer"), "held": ("done", "")}


async def test_a_rollout_without_metrics_stays_held(tmp_path: Path) -> None:
    async with walking(tmp_path, "metrics-lost") as at:
        at.scene.sim.clock.advance(60)
        held = ("Leave the rollout held until they are back", "")
        run = await at.through("metrics-lost", {**HELD, "go-on-blind": held})
        assert run.state.value == "succeeded", run
        done = steps(run, "freeze", "domain", "doctor", "back", "go-on-blind", "held")
        assert done == ["succeeded", "succeeded", "succeeded", "no_data", "succeeded", "succeeded"]
        assert steps(run, "thaw", "abort", "step-back") == ["pending"] * 3
        assert (len(at.one.recorded(ReleaseFrozen)), at.scene.effects()) == (1, [])


async def test_a_canary_that_harms_people_is_aborted_without_metrics(tmp_path: Path) -> None:
    async with walking(tmp_path, "metrics-lost") as at:
        at.scene.sim.clock.advance(60)
        harms = ("The canary harms people: abort it", "")
        run = await at.through("metrics-lost", {**HELD, "go-on-blind": harms})
        assert run.state.value == "succeeded", run
        assert steps(run, "go-on-blind", "abort", "answers", "held") == ["succeeded"] * 4
        assert len(at.scene.effects()) == 1
        release = truth_of(at.scene.sim.world, at.scene.speed).release
        assert release is None or release.state == "ABORTED"


async def test_a_slow_canary_is_held_given_to_its_owner_and_releases_move_again(tmp_path: Path) -> None:
    async with walking(tmp_path, "canary-slow") as at:
        answers = {
            "how-bad": ("No, keep it where it is and mend it", ""),
            "owner": ("done", "https://example.com/issues/2"),
            "freeze-or-not": ("Yes, take the freeze away", ""),
        }
        run = await at.through("canary-slow", answers)
        assert run.state.value == "succeeded", run
        done = steps(
            run, "freeze", "warm-up", "confirm", "how-bad", "owner", "freeze-or-not", "thaw", "last-look"
        )
        assert done == ["succeeded"] * 8
        assert steps(run, "request-rollback") == ["pending"]
        froze, thawed = at.one.recorded(ReleaseFrozen), at.one.recorded(ReleaseThawed)
        assert (len(froze), len(thawed), at.scene.effects()) == (1, 1, [])


async def test_a_migration_that_went_wrong_is_mended_forward(tmp_path: Path) -> None:
    async with walking(tmp_path, "database-migration") as at:
        answers = {
            "data": ("No, requests only fail", ""),
            "state": ("done", "one migration is half done"),
            "direction": ("Forward, with a corrected migration", ""),
            "forward": ("done", "https://example.com/migrations/43"),
            "count": ("done", "every row is there"),
            "write-again": ("done", ""),
        }
        run = await at.through("database-migration", answers, mended="forward")
        assert run.state.value == "succeeded", run
        done = steps(run, "data", "state", "direction", "forward", "settle", "verify-http", "errors-forward")
        assert done == ["succeeded"] * 7
        assert steps(run, "verify-errors") == ["no_data"], "nobody meets the earlier deployment"
        assert steps(run, "stop-writing", "database", "code") == ["pending"] * 3
        assert at.scene.effects() == []
