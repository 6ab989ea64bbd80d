"""What a person may do with a run as it stands: the event that says so, or why not. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from console.event import Event
from console.incidents.incident import Incident
from console.incidents.rules import refused
from console.incidents.terms import ROLE_WORDS, Role
from console.outcome import Outcome
from console.playbooks.model import Playbook, Step
from console.readings import Millis
from console.runs import happened as h
from console.runs.next import step_of
from console.runs.run import Run
from console.runs.terms import StepState

CLOCK_BACK_MS: Millis = 60_000
"""A clock that is so much behind the run's newest event decides nothing."""

MANUAL = ("done", "failed")
"""What is said to a step of kind ``manual``."""

_ROLES: Mapping[str, Role] = {
    "incident_commander": "commander",
    "deputy": "deputy",
    "scribe": "scribe",
    "subject_matter_expert": "expert",
    "ops_lead": "operations",
    "customer_liaison": "communications",
    "internal_liaison": "communications",
}
"""Roles as playbooks name them → those of incidents, where both liaisons are one."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a word on a run is judged by."""

    run: Run
    playbook: Playbook
    incident: Incident | None = None

    def current(self) -> Step | None:
        return step_of(self.playbook, self.run.current)


def unwritable(run: Run, now: Millis) -> Outcome | None:
    """Why nothing more can be written about it here."""
    if run.blocked:
        return refused(f"{run.id} cannot be understood here: {run.blocked}", "Update Coalmine.")
    if now < run.newest_at - CLOCK_BACK_MS:
        return refused("This machine's clock is behind the run's newest entry.", "Set it first.")
    return None


def over(run: Run) -> Outcome | None:
    if not run.over:
        return None
    return refused(f"{run.id} {run.state.value}: nothing more happens in it.", "Start another run.")


def not_whose(scene: Scene, step: Step, person: str) -> Outcome | None:
    """Why a step is not this person's: somebody else has its role in the incident. The commander's deputies
    may do what is the commander's; a role that nobody has keeps nobody from anything."""
    wanted = _ROLES.get(str(step.fields.get("role", "")))
    if wanted is None or scene.incident is None:
        return None
    holders = scene.incident.roles.holders(wanted)
    also = scene.incident.roles.holders("deputy") if wanted == "commander" else ()
    if not holders or person in holders or person in also:
        return None
    who = " or ".join(holders)
    return refused(
        f"Step {step.id} is for the {ROLE_WORDS[wanted]} of {scene.incident.id}: {who}.",
        "Ask them to answer it.",
    )


def answered(scene: Scene, person: str, step_id: str, choice: str, evidence: str) -> Event | Outcome:
    """Answer a step that asks: a decision by its label (or the label's number), a manual step by done or
    failed."""
    wrong = over(scene.run)
    if wrong is not None:
        return wrong
    step = scene.current()
    if step is None or step.id != step_id:
        now = f"; it is at {scene.run.current}" if scene.run.current else ""
        return refused(f"{scene.run.id} is not at step {step_id}{now}.", _look(scene.run))
    there = scene.run.step(step.id)
    if step.kind not in ("manual", "decision"):
        return refused(f"Step {step_id} is of kind {step.kind}: it asks nothing.", _look(scene.run))
    if not there.state.in_hand:
        return refused(f"Step {step_id} is over: {there.state.value}.", _look(scene.run))
    if there.answer is not None:
        return refused(f"{there.answer.person} answered step {step_id} already: {there.answer.choice}.")
    wrong = not_whose(scene, step, person)
    if wrong is not None:
        return wrong
    said = choice_of(step, choice)
    if said is None:
        return refused(
            f"“{choice}” is no answer to step {step_id}.",
            f"Answers are {' or '.join(f'“{one}”' for one in choices(step))}, or their numbers from 1 on.",
        )
    wants = step.fields.get("evidence", "none")
    if step.kind == "manual" and said == "done" and wants != "none" and not evidence:
        what = "a link" if wants == "link" else "a few words"
        return refused(f"Step {step_id} wants {what} as evidence.", "--evidence TEXT")
    return h.StepAnswered(person=person, step=step_id, attempt=there.attempt, choice=said, evidence=evidence)


def choices(step: Step) -> tuple[str, ...]:
    """What can be answered to a step, as it is recorded."""
    options = step.fields.get("options")
    if step.kind != "decision" or not isinstance(options, list):
        return MANUAL
    return tuple(str(one.get("label", "")) for one in options if isinstance(one, dict))


def choice_of(step: Step, text: str) -> str | None:
    """The answer that is meant by a text: its words, whatever the case, or its number."""
    known = choices(step)
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(known):
        return known[int(text) - 1]
    return next((one for one in known if one.casefold() == text.strip().casefold()), None)


def skipped(scene: Scene, person: str, why: str) -> Event | Outcome:
    """Leave out the step that the run is at: it has not ended, or not well."""
    step, wrong = scene.current(), over(scene.run)
    if wrong is not None:
        return wrong
    if step is None:
        return refused(f"{scene.run.id} has not begun: there is no step to skip.")
    there = scene.run.step(step.id)
    if there.state in (StepState.SUCCEEDED, StepState.SKIPPED):
        return refused(f"Step {step.id} is over: {there.state.value}.", _look(scene.run))
    if there.state is StepState.UNKNOWN:
        says = f"Nobody knows how step {step.id} ended: that has to be found out first."
        return refused(says, f"coalmine playbook answer {scene.run.id} {step.id} succeeded --evidence TEXT")
    if not skippable(step):
        says = f"Step {step.id} may not be skipped"
        if step.kind == "decision":
            return refused(f"{says}: it is what decides how it goes on.", "Answer it.")
        return refused(f"{says}.", f"Try it again, or abort: coalmine playbook abort {scene.run.id}")
    if there.state is StepState.RUNNING and step.effect:
        return refused(f"Step {step.id} is being done.", "Wait for its end, or abort the run.")
    wrong = not_whose(scene, step, person)
    return wrong or h.StepSkipped(person=person, step=step.id, how="person", why=why)


def skippable(step: Step) -> bool:
    """What changes production is skipped only where the playbook says so; a decision never."""
    if step.kind == "decision":
        return False
    said = step.fields.get("skippable")
    return said if isinstance(said, bool) else not step.effect


def retried(scene: Scene, person: str, why: str) -> Event | Outcome:
    """Try the step again that the run stands at."""
    step, wrong = scene.current(), over(scene.run)
    if wrong is not None:
        return wrong
    if scene.run.asks is not None and not scene.run.asks.step:
        return h.RunGoesOn(person=person, why=why)
    if step is None:
        return refused(f"{scene.run.id} has not begun.", f"coalmine playbook resume {scene.run.id}")
    there = scene.run.step(step.id)
    if there.state is StepState.UNKNOWN:
        says = f"Nobody knows how step {step.id} ended: that has to be found out first."
        return refused(says, f"coalmine playbook answer {scene.run.id} {step.id} failed --evidence TEXT")
    if there.state.in_hand or scene.run.asks is None:
        return refused(
            f"Step {step.id} is {there.state.value}: nobody is asked what to do.", _look(scene.run)
        )
    return h.StepRetried(person=person, step=step.id, why=why)


def settled(
    scene: Scene, person: str, step_id: str, ended: Literal["succeeded", "failed"], why: str
) -> Event | Outcome:
    """Say how a step ended whose end nobody knew."""
    wrong = over(scene.run)
    if wrong is not None:
        return wrong
    there = scene.run.step(step_id)
    if there.state is not StepState.UNKNOWN:
        return refused(f"How step {step_id} stands is known: {there.state.value}.", _look(scene.run))
    if not why:
        return refused("Say how that was found out.", "--evidence TEXT")
    return h.StepSettled(person=person, step=step_id, attempt=there.attempt, ended=ended, why=why)


def said(scene: Scene, person: str, step_id: str, choice: str, evidence: str) -> Event | Outcome:
    """An answer to a step that asks; or how one ended whose end nobody knew."""
    if scene.run.step(step_id).state is not StepState.UNKNOWN:
        return answered(scene, person, step_id, choice, evidence)
    if choice not in ("succeeded", "failed"):
        return refused(f"Nobody knows how step {step_id} ended.", "The answer is succeeded or failed.")
    return settled(scene, person, step_id, choice, evidence)  # type: ignore[arg-type]


def aborted(scene: Scene, person: str, why: str) -> Event | Outcome:
    """End the run here. What was done stays done."""
    return over(scene.run) or h.RunAborted(person=person, why=why)


def handed_over(scene: Scene, person: str, to: str, known: bool) -> Event | Outcome:
    """Ask somebody else to drive. ``known``: whether they are listed in people.yaml."""
    run, wrong = scene.run, over(scene.run)
    if wrong is not None:
        return wrong
    if run.driver is None or run.driver.person != person:
        who = f"{run.driver.person} drives {run.id}" if run.driver else f"Nobody drives {run.id}"
        return refused(f"{who}: only who drives hands it over.", f"coalmine playbook resume {run.id}")
    if not known:
        return refused(f"{to} is not listed in people.yaml.", "Who is not listed can look only.")
    return h.DriverHandedOver(person=person, to=to)


def _look(run: Run) -> str:
    return f"coalmine playbook status {run.id}"
