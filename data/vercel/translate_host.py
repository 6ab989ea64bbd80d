"""From Vercel's words to Coalmine's, beyond the running release. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from console.host import AliasMove, Candidate, Check, Detail, Slots, Variable, Variables
from data.vercel import models_host as wire
from data.vercel import translate

_SUBSTATES: dict[str, Literal["STAGED", "ROLLING", "PROMOTED"]] = {
    "STAGED": "STAGED",
    "ROLLING": "ROLLING",
    "PROMOTED": "PROMOTED",
}


def candidate(answer: wire.ListedDeployment) -> Candidate:
    """A deployment that retention has removed is nothing to roll back to, whatever else is said of it."""
    gate = answer.checks.deploymentAlias if answer.checks else None
    fault = answer.aliasError or wire.Fault()
    branch = answer.meta.first("CommitRef") if answer.meta else None
    return Candidate(
        deployment=translate.deployment(answer),
        branch=branch or (answer.gitSource.ref if answer.gitSource else None),
        substate=_SUBSTATES.get(answer.readySubstate or ""),
        rollback_candidate=False if answer.softDeletedByRetention else answer.isRollbackCandidate,
        checks_state=answer.checksState,
        checks_conclusion=answer.checksConclusion,
        checks_alias_state=gate.state if gate else None,
        error=answer.errorMessage or answer.errorCode or fault.message or fault.code,
        creator=answer.creator.username if answer.creator else None,
        source=answer.source,
        building_at=answer.buildingAt,
        ready_at=answer.ready,
        inspector_url=answer.inspectorUrl,
    )


def detail(answer: wire.FullDeployment) -> Detail:
    fault, warning = answer.aliasError or wire.Fault(), answer.aliasWarning or wire.Fault()
    no_build = None
    if answer.prebuilt:
        no_build = "it was built elsewhere and uploaded as it is"
    elif answer.buildSkipped:
        no_build = "its build was skipped"
    return Detail(
        replace(candidate(answer), ended_at=answer.buildErrorAt or answer.canceledAt),
        aliases=tuple(dict.fromkeys(answer.alias or ())),
        alias_problem=fault.message or fault.code or warning.message or warning.code,
        state_reason=answer.readyStateReason,
        in_queue=bool(answer.isInConcurrentBuildsQueue),
        no_build=no_build,
    )


def check(answer: wire.CheckV1) -> Check:
    return Check(
        answer.id,
        answer.name,
        answer.status,
        answer.conclusion,
        answer.blocking,
        url=answer.detailsUrl,
        created_at=answer.createdAt,
        completed_at=answer.completedAt,
    )


def check_runs(runs: Iterable[wire.CheckRun]) -> list[Check]:
    """Of several runs of one check the newest counts: a rerun takes the place of the run before it."""
    newest: dict[str, wire.CheckRun] = {}
    for run in runs:
        key = run.checkId or run.id
        before = newest.get(key)
        if before is None or (run.createdAt or 0) >= (before.createdAt or 0):
            newest[key] = run
    return [_check_run(run) for run in newest.values()]


def _check_run(run: wire.CheckRun) -> Check:
    return Check(
        id=run.id,
        name=run.name,
        status=run.status,
        conclusion=run.conclusion,
        blocking=run.blocks not in (None, "", "none"),
        blocks=run.blocks,
        url=run.externalUrl,
        version=2,
        created_at=run.createdAt,
        completed_at=run.completedAt,
        says=run.conclusionText,
    )


def slots(answer: wire.BillingAnswer) -> Slots:
    if answer.reason == "unlimited_slots":
        return Slots(answer.reason, None, answer.message)
    left = answer.availableSlots if isinstance(answer.availableSlots, int) else 0
    return Slots(answer.reason, left if answer.reason == "available_slots" else 0, answer.message)


def skew_protection_s(answer: wire.SkewAnswer) -> int | None:
    """Vercel's 0 is "off"."""
    return round(answer.skewProtectionMaxAge or 0) or None


def move(answer: wire.MoveItem) -> AliasMove:
    return AliasMove(answer.name, answer.status)


def variables(answer: wire.EnvAnswer) -> Variables:
    """The list, and whether it is all there is."""
    more = answer.pagination is not None and answer.pagination.next not in (None, "")
    return Variables(tuple(_variable(one) for one in answer.envs), whole=not more)


def _variable(one: wire.EnvVariable) -> Variable:
    targets = (one.target,) if isinstance(one.target, str) else tuple(one.target or ())
    return Variable(one.key, one.type, targets, one.createdAt, one.updatedAt, one.gitBranch)
