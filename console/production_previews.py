"""What starting, promoting, rolling back or configuring would do, in words."""

from __future__ import annotations

from dataclasses import replace

from console.actions import Action, Configure, Preview, Promote, Rollback, StagePlan, Start, plan_digest
from console.canary.stages import Deployment
from console.host_words import gate_may
from console.previews import who
from console.situation import Situation

EVERYBODY = "all visitors, all production domains"
STAYS_OFF = "automatic assignment of production domains is off until someone promotes"
NOT_BACK = (
    "environment variables stay as that build had them; cron jobs follow it; "
    "the database, Edge Config and flags stay as they are"
)


def preview_production(
    action: Action, situation: Situation, project: str, serving: Deployment | None
) -> Preview:
    """The preview of an action on production; ``serving`` is the deployment that serves it now."""
    target = situation.target.deployment if situation.target else None
    if isinstance(action, Start):
        return _start(action, situation, project, target, serving)
    if isinstance(action, Promote):
        promoted = _promote(action, project, target, serving)
        again = action.deployment_id == action.from_deployment_id
        return _again(promoted, action, situation, target) if again else promoted
    if isinstance(action, Rollback):
        return _rollback(action, situation, project, target, serving)
    if isinstance(action, Configure):
        return _configure(action, project)
    raise TypeError(f"{action.NAME} is previewed elsewhere")


def stage_words(stages: tuple[StagePlan, ...]) -> str:
    """Stages in a line: ``5 % (approval) → 25 % (10 min) → 100 %``."""
    if not stages:
        return "off"
    return " → ".join(f"{s.percentage} %{_wait(s)}" for s in stages)


def _wait(stage: StagePlan) -> str:
    if stage.percentage == 100:
        return ""
    words = [f"{stage.seconds // 60} min"] if stage.seconds else []
    return (
        f" ({', '.join([*words, *(['approval'] if stage.approval else [])])})"
        if words or stage.approval
        else ""
    )


def _start(
    action: Start, situation: Situation, project: str, target: Deployment | None, serving: Deployment | None
) -> Preview:
    stages = situation.template.stages if situation.template else ()
    words = stage_words(tuple(StagePlan(p, round((m or 0) * 60), int(a)) for p, m, a in stages))
    gate: tuple[str, ...] = ()
    if situation.template and situation.template.gate_enabled:
        gate = (f"Vercel's own gate is on: it {gate_may(situation.template)}",)
    return Preview(
        action=action,
        title=f"START a rolling release of {project}",
        what=(
            f"the canary {who(target)}  [{action.canary_deployment_id}]",
            f"the baseline {who(serving)}  [{action.baseline_deployment_id}]",
            f"stages {words}",
        ),
        touches=f"{action.first_percentage} % of visitors get the canary at once",
        undo="abort: everybody goes back to the baseline",
        after="the release runs until it is completed or aborted; other promotions wait in a queue",
        warnings=gate,
        if_nothing="production stays as it is",
        plan_sha256=plan_digest(action),
        typed_word=f"{action.first_percentage}",
        suggested_reason="",
    )


_LEADS = {
    "all": "all visitors get it at once",
    "release": "rolling releases are on: this starts one, at its first stage",
    "completion": "it is the canary that is rolling: this COMPLETES the release, all visitors get it at once",
    "queue": "another release is rolling: this waits in its queue until that one is over",
}

_REACHES = {
    "all": EVERYBODY,
    "release": "the first stage's share of visitors at once",
    "completion": EVERYBODY,
    "queue": "nobody yet",
}


def _promote(action: Promote, project: str, target: Deployment | None, serving: Deployment | None) -> Preview:
    return Preview(
        action=action,
        title=f"PROMOTE a deployment of {project}",
        what=(
            f"{who(target)}  [{action.deployment_id}]",
            f"serves instead of {who(serving)}  [{action.from_deployment_id}]",
            _LEADS[action.leads_to],
        ),
        touches=_REACHES[action.leads_to],
        undo="roll back to the deployment that serves now",
        after="automatic assignment of production domains is on",
        warnings=(_LEADS["completion"],) if action.leads_to == "completion" else (),
        if_nothing="production stays as it is",
        plan_sha256=plan_digest(action),
        typed_word=project,
        suggested_reason="",
    )


def _again(promoted: Preview, action: Promote, situation: Situation, target: Deployment | None) -> Preview:
    """Of a promotion of what serves already: it moves what was left behind, and assigns again."""
    behind = [one.domain for one in situation.project.behind] if situation.project else []
    moves = f"domains left behind move to it: {', '.join(behind)}" if behind else "no domain moves"
    return replace(
        promoted,
        what=(f"{who(target)}  [{action.deployment_id}]", "serves production already", moves),
        touches=f"the visitors of {', '.join(behind)}" if behind else "nobody: it serves already",
        undo="instant rollback; automatic assignment is off again then",
    )


def _rollback(
    action: Rollback,
    situation: Situation,
    project: str,
    target: Deployment | None,
    serving: Deployment | None,
) -> Preview:
    what = [f"{who(serving)} → {who(target)}", f"[{action.from_deployment_id}] → [{action.deployment_id}]"]
    if situation.moving:
        what.append(f"{len(situation.moving)} domains move: {', '.join(situation.moving[:6])}")
    if action.active_canary_id:
        what.append(f"the rolling release of {action.active_canary_id} is aborted by it")
    return Preview(
        action=action,
        title=f"INSTANT ROLLBACK of {project}",
        what=tuple(what),
        touches=EVERYBODY,
        undo="promote the deployment that serves now",
        after=f"{STAYS_OFF}; {NOT_BACK}",
        warnings=(),
        if_nothing="production stays as it is",
        plan_sha256=plan_digest(action),
        typed_word=project,
        suggested_reason="",
    )


def _configure(action: Configure, project: str) -> Preview:
    off = not action.stages
    return Preview(
        action=action,
        title=f"CONFIGURE rolling releases of {project}",
        what=(f"- {stage_words(action.before)}", f"+ {stage_words(action.stages)}"),
        touches="nobody now: a running release keeps the stages it began with",
        undo=f"set it back to: {stage_words(action.before)}",
        after="promotions reach everybody at once" if off else "the next release takes these stages",
        warnings=("without rolling releases nothing is compared before everybody has it",) if off else (),
        if_nothing="the configuration stays as it is",
        plan_sha256=plan_digest(action),
        typed_word=None,
        suggested_reason="",
    )
