"""The step that holds or moves the rolling release: the change freeze, and the gate of the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from console import actions, events, freeze
from console.actions import Action, Advance, Impossible, Preview
from console.authorise import Standing, target_percent
from console.canary.stages import Release, ReleaseState
from console.envelope import Recorded
from console.orphans import ASK_EVERY_S
from console.outcome import End, Outcome
from console.planning import Choice
from console.ports import Clock, Project, SourceError, StoreUnusable
from console.rollback.plan import HostStep
from console.runs.consent import Consent, Consents
from console.runs.doing import Done, Say, Task
from console.runs.ends import (
    RECORDED,
    hindered,
    in_doubt,
    of_outcome,
    permission_lines,
    together,
    unread,
)
from console.runs.following import Following
from console.runs.hand_flag import FIND_OUT_S
from console.runs.marks import bears, marked
from console.situation import Situation

FREEZES = {"hold": "freeze", "thaw": "thaw"}
"""What these are called by the policy."""
WAY_BACK = {"hold": "thaw", "thaw": "freeze"}
MEANS = {
    "hold": "freezes changes: start, advance, complete and promote are refused until they are thawed",
    "thaw": "ends the change freeze: what widens exposure is let through again",
}
SAYS = {True: "Changes are frozen", False: "Nothing is frozen"}


class Frozen(Protocol):
    """The change freeze, and what is recorded; see :class:`console.production.Production`."""

    async def project(self) -> Project: ...

    async def situation(self, action: str) -> Situation: ...

    async def story(self, prefix: str) -> list[Recorded]: ...

    async def freeze(self, reason: str) -> Outcome: ...

    async def thaw(self, reason: str) -> Outcome: ...


class Acting(Protocol):
    """The session's gate; see :class:`console.session.Session`."""

    def standing(self) -> Standing: ...

    async def preview(self, action: str, choice: Choice | None = None) -> Preview: ...

    async def perform(self, preview: Preview, reason: str, typed: str = "") -> Outcome: ...

    async def look_into(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Intended:
    """What was recorded of an action for one step. ``outcome``: ``None`` while it is not certain."""

    action: Action
    outcome: str | None
    says: str = ""


class RolloutHand:
    """Implements :class:`console.runs.doing.Hand`."""

    def __init__(
        self,
        acting: Acting,
        production: Frozen,
        following: Following,
        consents: Consents,
        clock: Clock,
    ) -> None:
        self._acting, self._production, self._following = acting, production, following
        self._consents, self._clock = consents, clock

    async def would(self, task: Task) -> tuple[str, ...]:
        verb = verb_of(task)
        standing = self._acting.standing()
        if verb in FREEZES:
            return (MEANS[verb], *permission_lines(standing, ((FREEZES[verb], 0),), task))
        try:
            made = await self._previewed(task)
        except Impossible as error:
            return (f"! {error}",)
        except SourceError as error:
            return (f"! {together(error.problem.what, error.problem.next)}",)
        if isinstance(made, Done):
            return (made.says,)
        return (*_lines(made), *permission_lines(standing, (_named(made.action),), task))

    async def consent(self, task: Task) -> Consent:
        """What has to be agreed to before :meth:`do`. Raises nothing that a person can be told."""
        lines = await self.would(task)
        if verb_of(task) in FREEZES:
            return Consent(lines)
        try:
            made = await self._previewed(task)
        except (Impossible, SourceError):
            return Consent(lines)
        if isinstance(made, Done):
            return Consent(lines)
        return Consent(lines, made.typed_word, made.plan_sha256)

    async def do(self, task: Task, say: Say) -> Done:
        try:
            return await self._before(task, say) or await self._do(task, say)
        except Impossible as error:
            return Done("failed", f"Nothing was sent: {error}")
        except events.Unknown as error:
            return Done("ask", f"Nothing was sent: {error} Update Coalmine on this machine.")
        except SourceError as error:
            return unread(error.problem)
        except StoreUnusable as error:
            return in_doubt(error.problem)

    async def resume(self, task: Task, say: Say) -> Done:
        try:
            before = await self._before(task, say)
            if before is None and task.fields.get("idempotent") is True:
                return await self._do(task, say)  # nothing was ever sent for it, and it may be done twice
            if before is not None and before.ended == "succeeded":
                return before
            return await self._is_so(task) or before or _never(task)
        except (Impossible, events.Unknown) as error:
            return Done("ask", str(error))
        except (SourceError, StoreUnusable) as error:
            return in_doubt(error.problem)

    # --- doing it ----------------------------------------------------------------------------

    async def _do(self, task: Task, say: Say) -> Done:
        verb = verb_of(task)
        if verb in FREEZES:
            return await self._freeze(task, verb)
        made = await self._previewed(task)
        if isinstance(made, Done):
            return made
        wrong = hindered(task, self._acting.standing(), _named(made.action))
        consent = Consent(_lines(made), made.typed_word, made.plan_sha256)
        wrong = wrong or self._consents.lacking(task, consent)
        # the plan is made already: a twin of this step that came between has moved what it was made for
        before = wrong or await self._before(task, say)
        if before is not None:
            return before
        say(made.title)
        reason = marked(why(task, made.suggested_reason), task.key)
        outcome = await self._acting.perform(made, reason, made.typed_word or "")
        if outcome.end in (End.AWAITING, End.UNKNOWN):
            return await self._before(task, say) or of_outcome(outcome)
        done = replace(of_outcome(outcome), evidence=_lines(made))
        return replace(done, undo=made.undo) if done.ended == "succeeded" else done

    async def _freeze(self, task: Task, verb: str) -> Done:
        wrong = hindered(task, self._acting.standing(), (FREEZES[verb], 0))
        if wrong is not None:
            return wrong
        change = self._production.freeze if verb == "hold" else self._production.thaw
        outcome = await change(marked(why(task), task.key))
        done = of_outcome(outcome)
        return replace(done, undo=_way_back(verb)) if outcome.seq is not None else done

    async def _previewed(self, task: Task) -> Preview | Done:
        """The act as it would be sent now; the step's end where the release stands there already.

        Raises :class:`Impossible` and :class:`SourceError`.
        """
        so = await self._is_so(task)
        if so is not None:
            return so
        verb, stage = verb_of(task), task.fields.get("stage")
        made = await self._acting.preview(verb)
        if isinstance(made.action, Advance) and stage is not None and stage != made.action.to_percentage:
            raise Impossible(f"the next stage is {made.action.to_percentage} %, and not {stage} %.")
        return made

    async def _is_so(self, task: Task) -> Done | None:
        """Whether it stands as the step wants it already. Raises :class:`SourceError`."""
        verb = verb_of(task)
        if verb in FREEZES:
            project = await self._production.project()
            frozen = freeze.stands(await self._production.story(freeze.stream(project.id)))
            if (frozen is not None) != (verb == "hold"):
                return None
            return Done("succeeded", f"{SAYS[verb == 'hold']}; nothing had to be done.")
        release = (await self._production.situation(verb)).release
        says = reached(verb, task.fields.get("stage"), release)
        return None if says is None else Done("succeeded", f"{says} Nothing had to be sent.")

    # --- what was begun already --------------------------------------------------------------

    async def _before(self, task: Task, say: Say) -> Done | None:
        """What became of what this attempt has begun; ``None`` where it has begun nothing."""
        verb = verb_of(task)
        if verb in FREEZES:
            return await self._frozen_by(task, verb)
        mine = await self._settled(task, say)
        if mine is not None:
            return became(task, mine)
        view = await self._following.found(task.key)
        if view is None:
            return None
        steps = view.plan.steps if view.plan is not None else ()
        only = steps[0] if len(steps) == 1 else None
        if not isinstance(only, HostStep) or verb != only.action.NAME:
            return Done("ask", f"{view.id} bears the key of this step and is about something else.")
        return await self._following.follow(view.id, task, say)

    async def _frozen_by(self, task: Task, verb: str) -> Done | None:
        project = await self._production.project()
        for one in await self._production.story(freeze.stream(project.id)):
            event = events.read(one)
            if not isinstance(event, events.ReleaseFrozen | events.ReleaseThawed):
                continue
            if bears(event.reason, task.key):
                if isinstance(event, events.ReleaseFrozen) != (verb == "hold"):
                    return Done("ask", "Something else was recorded under the key of this step.")
                return Done("succeeded", f"{SAYS[verb == 'hold']} by {event.person}.", undo=_way_back(verb))
        return None

    async def _settled(self, task: Task, say: Say) -> Intended | None:
        """What this attempt intended, once it is certain what became of it, or that it cannot be told."""
        deadline = self._clock.monotonic() + FIND_OUT_S
        while True:
            mine = intended(await self._production.story("release:"), task.key)
            if mine is None or mine.outcome is not None or self._clock.monotonic() >= deadline:
                return mine
            say("no answer was recorded: the host is being asked what became of it")
            await self._acting.look_into()
            await self._clock.sleep(ASK_EVERY_S)


def verb_of(task: Task) -> str:
    return str(task.fields.get("do", ""))


def why(task: Task, suggested: str = "") -> str:
    """The reason that is recorded: the step's own, else what the evidence suggests, else its title."""
    return str(task.fields.get("reason") or suggested or task.step.title)


def reached(verb: str, stage: object, release: Release | None) -> str | None:
    """What is so already of what a step wants; ``None`` if something is left to be done. Pure."""
    if release is None:
        return None
    if verb == "abort" and release.state is ReleaseState.ABORTED:
        return "The newest release is aborted already."
    if verb == "complete" and release.state is ReleaseState.COMPLETE:
        return "The newest release is complete already."
    at = release.stage.percentage if release.stage is not None else None
    if verb == "advance" and at is not None and at == stage:
        return f"The release is at {at} % already."
    return None


def intended(story: Sequence[Recorded], key: str) -> Intended | None:
    """The action that was intended for the step with this key, and its end. Pure.

    Raises :class:`console.events.Unknown` where something cannot be read here.
    """
    found: tuple[str, Action] | None = None
    end: events.ActionEnded | None = None
    for one in story:
        event = events.read(one)
        if isinstance(event, events.ActionIntended) and bears(event.reason, key):
            found = event.action_id, actions.from_json(event.action)
        elif isinstance(event, events.ActionEnded) and found is not None and event.action_id == found[0]:
            end = event
    if found is None:
        return None
    if end is None or (end.outcome == "unknown" and end.how == "answered"):
        return Intended(found[1], None)
    return Intended(found[1], end.outcome, together(end.says, end.next))


def became(task: Task, mine: Intended) -> Done:
    """The end of the step by that of its intent. Pure."""
    if verb_of(task) != mine.action.NAME:
        return Done("ask", f"An intent bears the key of this step, and it is to {mine.action.NAME}.")
    if mine.outcome is None:
        says = "It was sent, and what became of it is not known. It is never sent again by itself."
        return Done("unknown", says)
    return Done(RECORDED[mine.outcome], mine.says or f"It was recorded as {mine.outcome}.")


def _never(task: Task) -> Done:
    says = f"The release is not as `{verb_of(task)}` would have it, and this step never sent anything."
    return Done("ask", f"{says} Do it again, or go on without it?")


def _named(action: Action) -> tuple[str, int]:
    return action.NAME, target_percent(action)


def _lines(made: Preview) -> tuple[str, ...]:
    return (made.title, *made.what, f"touches: {made.touches}", *(f"! {one}" for one in made.warnings))


def _way_back(verb: str) -> str:
    return f"coalmine release {WAY_BACK[verb]} --reason REASON"
