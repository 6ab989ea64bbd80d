"""Whether a release is what home is about, or the deployments. Pure."""

from __future__ import annotations

from console.readings import Millis
from console.world import World

LOOKED_BACK_MS: Millis = 15 * 60_000
"""For so long after its end a release is shown with its plots: did it end well?"""


def nothing_rolls(world: World, now: Millis) -> bool:
    """Whether the deployments are what matters: no release, or one that has been over for long."""
    release = world.release.value
    if release is None:
        return world.release.at is not None
    return not release.active and now - release.updated_at > LOOKED_BACK_MS


def rolls(world: World, now: Millis) -> bool:
    """Whether a release is what the screen is about, and not the deployments."""
    return world.release.value is not None and not nothing_rolls(world, now)
