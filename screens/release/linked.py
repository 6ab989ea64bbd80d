"""The flags of a release under the stage bar: the plan by stage, and how many people have them now. Pure."""

from __future__ import annotations

from console.flags.exposure import Stands, exposure
from console.readings import Freshness, Millis, Rhythm
from console.world import World
from screens import paint
from screens.paint import Line, Span, span
from screens.present import ago

EVERY_MS: Millis = 10_000
"""How often the shares are read."""
MOST = 3
"""Flags that have a row each."""


def linked_lines(world: World, now: Millis, cells: int) -> list[Line]:
    """A row for each flag; nothing where none belongs to the release."""
    found = exposure(world)
    lines = [paint.cut(line, cells) for one in found[:MOST] for line in _rows(one, world, cells)]
    if len(found) > MOST:
        lines.append((span(f" ⚑ and {len(found) - MOST} more: coalmine release show", "quiet"),))
    if lines and world.exposure.freshness(now, Rhythm.of(EVERY_MS)) in (Freshness.STALE, Freshness.LOST):
        read = span(f"   ⧗ read {ago(world.exposure.at, now)}", "caution", bold=True)
        lines[0] = paint.cut((*paint.cut(lines[0], cells - paint.width((read,))), read), cells)
    return lines


def _rows(one: Stands, world: World, cells: int) -> list[Line]:
    """One row; after promotion a second one for the command that is due, where that has no room."""
    exposed, command = one.exposed, span(one.command, "caution", bold=True)
    if exposed is None or exposed.problem:
        return [(span(f" ⚑ {one.says}", "quiet" if exposed is None else "caution"),)]
    name = span(f" ⚑ {one.linked.key} {one.linked.variant}: {exposed.words}", "strong")
    if one.planned is None:
        return [(name, span(" of people"))]
    if not one.complete:
        off = span(f"   ! {one.off_plan}", "caution", bold=True)
        return [(name, span("   plan "), *_plan(one, world), *((off,) if one.off_plan else ()))]
    if not one.off_plan:
        return [(name, span(" of people, as planned after promotion", "quiet"))]
    still: Line = (name, span(f" of people still, plan {one.planned:g} %:", "caution", bold=True))
    whole: Line = (*still, Span(" "), command)
    return [whole] if paint.width(whole) <= cells else [still, (Span("   "), command)]


def _plan(one: Stands, world: World) -> list[Span]:
    """The share of each stage of the release, that of the present one in bold."""
    release = world.release.value
    out: list[Span] = []
    for stage in release.stages if release is not None else ():
        here = release is not None and stage.index == release.active_index
        text = f"{one.linked.planned(stage.percentage):g}"
        out += [span(" → ", "quiet")] if out else []
        out.append(span(f"[{text}]" if here else text, "strong" if here else "quiet", bold=here))
    return [*out, span(" %", "quiet")]
