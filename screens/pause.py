"""A world that stands still while a person reads it. Only what is looked at stands; acting does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.world import World
from screens.present import duration


@dataclass(frozen=True, slots=True)
class Paused:
    """The picture that stands, and since when (seconds of the app's monotonic clock)."""

    picture: World
    since: float

    def says(self, monotonic: float) -> str:
        """How long the picture has stood, as the status line says it."""
        return f"paused {duration(int((monotonic - self.since) * 1000))}"


def standing(picture: World, newest: World) -> World:
    """``picture``, but with what keys may do now as in ``newest``: that must never be out of date."""
    return replace(
        picture,
        mode=newest.mode,
        person=newest.person,
        armed=newest.armed,
        frozen=newest.frozen,
        pending=newest.pending,
        banners=newest.banners,
    )
