"""Whole sessions, wired as the program wires them, on an in-process simulator and files of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from console import events
from console.adopted import STREAM, adoption
from console.envelope import Actor
from console.policy import SHIPPED_POLICY, shipped_people
from console.ports import Clock
from console.session import Session
from console.settings import Loaded, combine
from console.target import Target
from console.wiring import Stores, build_session, open_stores
from console.world import World
from data.policy_files import PolicyFiles
from data.simulator.account import Account as SimulatedAccount
from data.simulator.acting import perform
from data.simulator.answers import ActRequest, FaultRequest
from data.sqlite.ledger import SqliteLedger
from data.vercel.login import Kept
from tests.simulated import Simulated, simulated

E = TypeVar("E", bound=events.Event)

PATIENCE_S = 120.0
"""Real seconds after which a condition that was waited for counts as never coming: against hanging only."""

PEOPLE = shipped_people("ana", "Ana", ["usr_ana"]) + (
    '  "jo":\n    name: "Jo"\n    roles: [development]\n    vercel: ["usr_jo"]\n'
)
POLLS = {
    "PROMETHEUS__SCRAPE_S": "5",
    "POLL__RELEASE_S": "2",
    "POLL__PROJECT_S": "10",
    "POLL__METRICS_S": "5",
    "JUDGE__WARMUP_S": "20",
    "JUDGE__MIN_SAMPLE": "20",
    "JUDGE__FAILURES": "2",
    "JUDGE__PASSES": "2",
}


async def until(holds: Callable[[], object], what: str = "", patience_s: float = PATIENCE_S) -> None:
    """Wait until ``holds()`` is true; the test fails after so many real seconds."""
    try:
        async with asyncio.timeout(patience_s):
            while not holds():  # noqa: ASYNC110 (what is waited for happens in other processes, too)
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"never came true: {what or holds}", pytrace=True)


@dataclass
class Console:
    """One session and the stores under it."""

    session: Session
    stores: Stores

    @property
    def world(self) -> World:
        return self.session.world()

    @property
    def word(self) -> str | None:
        return self.world.verdict.word.value if self.world.verdict else None

    async def sees(self, holds: Callable[[World], object], what: str = "") -> World:
        """Wait for a world of which ``holds`` is true; that world."""
        await until(lambda: holds(self.world), what or "a world")
        return self.world

    def recorded(self, kind: type[E]) -> list[E]:
        """The events of one kind in the ledger, oldest first."""
        found = (events.read(one) for one in self.stores.ledger.read() if one.kind == kind.KIND)
        return [event for event in found if isinstance(event, kind)]

    def state_of(self, source: str) -> str:
        return next(s.state.value for s in self.world.sources if s.name == source)


@dataclass
class Consoles:
    """A simulated host, a folder with policy and people, and the consoles opened there."""

    sim: Simulated
    folder: Path
    clock: Clock
    speed: float
    kept: Kept = "settings"
    """Where the token of the consoles is kept."""
    opened: list[Console] = field(default_factory=list)

    def settings(self, **changes: str) -> Loaded:
        found = {
            "VERCEL__API_URL": self.sim.vercel_url,
            "VERCEL__TOKEN": self.sim.token,
            "VERCEL__TEAM_ID": self.sim.team_id,
            "VERCEL__PROJECT_ID": self.sim.project_id,
            "PROMETHEUS__URL": self.sim.prometheus_url,
            **POLLS,
            **changes,
        }
        environ = {f"COALMINE_{name}": value for name, value in found.items()}
        return combine(None, None, environ, self.folder)

    def target(self, **changes: str) -> Target:
        path = self.folder / "ledger.db"
        return Target(self.settings(**changes), path, self.clock, speed=self.speed, kept=self.kept)

    def console(
        self, ledger: type[SqliteLedger] = SqliteLedger, changes: Mapping[str, str] | None = None
    ) -> Console:
        """A console that was not started yet; closed with the block. ``changes`` are settings."""
        aim = self.target(**(changes or {}))
        stores = open_stores(aim.ledger_path, aim.clock)
        if ledger is not SqliteLedger:
            stores.ledger.close()
            stores = Stores(ledger(aim.ledger_path, aim.clock), stores.samples, stores.folder)
        one = Console(build_session(aim, stores), stores)
        self.opened.append(one)
        return one

    async def started(self, **changes: str) -> Console:
        return await self._start(self.console(changes=changes))

    async def _start(self, one: Console) -> Console:
        await one.session.start()
        return one

    async def armed(self, ledger: type[SqliteLedger] = SqliteLedger) -> Console:
        """A started console of ana's, armed."""
        one = await self._start(self.console(ledger))
        await one.sees(lambda w: w.person.value and w.person.value.key == "ana", "who is there")
        assert (await one.session.arm("on call", 60)).says.startswith("Armed")
        return one

    def act(self, action: str, person: str = "jo") -> None:
        """Somebody acts from the host's dashboard."""
        asked = ActRequest.model_validate({"action": action, "person": person})
        at = self.sim.world.advance()
        perform(self.sim.world.project, asked, at, self.sim.tokens)

    def fault(self, path: str, kind: str, times: int = 1, **more: object) -> None:
        self.sim.faults.add(FaultRequest.model_validate({"path": path, "kind": kind, "times": times, **more}))

    def asked(self, part: str, port: str = "vercel", method: str | None = None) -> int:
        """How many requests with ``part`` in their path have arrived."""
        return sum(
            part in e.path and e.port == port and method in (None, e.method) for e in self.sim.journal.entries
        )

    def effects(self) -> list[str]:
        """What was sent that changes something; a query of the metrics is a POST as well."""
        sent = [e.path for e in self.sim.journal.entries if e.method == "POST" and e.port == "vercel"]
        return [path for path in sent if not path.endswith("/observability/query")]


def adopt(folder: Path, clock: Clock, policy: str = SHIPPED_POLICY, people: str = PEOPLE) -> None:
    """Write both files and put them in force."""
    files = PolicyFiles(folder)
    files.write(policy, people)
    stores = open_stores(folder / "ledger.db", clock)
    event = adoption(files(), "for the test", Actor("ana", "setup", "command"), clock.now())
    stores.ledger.append(STREAM, 0, [event])
    stores.ledger.close()
    stores.samples.close()


@asynccontextmanager
async def consoles(
    folder: Path,
    scenario: str = "healthy",
    *,
    speed: float = 20.0,
    people: str = PEOPLE,
    account: SimulatedAccount | None = None,
) -> AsyncIterator[Consoles]:
    """A simulator and a folder; every console opened is closed at the end."""
    async with simulated(scenario, speed=speed, account=account) as sim:
        adopt(folder, sim.clock, people=people)
        scene = Consoles(sim, folder, sim.clock, speed)
        try:
            yield scene
        finally:
            for one in scene.opened:
                await one.session.close()
