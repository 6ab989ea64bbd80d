"""The hands of what only waits: a person who does something or decides, and time that passes.

After a crash they go on waiting: what was answered stands in the ledger, and moments are absolute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from console.playbooks.telling import says as words
from console.readings import Millis
from console.runs.desk import Runs
from console.runs.doing import Done, Say, Task
from console.runs.happened import StepAnswered
from console.runs.rules import choices

LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Asking:
    """``manual`` and ``decision``: a person answers, from wherever they are."""

    runs: Runs

    async def would(self, task: Task) -> tuple[str, ...]:
        who = str(task.fields.get("role", "a person")).replace("_", " ")
        answers = " or ".join(f"“{one}”" for one in choices(task.step))
        return (f"would wait for {who}: {words(task.step)} ({answers})",)

    async def do(self, task: Task, say: Say) -> Done:
        clock = self.runs.clock
        while True:
            answer = await self._answer(task)
            if answer is not None:
                return _answered(task, answer)
            if task.deadline is not None and clock.now() >= task.deadline:
                return Done("timed_out", "Nobody answered in time.")
            await clock.sleep(LOOK_S)

    resume = do

    async def _answer(self, task: Task) -> StepAnswered | None:
        run = await self.runs.get(task.run_id)
        there = run.step(task.step.id) if run is not None else None
        return there.answer if there is not None and there.attempt == task.attempt else None


def _answered(task: Task, answer: StepAnswered) -> Done:
    evidence = (answer.evidence,) if answer.evidence else ()
    said = f"{answer.person} answered: {answer.choice}."
    if task.step.kind == "manual" and answer.choice != "done":
        return Done("failed", said, evidence)
    return Done("succeeded", said, evidence)


@dataclass(frozen=True, slots=True)
class Timing:
    """``timer``: until a moment that was fixed when the step began."""

    runs: Runs
    local: Callable[[Millis], str]
    """A moment as people read it."""

    async def would(self, task: Task) -> tuple[str, ...]:
        return (f"would {words(task.step)}",)

    async def do(self, task: Task, say: Say) -> Done:
        clock = self.runs.clock
        if task.until is None:
            return Done("ask", "Until when it waits cannot be read.")
        say(f"until {self.local(task.until)}")
        while (left := task.until - clock.now()) > 0:
            if task.deadline is not None and clock.now() >= task.deadline:
                return Done("timed_out", "Its time was over before the timer ran down.")
            await clock.sleep(min(1.0, left / 1000))
        return Done("succeeded", f"Waited until {self.local(task.until)}.")

    resume = do
