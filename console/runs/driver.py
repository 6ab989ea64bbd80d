"""Whoever drives a run: has each step done once, and records how it ended.

Every event of a driver is appended with the version of the run that it was decided from: of two that drive at
once, exactly one gets its step begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from console.envelope import Actor
from console.event import Event
from console.outcome import Outcome
from console.playbooks.model import Playbook, Step
from console.ports import Leases
from console.readings import Millis
from console.runs import happened as h
from console.runs.desk import Runs
from console.runs.doing import Done, Hand, Say, StillWaits, Task
from console.runs.ending import as_event
from console.runs.next import Ask, Begin, Finish, InHand, Later, LeaveOut, Standing, Undecided, next_of
from console.runs.pinned import task_fields
from console.runs.run import Run
from console.runs.terms import WAITING_KINDS
from console.runs.timing import until_of
from console.runs.wheel import Lost, Wheel

log = logging.getLogger("coalmine.runs")

LOOK_S = 0.2
"""How often it is looked whether somebody said something about the run (a cheap look at a counter)."""
GRACE_MS: Millis = 10_000
"""A hand that has not ended so long after its deadline is stopped."""
LOOKING_S = 60.0
"""How long it is looked, after such a stop, how an effect ended."""


class Hands(Protocol):
    """What does the steps, by kind; a kind that nobody does here has a hand that says so."""

    def __getitem__(self, kind: str) -> Hand: ...


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why nobody drives any more from here."""

    run: Run
    why: str
    lost: bool = False
    """Somebody else drives now, or it cannot be told."""


@dataclass(frozen=True, slots=True)
class Told:
    """What whoever watches the driving is told."""

    run: Callable[[Run], None] = lambda run: None
    """After each event."""
    say: Callable[[Step, str], None] = lambda step, line: None
    """Progress of a step."""


class Driver:
    """Drives runs as one person in one session.

    ``secrets``: the value of each variable that the playbook declares; asked at each step, never kept.
    ``stays``: whether to stay where a person is asked, until somebody answers from wherever; else it lets go.
    ``redact``: takes secrets out of a text before it is stored. ``linked``: links what the run has touched to
    its incident, as far as that was not done; after each step, and when the driving begins.
    """

    def __init__(
        self,
        runs: Runs,
        hands: Hands,
        leases: Leases,
        actor: Actor,
        *,
        secrets: Callable[[str], str | None] = lambda name: None,
        redact: Callable[[str, Mapping[str, str]], str] = lambda text, secrets: text,
        stays: bool = True,
        told: Told | None = None,
        linked: Callable[[Run], Awaitable[object]] | None = None,
    ) -> None:
        self._runs, self._hands, self._actor = runs, hands, actor
        self._secrets, self._redact, self._stays = secrets, redact, stays
        self._told, self._linked = told or Told(), linked
        self._clock, self._ledger = runs.clock, runs.ledger
        self._wheel = Wheel(runs, leases, actor)
        self._fresh: tuple[int, str] | None = None
        """The attempt that this driver has begun and not yet handed to anybody: any other is taken up."""
        self._noting: set[asyncio.Future[None]] = set()

    async def take(self, run_id: str, why: str = "", *, over: bool = False) -> Outcome | None:
        """Become the driver; the refusal where that cannot be. ``over``: also from somebody who is gone."""
        return await self._wheel.take(run_id, why, over=over)

    # --- driving -------------------------------------------------------------------------------

    async def drive(self, run_id: str) -> Stopped:
        """Drive until it is over, until a person is asked and nobody stays for that, or until it is somebody
        else's. :meth:`take` comes before. Raises :class:`console.ports.StoreUnusable`."""
        why = "stopped"
        try:
            why = await self._drive(run_id)
        except Lost as lost:
            return Stopped(await self._wheel.seen(run_id), str(lost), lost=True)
        finally:
            await asyncio.shield(self._wheel.let_go(run_id, why))
        return Stopped(await self._wheel.seen(run_id), why)

    async def _drive(self, run_id: str) -> str:
        await self._link(await self._wheel.mine(run_id))
        while True:
            run = await self._wheel.mine(run_id)
            if run.over:
                return run.state.value
            if run.handed_to:
                return f"handed over to {run.handed_to}"
            stop = await self._one(run)
            if stop is not None:
                return stop

    async def _one(self, run: Run) -> str | None:
        """One move; why to stop driving, if so."""
        playbook = await self._runs.offload(lambda: self._runs.playbook(run))
        if playbook is None:
            return "its playbook is not in the ledger any more"
        move = next_of(run, playbook, self._clock.now())
        match move:
            case Begin():
                await self._begin(run, move)
            case Undecided():
                ended = h.StepEnded(
                    step=move.begin.step.id, attempt=move.begin.attempt, ended="no_data", says=move.why
                )
                await self._appended(run, self._began(run, move.begin), ended)
            case LeaveOut():
                skipped = h.StepSkipped(
                    person=self._actor.person,
                    step=move.step.id,
                    how="condition",
                    why=move.why,
                    origin=move.origin,
                    way=move.way,
                )
                await self._appended(run, skipped)
            case InHand():
                return await self._in_hand(run, playbook, move.step)
            case Later():
                self._told.say(move.step, "it is tried again later")
                await self._changed(run, until=move.at)
            case Ask():
                await self._appended(run, h.RunPaused(step=move.step, why=move.why))
            case Standing():
                if not self._stays:
                    return "a person has to say how it goes on"
                await self._changed(run)
            case Finish():
                state = "succeeded" if move.succeeded else "failed"
                await self._appended(run, h.RunEnded(state=state, says=move.says))  # type: ignore[arg-type]
        return None

    def _began(self, run: Run, begin: Begin) -> h.StepBegan:
        return h.StepBegan(
            person=self._actor.person,
            step=begin.step.id,
            attempt=begin.attempt,
            origin=begin.origin,
            way=begin.way,
            deadline=begin.deadline,
            until=until_of(begin.step, self._clock.now()),
        )

    async def _begin(self, run: Run, begin: Begin) -> None:
        first: list[Event] = [self._began(run, begin)]
        if begin.step.kind in WAITING_KINDS:
            what = "its time" if begin.step.kind == "timer" else "a person"
            first.append(h.StepWaits(step=begin.step.id, attempt=begin.attempt, what=what))
        if await self._appended(run, *first) is not None:
            self._fresh = begin.attempt, begin.step.id

    # --- one step ------------------------------------------------------------------------------

    async def _in_hand(self, run: Run, playbook: Playbook, step: Step) -> str | None:
        there = run.step(step.id)
        fresh, self._fresh = self._fresh == (there.attempt, step.id), None
        pinned = await self._runs.offload(lambda: self._runs.pinned(run))
        written = next(one for one in pinned.playbook.steps if one.id == step.id) if pinned else step
        secrets = {name: value for name in playbook.secrets if (value := self._secrets(name)) is not None}
        fields, wanted = task_fields(written, run.params, secrets)
        task = Task(
            run_id=run.id,
            step=step,
            fields=fields,
            attempt=there.attempt,
            names=run.names,
            person=self._actor.person,
            incident_id=run.started.incident_id,
            deadline=there.deadline,
            started_at=there.began_at,
            until=there.until,
        )
        if wanted:
            done: Done | str | None = _not_given(step, ", ".join(wanted), fresh)
        else:
            done = await self._watched(run, task, fresh)
        if isinstance(done, str):
            return done
        if done is not None:
            await self._record(run.id, task, done, secrets)
        return None

    async def _appended(self, run: Run, *made: Event) -> Run | None:
        found = await self._wheel.appended(run, *made)
        if found is not None:
            self._told.run(found)
        return found

    async def _watched(self, run: Run, task: Task, fresh: bool) -> Done | str | None:
        """Have it done while looking at the run. ``None``: the run has moved on without it; a text: why to
        stop driving, with the step as it is."""
        hand = self._hands[task.step.kind]
        say: Say = partial(self._told.say, task.step)
        task = replace(task, waits=partial(self._note_wait, run.id, task))
        await self._wheel.beat(run.id, now=True)
        doing = asyncio.create_task(_safe(hand.do if fresh else hand.resume, task, say))
        try:
            return await self._until_done(run, task, hand, doing, say)
        finally:
            if not doing.done():
                doing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await doing

    async def _until_done(
        self, run: Run, task: Task, hand: Hand, doing: asyncio.Task[Done], say: Say
    ) -> Done | str | None:
        version = run.version
        while True:
            await asyncio.wait({doing}, timeout=LOOK_S)
            if doing.done():
                try:
                    return doing.result()
                except StillWaits as waits:
                    return str(waits)
            await self._wheel.beat(run.id)
            now = await self._wheel.mine(run.id)
            there = now.step(task.step.id)
            if not there.state.in_hand or there.attempt != task.attempt or now.over:
                return None
            if now.version != version:
                version = now.version
                self._told.run(now)
            waiting = task.step.kind in WAITING_KINDS
            if now.handed_to and waiting:
                return f"handed over to {now.handed_to}"
            if waiting and not self._stays and task.step.kind != "timer" and there.answer is None:
                return "a person has to answer"
            if task.deadline is not None and self._clock.now() > task.deadline + GRACE_MS:
                doing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await doing
                return await self._too_late(task, hand, say)

    async def _too_late(self, task: Task, hand: Hand, say: Say) -> Done:
        """Stopped at its deadline: of an effect it is looked how it ended."""
        if not task.step.effect:
            return Done("timed_out", "Its time was over before it ended.")
        looking = _safe(hand.resume, task, say)
        try:
            return await asyncio.wait_for(looking, LOOKING_S)
        except (TimeoutError, StillWaits):
            return Done("unknown", "Its time was over, and how it ended could not be found out.")

    def _note_wait(self, run_id: str, task: Task, what: str) -> None:
        noting = asyncio.ensure_future(self._wait_noted(run_id, task, what))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _wait_noted(self, run_id: str, task: Task, what: str) -> None:
        event = h.StepWaits(step=task.step.id, attempt=task.attempt, what=what)
        with contextlib.suppress(Lost):
            run = await self._wheel.mine(run_id)
            there = run.step(task.step.id)
            if there.state.in_hand and there.attempt == task.attempt and there.waits_since is None:
                await self._appended(run, event)

    async def _record(self, run_id: str, task: Task, done: Done, secrets: Mapping[str, str]) -> None:
        """Put down how it ended, unless somebody has taken the step or the run out of our hands."""
        ended = as_event(task, done, lambda text: self._redact(text, secrets))
        while True:
            run = await self._wheel.mine(run_id)
            there = run.step(task.step.id)
            if run.over or not there.state.in_hand or there.attempt != task.attempt:
                return
            after = await self._appended(run, ended)
            if after is not None:
                await self._link(after)
                return

    async def _link(self, run: Run) -> None:
        if self._linked is not None:
            await self._linked(run)

    async def _changed(self, run: Run, until: Millis | None = None) -> None:
        """Return once something was said about the run, or at ``until``."""
        stream = h.stream_of(run.id)
        while until is None or self._clock.now() < until:
            if await self._runs.offload(lambda: self._ledger.version(stream)) != run.version:
                return
            await self._wheel.beat(run.id)
            await asyncio.sleep(LOOK_S)


def _not_given(step: Step, names: str, fresh: bool) -> Done:
    if fresh or not step.effect:
        return Done("ask", f"It needs {names}, and that was not given. It was not begun.")
    return Done("unknown", f"To find out how it ended {names} is needed, and that was not given.")


async def _safe(do: Callable[[Task, Say], Awaitable[Done]], task: Task, say: Say) -> Done:
    """What the hand answers; a fault of ours is an end that says so."""
    try:
        return await do(task, say)
    except StillWaits:
        raise
    except Exception as error:
        log.exception("step %s", task.key)
        says = f"A fault in Coalmine itself: {type(error).__name__}. The log has the details."
        return Done("unknown" if task.step.effect else "failed", says)
