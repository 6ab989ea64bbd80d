"""A release from its beginning to its end, watched by the program itself on a real metrics server.

The simulator's world moves in steps of the scrape interval; each step is written into the server, and the
session's engine asks the host and the server as it does in life: the same queries, the same judges, the same
stores. Only nobody waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from console.canary.verdict import MetricState, Verdict
from console.keeping import ACTIVITY, METRICS, RELEASE, load
from console.picture import VERDICT_KEY
from console.readings import Millis
from console.settings import combine
from console.target import Target
from console.wiring import Stores, build_session, open_stores
from data.simulator.acting import perform
from data.simulator.answers import ActRequest
from data.simulator.records import TemplateStage
from data.simulator.releases import stages_of
from data.simulator.scenario import EndpointEffect, Running, Scenario
from data.simulator.scenario import load as load_scenario
from data.simulator.world import World
from tests.console.consoles import adopt
from tests.live.exposed import Form, Written
from tests.live.front import front
from tests.servers import flushed, prometheus, victoria
from tests.simulated import Simulated, simulated

STEP_S = 15
"""A scrape and a poll, as the settings are shipped."""
BEFORE_S = 240
"""How long everything is well before the scenario begins: past the warm-up of three minutes."""
AGO_S = 6 * 3600
"""How long ago the world began: a server refuses samples of its future."""
EVERYTHING = 40
"""Steps from one question for everything to the next: the deployments' details are many questions."""
HASTE = 50
"""What waits (a retry, the lease's next renewal) waits so much shorter; the world's time stands meanwhile."""

CONFIG = "global: {scrape_interval: 15s}\nstorage: {tsdb: {out_of_order_time_window: 10m}}\n"
Server = Literal["prometheus", "victoria-metrics"]


@dataclass(frozen=True)
class Plan:
    """How a scenario is played."""

    scenario: Scenario
    stage: int = 0
    """Where the release is moved to at once."""
    advances: bool = True
    """Whether somebody moves it on with every ``promote``."""
    minutes: float = 60
    """How long at most after the scenario began."""
    stays: float = 3
    """Minutes that are watched after a ``rollback``, to see that it stands."""
    before_s: int = BEFORE_S
    jumps: bool = False
    """Whether somebody moves it to its next stage in the moment in which the scenario begins."""
    percentages: tuple[int, ...] = ()
    """Stages other than the simulated project's."""
    settings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1


@dataclass(frozen=True)
class Said:
    """What the judges said at a poll."""

    at: Millis
    stage: int | None
    verdict: Verdict

    @property
    def word(self) -> str:
        return self.verdict.word.value

    @property
    def culprits(self) -> tuple[str, ...]:
        return tuple(one.metric_id for one in self.verdict.metrics if one.state is MetricState.WORSE)


@dataclass
class Told:
    """All that was said of a release."""

    began: Millis
    """When the scenario began."""
    said: list[Said] = field(default_factory=list)
    moved: list[Millis] = field(default_factory=list)
    """When it was advanced, for a ``promote``."""
    complete: bool = False
    spoiled: int = 0
    """Answers of the host and of the server that the scenario spoiled."""

    def first(self, word: str) -> Said | None:
        """When ``word`` was first said after the scenario began."""
        return next((one for one in self.said if one.word == word and one.at > self.began), None)

    @property
    def words(self) -> list[str]:
        """The words, each time another was said."""
        found: list[str] = []
        for one in self.said:
            if not found or found[-1] != one.word:
                found.append(one.word)
        return found

    def within(self, start_s: float, end_s: float) -> set[str]:
        """What was said in that time after the scenario began."""
        start, end = self.began + start_s * 1000, self.began + end_s * 1000
        return {one.word for one in self.said if start < one.at <= end}

    def minutes(self, one: Said) -> float:
        """After the scenario began."""
        return (one.at - self.began) / 60_000


class HandClock:
    """The world's time for a console. Sleeping takes a little real time and none of the world's."""

    def __init__(self, sim: Simulated) -> None:
        self._clock = sim.clock

    def now(self) -> Millis:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / HASTE)


def quick(scenario: Scenario) -> Scenario:
    """Delays are real seconds, to meet the client's timeouts; here they are as short as all waiting."""
    effects = tuple(
        effect.model_copy(update={"seconds": effect.seconds / HASTE})
        if isinstance(effect, EndpointEffect) and effect.fault == "delay"
        else effect
        for effect in scenario.effects
    )
    return scenario.model_copy(update={"effects": effects})


@asynccontextmanager
async def _served(kind: Server, form: Form, folder: Path) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """An empty server, and what makes that visible which was written to it."""
    if kind == "victoria-metrics":
        with victoria(folder) as base:
            yield base, lambda: flushed(base)
        return
    flags = ("--enable-feature=native-histograms",) if form == "native" else ()
    with prometheus(folder, CONFIG, *flags) as base:
        yield base, lambda: None


@cache
def _origin() -> Millis:
    """When the worlds of this process begin: one for all, so that their common past is written the same."""
    return (int(time.time()) - AGO_S) // 60 * 60_000


async def play(plan: Plan, folder: Path, server: Server = "prometheus", form: Form = "classic") -> Told:
    """Play ``plan`` on an empty ``server``; ``folder`` is for its data and the console's."""
    (folder / "console").mkdir(parents=True)
    async with AsyncExitStack() as stack:
        base, visible = await stack.enter_async_context(_served(server, form, folder / "server"))
        sim = await stack.enter_async_context(
            simulated("healthy", seed=plan.seed, speed=1e-9, origin=_origin())
        )
        url = await stack.enter_async_context(front(base, sim))
        if plan.percentages:
            _staged(sim.world, plan.percentages)
        for _ in range(plan.stage):
            _act(sim.world, "advance")
        writing = Written(base, sim.world, form)
        writing.past(STEP_S * 1000)
        return await _watched(plan, sim, writing, visible, url, folder / "console")


async def _watched(
    plan: Plan, sim: Simulated, writing: Written, visible: Callable[[], None], url: str, folder: Path
) -> Told:
    clock = HandClock(sim)
    adopt(folder, clock)
    settings = {
        "VERCEL__API_URL": sim.vercel_url,
        "VERCEL__TOKEN": sim.token,
        "VERCEL__TEAM_ID": sim.team_id,
        "VERCEL__PROJECT_ID": sim.project_id,
        "PROMETHEUS__URL": url,
        "POLL__RELEASE_S": str(STEP_S),
        **plan.settings,
    }
    loaded = combine(None, None, {f"COALMINE_{name}": text for name, text in settings.items()}, folder)
    aim = Target(loaded, folder / "ledger.db", clock, speed=HASTE)  # the server's own clock says nothing
    stores = open_stores(aim.ledger_path, clock)
    session = build_session(aim, stores, via="command")
    engine, scope = session._poller.engine, session._parts.where.scope
    told = Told(sim.world.epoch + plan.before_s * 1000)
    end = told.began + round(plan.minutes * 60_000)
    try:
        step = 0
        while (now := sim.world.advance()) <= end:
            if now == told.began:
                begin(sim.world, plan.scenario, now)
                if plan.jumps:
                    _act(sim.world, "advance")
            writing.scrape(now)
            visible()
            await engine.once(*_asked(step))
            said = _said(stores, scope, sim.world, now)
            if said is not None:
                told.said.append(said)
            if _over(plan, sim.world, told):
                break
            sim.clock.advance(STEP_S)
            step += 1
    finally:
        await session.close()
    told.spoiled = sum(entry.fault is not None for entry in sim.journal.entries)
    return told


def _asked(step: int) -> tuple[str, ...]:
    """What is asked for in a step: what judging rests on, and now and then (``()``) everything."""
    if step % EVERYTHING == 0:
        return ()
    return (RELEASE, METRICS) if step % 2 else (RELEASE, ACTIVITY, METRICS)


def begin(world: World, scenario: Scenario, at: Millis) -> None:
    """Let ``scenario`` begin now, whether or not it is one that comes with the simulator."""
    running = Running(scenario.title, scenario, at)
    release = world.project.release
    running.bind(release.canary_id if release is not None else None)
    world.running = running


def _said(stores: Stores, scope: str, world: World, now: Millis) -> Said | None:
    release = world.project.release
    assert release is not None
    key = f"{scope}/{VERDICT_KEY}/{release.canary_id}"
    good, _ = stores.samples.latest(key).get(key, (None, None))
    verdict = load(Verdict, good.body) if good is not None else None
    if verdict is None:
        return None
    return Said(now, release.active_index if release.state == "ACTIVE" else None, verdict)


def _over(plan: Plan, world: World, told: Told) -> bool:
    """Whether the play is over; a ``promote`` moves the release on, as whoever watches it would."""
    release = world.project.release
    assert release is not None
    last = told.said[-1] if told.said else None
    bad = told.first("rollback")
    if bad is not None:
        return last is not None and last.at >= bad.at + plan.stays * 60_000
    if plan.advances and last is not None and last.word == "promote" and last.at > told.began:
        _act(world, "advance")
        told.moved.append(last.at)
        told.complete = world.project.release is not None and world.project.release.state == "COMPLETE"
    return told.complete


def _act(world: World, action: str) -> None:
    perform(world.project, ActRequest.model_validate({"action": action, "person": "jo"}), world.advance())


def _staged(world: World, percentages: Sequence[int]) -> None:
    """The running release with other stages, the last one to 100 %."""
    release = world.project.release
    assert release is not None
    release.stages = stages_of([TemplateStage(one, require_approval=one < 100) for one in percentages])


def scenario_called(name: str) -> Scenario:
    """One that comes with the simulator, with nothing in it to wait for."""
    return quick(load_scenario(name))
