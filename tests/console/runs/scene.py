"""Runs on a real ledger with real hands: commands are started, requests are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from console.canary.catalogue import packaged
from console.envelope import Actor
from console.incidents.desk import Incidents
from console.outcome import End, Outcome
from console.ports import MetricsSource
from console.runs.desk import Made, Runs, Start
from console.runs.doing import Hand
from console.runs.driver import Driver, Stopped
from console.runs.hand_command import Commanding, Commands
from console.runs.hand_http import Asking as Http
from console.runs.hand_http import Web
from console.runs.hand_metric import Measuring
from console.runs.hand_playbook import Found, Within
from console.runs.hand_waiting import Asking, Timing
from console.runs.hands import hands_of
from console.runs.params import given
from console.runs.pinned import Pinned, hosts_of, pinned
from console.runs.rules import said
from console.runs.run import Run
from data.clock import SystemClock
from data.http.secret import scrub
from data.playbook_commands import PlaybookCommands
from data.playbook_web import HttpxWeb
from data.sqlite.leases import SqliteLeases
from data.sqlite.ledger import SqliteLedger
from tests.console.incidents.scene import BOOK, at_once
from tests.console.playbooks.written import written
from tests.console.runs.imagined import FRONT

SECRET = "s3cr3t-value-of-a-token"


def pin(*actions: str, front: str = FRONT) -> Pinned:
    found = pinned(written(*actions, front=front))
    assert found is not None
    return found


@dataclass
class Stage:
    """One process at a ledger. ``library``: playbooks by name, for those within others."""

    ledger: SqliteLedger
    leases: SqliteLeases
    runs: Runs
    incidents: Incidents
    library: Mapping[str, Pinned]
    objection: str | None = None
    source: MetricsSource | None = None
    commands: Commands = field(default_factory=PlaybookCommands)
    web: Web = field(default_factory=HttpxWeb)

    @classmethod
    def at(cls, folder: Path, library: Mapping[str, Pinned] | None = None) -> Self:
        clock = SystemClock()
        path = folder / "ledger.db"
        ledger = SqliteLedger(path, clock)
        incidents = Incidents(ledger, clock, lambda: BOOK, at_once)
        runs = Runs(ledger, clock, lambda: BOOK, at_once, incidents.seen)
        return cls(ledger, SqliteLeases(path), runs, incidents, library or {})

    def close(self) -> None:
        self.leases.close()
        self.ledger.close()

    async def start(self, one: Pinned, texts: Mapping[str, str] | None = None, **more: str) -> str:
        done = await self.runs.start(Start(one, "a.md", given(one.playbook, texts or {}), **more), who("ana"))
        assert done.end is End.DONE, done
        return done.next

    def driver(self, actor: Actor, stays: bool = True) -> Driver:
        return Driver(
            self.runs,
            self.hands(actor, stays),
            self.leases,
            actor,
            secrets={"API_TOKEN": SECRET}.get,
            redact=lambda text, secrets: scrub(text, secrets.values()),
            stays=stays,
        )

    def hands(self, actor: Actor, stays: bool) -> Mapping[str, Hand]:
        async def objection() -> str | None:
            return self.objection

        async def no_domains() -> tuple[str, ...]:
            return ()

        async def drives(run_id: str) -> Stopped | Outcome:
            driver = self.driver(actor, stays)
            return await driver.take(run_id) or await driver.drive(run_id)

        asking = Asking(self.runs)
        return hands_of(
            {
                "manual": asking,
                "decision": asking,
                "timer": Timing(self.runs, str),
                "metric": Measuring(lambda: self.source, packaged(), self.runs.clock, 5_000),
                "http": Http(self.web, self._hosts, no_domains, objection),
                "command": Commanding(self.commands, lambda run_id: {"API_TOKEN": SECRET}, objection),
                "playbook": Within(self.runs, self._found, drives, actor, stays),
            }
        )

    def _hosts(self, run_id: str) -> frozenset[str]:
        run = self.runs.seen(run_id)
        found = self.runs.pinned(run) if run else None
        return hosts_of(found.playbook, run.params) if run and found else frozenset()

    def _found(self, name: str) -> Found | str:
        one = self.library.get(name)
        return Found(one, f"{name}.md") if one else f"There is no playbook {name}."

    async def drives(self, run_id: str, person: str = "ana", stays: bool = False) -> Stopped:
        """Take the run and drive it until it stops."""
        driver = self.driver(who(person), stays)
        assert await driver.take(run_id) is None
        return await driver.drive(run_id)

    async def ran(self, *actions: str, front: str = FRONT, **texts: str) -> Run:
        """A run of these, driven until it stops."""
        return (await self.drives(await self.start(pin(*actions, front=front), texts))).run

    async def says(self, run_id: str, made: Made, person: str = "ana") -> Outcome:
        return await self.runs.record(run_id, who(person), made, "done")

    async def answers(
        self, run_id: str, step: str, choice: str, evidence: str = "", person: str = "ana"
    ) -> None:
        done = await self.says(run_id, lambda scene, now: said(scene, person, step, choice, evidence), person)
        assert done.end is End.DONE, done

    async def until(self, run_id: str, wanted: object) -> Run:
        """The run once ``wanted`` of it holds."""
        async with asyncio.timeout(60):
            while True:
                run = await self.runs.get(run_id)
                if run is not None and wanted(run):  # type: ignore[operator]
                    return run
                await asyncio.sleep(0.02)


def who(person: str, session: str = "") -> Actor:
    return Actor(person, session or f"at-{person}", "command")


def kinds(run: Run) -> list[str]:
    """The kinds of its events without ``run.``, in order."""
    return [one.kind.removeprefix("run.") for one in run.story]
