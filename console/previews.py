"""What an action on the running release would do, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from console.actions import Abort, Advance, Complete, Preview, plan_digest
from console.canary.stages import Deployment, Release, Stage
from console.canary.verdict import Verdict, Word


def who(deployment: Deployment | None) -> str:
    if deployment is None:
        return "?"
    sha = (deployment.commit_sha or "")[:7]
    return (
        f"{sha or deployment.id} ({deployment.commit_message})"
        if deployment.commit_message
        else deployment.id
    )


def with_details(release: Release, details: Mapping[str, Deployment]) -> Release:
    """The release with what is known of its deployments' commits."""
    both = (release.baseline, release.canary)
    baseline, canary = (d and details.get(d.id, d) for d in both)
    return replace(release, baseline=baseline, canary=canary)


def preview(
    action: Advance | Complete | Abort,
    release: Release,
    verdict: Verdict | None,
    visitors_per_minute: float | None,
    project: str,
) -> Preview:
    """What ``action`` would do to ``release`` now. ``visitors_per_minute`` is of the whole project."""
    canary, baseline = who(release.canary), who(release.baseline)
    share = release.percentage or 0.0
    common = {
        "action": action,
        "plan_sha256": plan_digest(action),
        "verdict": verdict.word.value if verdict else None,
    }
    if isinstance(action, Abort):
        return Preview(
            title=f"ABORT the rolling release of {project}",
            what=(
                f"roll back to the baseline {baseline}  [{action.baseline_deployment_id}]",
                f"the canary {canary}  [{action.canary_deployment_id}] gets no more visitors",
                "the host has no abort of its own: this is a rollback to the baseline's id",
            ),
            touches=_touched(share, 0, visitors_per_minute),
            undo="promote the canary again: that starts a new rolling release from its first stage",
            after="automatic assignment of production domains stays off until someone promotes",
            warnings=(),
            if_nothing=f"the canary goes on serving {_percent(share)} of visitors",
            typed_word=None,
            suggested_reason=evidence(verdict),
            **common,  # type: ignore[arg-type]
        )
    to = 100 if isinstance(action, Complete) else action.to_percentage
    last = isinstance(action, Complete) or _is_final(release, action.next_stage_index)
    what = [f"the canary {canary} serves {_percent(share)} → {to} % of visitors"]
    if last:
        what.append(f"this ends the release: the baseline {baseline} serves nobody any more")
    elif isinstance(action, Advance):
        what.append(
            f"stage {action.from_stage_index + 1} → {action.next_stage_index + 1} of {len(release.stages)}"
        )
    return Preview(
        title=f"{'COMPLETE' if isinstance(action, Complete) else 'ADVANCE'} the rolling release of {project}",
        what=tuple(what),
        touches=_touched(share, to, visitors_per_minute),
        undo="roll back to the earlier deployment" if last else "abort: everybody goes back to the baseline",
        after="the canary is the production deployment" if last else _waits(release.next_stage, release),
        warnings=_against(verdict, release),
        if_nothing=_stays(release, share),
        typed_word=project if last else f"{to}",
        suggested_reason="",
        **common,  # type: ignore[arg-type]
    )


def _is_final(release: Release, index: int) -> bool:
    return any(stage.index == index and stage.final for stage in release.stages)


def _percent(share: float) -> str:
    return f"{share:.0f} %" if float(share).is_integer() else f"{share:.1f} %"


def _touched(before: float, after: float, per_minute: float | None) -> str:
    change = abs(after - before)
    if per_minute is None:
        return f"{change:.0f} % of visitors change deployment (how many a minute is not known now)"
    requests = f"{per_minute * change / 100:,.0f}"
    return f"{change:.0f} % of visitors change deployment, about {requests} requests a minute"


def evidence(verdict: Verdict | None) -> str:
    """Why harm is to be stopped, in the verdict's words; empty where it does not say so."""
    if verdict is None or verdict.word is not Word.ROLLBACK:
        return ""
    return "; ".join(verdict.reasons)


def _against(verdict: Verdict | None, release: Release) -> tuple[str, ...]:
    warnings = []
    if verdict is None:
        warnings.append("no verdict has been given on this canary yet")
    elif verdict.word is not Word.PROMOTE:
        said = {"hold": "HOLD", "rollback": "ROLL BACK", "no_data": "NO DATA"}[verdict.word.value]
        warnings.append(f"the verdict is {said}: {'; '.join(verdict.reasons)}")
    elif verdict.care:
        warnings.append(f"the verdict is PROMOTE, with care: {'; '.join(verdict.care)}")
    if release.paused:
        warnings.append("the host has paused this release")
    if release.queued_deployment_id:
        warnings.append(f"another deployment waits for the next release: {release.queued_deployment_id}")
    return tuple(warnings)


def _waits(stage: Stage | None, release: Release) -> str:
    following = None
    if stage is not None:
        following = next((s for s in release.stages if s.index == stage.index + 1), None)
    if stage is not None and stage.duration_s is not None:
        return f"the host advances by itself after {stage.duration_s // 60} min there"
    if following is not None:
        return f"it stays there until someone advances it to {following.percentage} %"
    return "it stays there until someone completes it"


def _stays(release: Release, share: float) -> str:
    here = release.stage
    if here is not None and here.duration_s is not None and not release.paused:
        return f"the host itself advances after {here.duration_s // 60} min on this stage"
    return f"the canary stays at {_percent(share)}"
