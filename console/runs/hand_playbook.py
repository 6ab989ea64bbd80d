"""The hand of ``playbook``: another playbook as a run of its own, which is a part of this one.

The part is found again by the key of the step that began it: after a crash the same one goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from console.envelope import Actor
from console.outcome import End, Outcome
from console.playbooks.telling import says as words
from console.runs.desk import Runs, Start
from console.runs.doing import Done, Say, StillWaits, Task
from console.runs.driver import Stopped
from console.runs.params import given
from console.runs.pinned import Pinned
from console.runs.run import Run
from console.runs.terms import RunState

DEEPEST = 5
LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """A playbook of the library."""

    pinned: Pinned
    path: str


Library = Callable[[str], Found | str]
"""A playbook by its name, or why there is none that can be run. Blocking: it reads files."""

DrivePart = Callable[[str], Awaitable[Stopped | Outcome]]
"""Takes a run and drives it; the refusal where it cannot be taken."""


@dataclass(frozen=True, slots=True)
class Within:
    """``drives``: a driver of its own for the part. ``stays``: as of the driver of the whole."""

    runs: Runs
    library: Library
    drives: DrivePart
    actor: Actor
    stays: bool

    async def would(self, task: Task) -> tuple[str, ...]:
        found = await self.runs.offload(partial(self._found, task))
        if isinstance(found, str):
            return (f"could not: {found}",)
        steps = found.pinned.playbook.steps
        changing = sum(step.effect for step in steps)
        return (f"would {words(task.step)} ({len(steps)} steps, {changing} of them change production)",)

    async def do(self, task: Task, say: Say) -> Done:
        part = await self.runs.offload(partial(self._part, task))
        if part is None:
            begun = await self._begun(task)
            if isinstance(begun, Done):
                return begun
            part = begun
        say(f"goes on in {part.id}")
        while not part.over:
            stopped = await self.drives(part.id)
            if isinstance(stopped, Stopped):
                part = stopped.run
                if not part.over and not stopped.lost and not self.stays:
                    raise StillWaits(f"{part.id}: {stopped.why}")
            if not part.over:
                await self.runs.clock.sleep(LOOK_S)
                part = await self.runs.get(part.id) or part
        return _ended(part)

    resume = do

    async def _begun(self, task: Task) -> Run | Done:
        found = await self.runs.offload(partial(self._found, task))
        if isinstance(found, str):
            return Done("ask", found)
        params = task.fields.get("params")
        texts = {name: _text(value) for name, value in params.items()} if isinstance(params, dict) else {}
        start = Start(
            found.pinned,
            found.path,
            given(found.pinned.playbook, texts),
            incident_id=task.incident_id,
            parent=task.key,
        )
        done = await self.runs.start(start, self.actor)
        run = await self.runs.get(done.next) if done.end is End.DONE else None
        if run is None:
            return Done("ask", f"{done.says} {done.next}".strip())
        return run

    def _found(self, task: Task) -> Found | str:
        name, version = str(task.fields.get("use")), task.fields.get("version")
        found = self.library(name)
        if isinstance(found, str):
            return found
        if isinstance(version, int) and found.pinned.playbook.version != version:
            there = found.pinned.playbook.version
            return f"Version {version} of {name} is wanted, and version {there} is there."
        if self._depth(task.run_id) >= DEEPEST:
            return f"Playbooks within playbooks go {DEEPEST} deep at most: do they call one another?"
        return found

    def _depth(self, run_id: str) -> int:
        depth = 0
        run = self.runs.seen(run_id)
        while run is not None and run.started.parent and depth < DEEPEST:
            depth += 1
            run = self.runs.seen(run.started.parent.partition("/")[0])
        return depth

    def _part(self, task: Task) -> Run | None:
        return next((one for one in self.runs.every() if one.started.parent == task.key), None)


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


_ENDS: Mapping[RunState, str] = {
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.ABORTED: "was aborted",
}


def _ended(part: Run) -> Done:
    said = f"{part.id} {_ENDS.get(part.state, part.state.value)}: {part.says}"
    return Done(
        "succeeded" if part.state is RunState.SUCCEEDED else "failed", said, links=(("run", part.id),)
    )
