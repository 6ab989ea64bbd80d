"""Which verbs make no sense on this account or in this state: they are not offered, and the reason is said.

Not offered is more than refused: a refusal can be lifted here (arming, a role, an approval).
"""

from __future__ import annotations

from console.world import World

OF_A_RELEASE = ("advance", "complete", "abort")
NO_PLAN = "This account's plan has no rolling releases: P promotes to everybody at once."


def not_offered(world: World, action: str) -> str | None:
    """Why ``action`` is not offered now, in a sentence; ``None`` if it is, or if nobody knows yet."""
    if action in OF_A_RELEASE:
        return _needs_a_release(world)
    return _start(world) if action == "start" else None


def _needs_a_release(world: World) -> str | None:
    release = world.release.value
    if world.release.at is None or (release is not None and release.active):
        return None
    if release is None:
        return "There is no rolling release."
    return f"The rolling release is over ({release.state.value.lower()})."


def _start(world: World) -> str | None:
    slots, project = world.slots.value, world.project.value
    if slots is not None and slots.reason == "plan_not_supported":
        return NO_PLAN
    if project is None or project.rolling_releases:
        return None
    if slots is not None and slots.reason == "no_available_slots":
        return f"No rolling release slot is free for {project.name}, and it has none: P promotes at once."
    return (
        f"Rolling releases are switched off for {project.name}: P promotes to everybody at once. "
        "`coalmine release config set` switches them on."
    )
