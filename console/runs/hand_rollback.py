"""The step that asks for a rollback, waits for those who approve it, and has it carried out and verified."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from console.actions import Impossible
from console.authorise import Standing
from console.canary.stages import Release
from console.flags.edits import Unfit
from console.host import Candidate
from console.outcome import End
from console.planning import named
from console.ports import Clock, Project, SourceError, StoreUnusable
from console.readings import Millis
from console.rollback.making import Wishes, of_flags
from console.runs.consent import Consent, Consents
from console.runs.doing import Done, Say, Task
from console.runs.ends import hindered, in_doubt, of_outcome, together, unread
from console.runs.following import Following
from console.runs.hand_flag import wish_of
from console.runs.marks import mark, marked
from console.runs.rolling_back import (
    Asked,
    approval_lines,
    asked_of,
    is_asked,
    of_another_project,
    rules_amiss,
    unapproved,
    word_of,
)
from console.situation import Situation

if TYPE_CHECKING:
    from console.flags.desk import FlagDesk
    from console.rollback.desk import Shown
    from console.rollback.plan import Plan
    from console.rollback.room import Room

NOT_RUN = "its check and its dry run are run when it is asked for, and again right before it is carried out"


class Eyes(Protocol):
    """What production is now; see :class:`console.production.Production`."""

    async def project(self) -> Project: ...

    async def situation(self, action: str) -> Situation: ...

    async def candidates(self, *, for_rollback: bool) -> list[Candidate]: ...


class RollbackHand:
    """Implements :class:`console.runs.doing.Hand`. ``planned``: makes a plan, as the command does.

    It opens one request for each attempt, ever. Whose approval that takes, and until when, the policy says.
    """

    def __init__(
        self,
        room: Callable[[], Room],
        flags: Callable[[], FlagDesk],
        planned: Callable[[Wishes], Awaitable[tuple[Plan, Shown]]],
        eyes: Eyes,
        standing: Callable[[], Standing],
        following: Following,
        consents: Consents,
        clock: Clock,
    ) -> None:
        self._room, self._flags, self._planned, self._eyes = room, flags, planned, eyes
        self._standing, self._following = standing, following
        self._consents, self._clock = consents, clock

    async def would(self, task: Task) -> tuple[str, ...]:
        try:
            asked = asked_of(task)
            if asked.scope == "database":  # planning it would run its commands
                line = f"asks for the database {asked.database!r} to go back to {asked.to!r}"
                return (line, NOT_RUN, *_lines(hindered(task, self._standing())))
            made = await self._made(task, asked)
        except (Impossible, Unfit) as error:
            return (f"! {error}",)
        except (SourceError, StoreUnusable) as error:
            return (f"! {together(error.problem.what, error.problem.next)}",)
        if isinstance(made, Done):
            return (made.says,)
        plan, shown = made
        book = self._standing().rulebook
        who = (f"! {book}",) if isinstance(book, str) else approval_lines(asked, plan, book)
        hindrance = self._hindered(task, asked, plan)
        return (*_shown_lines(shown), *who, *_lines(hindrance))

    async def consent(self, task: Task) -> Consent:
        """What has to be agreed to before :meth:`do`. Of a database this runs its check and its dry run.

        Raises nothing that a person can be told.
        """
        try:
            made = await self._made(task, asked_of(task))
            if isinstance(made, Done):
                return Consent((made.says,))
            plan, shown = made
            project = await self._eyes.project()
        except (Impossible, Unfit) as error:
            return Consent((f"! {error}",))
        except (SourceError, StoreUnusable) as error:
            return Consent((f"! {together(error.problem.what, error.problem.next)}",))
        return Consent(_shown_lines(shown), word_of(plan, project.name), plan.sha256)

    async def do(self, task: Task, say: Say) -> Done:
        try:
            return await self._before(task, say) or await self._do(task, say)
        except (Impossible, Unfit) as error:
            return Done("failed", f"Nothing was asked for: {error}")
        except SourceError as error:
            return unread(error.problem)
        except StoreUnusable as error:
            return in_doubt(error.problem)

    async def resume(self, task: Task, say: Say) -> Done:
        try:
            before = await self._before(task, say)
            if before is not None:
                return before
            asked = asked_of(task)
            so = await self._served(asked, await self._targets(asked))
        except (Impossible, Unfit) as error:
            return Done("ask", str(error))
        except (SourceError, StoreUnusable) as error:
            return in_doubt(error.problem)
        says = "Nothing was asked for by this step, and nothing was sent. Ask for it, or go on without it?"
        return so or Done("ask", says)

    # --- asking ------------------------------------------------------------------------------

    async def _do(self, task: Task, say: Say) -> Done:
        asked = asked_of(task)
        wrong = hindered(task, self._standing())
        if wrong is not None:
            return wrong
        made = await self._made(task, asked)
        if isinstance(made, Done):
            return made
        plan, shown = made
        project = await self._eyes.project()
        wrong = self._hindered(task, asked, plan)
        consent = Consent(_shown_lines(shown), word_of(plan, project.name), plan.sha256)
        wrong = wrong or self._consents.lacking(task, consent)
        if wrong is not None:
            return wrong
        within = self._within(task, asked)
        if within is not None and within <= 0:
            return Done("timed_out", "Its time was over before anything was asked for.")
        say(f"asking for: {shown.title}")
        reason = marked(asked.reason, task.key)
        outcome = await self._room().ask(
            plan, shown, reason, once=mark(task.key), within_ms=within, under=asked.policy
        )
        if outcome.end in (End.DONE, End.AWAITING):
            return await self._before(task, say) or of_outcome(outcome)
        return of_outcome(outcome)

    def _hindered(self, task: Task, asked: Asked, plan: Plan) -> Done | None:
        standing = self._standing()
        book = standing.rulebook
        names = () if isinstance(book, str) else unapproved(asked, plan, book)
        return hindered(task, standing, *names)

    def _within(self, task: Task, asked: Asked) -> Millis | None:
        """How long approvals are waited for at most: a step can ask for less than the policy, never more."""
        left = None if task.deadline is None else task.deadline - self._clock.now()
        return min((one for one in (asked.expires_ms, left) if one is not None), default=None)

    async def _made(self, task: Task, asked: Asked) -> tuple[Plan, Shown] | Done:
        """The plan as it would be asked for now; the step's end where it is so already.

        Raises :class:`Impossible`, :class:`Unfit`, :class:`SourceError`.
        """
        project = await self._eyes.project()
        if (elsewhere := of_another_project(asked, project)) is not None:
            raise Impossible(elsewhere)
        so = await self._served(asked, await self._targets(asked))
        if so is not None:
            return so
        plan, shown = await self._plan(task, asked, project)
        book = self._standing().rulebook
        if isinstance(book, str):
            raise Impossible(book)
        if (amiss := rules_amiss(asked, plan, book)) is not None:
            raise Impossible(amiss)
        return plan, shown

    async def _plan(self, task: Task, asked: Asked, project: Project) -> tuple[Plan, Shown]:
        if asked.scope == "feature":
            desk = self._flags()
            held = await desk.provider.get(asked.left)
            offer = await desk.gate.offer(wish_of(desk.provider, held, environment_of(task), asked.to))
            return of_flags(project, [offer])
        if asked.scope != "code":
            return await self._planned(asked.wishes)
        release = (await self._eyes.situation("rollback")).release
        await self._left(asked, project, release)
        try:
            return await self._planned(asked.wishes)
        except Impossible:
            if not _is_baseline(asked, release):
                raise
            return await self._planned(Wishes("abort"))

    async def _left(self, asked: Asked, project: Project, release: Release | None) -> None:
        """Refuse where production does not have what the step wants to leave."""
        if not asked.left:
            return
        rolling = release.canary if release is not None and release.active else None
        known = {project.serving_id, *((rolling.id, rolling.url) if rolling is not None else ())}
        if named(asked.left) in known:
            return
        every = await self._eyes.candidates(for_rollback=False)
        if any(
            one.deployment.id == project.serving_id and one.deployment.url == named(asked.left)
            for one in every
        ):
            return
        now = " and ".join(filter(None, (project.serving_id, rolling.id if rolling is not None else None)))
        raise Impossible(f"production is {now}, and not {asked.left}, which the step goes back from.")

    async def _targets(self, asked: Asked) -> frozenset[str]:
        """The ids that ``to`` may stand for."""
        to = named(asked.to)
        if asked.scope != "code":
            return frozenset((asked.to,))
        listed = await self._eyes.candidates(for_rollback=True)
        return frozenset((to, *(one.deployment.id for one in listed if one.deployment.url == to)))

    async def _served(self, asked: Asked, targets: frozenset[str]) -> Done | None:
        """Whether production serves alone what a step of code goes back to."""
        if asked.scope != "code":
            return None
        seen = await self._eyes.situation("rollback")
        serving = seen.project.serving_id if seen.project is not None else None
        if serving not in targets or (seen.release is not None and seen.release.active):
            return None
        return Done("succeeded", f"Production serves {serving} already; nothing had to be sent.")

    # --- what was asked for already ----------------------------------------------------------

    async def _before(self, task: Task, say: Say) -> Done | None:
        """The end of the request that this attempt has opened; ``None`` where it has opened none."""
        view = await self._following.found(task.key)
        if view is None:
            return None
        asked = asked_of(task)
        meant = view.plan is not None and is_asked(
            asked, view.plan, await self._targets(asked), environment_of(task)
        )
        if not meant:
            return Done(
                "ask",
                f"{view.id} bears the key of this step and is about something else.",
                links=(("request", view.id),),
            )
        done = await self._following.follow(view.id, task, say)
        return done if done.ended == "succeeded" else await self._as_it_is(asked, done)

    async def _as_it_is(self, asked: Asked, done: Done) -> Done:
        """The same, with what production serves now, where the step is about that."""
        if asked.scope != "code":
            return done
        try:
            project = await self._eyes.project()
        except SourceError:
            return done
        line = f"production serves {project.serving_id or 'what the host does not name'} now"
        return replace(done, evidence=(*done.evidence, line))


def environment_of(task: Task) -> str:
    return str(task.fields.get("environment", "production"))


def _is_baseline(asked: Asked, release: Release | None) -> bool:
    if release is None or not release.active or release.baseline is None:
        return False
    return named(asked.to) in (release.baseline.id, release.baseline.url)


def _shown_lines(shown: Shown) -> tuple[str, ...]:
    return (
        shown.title,
        *shown.lines,
        f"touches: {shown.touches}",
        *(f"not: {one}" for one in shown.not_covered),
    )


def _lines(hindrance: Done | None) -> Sequence[str]:
    return () if hindrance is None else (f"! {hindrance.says}",)
