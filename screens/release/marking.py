"""Which deployment is marked on the home screen, and what its filter keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.world import World
from screens.release.plain import kept

if TYPE_CHECKING:
    from console.host import Candidate


class Marking:
    """The mark stays on its deployment while the list changes under it."""

    def __init__(self) -> None:
        self.pattern = ""
        self.marked: str | None = None
        """The id of the marked deployment, if one is."""

    @property
    def changed(self) -> bool:
        """Whether there is something to undo."""
        return bool(self.pattern) or self.marked is not None

    def undo(self) -> None:
        """Drop the filter; without one, the mark."""
        if self.pattern:
            self.pattern = ""
        else:
            self.marked = None

    def kept_in(self, world: World) -> str | None:
        """The marked deployment's id, if the list still has it."""
        return (
            self.marked
            if any(one.deployment.id == self.marked for one in kept(world, self.pattern))
            else None
        )

    def move(self, world: World, step: int) -> None:
        """Mark the deployment ``step`` rows on; the first of all where none is marked."""
        found = [one.deployment.id for one in kept(world, self.pattern)]
        if not found:
            return
        at = 0 if self.marked not in found else max(0, min(found.index(self.marked) + step, len(found) - 1))
        self.marked = found[at]

    def end(self, world: World, end: int) -> None:
        """Mark the first (0) or the last (-1)."""
        found = kept(world, self.pattern)
        if found:
            self.marked = found[end].deployment.id

    def candidate(self, world: World) -> Candidate | None:
        """What keys apply to: the marked deployment, else the one that serves, else the first kept."""
        found = kept(world, self.pattern)
        serving = world.project.value.serving_id if world.project.value else None
        for wanted in (self.marked, serving):
            one = next((one for one in found if one.deployment.id == wanted), None)
            if one is not None:
                return one
        return found[0] if found and self.pattern else None
