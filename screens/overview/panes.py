"""The four panes of the overview, each with its most telling rows first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screens import paint
from screens.flags.known import Known, changed_at
from screens.flags.rows import row as flag_row
from screens.incidents.rows import due, severity_span
from screens.paint import Line, Span, paragraph, span
from screens.present import ago, count, duration
from screens.release.rolling import rolls
from screens.release.stages import stage_lines
from screens.release.tracks import tracks
from screens.release.verdict import verdict_lines
from screens.rollbacks.rows import row as request_row

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.readings import Millis, Problem
    from console.rollback.counting import View
    from console.world import OpenIncident, World
    from screens.opening import Opening

TOUCHED_MS: Millis = 24 * 3_600_000
"""A flag that was changed in the last day was touched."""


def titled(key: str, title: str, says: str, lines: Sequence[Line], cells: int, rows: int) -> list[Line]:
    """A pane of at most ``rows``: its key and title, how much there is, and as much of it as fits."""
    head = (
        span(f" {key} ", "key"),
        span(title, "strong", bold=True),
        span(f"   {says}" if says else "", "quiet"),
    )
    kept = list(lines)
    room = max(rows - 1, 0)
    if len(kept) > room > 0:
        kept = [*kept[: room - 1], (span(f"   … {count(len(kept) - room + 1, 'row')} more: {key}", "quiet"),)]
    return [paint.cut(head, cells), *(paint.cut(one, cells) for one in kept[:room])]


def incident_lines(
    going: Sequence[OpenIncident], worst: Incident | None, world: World, now: Millis, cells: int
) -> list[Line]:
    """The worst in full where it has been read, the others in a row each."""
    if not going:
        return [(span("   none is open; i opens one", "quiet"),)]
    lines: list[Line] = []
    if worst is not None and worst.id == going[0].id:
        from screens.incidents.page import head

        lines += head(worst, now, cells)
        going = going[1:]
    return [*lines, *(_incident(one, now, cells) for one in going)]


def _incident(one: OpenIncident, now: Millis, cells: int) -> Line:
    said, tone = due(one.acknowledge_by, one.update_by, now)
    bad = severity_span(one.severity, one.confirmed)
    state = span(f"  {one.state} {duration(now - one.since)}  ", "quiet")
    first: Line = (span(f" {one.id}  ", "strong", bold=True), bad, state, span(said, tone), Span("  "))
    return (*first, *paint.cut((span(one.title),), max(cells - paint.width(first), 1)))


def approval_lines(
    views: Sequence[View] | None, problem: Problem | None, world: World, now: Millis, cells: int
) -> list[Line]:
    """What waits for a person, a row each."""
    if problem is not None:
        return paragraph(f"! {problem.what} {problem.next}", cells - 3, "caution", indent=3, most=2)
    if views is None:
        said = f"{count(world.waiting.all, 'request')} waiting" if world.waiting.all else "… being read"
        return [(span(f"   {said}", "quiet"),)]
    if not views:
        return [(span("   nothing waits for anybody", "quiet"),)]
    return [request_row(one, now, cells, False) for one in views]


def flag_lines(known: Known, now: Millis, cells: int) -> list[Line]:
    """The flags that were changed in the last day, wherever that was done, the newest first."""
    if known.at is None:
        if known.problem is None:
            return [(span("   … being read", "quiet"),)]
        said = f"! {known.problem.what} {known.problem.next}"
        return paragraph(said, cells - 3, "caution", indent=3, most=2)
    touched = [one for one in known.flags if (at := changed_at(one)) is not None and now - at <= TOUCHED_MS]
    if not touched:
        return [(span("   none was changed in the last day", "quiet"),)]
    names = known.names
    return [
        flag_row(one, None, now, cells, False, by=names.get(str(one.raw.get("updatedBy")), ""))
        for one in touched
    ]


def flags_age(known: Known, now: Millis) -> str:
    """When they were read."""
    return "" if known.at is None else f"read {ago(known.at, now)}"


def release_lines(world: World, opening: Opening, now: Millis, cells: int) -> list[Line]:
    """Both tracks, the stages and the verdict; without a release what serves, or why that is not known."""
    if not rolls(world, now):
        from screens.release.absence import absence

        found = absence(world, opening, now, cells)
        bake = world.bake
        if bake is not None:
            from screens.release.baking import bake_lines

            found += bake_lines(bake, now, cells)
        return found or tracks(world, now, cells) or [(span("   no release is rolling", "quiet"),)]
    return [*verdict_lines(world, now, cells), *tracks(world, now, cells), *stage_lines(world, now, cells)]
