"""What the keys move over on the release screen: the newest events, or without a release the deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.world import World
from screens.release.marked import Marked
from screens.release.marking import Marking

if TYPE_CHECKING:
    from console.envelope import Recorded


class Lists:
    """One mark and one filter for each of the two lists; ``plain``: the deployments are meant."""

    def __init__(self) -> None:
        self.events = Marked()
        self.deployments = Marking()

    def newest(self, world: World) -> tuple[Recorded, ...]:
        """The newest events that the filter keeps."""
        return self.events.kept(world.recent)

    def event(self, world: World) -> Recorded | None:
        """The marked event, else the newest."""
        kept = self.newest(world)
        return kept[self.events.place(kept) or 0] if kept else None

    def move(self, world: World, plain: bool, step: int) -> None:
        """Mark the one ``step`` rows on."""
        if plain:
            self.deployments.move(world, step)
        else:
            self.events.move(self.newest(world), step)

    def end(self, world: World, plain: bool, end: int) -> None:
        """Mark the first (0) or the last (-1)."""
        if plain:
            self.deployments.end(world, end)
        else:
            self.events.end(self.newest(world), end)

    def keep(self, plain: bool, pattern: str) -> None:
        """Filter; an empty ``pattern`` undoes what both were filtered by."""
        if plain or not pattern:
            self.deployments.pattern = pattern
        if not plain or not pattern:
            self.events.pattern = pattern

    def unmark(self) -> bool:
        """Take the marks back; whether there was one."""
        marked = self.events.seq is not None or self.deployments.marked is not None
        self.events.seq = self.deployments.marked = None
        return marked
