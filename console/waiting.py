"""Waiting for something of a release: a decision, its next stage, its end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from console.canary.stages import Release, ReleaseState
from console.canary.verdict import Word
from console.readings import Freshness, Millis
from console.world import SourceState, World


class Until(StrEnum):
    """What is waited for."""

    DECISION = "decision"  # the verdict is promote or rollback
    STAGE = "stage"  # the release has moved on to another stage
    END = "end"  # the release is complete or aborted
    BAKED = "baked"  # production has been watched against its own past to the end, or is worse


Answer = Literal["done", "failed", "hold", "no data"]


@dataclass(frozen=True, slots=True)
class Reached:
    """The end of the wait, in one word for the exit code and in a sentence."""

    answer: Answer
    says: str


@dataclass(frozen=True, slots=True)
class Began:
    """Where the release stood when the wait began."""

    canary_id: str
    """The deployment that is waited for."""
    stage_index: int | None
    at: Millis
    """A verdict of before, perhaps by other limits, is no answer."""


def began(until: Until, world: World) -> Began | Reached | None:
    """Where it stands; ``Reached`` if there is nothing to wait for; ``None`` while the host has not said."""
    if not _known(world):
        return None
    release = world.release.value
    if until is Until.BAKED:
        return _bakes(release, world)
    if release is None or not release.active or release.canary is None:
        return Reached("no data", "No rolling release is running: there is nothing to wait for.")
    return Began(release.canary.id, release.active_index, world.now)


def _bakes(release: Release | None, world: World) -> Began | Reached | None:
    """A release that still runs bakes once it is complete; else what serves production does, or nothing."""
    if release is not None and release.active and release.canary is not None:
        return Began(release.canary.id, release.active_index, world.now)
    if world.bake is not None:
        return Began(world.bake.of.deployment_id, None, world.now)
    project = world.project.value
    if project is None or world.project.problem is not None:
        return None
    return Reached("no data", "Production serves what it has served for long: nothing bakes.")


def _baked(since: Began, world: World) -> Reached | None:
    release, bake = world.release.value, world.bake
    if release is not None and release.active:
        if release.canary is not None and release.canary.id != since.canary_id:
            return Reached("failed", f"Another release has taken the place of {since.canary_id}.")
        return None
    ended = None if release is None or release.canary is None else (release.canary.id, release.state)
    if ended == (since.canary_id, ReleaseState.ABORTED):
        return Reached("failed", "The release was aborted.")
    if bake is None:
        return None
    if bake.of.deployment_id != since.canary_id:
        return Reached("failed", f"Production serves {bake.of.deployment_id} now, not {since.canary_id}.")
    said = f"{bake.says(world.now)}: {'; '.join(bake.verdict.reasons)}."
    said = said[0].upper() + said[1:]
    if bake.worse:
        return Reached("failed", said)
    if not bake.over(world.now) or bake.verdict.judged_at < bake.of.until:
        return None
    return Reached("done" if bake.verdict.word is Word.PROMOTE else "no data", said)


def reached(until: Until, since: Began, world: World) -> Reached | None:
    """Whether what was waited for has come; ``None`` = not yet, or not known."""
    if until is Until.BAKED:
        return _baked(since, world) if _known(world) else None
    release = world.release.value
    if release is None or not _known(world):
        return None
    if release.canary is None or release.canary.id != since.canary_id:
        return Reached("failed", f"Another release has taken the place of {since.canary_id}.")
    if not release.active:
        return _over(until, release)
    if until is Until.STAGE and release.active_index != since.stage_index:
        return Reached("done", f"The release is at {release.percentage or 0:g} %.")
    judged = world.verdict is not None and world.verdict.judged_at >= since.at
    if until is Until.DECISION and world.verdict is not None and judged and _sound(world):
        said = f"Verdict {world.verdict.word.value}: {'; '.join(world.verdict.reasons)}."
        if world.verdict.word is Word.PROMOTE:
            return Reached("done", said)
        if world.verdict.word is Word.ROLLBACK:
            return Reached("failed", said)
    return None


def given_up(until: Until, world: World) -> Reached:
    """What to answer when the time is up."""
    if not _known(world):
        return Reached("no data", "The time is up, and the host cannot be asked.")
    if until is not Until.DECISION:
        return Reached("hold", f"The time is up: the {until.value} has not come.")
    if world.verdict is None or world.verdict.word is Word.NO_DATA or not _sound(world):
        return Reached("no data", "The time is up, and there is not enough data for a verdict.")
    return Reached("hold", f"The time is up, and the verdict is still {world.verdict.word.value}.")


def _over(until: Until, release: Release) -> Reached:
    complete = release.state is ReleaseState.COMPLETE
    says = "The release is complete." if complete else "The release was aborted."
    return Reached("done" if complete or until is Until.END else "failed", says)


def _known(world: World) -> bool:
    """Whether the release was read just now: what is only remembered decides nothing."""
    fresh = world.release.freshness(world.now, world.rhythm("vercel"))
    said = world.release.at is not None and world.release.value is None  # there never was a release
    return world.release.problem is None and (fresh is Freshness.FRESH or said)


def _sound(world: World) -> bool:
    """Whether every configured source answers."""
    return all(source.state in (SourceState.OK, SourceState.OFF) for source in world.sources)
