"""The state of production that a plan is made for, read from the host at that moment."""

from __future__ import annotations

from dataclasses import dataclass

from console.actions import Configure, Promote, Rollback, Start
from console.canary.stages import Release
from console.host import Candidate, Host
from console.ports import Project, ReleaseTemplate

NEED_PROJECT = frozenset({Start.NAME, Promote.NAME, Rollback.NAME, Configure.NAME})
NEED_TARGET = frozenset({Start.NAME, Promote.NAME, Rollback.NAME})


@dataclass(frozen=True, slots=True)
class Situation:
    """What was read; parts that the action does not need stay ``None``."""

    release: Release | None
    project: Project | None = None
    template: ReleaseTemplate | None = None
    target: Candidate | None = None
    """The chosen deployment, as the host lists it."""
    moving: tuple[str, ...] = ()
    """Domains that a rollback would move."""


async def read_situation(
    host: Host, action: str, target_id: str | None = None, *, blast: bool = False
) -> Situation:
    """Read what ``action`` depends on. ``blast``: also the domains it would move (for a preview).

    Raises :class:`console.ports.SourceError`.
    """
    release = await host.release()
    if action not in NEED_PROJECT:
        return Situation(release)
    project = await host.project()
    template = await host.template()
    target = None
    moving: tuple[str, ...] = ()
    if action in NEED_TARGET and target_id is not None:
        listed = await (host.rollback_candidates() if action == Rollback.NAME else host.candidates())
        target = next((one for one in listed if target_id in (one.deployment.id, one.deployment.url)), None)
        if blast and action == Rollback.NAME and target is not None:
            moving = tuple(await host.moving_aliases(target.deployment.id))
    return Situation(release, project, template, target, moving)
