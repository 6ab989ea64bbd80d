"""The checks of a deployment: when each run begins and ends, and what it holds back.

Nothing is stored but the runs that end otherwise than well: a run follows from the deployment's own times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.readings import Millis
from data.simulator.records import Deployment, Project, ProjectCheck

GOOD = ("succeeded", "neutral", "skipped")
CONCLUSIONS = ("succeeded", "failed", "neutral", "skipped", "canceled", "timeout")

CHECKS = (
    ProjectCheck("chk_linkchecker", "Link checker", 1, "none", 18),
    ProjectCheck("chk_lighthouse", "Lighthouse", 1, "deployment-alias", 32),
    ProjectCheck("check_unit", "Unit tests", 2, "deployment-alias", 14, provider="github"),
    ProjectCheck("check_e2e", "End-to-end: checkout", 2, "deployment-promotion", 45),
)
"""What every project of the simulator has, where its account has checks."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a check on a deployment."""

    check: ProjectCheck
    deployment_id: str
    status: Literal["queued", "running", "completed"]
    conclusion: str | None
    created_at: Millis
    started_at: Millis | None
    completed_at: Millis | None

    @property
    def id(self) -> str:
        return f"{self.check.id.replace('check_', 'run_')}_{self.deployment_id[4:]}"

    @property
    def red(self) -> bool:
        """Whether it holds back what its check blocks."""
        return self.conclusion not in GOOD


def run_of(project: Project, check: ProjectCheck, deployment: Deployment, at: Millis) -> Run:
    """The run of ``check`` on ``deployment`` as it stands at ``at``."""
    created, ready = deployment.created_at, deployment.ready_at
    if deployment.state in ("ERROR", "CANCELED"):
        ended = deployment.ended_at or created
        return Run(check, deployment.id, "completed", "skipped", created, None, ended)
    if ready is None or deployment.state != "READY":
        return Run(check, deployment.id, "queued", None, created, None, None)
    ends = ready + round(check.seconds * 1000)
    if at < ends:
        return Run(check, deployment.id, "running", None, created, ready, None)
    conclusion = project.conclusions.get((deployment.id, check.id), "succeeded")
    return Run(check, deployment.id, "completed", conclusion, created, ready, ends)


def runs_of(project: Project, deployment: Deployment, version: int, at: Millis) -> list[Run]:
    """All runs on a deployment; checks of version 2 run on production builds only."""
    return [
        run_of(project, check, deployment, at)
        for check in project.checks
        if check.version == version and (version == 1 or deployment.target == "production")
    ]


def blocking(project: Project, deployment: Deployment, what: str, at: Millis) -> list[str]:
    """Names of the checks that hold back ``what`` (``deployment-alias``, ``deployment-promotion``) now."""
    return [
        run.check.name
        for version in (1, 2)
        for run in runs_of(project, deployment, version, at)
        if run.check.blocks == what and run.red
    ]


def alias_decided_at(project: Project, ready_at: Millis) -> Millis:
    """When the checks that hold back the domains have ended for a build that was ready at ``ready_at``."""
    seconds = [check.seconds for check in project.checks if check.blocks == "deployment-alias"]
    return ready_at + round(max(seconds, default=0) * 1000)


def conclude(project: Project, deployment_id: str, name: str, conclusion: str) -> ProjectCheck | None:
    """Let the run of the check with that name or id end as ``conclusion``; ``None`` = no such check."""
    check = next((c for c in project.checks if name.lower() in (c.id.lower(), c.name.lower())), None)
    if check is not None:
        project.conclusions[deployment_id, check.id] = conclusion
    return check
