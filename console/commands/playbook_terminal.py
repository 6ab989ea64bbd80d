"""Driving at a terminal: each event a plain line, and a question wherever a person is asked."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

from console.commands.ledger import local
from console.commands.runs_here import RunsHere
from console.commands.shared import explain, say
from console.envelope import Actor
from console.event import Event
from console.narrate import narrate
from console.outcome import End, Outcome
from console.playbooks.model import Playbook, Step
from console.runs import rules
from console.runs.desk import Made
from console.runs.next import step_of
from console.runs.run import Run
from console.runs.telling import asked, waits_for_answer
from console.runs.terms import StepState

QUIET = frozenset({"run.step_waits", "run.driver_took", "run.let_go"})
"""What whoever drives here knows anyway."""


class Lines:
    """What happens since somebody drives here, line by line, each once. ``out``: where to."""

    def __init__(self, out: Callable[[str], None] = say) -> None:
        self._out = out
        self._told: dict[str, int] = {}
        self._said: dict[str, str] = {}

    def run(self, run: Run) -> None:
        """The events that are new since the last look."""
        took = (one.version for one in run.story if one.kind == "run.driver_took")
        before = self._told.get(run.id, max(took, default=0))
        self._told[run.id] = max(before, run.version)
        for one in run.story:
            if one.version <= before or one.kind in QUIET:
                continue
            self._out(f"{local(one.at).rpartition(' ')[2]}  {run.id}  {narrate(one)}")
            payload = one.payload or {}
            for line in payload.get("evidence", ()) if one.kind == "run.step_ended" else ():
                for part in str(line).splitlines()[:20]:
                    self._out(f"            {part}")
        sys.stdout.flush()

    def progress(self, step: Step, line: str) -> None:
        """On stderr, and not twice the same."""
        if self._said.get(step.id) != line:
            self._said[step.id] = line
            explain(f"  {step.id}: {line}")


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked now: of which run, and of which moment of it."""

    run_id: str
    key: tuple[str, int, str]


class Prompt:
    """Asks the person at the terminal what the run asks, until it is answered here or elsewhere."""

    def __init__(self, at: RunsHere, actor: Actor) -> None:
        self._at, self._actor = at, actor
        self._open: _Question | None = None
        self._asking: asyncio.Task[None] | None = None

    def run(self, run: Run) -> None:
        """Look whether there is another question now."""
        playbook = self._at.desk.playbook(run)
        question = _question(run, playbook) if playbook is not None else None
        if question == self._open or (question is None and self._open and self._open.run_id != run.id):
            return
        self.stop()
        self._open = question
        if question is not None and playbook is not None:
            self._asking = asyncio.ensure_future(self._ask(run.id, playbook, question))

    def stop(self) -> None:
        asking, self._asking, self._open = self._asking, None, None
        if asking is not None:
            asking.cancel()

    async def _ask(self, run_id: str, playbook: Playbook, question: _Question) -> None:
        first = self._at.desk.seen(run_id)
        for line in asked(first, playbook) if first is not None else ():
            if "coalmine playbook" not in line:
                explain(line)
        while True:
            run = self._at.desk.seen(run_id)
            if run is None or _question(run, playbook) != question:
                return
            explain(_hint(run, playbook))
            typed = await typed_line()
            if typed is None:
                return
            made = _meant(run, playbook, self._actor.person, typed)
            if made is None:
                continue
            outcome = await self._at.desk.record(run_id, self._actor, made, "")
            if outcome.end is End.DONE:
                return
            explain(f"{outcome.says} {outcome.next}".strip())


def _question(run: Run, playbook: Playbook) -> _Question | None:
    step = step_of(playbook, run.current)
    if run.over:
        return None
    if run.asks is not None:
        return _Question(run.id, (run.asks.step, run.asks.at, "asks"))
    if step is not None and waits_for_answer(run, step):
        return _Question(run.id, (step.id, run.step(step.id).attempt, "answer"))
    return None


def _hint(run: Run, playbook: Playbook) -> str:
    step = step_of(playbook, run.current)
    if run.asks is None and step is not None:
        return "NUMBER or WORDS, then `: EVIDENCE`; skip REASON; abort REASON (Ctrl+C leaves it waiting):"
    if step is not None and run.step(step.id).state is StepState.UNKNOWN:
        return "succeeded HOW-FOUND-OUT, failed HOW-FOUND-OUT, or abort REASON (Ctrl+C leaves it waiting):"
    return "retry, skip REASON, or abort REASON (Ctrl+C leaves it waiting):"


def _meant(run: Run, playbook: Playbook, person: str, line: str) -> Made | None:
    """What a typed line means; ``None`` of an empty one."""
    text = " ".join(line.split())
    word, _, rest = text.partition(" ")
    rest = rest.removeprefix(": ").strip()
    step = step_of(playbook, run.current)
    if not text or (step is None and word not in ("abort", "retry")):
        return None
    if word in ("skip", "abort") and not rest:
        explain("Say why: it is recorded.")
        return None
    return _made(step.id if step else "", word, rest, text, person)


def _made(step: str, word: str, rest: str, text: str, person: str) -> Made:
    def made(scene: rules.Scene, now: int) -> Event | Outcome:
        if word == "skip":
            return rules.skipped(scene, person, rest)
        if word == "abort":
            return rules.aborted(scene, person, rest)
        if scene.run.asks is not None and word == "retry":
            return rules.retried(scene, person, rest)
        if word in ("succeeded", "failed") and scene.run.step(step).state is StepState.UNKNOWN:
            return rules.said(scene, person, step, word, rest)
        choice, _, evidence = text.partition(":")
        known = scene.current()
        if known is not None and rules.choice_of(known, choice) is None:
            return rules.said(scene, person, step, text, "")
        return rules.said(scene, person, step, choice.strip(), evidence.strip())

    return made


async def typed_line() -> str | None:
    """The next line from the terminal; ``None`` at its end. Can be cancelled, and then takes none."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
        return sys.stdin.readline() or None
    finally:
        with contextlib.suppress(ValueError, OSError):
            loop.remove_reader(sys.stdin.fileno())
