"""Where a deployment can be looked at in a browser. Pure; only addresses with https are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.world import World

if TYPE_CHECKING:
    from console.canary.stages import Deployment
    from console.host import Candidate


def listed(world: World, deployment_id: str) -> Candidate | None:
    """The deployment as the host's list has it."""
    found = world.candidates.value.candidates if world.candidates.value else ()
    return next((one for one in found if one.deployment.id == deployment_id), None)


def page_of(one: Candidate) -> str | None:
    """Its page in the dashboard, else the deployment itself; ``None`` where the host names neither."""
    if one.inspector_url and one.inspector_url.startswith("https://"):
        return one.inspector_url
    return site_of(one.deployment)


def site_of(deployment: Deployment) -> str | None:
    """The address that the deployment itself answers at."""
    return f"https://{deployment.url.removeprefix('https://')}" if deployment.url else None


def dashboard(world: World, deployment: Deployment) -> str | None:
    """What to open for ``deployment``."""
    one = listed(world, deployment.id)
    return site_of(deployment) if one is None else page_of(one)
