"""What a deployment is, in a few lines: state, commit, who made it, times, what it serves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.readings import Freshness, Millis, Reading, Rhythm
from console.world import World
from screens import clean, paint
from screens.freshness import mark
from screens.paint import Line, Span, Tone, paragraph, span
from screens.present import clock, duration, percent, when
from screens.release.deployments import BUILDING, ROOMY, state_of
from screens.release.domains import SLOW

if TYPE_CHECKING:
    from console.host import Candidate, Detail

SUBSTATES = {
    "STAGED": ("staged", " (it has never had production traffic)"),
    "ROLLING": ("rolling", " (it gets part of the visitors)"),
    "PROMOTED": ("promoted", " (it has had production traffic)"),
}


def about_lines(
    world: World,
    deployment_id: str,
    listed: Candidate | None,
    detail: Reading[Detail],
    rhythm: Rhythm,
    now: Millis,
    cells: int,
) -> list[Line]:
    """The head of the view. ``listed``: what the list has, until the deployment itself has been read."""
    one = detail.value.candidate if detail.value else listed
    if one is None:
        return _unknown(deployment_id, detail, cells)
    lines = [
        _title(world, one, cells),
        _made(one, cells),
        _times(one, now, cells),
        _serves(world, one, now, cells),
    ]
    if fault := one.error:
        lines.append(paint.cut((span(f" ! {clean.first_line(fault)}", "worse"),), cells))
    if detail.value and detail.value.alias_problem:
        says = f" ! its domains were not assigned: {clean.first_line(detail.value.alias_problem)}"
        lines.append(paint.cut((span(says, "worse"),), cells))
    return lines + _how_fresh(detail, rhythm, now, cells)


def _unknown(deployment_id: str, detail: Reading[Detail], cells: int) -> list[Line]:
    name: Line = (Span(" "), span(deployment_id, "strong", bold=True))
    if detail.problem is None:
        return [name, (Span(" … asking the host about it", "quiet"),)]
    problem = detail.problem
    return [name, *paragraph(f"? {problem.what} {problem.next}", cells - 2, "worse", indent=1)]


def _title(world: World, one: Candidate, cells: int) -> Line:
    project = world.project.value
    glyph, word, tone = state_of(one, project.serving_id if project else None)
    own = one.deployment
    message = clean.first_line(own.commit_message or own.name or "")
    return paint.cut(
        (
            Span(" "),
            span(f"{glyph} {word}", tone, bold=True),
            Span("  "),
            span((own.commit_sha or "no commit said")[:7] if own.commit_sha else "no commit said", "strong"),
            Span("  "),
            span(message, "strong", bold=True),
            Span("  "),
            span(own.id, "quiet"),
        ),
        cells,
    )


def _made(one: Candidate, cells: int) -> Line:
    own = one.deployment
    state = own.ready_state or "state not said"
    if one.substate is not None and own.ready_state == "READY":
        word, means = SUBSTATES[one.substate]
        state = f"{state}, {word}{means if cells >= ROOMY else ''}"
    parts = [state, own.target or "preview"]
    parts.append(f"branch {one.branch}" if one.branch else "no branch said")
    by = f"commit by {own.author}" if own.author else "no author said"
    if one.creator and one.creator != own.author:
        by += f", made by {one.creator}"
    parts.append(f"{by} ({one.source})" if one.source else by)
    return paint.cut((Span(" "), span(" · ".join(parts))), cells)


def _times(one: Candidate, now: Millis, cells: int) -> Line:
    own = one.deployment
    parts: list[tuple[str, Tone]] = [(f"created {when(own.created_at, now)}", "normal")]
    state, began = own.ready_state, one.building_at
    if state == "QUEUED" or (state in BUILDING and began is None):
        since = own.created_at
        parts.append(
            (f"… waiting {duration(now - since)} for its build" if since else "… waiting", "caution")
        )
    elif state in BUILDING and began is not None:
        parts.append((f"… building for {duration(now - began)}", "caution"))
    elif one.ready_at is not None:
        took = f" after a build of {duration(one.ready_at - began)}" if began is not None else ""
        parts.append((f"ready {clock(one.ready_at, now)}{took}", "normal"))
    elif one.ended_at is not None:
        word = "canceled" if state == "CANCELED" else "failed"
        took = f" after {duration(one.ended_at - began)}" if began is not None else ""
        parts.append((f"! {word} {clock(one.ended_at, now)}{took}", "worse"))
    line: list[Span] = [Span(" ")]
    for place, (text, tone) in enumerate(parts):
        line += [Span(" · " if place else ""), span(text, tone)]
    return paint.cut(tuple(line), cells)


def _serves(world: World, one: Candidate, now: Millis, cells: int) -> Line:
    """Which production domains lead to it now, and its part in a release."""
    parts = [*_part(world, one), *_domains(world, one, now)]
    if one.deployment.url:
        parts.append(span(f"   {one.deployment.url}", "quiet"))
    return paint.cut((Span(" "), *parts), cells)


def _part(world: World, one: Candidate) -> list[Span]:
    """Its part in the running release, if it has one."""
    release = world.release.value
    if release is None or not release.active:
        return []
    share = release.percentage
    if release.canary is not None and release.canary.id == one.deployment.id:
        return [span(f"canary of the release: {percent(share)} of the visitors   ", "canary")]
    if release.baseline is not None and release.baseline.id == one.deployment.id:
        rest = None if share is None else 100 - share
        return [span(f"baseline of the release: {percent(rest)} of the visitors   ", "baseline")]
    return []


def _domains(world: World, one: Candidate, now: Millis) -> list[Span]:
    project, release = world.project.value, world.release.value
    if project is None:
        return [span("which domains it serves is not known yet", "quiet")]
    mine = [two.domain for two in project.served if two.deployment_id == one.deployment.id]
    total = len([two for two in project.served if two.redirect is None])
    aside: list[Span] = []
    freshness = world.project.freshness(now, SLOW)
    if freshness is not Freshness.FRESH:
        aside = [span(f"  {mark(freshness, world.project.age_ms(now))}", "caution")]
    if mine:
        tone: Tone = "good" if len(mine) == total else "caution"
        return [
            span(f"{len(mine)} of {total} production domains", tone),
            span(f": {', '.join(mine)}"),
            *aside,
        ]
    rolling = release is not None and release.active and release.canary is not None
    if rolling and release.canary.id == one.deployment.id:  # type: ignore[union-attr]
        return [span("the domains are the baseline's until it is over", "quiet"), *aside]
    return [span("no production domain leads to it", "quiet"), *aside]


def _how_fresh(detail: Reading[Detail], rhythm: Rhythm, now: Millis, cells: int) -> list[Line]:
    """A remark when what stands above is older than it should be."""
    if detail.value is None:
        if detail.problem is None:
            return []
        problem = detail.problem
        return paragraph(
            f"! only the list's word for it: {problem.what}", cells - 2, "worse", indent=1, most=2
        )
    freshness = detail.freshness(now, rhythm)
    if freshness is Freshness.FRESH and detail.problem is None:
        return []
    word = mark(freshness, detail.age_ms(now)) or f"read {duration(detail.age_ms(now) or 0)} ago"
    why = f": {detail.problem.what}" if detail.problem else ""
    return paragraph(f"{word}{why}", cells - 2, "caution", indent=1, most=2)
