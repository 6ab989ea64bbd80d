"""From a wish and the state of production to an exact action, or why it makes no sense now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from console.actions import (
    Abort,
    Action,
    Advance,
    Complete,
    Configure,
    Impossible,
    Promote,
    Rollback,
    StagePlan,
    Start,
    make,
)
from console.host import Candidate
from console.ports import Project, ReleaseTemplate
from console.situation import Situation


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose beside the verb: a deployment, or the stages of a configuration."""

    target_id: str | None = None
    stages: tuple[StagePlan, ...] | None = None


def named(deployment: str) -> str:
    """An id, or an address as a browser shows it, in the form that the host lists."""
    return deployment.strip().removeprefix("https://").removeprefix("http://").split("/")[0]


def choice_of(action: Action) -> Choice:
    """The choice that led to ``action``, to make it again in another situation."""
    if isinstance(action, Start):
        return Choice(target_id=action.canary_deployment_id)
    if isinstance(action, Promote | Rollback):
        return Choice(target_id=action.deployment_id)
    return Choice(stages=action.stages) if isinstance(action, Configure) else Choice()


def plan(name: str, choice: Choice, situation: Situation) -> Action:
    """The exact action. Raises :class:`Impossible` with the reason in words."""
    if name in (Advance.NAME, Complete.NAME, Abort.NAME):
        return make(name, situation.release)
    project = situation.project
    if project is None:
        raise Impossible("The project has not been read.")
    if name == Configure.NAME:
        return _configure(project, situation.template, choice)
    target = _target(situation, choice)
    if name == Start.NAME:
        return _start(project, situation, target)
    if name == Promote.NAME:
        return _promote(project, situation, target)
    if name == Rollback.NAME:
        return _rollback(project, situation, target)
    raise Impossible(f"There is no action called {name!r}.")


def _target(situation: Situation, choice: Choice) -> Candidate:
    if choice.target_id is None:
        raise Impossible("No deployment was chosen.")
    if situation.target is None:
        raise Impossible(f"{choice.target_id} is not among the deployments that the host offers for this.")
    return situation.target


def _serving(project: Project) -> str:
    if project.serving_id is None:
        raise Impossible("The host did not say which deployment serves production.")
    return project.serving_id


def active_canary(situation: Situation) -> str:
    """The id of the canary that is rolling now; empty if none is."""
    release = situation.release
    return release.canary.id if release is not None and release.active and release.canary else ""


def unready(target: Candidate) -> str | None:
    """Why a deployment cannot get production traffic, if so."""
    deployment = target.deployment
    if deployment.ready_state != "READY":
        return f"It is not ready ({deployment.ready_state.lower() or 'unknown'})."
    if deployment.target != "production":
        return "It is a preview deployment: it would have to be rebuilt for production first."
    if target.checks_alias_state == "failed" or target.checks_conclusion == "failed":
        return "Its checks failed."
    return None


def _start(project: Project, situation: Situation, target: Candidate) -> Start:
    if not project.rolling_releases or situation.template is None:
        raise Impossible("Rolling releases are not configured for this project: `release config set`.")
    if active_canary(situation):
        raise Impossible("Another rolling release is running: complete or abort it first.")
    why_not = unready(target)
    if why_not:
        raise Impossible(why_not)
    serving = _serving(project)
    if serving == target.deployment.id:
        raise Impossible("It serves production already.")
    first = situation.template.stages[0][0] if situation.template.stages else 100
    return Start(project.id, target.deployment.id, serving, first)


def _promote(project: Project, situation: Situation, target: Candidate) -> Promote:
    why_not = unready(target)
    if why_not:
        raise Impossible(why_not)
    serving, canary = _serving(project), active_canary(situation)
    nothing_to_do = project.auto_assign_domains is not False and (canary or not project.behind)
    if serving == target.deployment.id and nothing_to_do:
        raise Impossible("It serves production already.")
    if canary:
        leads = "completion" if canary == target.deployment.id else "queue"
    else:
        leads = "release" if project.rolling_releases and serving != target.deployment.id else "all"
    return Promote(project.id, target.deployment.id, serving, leads, canary)  # type: ignore[arg-type]


def _rollback(project: Project, situation: Situation, target: Candidate) -> Rollback:
    serving = _serving(project)
    if serving == target.deployment.id and not active_canary(situation):
        raise Impossible("It serves production already.")
    if target.deployment.id == active_canary(situation):
        raise Impossible("It is the canary that is rolling: complete the release instead.")
    if target.rollback_candidate is False:
        raise Impossible("The host does not allow an instant rollback to it.")
    if target.deployment.ready_state != "READY":
        raise Impossible("It is not ready any more.")
    return Rollback(project.id, target.deployment.id, serving, active_canary(situation))


def _configure(project: Project, template: ReleaseTemplate | None, choice: Choice) -> Configure:
    if choice.stages is None:
        raise Impossible("No stages were given.")
    wrong = fault_of(choice.stages)
    if wrong:
        raise Impossible(wrong)
    before = stages_of(template)
    if before == choice.stages:
        raise Impossible("That is the configuration already.")
    return Configure(project.id, choice.stages, before)


def stages_of(template: ReleaseTemplate | None) -> tuple[StagePlan, ...]:
    """A template's stages in the form of an action; empty when rolling releases are off."""
    if template is None:
        return ()
    return tuple(
        StagePlan(percentage, round((minutes or 0) * 60), int(approval))
        for percentage, minutes, approval in template.stages
    )


def fault_of(stages: Sequence[StagePlan]) -> str | None:
    """What is wrong with the stages of a configuration; none at all switches it off and is right."""
    shares = [stage.percentage for stage in stages]
    if not shares:
        return None
    if any(not 0 <= share <= 100 for share in shares):
        return "A stage's share is from 0 to 100 %."
    if any(a >= b for a, b in pairwise(shares)):
        return "Each stage's share must be larger than the one before."
    if shares[-1] != 100:
        return "The last stage must be 100 %."
    if len(shares) < 2:
        return "A rolling release has at least two stages."
    if any(stage.seconds < 0 or stage.seconds % 60 for stage in stages):
        return "A stage lasts whole minutes."
    return None
