"""Flags that belong to a release: how many people should have them at each stage, and how many do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.canary.stages import Release, ReleaseState
from console.flags.words import shown_text

if TYPE_CHECKING:
    from console.world import World

TOLERANCE = 0.5
"""Percentage points by which a share may miss its plan: hashes deal people in no round numbers."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A flag of the release (``[[release.flags]]`` of the settings). Shares in % of people."""

    key: str
    variant: str
    plan: tuple[tuple[int, float], ...]
    """(Percentage of a stage, share from there on), the lowest stage first."""
    after: float
    """The share that is wanted once the release is complete: made by hand, by a change of its own."""

    def planned(self, percentage: float) -> float:
        """The share that belongs to a canary at ``percentage``; none before the first stage that is named."""
        return max(((at, share) for at, share in self.plan if at <= percentage), default=(0, 0.0))[1]


@dataclass(frozen=True, slots=True)
class Exposed:
    """How many people (in %) have the variant in production: exactly, or between two bounds."""

    key: str
    variant: str
    low: float = 0.0
    high: float = 100.0
    problem: str = ""
    """Why it is not known; empty if it is."""

    @property
    def words(self) -> str:
        """``25 %``, or the bounds."""
        if self.low == self.high:
            return f"{self.low:.3g} %"
        return f"{self.low:.3g} to {self.high:.3g} %"


@dataclass(frozen=True, slots=True)
class Exposures:
    """What was read at one look, in the order of the settings."""

    flags: tuple[Exposed, ...]


@dataclass(frozen=True, slots=True)
class Stands:
    """One linked flag against its plan, now."""

    linked: Linked
    exposed: Exposed | None
    """``None``: not read yet."""
    planned: float | None
    """At this stage; after completion, what was to follow; ``None`` where nothing is planned: aborted."""
    complete: bool

    @property
    def off_plan(self) -> str:
        """``above the plan`` or ``below the plan``; empty while it is kept, or not known."""
        one = self.exposed
        if one is None or one.problem or self.planned is None:
            return ""
        if one.low > self.planned + TOLERANCE:
            return "above the plan"
        return "below the plan" if one.high < self.planned - TOLERANCE else ""

    @property
    def command(self) -> str:
        """What brings it to the plan; empty where it is there."""
        if not self.off_plan:
            return ""
        return f"coalmine flags set {self.linked.key} --share {self.linked.variant} {self.planned:g}"

    @property
    def says(self) -> str:
        """The whole of it in a sentence without its full stop."""
        name = f"{shown_text(self.linked.key)} {shown_text(self.linked.variant)}"
        if self.exposed is None:
            return f"{name}: not read yet"
        if self.exposed.problem:
            return f"{name}: not known: {self.exposed.problem.rstrip('.')}"
        has = f"{name}: {self.exposed.words} of people"
        if self.planned is None:
            return has
        if self.complete:
            if not self.off_plan:
                return f"{has}, as planned after promotion"
            return f"{has} still; planned after promotion: {self.planned:g} %, by a change of its own"
        off = f": {self.off_plan}" if self.off_plan else ""
        return f"{has}, planned at this stage {self.planned:g} %{off}"


def exposure(world: World) -> tuple[Stands, ...]:
    """Every linked flag of the newest release; nothing where there is none."""
    release, read = world.release.value, world.exposure.value
    if release is None:
        return ()
    by_name = {(one.key, one.variant): one for one in read.flags} if read is not None else {}
    return tuple(_stands(one, by_name.get((one.key, one.variant)), release) for one in world.linked)


def _stands(linked: Linked, exposed: Exposed | None, release: Release) -> Stands:
    complete = release.state is ReleaseState.COMPLETE
    planned: float | None = None
    if complete:
        planned = linked.after
    elif release.active and release.percentage is not None:
        stage = release.stage
        planned = linked.planned(release.percentage if stage is None else stage.percentage)
    return Stands(linked, exposed, planned, complete)


def both_tracks(release: Release | None) -> str | None:
    """What has to be known of a flag's change while a release rolls; ``None`` while none does."""
    if release is None or not release.active:
        return None
    at = "" if release.percentage is None else f" (canary at {release.percentage:g} %)"
    return f"a release is rolling{at}: this hits canary and baseline alike, flags do not know the tracks"
