"""Domains move one after the other: what a promote or a rollback does alias by alias, also half of it."""

from __future__ import annotations

from typing import Literal

from console.readings import Millis
from data.simulator.records import AliasJob, Project

STARTS_MS = 300
MOVES_MS = 800
"""A job is pending at first; then it moves one domain after the other."""


def begin(
    project: Project,
    kind: Literal["promote", "rollback"],
    source: str,
    target: str,
    canary_id: str | None,
    at: Millis,
) -> None:
    """Begin to point all domains at ``target``; a job that still runs is settled at once."""
    finish(project, at)
    project.job = AliasJob(
        kind=kind,
        requested_at=at,
        from_id=source,
        to_id=target,
        from_release_canary_id=canary_id,
        domains=tuple(domain.name for domain in project.domains),
    )


def finish(project: Project, at: Millis) -> None:
    """A newer request overtakes a job that is still moving domains: settle that one first."""
    job = project.job
    if job is not None and not job.done:
        job.started = True
        while job.moved < len(job.domains):
            _move_next(project, job, at)
        _done(project, job)


def settle(project: Project, at: Millis) -> Millis | None:
    """Move the domains whose turn has come by ``at``; when the job ended, if it did so just now."""
    job = project.job
    if job is None or job.done:
        return None
    job.started = at >= job.requested_at + STARTS_MS
    while job.moved < len(job.domains) and at >= job.requested_at + MOVES_MS * (job.moved + 1):
        _move_next(project, job, job.requested_at + MOVES_MS * (job.moved + 1))
    return _done(project, job) if job.moved == len(job.domains) else None


def heading_for(project: Project) -> str:
    """The deployment that is production, or will be once the domains have moved."""
    job = project.job
    return project.serving_id if job is None or job.done else job.to_id


def all_serve(project: Project, deployment_id: str) -> bool:
    """Whether every domain serves the deployment, or will once the domains have moved."""
    job = project.job
    if job is not None and not job.done:
        return job.to_id == deployment_id
    return all(domain.deployment_id == deployment_id for domain in project.domains)


def _move_next(project: Project, job: AliasJob, at: Millis) -> None:
    domain = next(d for d in project.domains if d.name == job.domains[job.moved])
    job.moved += 1
    domain.split = False
    if project.stick(domain.name):
        job.failed.append(domain.name)
        return
    domain.deployment_id, domain.before_id, domain.updated_at = job.to_id, None, at


def _done(project: Project, job: AliasJob) -> Millis:
    job.started = job.done = True
    finished = job.requested_at + MOVES_MS * len(job.domains)
    moved = [d.updated_at for d in project.domains if d.name not in job.failed]
    if moved:
        finished = max(moved)
        project.serving_id = job.to_id
        target = project.deployments[job.to_id]
        target.aliased_at, target.substate = finished, "PROMOTED"
    return finished
