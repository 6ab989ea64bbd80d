"""The gate of the database level: check → dry run → intent on record → run once → outcome on record.

The intent is appended at the version of the command's stream that was read before the check, so that of
several who run one command exactly one gets to. Nobody can be asked what became of a command that has not
told its end: it stays ``unknown`` and is never run again by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from console.actions import Impossible
from console.authorise import Allowed
from console.effect import TOO_LATE, TOO_LATE_MS, Offload, unrecorded
from console.envelope import Actor, Recorded
from console.event import Event
from console.host import Host
from console.outcome import End, Outcome
from console.ports import Clock, Ledger, LedgerConflict, StoreUnusable
from console.rollback.command_happened import CommandEnded, CommandIntended, Story, story_of
from console.rollback.command_running import Database, Ran, ended_words, kept, last_line, shown_lines
from console.rollback.command_step import CommandStep, Configured, beyond, differing, line_of

LOOK = "Look at the database itself before anything else is done."
NOT_KNOWN = "Whether it changed the database is not known, and it is not run again by itself."


class CommandGate:
    """Of one session. ``database``: what is configured on this machine; ``None``: nothing."""

    def __init__(
        self,
        database: Database | None,
        host: Host,
        ledger: Ledger,
        clock: Clock,
        actor: Callable[[], Actor],
        offload: Offload,
    ) -> None:
        self._database, self._host, self._ledger = database, host, ledger
        self._clock, self._actor, self._offload = clock, actor, offload

    # --- asking ------------------------------------------------------------------------------

    async def offer(
        self, name: str, restore_point: str, person: str, project_id: str, left_id: str
    ) -> tuple[CommandStep, tuple[str, ...]]:
        """The step that would be asked for and what is shown of it; its check and its dry run are run.

        Raises :class:`Impossible`, :class:`console.ports.SourceError`.
        """
        here = self._configured(name)
        if here is None:
            raise Impossible(f"There is no command {name} here: write [database.{name}] in coalmine.toml.")
        created = (await self._host.deployment(left_id)).created_at
        if created is None:
            raise Impossible(f"The host does not say when {left_id} was created: its horizon is not known.")
        step = CommandStep(project_id, here.command, left_id, created, restore_point, person)
        too_late = beyond(step, self._clock.now())
        if too_late is not None:
            raise Impossible(too_late)
        lines = [f"{name}: the data can be restored to {restore_point}, as {person} declares"]
        for what, argv in (("check", here.command.check), ("dry run", here.command.dry_run)):
            ran = await self._ran(here, argv)
            words = f"{what} ({line_of(argv)}) {ended_words(ran, here.command.timeout_s)}"
            if not ran.good:
                raise Impossible(f"{name}: {words}{last_line(ran.output)}. Nothing was asked for.")
            lines += [f"{name}: {words}", *(f"  | {line}" for line in shown_lines(ran.output))]
        lines.append(f"{name}: will run {line_of(here.command.run)}")
        return step, tuple(lines)

    # --- doing it ----------------------------------------------------------------------------

    def lacks(self, step: CommandStep) -> Outcome | None:
        """Why this machine does not carry the step out, whatever the database is like."""
        name = step.command.name
        here = self._configured(name)
        if here is None:
            says = f"The command {name} is not configured on this machine, and a ledger brings none to it."
            following = f"Carry it out where coalmine.toml has [database.{name}]."
            return Outcome(End.REFUSED_HERE, says, following)
        other = differing(step, here)
        if other:
            says = f"The command {name} is configured otherwise on this machine ({', '.join(other)})."
            following = "Carry it out where it is as it was approved, or ask for it again."
            return Outcome(End.REFUSED_HERE, says, following)
        return None

    async def take(self, step: CommandStep, action_id: str, reason: str, allowed: Allowed) -> Outcome:
        """The step, recorded under ``action_id``. Raises :class:`StoreUnusable` before anything is run."""
        here, lacking = self._configured(step.command.name), self.lacks(step)
        too_late = beyond(step, self._clock.now())
        if here is None or lacking is not None:
            return lacking or Outcome(End.REFUSED_HERE, "It is not configured on this machine.")
        if too_late is not None:
            return Outcome(
                End.REFUSED_HERE, too_late, "What runs on the schema now has to be mended forward."
            )
        story = await self._story(step)
        taken = _in_the_way(story, step.command.name)
        if taken is not None:
            return taken
        outputs = []
        for what, argv in (("check", step.command.check), ("dry run", step.command.dry_run)):
            ran = await self._ran(here, argv)
            if not ran.good:
                ended = ended_words(ran, step.command.timeout_s)
                says = f"{step.command.name} was not run: its {what} {ended}{last_line(ran.output)}."
                return Outcome(End.REFUSED_HERE, says, "The database is as it was.")
            outputs.append(kept(ran.output))
        intended = CommandIntended(
            action_id=action_id,
            project_id=step.project_id,
            name=step.command.name,
            run=list(step.command.run),
            undo=list(step.command.undo),
            restore_point=step.restore_point,
            checked=outputs[0],
            rehearsed=outputs[1],
            person=allowed.person,
            reason=reason,
            rule=allowed.rule,
            authority=allowed.arming,
        )
        intent = await self._append(step.stream, story.version, intended)
        if intent is None:
            return _no(f"Somebody else was first with {step.command.name}; it was not run here.")
        return await self._run(step, here, intent, action_id)

    async def _run(self, step: CommandStep, here: Configured, intent: Recorded, action_id: str) -> Outcome:
        if self._clock.now() - intent.at > TOO_LATE_MS:  # this machine slept, or its disk hung
            outcome, ran = TOO_LATE, Ran("not_started")
        else:
            ran = await self._ran(here, step.command.run)
            outcome = outcome_of(step, ran)
        ended = CommandEnded.model_validate(
            {
                "action_id": action_id,
                "outcome": outcome.end.value,
                "exit_code": ran.code,
                "output": kept(ran.output),
                "says": outcome.says,
                "next": outcome.next,
            }
        )
        try:
            await self._append(step.stream, intent.version, ended)
        except StoreUnusable as error:
            return unrecorded(outcome, error.problem.what, error.problem.next, intent)
        return outcome

    async def became(self, step: CommandStep, action_id: str) -> Outcome:
        """What is recorded of an intent that somebody else left: its end; unknown where none is."""
        story = await self._story(step)
        run = story.of(action_id)
        if run is None:
            return Outcome(End.NOT_SENT, f"{step.command.name} was never run.")
        if run.ended is not None:
            return Outcome(End(run.ended.outcome), run.ended.says, run.ended.next)
        says = f"{step.command.name} was begun, and whoever ran it told no end. {NOT_KNOWN}"
        ended = CommandEnded(action_id=action_id, outcome="unknown", says=says, next=LOOK)
        if await self._append(step.stream, story.version, ended) is None:
            return await self.became(step, action_id)
        return Outcome(End.UNKNOWN, says, LOOK)

    # --- parts -------------------------------------------------------------------------------

    def _configured(self, name: str) -> Configured | None:
        return None if self._database is None else self._database.commands.get(name)

    async def _ran(self, here: Configured, argv: tuple[str, ...]) -> Ran:
        if self._database is None:
            return Ran("not_started", why="nothing is configured")
        return await self._database.runner.run(argv, here.folder, here.command.timeout_s)

    async def _story(self, step: CommandStep) -> Story:
        return story_of(await self._offload(partial(self._ledger.read, stream=step.stream)))

    async def _append(self, stream: str, version: int, event: Event) -> Recorded | None:
        """At the version that was read; ``None`` where somebody came in between."""
        new = event.new(self._actor(), self._clock.now())
        try:
            return (await self._offload(partial(self._ledger.append, stream, version, [new])))[0]
        except LedgerConflict:
            return None


def outcome_of(step: CommandStep, ran: Ran) -> Outcome:
    """What the end of the command itself means."""
    name, undo = step.command.name, f"Its undo: {line_of(step.command.undo)}"
    words = ended_words(ran, step.command.timeout_s)
    if ran.how == "not_started":
        return Outcome(End.NOT_SENT, f"{name} {words}.", "The database is as it was.")
    if ran.how == "timed_out":
        return Outcome(End.UNKNOWN, f"{name} {words}. {NOT_KNOWN}", f"{LOOK} {undo}")
    if not ran.good:
        says = f"{name} {words}{last_line(ran.output)}. What it had done until then may stand."
        return Outcome(End.REFUSED_BY_HOST, says, f"{LOOK} {undo}")
    return Outcome(End.DONE, f"{name} {words}{last_line(ran.output)}.", undo)


def _in_the_way(story: Story, name: str) -> Outcome | None:
    if story.blocked:
        says = f"{name} was not run: the ledger holds something that cannot be read here ({story.blocked})."
        return Outcome(End.REFUSED_HERE, says, "Update Coalmine on this machine.")
    if story.open is None:
        return None
    first = story.open.intended
    says = f"{name} was not run: {first.person} has begun to run it, and of its end nothing is recorded."
    following = f"Go on with what began it first ({first.authority.partition(':')[0]})."
    return Outcome(End.REFUSED_HERE, says, following)


def _no(says: str) -> Outcome:
    return Outcome(End.REFUSED_HERE, says)
