"""What flags are suspected of: a harm, since when, and on which deployments it shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.canary.verdict import Word
from console.readings import Millis
from console.world import World


@dataclass(frozen=True, slots=True)
class Incident:
    """What flags are looked at for."""

    harm: bool
    """Whether a judge sees any. Without, ``since`` is now: what is suspected is what changed up to now."""
    since: Millis
    """When the judge's word turned. The harm itself began some time before: nobody can say how long."""
    event: str
    """As a clause, to say what was how long before it: ``the verdict turned to roll back``."""
    says: str
    harmed: str | None
    """The deployment that the harm shows on: the canary, else what serves everyone; ``None``: not known."""
    beside: str | None = None
    """The baseline that runs beside it; ``None`` where nothing does."""


def incident_of(world: World) -> Incident:
    """The harm that the judges see now, or that they see none."""
    release, verdict, bake = world.release.value, world.verdict, world.bake
    project = world.project.value
    if release is not None and release.active:
        canary = release.canary.id if release.canary else None
        baseline = release.baseline.id if release.baseline else None
        if verdict is not None and verdict.word is Word.ROLLBACK:
            says = "the verdict is to roll back"
            return Incident(True, verdict.since, "the verdict turned to roll back", says, canary, baseline)
        word = "not given" if verdict is None else verdict.word.value.replace("_", " ")
        return Incident(False, world.now, "now", f"no harm is seen: the verdict is {word}", canary, baseline)
    serving = project.serving_id if project is not None else None
    if bake is not None and bake.worse:
        says = "production is worse than its own past"
        serving = bake.of.deployment_id
        return Incident(True, bake.verdict.since, "production was found worse", says, serving)
    return Incident(False, world.now, "now", "no harm is seen: nothing rolls, and nothing is worse", serving)
