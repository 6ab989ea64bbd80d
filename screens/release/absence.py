"""The sentence that stands where a release would be: what it means and what to do."""

from __future__ import annotations

from console.readings import Freshness, Millis, Reading
from console.world import World
from screens.freshness import source
from screens.opening import Opening
from screens.paint import EMPTY, Line, Span, paragraph
from screens.present import ago


def absence(world: World, opening: Opening, now: Millis, cells: int) -> list[Line]:
    """What to say when no release can be shown; nothing when there is one."""
    reading = world.release
    if reading.value is not None:
        return []
    inner = min(cells - 4, 90)
    if reading.freshness(now, world.rhythm(reading.source)) is Freshness.MISSING and reading.at is None:
        lines = _not_heard(world, opening, now, inner)
    else:
        lines = [*_never_released(world, inner), *_how_old(world, now, inner)]
    return [EMPTY, *((Span("  "), *line) for line in lines)]


REFUSES = frozenset({"unauthorised", "forbidden", "not_found"})
"""Problems with which the host answers: it is there, and does not show what was asked for."""


def _not_heard(world: World, opening: Opening, now: Millis, cells: int) -> list[Line]:
    problem = world.release.problem
    if problem is None:
        asking = (
            "Opening; the host has not been asked yet." if opening.state == "opening" else "Asking the host."
        )
        return [
            *paragraph("… No release has been read yet.", cells, "strong"),
            *paragraph(asking + " What it says appears here by itself.", cells, "quiet"),
        ]
    says = "? The host has never answered: nothing is known about a release."
    if problem.kind in REFUSES:
        says = "! The host does not show this project to this token: nothing is known about a release."
    lines = [
        *paragraph(says, cells, "strong"),
        EMPTY,
        *paragraph(problem.what, cells),
        *paragraph(problem.next, cells),
        EMPTY,
    ]
    return [*lines, *(source(health, now) for health in world.sources)]


def _never_released(world: World, cells: int) -> list[Line]:
    project, slots = world.project.value, world.slots.value
    name = world.project_label
    if slots is not None and slots.reason == "plan_not_supported":
        return [
            *paragraph(
                "· This account's plan has no rolling releases (Vercel: Pro and Enterprise).", cells, "strong"
            ),
            *paragraph(
                "Every promotion reaches all visitors at once: no canary to watch. P promotes, R rolls back.",
                cells,
            ),
        ]
    if project is not None and not project.rolling_releases and slots is not None and slots.available == 0:
        return [
            *paragraph(f"· No rolling release slot of the account is free for {name}.", cells, "strong"),
            *paragraph(
                "Every promotion reaches all visitors at once, until another project gives its slot back.",
                cells,
            ),
        ]
    if project is not None and not project.rolling_releases:
        return [
            *paragraph(f"· Rolling releases are switched off for {name}.", cells, "strong"),
            *paragraph(
                "Every promotion reaches all visitors at once, so there is no canary to watch. Switch them on"
                " in the project's settings under Rolling Releases (or: vercel rolling-release configure).",
                cells,
            ),
        ]
    return [
        *paragraph(f"· {name} has not had a rolling release yet.", cells, "strong"),
        *paragraph(
            "Nothing is wrong. A rolling release starts when a new deployment is promoted to production;"
            " the canary and its baseline then appear here by themselves.",
            cells,
        ),
    ]


def _how_old(world: World, now: Millis, cells: int) -> list[Line]:
    """A remark when the host said so a while ago and has been silent since."""
    reading = world.release
    asked = Reading(True, reading.at, reading.source, reading.problem)
    if asked.freshness(now, world.rhythm(reading.source)) is Freshness.FRESH:
        return []
    why = f" {reading.problem.what}" if reading.problem else ""
    return paragraph(
        f"⧗ The host said so {ago(reading.at, now)} and has been silent since.{why}", cells, "caution"
    )
