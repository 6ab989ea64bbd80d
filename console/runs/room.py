"""A session's runs: the desk, who writes from here, and the runs that are driven from here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from console.envelope import Actor
from console.incidents.room import IncidentRoom
from console.incidents.rules import refused
from console.outcome import End, Outcome
from console.playbooks.library import Found
from console.playbooks.model import Playbook
from console.ports import Leases, Project
from console.runs.agreeing import Board, Pending
from console.runs.desk import Made, Runs, Start
from console.runs.driver import Stopped, Told
from console.runs.happened import stream_of
from console.runs.linking import link
from console.runs.params import given
from console.runs.pinned import pinned
from console.runs.rules import Scene
from console.runs.run import Run


class Drives(Protocol):
    """What :class:`console.runs.driver.Driver` offers."""

    async def take(self, run_id: str, why: str = "", *, over: bool = False) -> Outcome | None: ...

    async def drive(self, run_id: str) -> Stopped: ...


Driving = Callable[[Runs, Actor, Told, Board], Drives]
"""Makes a driver with the hands of this program; each drives one run."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One run as it stands, with what a screen needs beside it."""

    run: Run
    playbook: Playbook | None
    """With the run's values filled in; ``None`` where its text is not in the ledger any more."""
    scene: Scene | None
    heard: bool
    """Whether its driver was heard of within the last 30 seconds."""


class RunRoom:
    """Everything one session does with runs. ``driving``: ``None`` where nothing can be driven from here."""

    def __init__(
        self,
        desk: Runs,
        leases: Leases,
        incidents: IncidentRoom,
        driving: Driving | None,
        project: Callable[[], Project | None],
    ) -> None:
        self.desk, self._leases, self._incidents = desk, leases, incidents
        self._driving, self._project = driving, project
        self._tasks: dict[str, asyncio.Task[Stopped]] = {}
        self._board = Board()
        self._progress: dict[str, tuple[str, str]] = {}
        """By run driven from here: a step, and the newest line of progress of it."""

    def who(self) -> Actor | Outcome:
        """Who writes, or why nobody does."""
        return self._incidents.who()

    def here(self, run_id: str) -> bool:
        """Whether it is driven from this session."""
        task = self._tasks.get(run_id)
        return task is not None and not task.done()

    def wanted(self, run_id: str) -> Pending | None:
        """The step of a run driven from here that waits for somebody to agree to it."""
        return self._board.pending.get(run_id)

    def agree(self, run_id: str, digest: str, typed: str) -> Outcome:
        """Agree to what was shown of that step, which ``digest`` stands for."""
        return self._board.agree(run_id, digest, typed)

    async def look(self, run_id: str) -> Seen | None:
        """The run as it stands now; ``None`` where there is none of that name."""

        def read() -> Seen | None:
            run = self.desk.seen(run_id)
            if run is None:
                return None
            scene = self.desk.scene(run)
            lease = self._leases.holder(stream_of(run.id))
            heard = lease is not None and lease.expires_at > self.desk.clock.now()
            found = scene if isinstance(scene, Scene) else None
            return Seen(run, None if found is None else found.playbook, found, heard)

        return await self.desk.offload(read)

    async def record(self, run_id: str, made: Callable[[str], Made], says: str) -> Outcome:
        """Append what ``made``, of the person, makes of the run."""
        actor = self.who()
        if isinstance(actor, Outcome):
            return actor
        return await self.desk.record(
            run_id, actor, made(actor.person), says.replace("{person}", actor.person)
        )

    async def begin(self, found: Found, texts: Mapping[str, str], incident_id: str) -> Outcome:
        """Begin a run of a playbook of the library and drive it; ``next`` of the answer is its name."""
        actor, kept = self.who(), pinned(found.data) if found.checked.playbook is not None else None
        if isinstance(actor, Outcome):
            return actor
        if kept is None:
            return refused(
                f"{found.name} has errors and does not run.", f"coalmine playbook validate {found.file}"
            )
        project = self._project()
        values = given(kept.playbook, texts)
        begun = await self.desk.start(
            Start(kept, found.file, values, project.id if project is not None else "", incident_id), actor
        )
        if begun.end is not End.DONE:
            return begun
        name = begun.next
        run = await self.desk.get(name)
        if run is not None:
            await link(self._incidents.desk, run, actor)
        if self._driving is not None:
            await self.drive(name)
        return begun

    async def drive(self, run_id: str, why: str = "", *, over: bool = False) -> Outcome:
        """Drive it from here on, in the background; ``over``: in place of somebody who is gone."""
        actor = self.who()
        if isinstance(actor, Outcome):
            return actor
        if self._driving is None:
            return refused(
                "This console drives no playbooks.", f"From a terminal: coalmine playbook resume {run_id}"
            )
        if self.here(run_id):
            return refused(f"{run_id} is driven from here already.")
        told = Told(say=lambda step, line: self._say(run_id, step.id, line))
        driver = self._driving(self.desk, actor, told, self._board)
        wrong = await driver.take(run_id, why, over=over)
        if wrong is not None:
            return wrong
        task = asyncio.ensure_future(driver.drive(run_id))
        self._tasks[run_id] = task
        task.add_done_callback(lambda done: self._progress.pop(run_id, None))
        return Outcome(End.DONE, f"{actor.person} drives {run_id} from here.")

    def progress(self, run_id: str, step_id: str) -> str:
        """The newest line of progress of a step in hand, of a run that is driven from here."""
        step, line = self._progress.get(run_id, ("", ""))
        return line if step == step_id else ""

    def _say(self, run_id: str, step_id: str, line: str) -> None:
        self._progress[run_id] = step_id, line

    async def close(self) -> None:
        """Let go of everything that is driven from here."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
