"""The project as it stands when the world begins: three weeks of deployments and a release under way."""

from __future__ import annotations

import random
from typing import Literal

from console.readings import Millis
from data.simulator import host_gate
from data.simulator.account import Account
from data.simulator.checks import CHECKS
from data.simulator.edge_config import opening_stores
from data.simulator.flag_opening import opening_flags
from data.simulator.records import Deployment, Domain, Event, Person, Project, Release, TemplateStage
from data.simulator.releases import stages_of

MINUTE = 60_000
DAY = 24 * 60 * MINUTE

RELEASE_AGE = 6 * MINUTE
"""How long before the world's start the rolling release began."""

PEOPLE = (
    Person("usr_ana", "ana", "Ana Lind", "ana@acme.example"),
    Person("usr_jo", "jo", "Jo Okafor", "jo@acme.example"),
    Person("usr_mia", "mia", "Mia Tanaka", "mia@acme.example"),
    Person("usr_sam", "sam", "Sam Weber", "sam@acme.example"),
)

_DOMAINS = (("shop.acme.example", 0.57), ("www.shop.acme.example", 0.36), ("shop-acme.vercel.app", 0.07))

# Newest first: (message, author, branch, kind). The kinds: staged builds wait for somebody to release
# them; past ones have been production; failed and canceled builds never were.
_COMMITS: tuple[tuple[str, int, str, str], ...] = (
    ("Fix cart rounding for three-decimal currencies", 0, "main", "canary"),
    ("Sticky add-to-cart bar on small screens", 2, "main", "staged"),
    ("Preview: bundle offers on the product page", 3, "feat/bundles", "preview"),
    ("Cache category facets for five minutes", 1, "main", "staged"),
    ("Add gift cards", 1, "main", "base"),
    ("Show delivery date in the cart", 2, "main", "past"),
    ("Raise the search timeout to 800 ms", 3, "main", "past"),
    ("Bump next from 15.4.1 to 15.4.3", 1, "main", "failed"),
    ("Preview: one-page checkout", 0, "feat/one-page-checkout", "preview"),
    ("Move price formatting to the edge", 0, "main", "past"),
    ("Remove the old recommendation widget", 2, "main", "past"),
    ("Log payment declines with their reason code", 1, "main", "past"),
    ("Preview: dark product gallery", 2, "feat/gallery", "preview"),
    ("Fix double submit on slow connections", 0, "main", "past"),
    ("Translate the returns page to Polish", 3, "main", "past"),
    ("Try parallel image optimisation", 3, "main", "canceled"),
    ("Preload fonts above the fold", 2, "main", "past"),
    ("Retry stock lookups once", 1, "main", "past"),
    ("Preview: wish list sharing", 3, "feat/wish-list", "preview"),
    ("Validate postcodes on the server", 0, "main", "past"),
    ("Drop support for the legacy voucher format", 1, "main", "past"),
    ("Bump stripe to 18.2.0", 3, "main", "failed"),
    ("Split the checkout bundle", 2, "main", "past"),
    ("Keep filters when going back to a category", 0, "main", "past"),
    ("Preview: guest order tracking", 1, "feat/order-tracking", "preview"),
    ("Use the new tax service", 1, "main", "past"),
    ("Fix hydration warning in the header", 2, "main", "past"),
)

_STATES = {"failed": "ERROR", "canceled": "CANCELED"}
_SUBSTATES: dict[str, Literal["STAGED", "ROLLING", "PROMOTED"]] = {
    "canary": "ROLLING",
    "staged": "STAGED",
    "base": "PROMOTED",
    "past": "PROMOTED",
}

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


TEMPLATES = {
    "manual": (
        TemplateStage(5, require_approval=True),
        TemplateStage(25, require_approval=True),
        TemplateStage(50, require_approval=True),
        TemplateStage(100, require_approval=False),
    ),
    "automatic": (
        TemplateStage(5, require_approval=False, minutes=10),
        TemplateStage(25, require_approval=False, minutes=10),
        TemplateStage(50, require_approval=False, minutes=15),
        TemplateStage(100, require_approval=False),
    ),
}


def opening(seed: int, epoch: Millis, account: Account | None = None) -> Project:
    """The project at ``epoch`` with its release started six minutes earlier at the first stage.

    Where the account has no rolling releases the newest build has been production since it was ready.
    """
    account = account or Account()
    rng = random.Random(f"coalmine opening {seed}")

    def name(prefix: str, length: int) -> str:
        return prefix + "".join(rng.choices(_LETTERS, k=length))

    rolling = account.has("rolling-releases")
    deployments = _deployments(rng, epoch, rolling)
    base = next(d for d in deployments if d.message == "Add gift cards")
    canary = deployments[0]
    project_id, team_id = name("prj_", 28), name("team_", 24)
    project = Project(
        id=project_id,
        name="shop",
        team_id=team_id,
        team_slug="acme",
        team_name="Acme",
        created_at=epoch - 410 * DAY,
        people=PEOPLE,
        deployments={d.id: d for d in deployments},
        domains=[
            Domain(name("ali_", 20), domain, weight, epoch - 400 * DAY, base.created_at, base.id, split=True)
            for domain, weight in _DOMAINS
        ],
        template=TEMPLATES[account.advancement] if rolling else None,
        serving_id=base.id,
        flags=opening_flags(seed, epoch, project_id, team_id, PEOPLE),
        stores=opening_stores(seed, epoch, project_id, team_id, PEOPLE),
        account=account,
        gate=host_gate.made(account.gate) if rolling else None,
        checks=CHECKS if account.has("checks") else (),
    )
    started = epoch - RELEASE_AGE
    if rolling:
        project.release = _release(project, base, canary, started)
    else:
        _promoted(project, base, canary)
    project.events = _events(rng, project, started)
    return project


def _release(project: Project, base: Deployment, canary: Deployment, started: Millis) -> Release:
    assert project.template is not None
    timed = any(stage.minutes is not None for stage in project.template)
    return Release(
        state="ACTIVE",
        advancement="automatic" if timed else "manual-approval",
        base_id=base.id,
        canary_id=canary.id,
        stages=stages_of(project.template),
        active_index=0,
        started_at=started,
        updated_at=started,
        entered_at=started,
        gate=project.gate,
    )


def _promoted(project: Project, base: Deployment, newest: Deployment) -> None:
    """The newest build took over the domains when it was ready."""
    assert newest.aliased_at is not None
    project.serving_id = newest.id
    for domain in project.domains:
        domain.deployment_id, domain.before_id, domain.split = newest.id, base.id, False
        domain.updated_at = newest.aliased_at


def _deployments(rng: random.Random, epoch: Millis, rolling: bool) -> list[Deployment]:
    """All deployments, newest first: a morning's builds, and before them most of a day between two."""
    made = []
    at = epoch - 26 * MINUTE
    for place, (message, author, branch, role) in enumerate(_COMMITS):
        kind = "past" if role == "canary" and not rolling else role
        if kind == "base":
            at = epoch - 2 * DAY
        build = rng.randint(48_000, 115_000)
        past = kind in ("base", "past")
        slug = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9))
        made.append(
            Deployment(
                id="dpl_" + "".join(rng.choices(_LETTERS, k=28)),
                number=len(_COMMITS) - place,
                url=f"shop-{slug}-acme.vercel.app",
                sha="".join(rng.choices("0123456789abcdef", k=40)),
                branch=branch,
                message=message,
                author=PEOPLE[author],
                created_at=at,
                ready_at=at + build if kind not in _STATES else None,
                target=None if kind == "preview" else "production",
                state=_STATES.get(kind, "READY"),
                substate=_SUBSTATES.get(kind),
                source="cli" if kind == "staged" and not rolling else "git",
                error='Command "npm run build" exited with 1' if kind == "failed" else None,
                aliased_at=at + build + 900 if past else None,
                ended_at=at + build,
            )
        )
        at -= (
            rng.randint(10 * 60, 30 * 60) * MINUTE if at <= epoch - 2 * DAY else rng.randint(25, 70) * MINUTE
        )
    return made


def _events(rng: random.Random, project: Project, started: Millis) -> list[Event]:
    """The activity list of the past: who made what production, and the start of the release."""
    mia = PEOPLE[2]

    def event(kind: str, text: str, at: Millis, person: Person, deployment: str) -> Event:
        return Event("evt_" + "".join(rng.choices(_LETTERS, k=24)), kind, text, at, person, deployment)

    events = []
    for deployment in project.deployments.values():
        person = deployment.author
        events.append(
            event(
                "deployment",
                f"{person.name} deployed {project.name} from {deployment.branch}",
                deployment.created_at,
                person,
                deployment.id,
            )
        )
        if deployment.aliased_at is not None:
            events.append(
                event(
                    "aliases-assigned",
                    f"{project.domains[0].name} now points to {deployment.url}",
                    deployment.aliased_at,
                    person,
                    deployment.id,
                )
            )
    if project.release is None:
        return sorted(events, key=lambda e: e.at)
    canary = project.deployments[project.release.canary_id]
    events.append(
        event(
            "project-rolling-release-started",
            f"{mia.name} started a rolling release of {canary.url} for {project.name}",
            started,
            mia,
            canary.id,
        )
    )
    return sorted(events, key=lambda e: e.at)
