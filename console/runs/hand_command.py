"""The hand of ``command``: a list of words is run, never a shell line, with next to nothing around it.

After a crash it is run again only where the playbook says that twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from console.playbooks.evaluate import Value
from console.playbooks.model import Plain
from console.playbooks.shapes import milliseconds
from console.playbooks.telling import says as words
from console.runs.doing import Done, Say, Task
from console.runs.holding import captured

TIMEOUT_MS = 10 * 60_000
"""Where the step names none."""


@dataclass(frozen=True, slots=True)
class Output:
    """What one stream of a command said, secrets hidden: its beginning and its end.

    ``sha256``: of all of its bytes; ``length``: how many those were."""

    head: str
    tail: str
    length: int
    sha256: str

    @property
    def text(self) -> str:
        return f"{self.head}\n… left out …\n{self.tail}" if self.tail else self.head

    def lines(self, name: str) -> tuple[str, ...]:
        if not self.length:
            return ()
        return (f"{name}: {self.length:,} bytes, SHA-256 {self.sha256}", self.text)


@dataclass(frozen=True, slots=True)
class Ran:
    """``code``: negative, the signal that ended it. ``why``: of one that was not started."""

    how: Literal["exited", "timed_out", "not_started"]
    code: int | None
    out: Output
    err: Output
    why: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """``secrets``: by the name of their variable; they are in its environment, and hidden in what it says."""

    argv: Sequence[str]
    folder: str
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    timeout_ms: int


class Commands(Protocol):
    """Runs a command in a process group of its own; once its time is over, or this is cancelled, the group is
    told to end and five seconds later killed."""

    async def run(self, job: Job) -> Ran: ...


@dataclass(frozen=True, slots=True)
class Commanding:
    """``secrets``: the values of the variables that the run's playbook declares, by the run's id."""

    commands: Commands
    secrets: Callable[[str], Mapping[str, str]]
    objection: Callable[[], Awaitable[str | None]]

    async def would(self, task: Task) -> tuple[str, ...]:
        line = f"would {words(task.step)}"
        wrong = await self.objection()
        return (line, f"could not now: {wrong}") if wrong else (line,)

    async def do(self, task: Task, say: Say) -> Done:
        wrong = await self.objection()
        if wrong is not None:
            return Done("ask", f"{wrong} Nothing was run.")
        ran = await self.commands.run(_job(task, self.secrets(task.run_id)))
        return _ended(task, ran)

    async def resume(self, task: Task, say: Say) -> Done:
        if task.fields.get("idempotent") is True:
            return await self.do(task, say)
        return Done(
            "unknown",
            "The driver ended while it ran: how it ended is not known, and it is not run again by itself.",
        )


def _job(task: Task, secrets: Mapping[str, str]) -> Job:
    argv, env = task.fields.get("argv"), task.fields.get("env")
    limit = task.fields.get("timeout")
    return Job(
        [str(one) for one in argv] if isinstance(argv, list) else [],
        str(task.fields.get("cwd", "")),
        {name: str(value) for name, value in env.items()} if isinstance(env, dict) else {},
        secrets,
        milliseconds(limit) if isinstance(limit, str) else TIMEOUT_MS,
    )


def _ended(task: Task, ran: Ran) -> Done:
    evidence = (*ran.out.lines("output"), *ran.err.lines("errors"))
    if ran.how == "not_started":
        return Done("failed", f"It could not be started: {ran.why}.")
    if ran.how == "timed_out":
        return Done("timed_out", "It did not end in time, and was stopped.", evidence)
    wanted = task.fields.get("expect_exit", 0)
    code = ran.code if ran.code is not None else 0
    said = f"It was ended by signal {-code}" if code < 0 else f"It ended with {code}"
    if code != wanted:
        return Done("failed", f"{said}, and {_plain(wanted)} was expected.", evidence)
    found: dict[str, Value] = {"exit": code, "stdout": ran.out.text, "stderr": ran.err.text}
    return Done("succeeded", f"{said}.", evidence, captured(task, found))


def _plain(value: Plain) -> str:
    return str(value)
