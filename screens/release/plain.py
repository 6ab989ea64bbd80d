"""Home without a rolling release: what serves production and what came before it, domains, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Freshness, Millis, Rhythm
from console.world import World
from screens import clean, paint
from screens.freshness import mark
from screens.matching import matcher
from screens.paint import EMPTY, Line, Span, paragraph, span
from screens.present import clock, count
from screens.release.deployments import BUILDING, haystack, row
from screens.release.domains import domain_lines, split
from screens.release.rolling import nothing_rolls

if TYPE_CHECKING:
    from console.host import Candidate

LISTS = Rhythm.of(120_000)
"""The lists of the host are asked for less often than the release."""
AIRY = 16
"""Rows from which the parts stand apart by a blank row."""


def kept(world: World, pattern: str) -> tuple[Candidate, ...]:
    """The listed deployments that the filter keeps, newest first."""
    listed = world.candidates.value
    if listed is None:
        return ()
    keep = matcher(pattern)
    return tuple(one for one in listed.candidates if not pattern or keep(haystack(one)))


def plain_lines(
    world: World, now: Millis, cells: int, rows: int, marked: str | None = None, pattern: str = ""
) -> list[Line]:
    """Deployments, domains and activity, shared out over ``rows``; nothing while a release is shown.

    ``marked``: the id of the marked deployment, kept in sight.
    """
    if not nothing_rolls(world, now) or rows < 3:
        return []
    gap: list[Line] = [EMPTY] if rows >= AIRY else []
    domains = domain_lines(world, now, cells, max(rows // 2, 3) if split(world) else max(rows // 4, 1))
    lately = _lately(world, now, cells, max(rows // 3, 2)) if rows >= 8 else []
    room = rows - len(domains) - len(lately) - len(gap) * (2 + bool(lately))
    lines = [*gap, *_deployments(world, now, cells, max(room, 2), marked, pattern), *gap, *domains]
    if lately:
        lines += [*gap, *lately]
    return lines[:rows]


def _deployments(
    world: World, now: Millis, cells: int, rows: int, marked: str | None, pattern: str
) -> list[Line]:
    """A heading and as many deployments as fit, the marked one among them."""
    listed, project = world.candidates.value, world.project.value
    if listed is None:
        problem = world.candidates.problem
        says = problem.what if problem else "The deployments have not been read yet."
        return [_head(world, now, ""), *paragraph(says, cells - 2, "quiet", indent=2)][:rows]
    if not listed.candidates:
        says = "No production deployment so far: push to the production branch."
        return [_head(world, now, ""), *paragraph(says, cells - 4, indent=2)][:rows]
    found = kept(world, pattern)
    if not found:
        says = f"None of {len(listed.candidates)} matches {clean.clean(pattern)}: esc undoes the filter."
        return [_head(world, now, ""), *paragraph(says, cells - 4, indent=2)][:rows]
    places = [one.deployment.id for one in found]
    at = places.index(marked) if marked in places else 0
    room = max(rows - 1, 1)
    start = max(0, min(at - room + 1, len(found) - room)) if at >= room else 0
    shown = found[start : start + room]
    serving = project.serving_id if project else None
    head = _head(world, now, _how_many(found, len(listed.candidates), start, len(shown), pattern))
    return [head, *(row(one, serving, now, cells, one.deployment.id == marked) for one in shown)]


def _how_many(found: tuple[Candidate, ...], all_of_them: int, start: int, shown: int, pattern: str) -> str:
    parts = []
    if pattern:
        parts.append(f"{len(found)} of {all_of_them} match {clean.clean(pattern)}")
    if shown < len(found):
        parts.append(f"{start + 1}–{start + shown} of {len(found)}")
    building = sum(one.deployment.ready_state in BUILDING for one in found)
    if building:
        parts.append(f"{count(building, 'build')} under way")
    return "   ".join(parts)


def _head(world: World, now: Millis, says: str) -> Line:
    title: Line = (Span(" "), Span("production deployments", "quiet"))
    if says:
        title = (*title, Span("   "), span(says))
    freshness = world.candidates.freshness(now, LISTS)
    if freshness is Freshness.FRESH or world.candidates.value is None:
        return title
    return (*title, Span("  "), span(mark(freshness, world.candidates.age_ms(now)), "caution"))


def _lately(world: World, now: Millis, cells: int, rows: int) -> list[Line]:
    """What the host says happened, newest first, under a heading; or why there is nothing."""
    activity = world.activity
    freshness = activity.freshness(now, LISTS)
    head: Line = (Span(" "), Span("lately", "quiet"))
    if activity.value is None:
        says = activity.problem.what if activity.problem else "It has not been read yet."
        return [paint.cut((*head, Span("   "), span(says, "quiet")), cells)]
    if freshness is not Freshness.FRESH:
        head = (*head, Span("  "), span(mark(freshness, activity.age_ms(now)), "caution"))
    if not activity.value.entries:
        return [(*head, Span("   "), Span("Nothing happened in the last three days.", "quiet"))]
    lines = [head]
    for entry in reversed(activity.value.entries[-max(rows - 1, 1) :]):
        when = span(f"  {clock(entry.at, now)}  ", "quiet")
        lines.append(paint.cut((when, span(clean.first_line(entry.text))), cells))
    return lines
