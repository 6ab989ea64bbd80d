"""What every verb that changes production does: preview, arm, perform, and say what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.actions import Impossible, Preview, as_json
from console.authorise import Refused, authorise
from console.commands.logfile import log_to
from console.commands.shared import USAGE, answer, explain, say, words
from console.envelope import Json
from console.outcome import End, Outcome
from console.planning import Choice
from console.ports import SourceError
from console.target import Target, looking_at
from console.wiring import build_session, open_stores
from console.world import Armed

if TYPE_CHECKING:
    from console.session import Session

F = TypeVar("F", bound=Callable[..., object])

ARM_MINUTES = 5
"""A command arms its own session for this long; it ends sooner."""

ASK_FOR_S = 40.0
"""How long a command goes on asking the host what became of a call without an answer."""


OPTIONS = (
    click.option("--arm", metavar="REASON", callback=words, help="Arm this one command; say why."),
    click.option("--reason", callback=words, help="Why, if not for the reason given to --arm."),
    click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing."),
    click.option("--json", "as_json", is_flag=True, help="As JSON."),
)


def acting_options(verb: F) -> F:
    """The options of every verb that acts: ``arm``, ``reason``, ``dry_run`` and ``as_json``."""
    for option in reversed(OPTIONS):
        verb = option(verb)
    return verb


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says about one action."""

    name: str
    reason: str | None
    arm: str | None
    dry_run: bool
    as_json: bool
    choice: Choice = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Told:
    """The end of one attempt, and the preview it had, if it came so far. ``usage``: bad words instead."""

    outcome: Outcome
    preview: Preview | None = None
    usage: bool = False

    @property
    def done(self) -> bool:
        return self.outcome.end is End.DONE and not self.usage


@asynccontextmanager
async def session_of_command(
    flags_at: tuple[str | None, str] = (None, "flags"),
) -> AsyncIterator[tuple[Session, Target]]:
    """A session for one command and what it looks at; closed at the end. ``flags_at``: store and item."""
    aim = looking_at()
    log_to(aim.loaded.state_dir)
    session = build_session(aim, open_stores(aim.ledger_path, aim.clock), via="command", flags_at=flags_at)
    try:
        yield session, aim
    finally:
        await session.close()


async def act(asked: Asked) -> int:
    """One action from the preview to its answer; the exit code."""
    async with session_of_command() as (session, _):
        await session.identify()
        return tell(asked, await attempt(session, asked))


async def attempt(session: Session, asked: Asked) -> Told:
    """Preview, arm and perform; the preview is explained on the way. Nothing is answered yet."""
    try:
        preview = await session.preview(asked.name, asked.choice)
    except Impossible as error:
        return Told(Outcome(End.REFUSED_HERE, str(error)))
    except SourceError as error:
        return Told(Outcome(End.NOT_SENT, error.problem.what, error.problem.next))
    if not asked.as_json:
        explain_preview(preview)
    if asked.dry_run:
        return Told(_rehearse(session, preview, asked), preview)
    return await _do(session, preview, asked)


def _rehearse(session: Session, preview: Preview, asked: Asked) -> Outcome:
    """What the gate would say, arming included; nothing is recorded and nothing is sent."""
    standing = session.standing()
    if asked.arm is not None and standing.person is not None:
        armed = Armed(standing.person, standing.now + ARM_MINUTES * 60_000, asked.arm)
        standing = replace(standing, armed=armed)
    decided = authorise(preview.action, standing)
    if isinstance(decided, Refused) and decided.approvals:
        return Outcome(
            End.DONE, f"Dry run: it would be asked for. {decided.says}", decided.next, decided.rule
        )
    if isinstance(decided, Refused):
        return Outcome(
            End.REFUSED_HERE, f"Dry run: it would be refused. {decided.says}", decided.next, decided.rule
        )
    return Outcome(End.DONE, f"Dry run: rule {decided.rule} allows it; nothing was sent.", rule=decided.rule)


async def _do(session: Session, preview: Preview, asked: Asked) -> Told:
    if asked.arm is None:
        refusal = session.refusal_of(preview.action)  # not where only approvals are missing: it is asked then
        if refusal is not None:
            return Told(Outcome(End.REFUSED_HERE, refusal), preview)
        if asked.reason is None:
            says = "Say why it is done: --reason TEXT. It is recorded."
            return Told(Outcome(End.REFUSED_HERE, says), preview, usage=True)
    else:
        armed = await session.arm(asked.arm, ARM_MINUTES)
        if armed.end is not End.DONE:
            return Told(armed, preview)
    reason = asked.reason or asked.arm or ""
    outcome = await _through(session.perform(preview, reason, preview.typed_word or ""))
    if outcome.end is End.UNKNOWN:
        explain(f"{outcome.says} {outcome.next}")
        outcome = await session.settle(preview.action, ASK_FOR_S) or outcome
    return Told(outcome, preview)


async def _through(performing: Coroutine[Any, Any, Outcome]) -> Outcome:
    """The outcome, also if Ctrl+C is pressed meanwhile: what may have been sent is not left unrecorded."""
    task = asyncio.ensure_future(performing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        explain("It has begun and cannot be taken back: waiting for the answer (Ctrl+C again: leave now).")
        return await task


def explain_preview(preview: Preview) -> None:
    """The preview, on stderr."""
    explain(preview.title)
    for line in preview.what:
        explain(f"  {line}")
    explain(f"  touches: {preview.touches}")
    for warning in preview.warnings:
        explain(f"  ! {warning}")
    for line in preview.not_back:
        explain(f"  not: {line}")
    explain(f"  undo: {preview.undo}")
    if preview.needs:
        explain(f"  needs: {preview.needs}")


def tell(asked: Asked, told: Told, more: Json | None = None) -> int:
    """Answer with the outcome (and ``more`` beside it in JSON); the exit code."""
    outcome, preview = told.outcome, told.preview
    if told.usage:
        explain(outcome.says)
        return USAGE
    if asked.as_json:
        plan = None
        if preview is not None:
            plan = {**as_json(preview.action), "sha256": preview.plan_sha256}
        answer({**as_answer(outcome), "dry_run": asked.dry_run, "plan": plan, **(more or {})})
    else:
        tell_plainly(outcome)
    return outcome.end.exit_code


def as_answer(outcome: Outcome) -> Json:
    """The outcome as JSON, the same for every verb."""
    return {
        "outcome": outcome.end.value,
        "says": outcome.says,
        "next": outcome.next,
        "rule": outcome.rule,
        "seq": outcome.seq,
    }


def tell_plainly(outcome: Outcome) -> None:
    """The outcome for a person: what was done on stdout, all else on stderr."""
    (say if outcome.end is End.DONE else explain)(outcome.says)
    if outcome.next:
        explain(outcome.next)
