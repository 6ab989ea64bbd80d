"""``coalmine release promote|rollback``: make another deployment production, and watch the domains move."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

import click

from console.actions import Promote, Rollback
from console.commands.acting import Asked, Told, acting_options, attempt, session_of_command, tell
from console.commands.shared import DONE, FAILED, NO_DATA, explain, run
from console.envelope import Json
from console.host import AliasMove
from console.planning import Choice, named
from console.ports import AliasJob, Clock, SourceError

if TYPE_CHECKING:
    from console.production import Production
    from console.session import Session

FOLLOW_S = 180
"""How long the domains are waited for, as the host's own tool does."""

LOOK_S = 0.7
"""How often the list of domains is read meanwhile."""

Kind = Literal["promote", "rollback"]


def _moving(kind: Kind, argument: str, text: str) -> click.Command:
    @click.command(kind, help=text)
    @click.argument("target", metavar=argument)
    @click.option("--no-wait", is_flag=True, help="Do not wait until the domains have moved.")
    @click.option(
        "--timeout",
        type=click.IntRange(1, 3600),
        default=FOLLOW_S,
        show_default=True,
        help="Seconds to wait for the domains.",
    )
    @acting_options
    def verb(
        target: str,
        no_wait: bool,
        timeout: int,
        arm: str | None,
        reason: str | None,
        dry_run: bool,
        as_json: bool,
    ) -> None:
        asked = Asked(kind, reason, arm, dry_run, as_json, Choice(target_id=named(target)))
        sys.exit(run(_move(asked, None if no_wait else timeout)))

    return verb


async def _move(asked: Asked, timeout: int | None) -> int:
    async with session_of_command() as (session, aim):
        await session.identify()
        before = await _job(session)
        told = await attempt(session, asked)
        kind = followed(told)
        if kind is None or asked.dry_run or timeout is None:
            code = tell(asked, told, {"job": None})
            if told.done and not asked.dry_run and kind is None:
                explain("To follow it: coalmine release watch")
            return code
        end = await follow(
            session.production,
            aim.clock,
            _target(told),
            kind,
            before=before,
            deadline_s=timeout,
            telling=_quiet if asked.as_json else explain,
        )
        if asked.as_json or end.exit_code == DONE:
            tell(asked, told, {"job": end.as_json()})
        return end.exit_code if asked.as_json else end.explained()


async def _job(session: Session) -> AliasJob | None:
    """The newest job before ours; if it cannot be read, the attempt itself will say why."""
    try:
        return (await session.production.project()).alias_job
    except SourceError:
        return None


def followed(told: Told) -> Kind | None:
    """Which job the host has begun by it: none where a release began, or where it waits in a queue."""
    action = told.preview.action if told.preview is not None else None
    if not told.done:
        return None
    if isinstance(action, Rollback):
        return "rollback"
    return "promote" if isinstance(action, Promote) and action.leads_to in ("all", "completion") else None


def _target(told: Told) -> str:
    action = told.preview.action if told.preview is not None else None
    assert isinstance(action, Promote | Rollback)
    return action.deployment_id


class Followed:
    """How a job ended: the job as it was last seen, what became of each domain, and what went wrong."""

    def __init__(self, job: AliasJob | None, moves: list[AliasMove], problem: SourceError | None) -> None:
        self.job, self.moves, self.problem = job, moves, problem

    @property
    def failed(self) -> list[str]:
        """The domains that did not move."""
        return [move.alias for move in self.moves if move.status == "failed"]

    @property
    def exit_code(self) -> int:
        """0 moved, 1 failed (also in part, or overtaken by another job), 4 not known."""
        if self.problem is not None:
            return FAILED if self.problem.problem.kind == "refused" else NO_DATA
        if self.job is not None and self.job.status == "failed":
            return FAILED
        return FAILED if self.failed else DONE

    def as_json(self) -> Json:
        return {
            "status": self.job.status if self.job is not None else None,
            "requested_at": self.job.requested_at if self.job is not None else None,
            "domains": [asdict(move) for move in self.moves],
            "problem": self.problem.problem.what if self.problem is not None else None,
        }

    def explained(self) -> int:
        """Say it on stderr; the exit code."""
        if self.problem is not None:
            explain(f"{self.problem.problem.what} {self.problem.problem.next}")
        elif self.exit_code == FAILED:
            which = ", ".join(self.failed) or "the host did not say which"
            explain(f"It failed. Domains that did not move: {which}.")
            explain("They serve what they served before: try it again, or look at them in the dashboard.")
        else:
            explain(f"All {len(self.moves)} domains have moved." if self.moves else "It has ended well.")
        return self.exit_code


async def follow(
    production: Production,
    clock: Clock,
    target_id: str,
    kind: Kind,
    *,
    before: AliasJob | None,
    deadline_s: float,
    telling: Callable[[str], None],
) -> Followed:
    """Follow the job to its end; each change and each domain is told on the way."""
    from data.vercel.follow import progress

    job: AliasJob | None = None
    problem = None
    domains: asyncio.Task[None] | None = None
    steps = progress(production, clock, target_id, before=before, deadline_s=deadline_s)
    try:
        async with aclosing(steps) as jobs:
            async for job in jobs:
                telling(f"  {kind}: {job.status}")
                domains = domains or asyncio.create_task(_tell_domains(production, clock, kind, telling))
    except SourceError as error:
        problem = error
    finally:
        if domains is not None:
            domains.cancel()
            await asyncio.gather(domains, return_exceptions=True)
    return Followed(job, await _moves(production, kind) if job is not None else [], problem)


def _quiet(text: str) -> None:
    """For programs the answer holds it all."""


async def _tell_domains(
    production: Production, clock: Clock, kind: Kind, telling: Callable[[str], None]
) -> None:
    """Say of each domain, once, that it has moved or failed to; until cancelled."""
    told: set[str] = set()
    while True:
        for move in await _moves(production, kind):
            if move.status in ("completed", "failed") and move.alias not in told:
                told.add(move.alias)
                telling(f"  {kind}: {move.alias} {'moved' if move.status == 'completed' else 'FAILED'}")
        await clock.sleep(LOOK_S)


async def _moves(production: Production, kind: Kind) -> list[AliasMove]:
    """The domains as far as the host says: not to know them is no reason to stop following."""
    try:
        return await production.alias_moves(kind)
    except SourceError:
        return []


SHOWN = "It is previewed on stderr first, and refused unless armed."
WAITS = (
    "Then the domains are followed until they have moved: exit code 1 names those that did not, 4 means "
    "that the end was not seen."
)

promote = _moving(
    "promote",
    "DEPLOYMENT",
    f"Make DEPLOYMENT (its id or address) production. Where rolling releases are on this starts one. "
    f"{SHOWN}\n\n{WAITS}",
)
rollback = _moving(
    "rollback",
    "TARGET",
    f"Instant rollback: point the production domains at an earlier deployment (its id or address). {SHOWN}"
    f"\n\n{WAITS} `coalmine release candidates --rollback` lists where it could go.",
)
