"""The production domains: which deployment each leads to, and moves that are half done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Freshness, Millis, Rhythm
from console.world import World
from screens import paint
from screens.freshness import mark
from screens.paint import Line, Span, span
from screens.present import count, when

if TYPE_CHECKING:
    from console.project import Project, Served

SLOW = Rhythm.of(120_000)
"""The project is asked for less often than the release."""
UNDER_WAY = ("pending", "in-progress")


def short(world: World, deployment_id: str | None) -> str:
    """A deployment as its commit where that is known, else as its id."""
    if deployment_id is None:
        return "no deployment"
    listed = world.candidates.value.candidates if world.candidates.value else ()
    found = next((one.deployment for one in listed if one.deployment.id == deployment_id), None)
    found = found or world.deployments.get(deployment_id)
    return found.commit_sha[:7] if found is not None and found.commit_sha else deployment_id


def split(world: World) -> bool:
    """Whether the domains do not all lead to one deployment: then each group needs its row."""
    project = world.project.value
    return project is not None and bool(project.behind)


def domain_lines(world: World, now: Millis, cells: int, most: int) -> list[Line]:
    """The domains in at most ``most`` rows: one row while all lead to one deployment."""
    project = world.project.value
    if project is None:
        problem = world.project.problem
        says = problem.what if problem else "They have not been read yet."
        return [paint.cut((*_title(world, now), span(says, "quiet")), cells)]
    lines = [*_job(world, project, now), *_groups(world, project)]
    first = (*_title(world, now), *lines[0])
    rest = [(Span(" " * 10), *line) for line in lines[1:]]
    rows = [paint.cut(line, cells) for line in (first, *rest)]
    if len(rows) > most:
        rows = [*rows[: most - 1], (span(f"{'':10}… {len(rows) - most + 1} more rows do not fit", "quiet"),)]
    return rows


def _title(world: World, now: Millis) -> Line:
    freshness = world.project.freshness(now, SLOW)
    title: Line = (Span(" "), Span("domains", "quiet"), Span("  "))
    if world.project.value is None or freshness is Freshness.FRESH:
        return title
    return (*title, span(f"{mark(freshness, world.project.age_ms(now))}  ", "caution"))


def _job(world: World, project: Project, now: Millis) -> list[Line]:
    """The promote or rollback that moves them now, or that left some behind."""
    job = project.alias_job
    if job is None:
        return []
    to = short(world, job.to_deployment_id)
    if job.status in UNDER_WAY:
        moved = sum(one.deployment_id == job.to_deployment_id for one in project.served)
        says = f"… {job.kind} to {to} under way: {moved} of {len(project.served)} domains moved"
        return [(span(says, "caution"),)]
    if job.status == "failed" and project.behind:
        says = f"! the {job.kind} to {to} left {count(len(project.behind), 'domain')} behind"
        return [(span(says, "worse", bold=True), span(f"; P on it again; {when(job.requested_at, now)}"))]
    return []


def _groups(world: World, project: Project) -> list[Line]:
    """One line for each deployment that production domains lead to."""
    if not project.served:
        return [(span("No production domain is assigned to this project.", "quiet"),)]
    groups: dict[str | None, list[Served]] = {}
    for one in project.served:
        if one.redirect is None:
            groups.setdefault(one.deployment_id, []).append(one)
    redirects = [one for one in project.served if one.redirect is not None]
    total = sum(len(group) for group in groups.values())
    lines = [
        _group(world, project, deployment_id, group, total)
        for deployment_id, group in sorted(groups.items(), key=lambda pair: pair[0] != project.serving_id)
    ]
    if redirects:
        names = ", ".join(f"{one.domain} → {one.redirect}" for one in redirects)
        lines.append((span(f"redirects {names}", "quiet"),))
    return lines


def _group(
    world: World, project: Project, deployment_id: str | None, group: list[Served], total: int
) -> Line:
    names = ", ".join(one.domain for one in group)
    what = short(world, deployment_id)
    if deployment_id is None:
        return (span(f"? {count(len(group), 'domain')} with no deployment said: {names}", "caution"),)
    if len(group) == total:
        here = "✓" if deployment_id == project.serving_id else "!"
        tone = paint_tone(here)
        many = f"all {total} lead" if total > 1 else "the domain leads"
        return (span(f"{here} {many} to {what}", tone), span(f": {names}"))
    verb = "lead" if len(group) > 1 else "leads"
    if deployment_id == project.serving_id:
        return (span(f"● {len(group)} of {total} {verb} to {what}", "good"), span(f": {names}"))
    return (span(f"! {len(group)} of {total} still {verb} to {what}", "worse"), span(f": {names}"))


def paint_tone(glyph: str) -> paint.Tone:
    """The tone of a glyph of state."""
    return "good" if glyph == "✓" else "worse"
