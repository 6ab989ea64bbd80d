"""The moves that would stop a harm, in their order and in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from console.flags.incident import Incident
from console.flags.telling import PRODUCTION
from console.world import World
from screens import clean
from screens.paint import Line, paragraph
from screens.present import percent

if TYPE_CHECKING:
    from console.flags.suspecting import Kill


BACK_WHY = "stops whatever came with the new code"


@dataclass(frozen=True, slots=True)
class Move:
    """One way to stop the harm. Choosing it opens its preview, and does no more."""

    verb: Literal["kill", "abort", "rollback"]
    does: str
    why: str
    key: str = ""
    environment: str = ""
    barred: str = ""
    """Why it is no way out; empty if it is one."""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from the others."""
        return self.verb, self.key


def head(incident: Incident, cells: int) -> list[Line]:
    """What it is about: whether a judge sees any harm."""
    said = incident.says[:1].upper() + incident.says[1:] + "."
    tone: Literal["worse", "quiet"] = "worse" if incident.harm else "quiet"
    return [*paragraph("WHAT WOULD STOP THE HARM", cells, "strong", bold=True), *paragraph(said, cells, tone)]


def moves(world: World, kills: Sequence[Kill]) -> tuple[Move, ...]:
    """First the flags whose variant is seen to fail, then the deployment's way back, then other suspects.

    What is no way out comes last, and says why.
    """
    all_kills = [_kill(one) for one in kills]
    seen = [move for one, move in zip(kills, all_kills, strict=True) if one.suspect.worse and not move.barred]
    other = [move for move in all_kills if move not in seen and not move.barred]
    return (*seen, *_back(world), *other, *(move for move in all_kills if move.barred))


def _kill(one: Kill) -> Move:
    key, where = one.suspect.key, one.environment
    if one.moves is None:
        return Move("kill", f"turn {key} off", one.suspect.says, key, where, one.says)
    there = "" if where == PRODUCTION else f" in {where}"
    return Move("kill", f"turn {key} off{there}: {one.says}", one.suspect.says, key, where)


def _back(world: World) -> list[Move]:
    """Abort while a release rolls; else roll production back."""
    release, project = world.release.value, world.project.value
    if release is not None and release.active:
        share = "the canary's visitors" if release.percentage is None else f"{percent(release.percentage)}"
        of = "" if release.percentage is None else " of visitors"
        return [Move("abort", f"abort the release: {share}{of} go back to the baseline", BACK_WHY)]
    if project is not None and project.serving_id is not None:
        return [Move("rollback", "roll production back: choose the deployment", BACK_WHY)]
    return []


def option_text(one: Move, cells: int) -> str:
    """What it does and whom it hits, and below that why it would help."""
    below = f"no way out: {one.barred}" if one.barred else one.why
    return "\n".join(clean.cut(clean.clean(text), cells) for text in (one.does, f"    {below}"))
