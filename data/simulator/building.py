"""Builds: a push waits for its turn, builds with a log, and is ready or fails.

What a build does is decided when it is pushed; time then only shows it.
"""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass
from typing import Literal

from console.readings import Millis
from data.simulator import checks, releases
from data.simulator.records import Build, Deployment, Person, Project
from data.simulator.refused import Refused

QUEUE_MS = 2_000
BUILD_S = 60.0
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

ENDED = ("READY", "ERROR", "CANCELED")

# How far the build is (0 to 1), the kind of the line, the text.
_LINES: tuple[tuple[float, str, str], ...] = (
    (0.00, "stdout", "Running build in Washington, D.C., USA (East) – iad1"),
    (0.01, "stdout", "Cloning github.com/acme/shop (Branch: {branch}, Commit: {sha})"),
    (0.05, "stdout", "Cloning completed: 1.412s"),
    (0.07, "stdout", "Restored build cache from previous deployment"),
    (0.10, "command", 'Running "vercel build"'),
    (0.14, "stdout", "Installing dependencies..."),
    (0.30, "stdout", "up to date in 9s"),
    (0.31, "stderr", "npm warn deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported"),
    (0.34, "stdout", "Detected Next.js version: 15.4.3"),
    (0.36, "command", 'Running "npm run build"'),
    (0.40, "stdout", "   Creating an optimized production build ..."),
    (0.62, "stdout", " ✓ Compiled successfully in 21.0s"),
    (0.66, "stdout", "   Linting and checking validity of types ..."),
    (0.74, "stdout", "   Collecting page data ..."),
    (0.80, "stdout", "   Generating static pages (0/38) ..."),
    (0.88, "stdout", " ✓ Generating static pages (38/38)"),
    (0.90, "stdout", "   Finalizing page optimization ..."),
    (0.93, "stdout", "Traced Next.js server files in: 61.207ms"),
    (0.96, "stdout", "Build Completed in /vercel/output [{seconds}s]"),
    (0.98, "stdout", "Deploying outputs..."),
    (1.00, "stdout", "Deployment completed"),
)
_FAILURE: tuple[tuple[float, str, str], ...] = (
    (0.97, "stderr", "Failed to compile."),
    (
        0.98,
        "stderr",
        "./app/cart/page.tsx:41:17  Type error: Property 'total' is not on type 'Cart'.",
    ),
    (1.00, "stderr", 'Error: Command "npm run build" exited with 1'),
)
_FAILS_AT, _CANCELED_AT = 0.66, 0.34
"""A failing build gets as far as checking its types, a canceled one as far as installing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a build's log."""

    at: Millis
    serial: int
    kind: str
    text: str

    @property
    def error(self) -> bool:
        return self.kind == "stderr"


def push(
    project: Project,
    person: Person,
    at: Millis,
    *,
    message: str = "Fix the cart total",
    branch: str | None = None,
    target: Literal["production", "preview"] = "production",
    fails: bool = False,
    seconds: float = BUILD_S,
) -> Deployment:
    """Somebody pushes a commit: a deployment that waits for its build."""
    number = len(project.deployments) + 1
    rng = random.Random(f"coalmine build {project.id} {number}")
    slug = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9))
    deployment = Deployment(
        id="dpl_" + "".join(rng.choices(_LETTERS, k=28)),
        number=number,
        url=f"{project.name}-{slug}-{project.team_slug}.vercel.app",
        sha="".join(rng.choices("0123456789abcdef", k=40)),
        branch=branch or ("main" if target == "production" else "feat/cart-total"),
        message=message,
        author=person,
        created_at=at,
        ready_at=None,
        target="production" if target == "production" else None,
        state="QUEUED",
        substate=None,
        build=Build(seconds, fails, person),
    )
    project.deployments[deployment.id] = deployment
    project.note("deployment", f"deployed {deployment.branch} as", deployment, person, at)
    return deployment


def settle(project: Project, at: Millis) -> None:
    """Bring the builds to where they are at ``at``: one builds at a time, in the order of their pushes."""
    waiting = [d for d in project.deployments.values() if d.build is not None]
    free: Millis = 0
    for deployment in waiting:
        if deployment.building_at is None:
            due = max(deployment.created_at + QUEUE_MS, free)
            if due > at:
                return
            deployment.state, deployment.building_at = "BUILDING", due
        free = _advance(project, deployment, at)
        if free > at:
            return


def cancel(project: Project, deployment_id: str, at: Millis) -> Deployment:
    """Stop a build that has not ended."""
    deployment = project.deployments.get(deployment_id)
    if deployment is None:
        raise Refused(404, "not_found", f"The deployment {deployment_id} could not be found.")
    if deployment.state in ENDED:
        raise Refused(400, "bad_request", f"{deployment_id} is {deployment.state}: it cannot be canceled.")
    deployment.state, deployment.build, deployment.ended_at = "CANCELED", None, at
    return deployment


def lines(deployment: Deployment, at: Millis) -> list[Line]:
    """The build's log as far as it has been written by ``at``."""
    if deployment.build is not None and deployment.building_at is None:
        return []
    start = deployment.building_at or deployment.created_at + QUEUE_MS
    if deployment.build is not None:
        failed, length = deployment.build.fails, deployment.build.seconds * 1000
    else:
        failed = deployment.state == "ERROR"
        ended = deployment.ready_at or deployment.ended_at
        length = (ended or start + 1000 * BUILD_S) - start
    script = _LINES
    if deployment.state == "CANCELED":
        script = (*(line for line in _LINES if line[0] <= _CANCELED_AT), (1.0, "stderr", "Build canceled"))
    elif failed:
        script = tuple(line for line in _LINES if line[0] <= _FAILS_AT) + _FAILURE
    said = {"branch": deployment.branch, "sha": deployment.sha[:7], "seconds": round(length / 1000)}
    return [
        Line(start + round(length * part), serial, kind, text.format_map(said))
        for serial, (part, kind, text) in enumerate(script)
        if start + round(length * part) <= at
    ]


def _advance(project: Project, deployment: Deployment, at: Millis) -> Millis:
    """Let one build go on; when it is, or was, out of the next one's way."""
    build = deployment.build
    assert build is not None
    assert deployment.building_at is not None
    ends = deployment.building_at + round(build.seconds * 1000)
    if deployment.state == "BUILDING" and ends <= at:
        deployment.ended_at = ends
        if build.fails:
            deployment.state, deployment.build = "ERROR", None
            deployment.error = 'Command "npm run build" exited with 1'
            return ends
        deployment.state, deployment.ready_at = "READY", ends
        deployment.substate = "STAGED" if deployment.target else None
    if deployment.state == "READY":
        decided = checks.alias_decided_at(project, ends) if deployment.target else ends
        if decided <= at:
            deployment.build = None
            if deployment.target:
                with contextlib.suppress(Refused):  # a check of the promotion holds it back: it stays staged
                    releases.pushed(project, deployment.id, build.person, decided)
    return ends
