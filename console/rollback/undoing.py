"""Taking back what a request has done: its steps reversed, the last one first, as a request of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.actions import (
    Abort,
    Action,
    Advance,
    Complete,
    Configure,
    Impossible,
    Preview,
    Promote,
    Rollback,
)
from console.flags.edits import Unfit
from console.outcome import End, Outcome
from console.planning import Choice
from console.ports import SourceError, StoreUnusable
from console.rollback.afterwards import undoable
from console.rollback.command_step import CommandStep, line_of
from console.rollback.counting import View
from console.rollback.desk import Shown, reason_amiss
from console.rollback.evidence import evidence_of
from console.rollback.making import not_covered_by
from console.rollback.plan import FlagStep, HostStep, Plan, Step
from console.rollback.policy_step import PolicyStep
from console.rollback.store_step import StoreStep
from console.rollback.telling import step_words

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.flags.gate import Offer


@dataclass(frozen=True, slots=True)
class Back:
    """An action that takes another one back."""

    verb: str
    choice: Choice | None = None


def back_by(action: Action) -> Back | str:
    """What takes an action back, or why nothing does. Pure."""
    if isinstance(action, Rollback):
        return Back("promote", Choice(target_id=action.from_deployment_id))
    if isinstance(action, Promote):
        if action.leads_to == "release":
            return Back("abort")
        if action.leads_to == "queue":
            return "what waits for its turn is taken off the queue in Vercel's dashboard"
        return Back("rollback", Choice(target_id=action.from_deployment_id))
    if isinstance(action, Complete):
        return Back("rollback", Choice(target_id=action.baseline_deployment_id))
    if isinstance(action, Configure):
        return Back("configure", Choice(stages=action.before))
    if isinstance(action, Advance):
        return "no stage is gone back to: abort ends the release"
    if isinstance(action, Abort):
        return "the release is over: start it anew, or promote its canary"
    return Back("abort")


class _Made:
    """The reverse of each step so far, and what was said of it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.lines: list[str] = []
        self.left_out: list[str] = []
        self.touches: list[str] = []
        self.not_covered: list[str] = []

    def of_host(self, preview: Preview) -> None:
        self.steps.append(HostStep(preview.action))
        self.lines += [*preview.what, *(f"! {one}" for one in preview.warnings)]
        self.touches.append(preview.touches)
        self.not_covered += not_covered_by(preview)

    def of_flag(self, offer: Offer) -> None:
        self.steps.append(FlagStep(offer.plan, "undo"))
        self.lines += [f"{offer.plan.key}: {line}" for line in offer.lines]
        self.touches.append(f"whoever gets another variant of {offer.plan.key}")


async def planned_undo(cockpit: Cockpit, view: View) -> tuple[Plan, Shown]:
    """The plan that takes back what ``view`` has done, and what is shown of it.

    A step that cannot be taken back is said and left out. Raises :class:`Impossible` where none can, and
    :class:`console.ports.SourceError`.
    """
    places = undoable(view)
    if isinstance(places, str) or view.plan is None:
        raise Impossible(str(places))
    made = _Made()
    for place in places:
        step = view.plan.steps[place]
        try:
            await _reverse(cockpit, view, place, made)
        except (Impossible, Unfit) as error:
            made.left_out.append(f"step {place + 1} of {view.id} stays ({step_words(step)}): {error}")
    if not made.steps:
        raise Impossible(f"Nothing of {view.id} can be undone: {'; '.join(made.left_out)}.")
    return Plan(view.request.opened.project_id, tuple(made.steps)), _shown(cockpit, view, places, made)


async def _reverse(cockpit: Cockpit, view: View, place: int, made: _Made) -> None:
    """Raises :class:`Impossible` or :class:`Unfit` with the reason where the step cannot be taken back."""
    step = view.plan.steps[place] if view.plan is not None else None
    if isinstance(step, FlagStep):
        made.of_flag(await _flag_back(cockpit, view, place, step))
    elif isinstance(step, HostStep):
        back = back_by(step.action)
        if isinstance(back, str):
            raise Impossible(back)
        made.of_host(await cockpit.preview(back.verb, back.choice))
    else:
        raise Impossible(_by_hand(step))


def _by_hand(step: Step | None) -> str:
    """How a person takes a step back that is not reversed as a plan."""
    if isinstance(step, CommandStep):
        return (
            f"its undo is for a person to run, who knows what was written since: {line_of(step.command.undo)}"
        )
    if isinstance(step, StoreStep):
        return f"restore the store from a backup made before it: --store {step.store_id}"
    if isinstance(step, PolicyStep):
        return "adopt the one before, whose text is in the ledger: coalmine config adopt --from FOLDER"
    return "no way back is known"


async def _flag_back(cockpit: Cockpit, view: View, place: int, step: FlagStep) -> Offer:
    from console.flags.desk import back_of

    desk, attempt = cockpit.flags(), view.request.attempt
    seen = attempt.last_of(place) if attempt is not None else None
    if desk.provider.name != step.plan.provider or seen is None:
        raise Impossible(f"there is no {step.plan.provider} here")
    story = await desk.story(step.plan.key)
    mine = next((one for one in story.changes if one.event.action_id == seen.action_id), None)
    if mine is None:
        raise Impossible("the ledger does not have that change")
    return await desk.gate.offer(back_of(mine, "undo"))


def _shown(cockpit: Cockpit, view: View, places: Sequence[int], made: _Made) -> Shown:
    count = f"{len(made.steps)} of {len(places)} steps" if len(places) > 1 else "its step"
    covered = made.not_covered or ["code, configuration and the database stay as they are"]
    evidence = (f"what {view.id} has done: {view.request.opened.title}", *evidence_of(cockpit.world()))
    return Shown(
        f"UNDO {view.id}: {count}",
        tuple(made.lines),
        (*made.left_out, *dict.fromkeys(covered)),
        "; ".join(dict.fromkeys(made.touches)),
        evidence,
    )


async def undo(cockpit: Cockpit, request_id: str, reason: str, *, wait: bool = False) -> Outcome:
    """Ask for what takes a request's done steps back; the policy decides about it as about any other."""
    wrong, room = reason_amiss(reason), cockpit.requests()
    if wrong is not None:
        return wrong
    try:
        view = await room.desk.get(request_id)
        if view is None:
            return _no(f"There is no request {request_id}.", "`coalmine rollback list` shows them.")
        if view.wrong:
            return _no(f"{request_id} cannot be undone: {view.wrong}")
        if view.request.opened.project_id != (await cockpit.production.project()).id:
            return _no(f"{request_id} is about another project.", "Open a console on that one.")
        plan, shown = await planned_undo(cockpit, view)
        asked = [one.id for one in await room.desk.open() if one.request.opened.plan_sha256 == plan.sha256]
    except Impossible as error:
        return _no(str(error))
    except (SourceError, StoreUnusable) as error:
        return _no(f"Nothing was asked for: {error.problem.what}", error.problem.next)
    if asked:
        return _no(f"{asked[0]} asks for exactly that already.", f"See it: coalmine rollback show {asked[0]}")
    return await room.ask(plan, shown, reason, wait=wait)


def _no(says: str, following: str = "") -> Outcome:
    return Outcome(End.REFUSED_HERE, says, following)
