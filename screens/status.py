"""The status line and the tabs: who, where, how fresh, and whether keys change production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.readings import Millis
from console.world import Mode, SourceHealth, SourceState, World
from screens import clean, paint
from screens.freshness import left, source_state
from screens.paint import Line, Span, Tone, span
from screens.present import count, duration


@dataclass(frozen=True, slots=True)
class Tab:
    """One top-level screen: its fixed number, its mode's name and its title."""

    key: str
    mode: str
    title: str
    short: str


TABS = (
    Tab("0", "overview", "Overview", "Ovw"),
    Tab("1", "release", "Release", "Rel"),
    Tab("2", "flags", "Flags", "Flg"),
    Tab("3", "rollbacks", "Rollbacks", "Rb"),
    Tab("4", "incidents", "Incidents", "Inc"),
    Tab("7", "metrics", "Metrics", "Met"),
    Tab("9", "ledger", "Ledger", "Led"),
)


def mode_span(world: World, now: Millis) -> Span:
    """The mode in words: LIVE with what is left of the arming, READ-ONLY, DEMO with its speed."""
    if world.mode is Mode.LIVE:
        rest = "" if world.armed is None else f" {left(world.armed.until, now)} left"
        return span(f"LIVE{rest}", "caution", bold=True)
    if world.mode is Mode.DEMO:
        speed = "" if world.speed == 1 else f" ×{world.speed:g}"
        return span(f"DEMO{speed}", "canary", bold=True)
    return span("READ-ONLY", "quiet", bold=True)


def data_span(world: World, now: Millis, wide: bool) -> Span:
    """The age of the oldest source, and which one it is when it is not well."""
    oldest = world.oldest_source
    if oldest is None:
        return span("? no source yet", "quiet")
    label = "data " if wide else ""
    if oldest.fresh_at is None:
        return span(
            f"? {clean.cut(clean.clean(oldest.title), 16)}: no data yet" if wide else "? no data", "quiet"
        )
    age = duration(now - oldest.fresh_at)
    state = source_state(oldest, now)
    if state in (SourceState.OK, SourceState.SLOW):
        return span(f"{label}{age}")
    return _unwell(oldest, state, age, label, wide)


def _unwell(oldest: SourceHealth, state: SourceState, age: str, label: str, wide: bool) -> Span:
    name = f" {clean.cut(clean.clean(oldest.title), 16)}" if wide else ""
    if state is SourceState.LOST:
        return span(f"– {label}lost {age}{name}", "worse", bold=True)
    return span(f"⧗ {label}{age}{name}", "caution", bold=True)


def who(world: World, wide: bool) -> Span:
    """Whose session it is, as the host or the people file says; ``? nobody known`` before that."""
    person = world.person.value
    if person is None:
        return span("? not known who you are" if wide else "? who", "quiet")
    name = clean.cut(clean.clean(person.name if wide else person.key), 24 if wide else 12)
    roles = clean.cut(clean.clean(", ".join(person.roles)), 30)
    return span(f"{name} ({roles})" if wide and roles else name)


def incident_span(world: World, wide: bool) -> Span:
    """The worst incident that goes on, ``▲ SEV2 INC-7`` (narrow: ``▲SEV2``), and how many more."""
    worst, others = world.incidents[0], len(world.incidents) - 1
    bad = "SEV?" if worst.severity == "undetermined" else clean.cut(clean.clean(worst.severity), 5)
    more = f" +{others}" if others else ""
    tone: Tone = "worse" if bad in ("SEV1", "SEV2") else "caution"
    said = f"▲ {bad} {clean.cut(clean.clean(worst.id), 9)}{more}" if wide else f"▲{bad}{more.strip()}"
    return span(said, tone, bold=True)


def status_line(world: World, now: Millis, cells: int, paused: str = "", extent: str = "") -> Line:
    """One row: console, project, mode, person; the data's age and the ledger at the right.

    ``paused`` says how long the picture has stood still, if it does; ``extent`` the screen mode, if it is
    not the normal one.
    """
    wide = cells >= 110
    gap = Span("   " if wide else "  ")
    project = span(clean.cut(clean.clean(world.project_label), 40 if wide else 20), "strong")
    production = (span(" ▸ production", "quiet"),) if wide else ()
    name = span(" coalmine  ", "quiet")
    first: Line = (name, project, *production, gap, mode_span(world, now), gap, who(world, wide))
    waiting: Line = (
        (span(f"… {len(world.pending)} pending", "caution"), gap) if world.pending else paint.EMPTY
    )
    approvals = world.waiting.approvals
    if approvals:
        said = count(approvals, "approval")
        waiting = (span(f"{said} waiting" if wide else said, "caution", bold=True), gap, *waiting)
    if world.incidents:
        waiting = (incident_span(world, wide), gap, *waiting)
    if extent:
        waiting = (span(extent, "canary"), gap, *waiting)
    if paused:
        waiting = (span(paused, "caution", bold=True), gap, *waiting)
    age: Line = (*waiting, data_span(world, now, wide), Span(" "))
    place = span(f"ledger {_short_place(world.ledger_place)}", "quiet")
    if paint.width(first) + paint.width(age) + clean.width(place.text) + 8 <= cells:
        age = (place, gap, *age)
    return paint.spread(first, age, cells)


def _short_place(place: str) -> str:
    if "://" in place or len(place) <= 28:
        return clean.cut(clean.clean(place), 40)
    return "…/" + clean.cut(clean.clean(place.replace("\\", "/").rsplit("/", 1)[-1]), 26)


def tabs_line(
    current: str, cells: int, waiting: Mapping[str, int] | None = None
) -> tuple[Line, tuple[tuple[int, int, str], ...]]:
    """The tabs, and for each the columns it covers: (first, after last, mode).

    ``waiting``: how much waits for somebody on each, by its mode.
    """
    counted = sum(len(f"•{mark}") for mark in (waiting or {}).values() if mark)
    long = 1 + sum(len(tab.title) + 2 for tab in TABS) + counted
    room = [long + gap * (len(TABS) - 1) <= cells for gap in (3, 2)]
    compact = not any(room)
    out: list[Span] = [Span(" ")]
    places: list[tuple[int, int, str]] = []
    at = 1
    for tab in TABS:
        text = f"{tab.key}{tab.short}" if compact else f"{tab.key} {tab.title}"
        if mark := (waiting or {}).get(tab.mode):
            text += f"•{mark}"
        tone: Tone = "strong" if tab.mode == current else "caution" if mark else "quiet"
        out.append(Span(text, tone))
        places.append((at, at + len(text), tab.mode))
        gap = " " if compact else "   " if room[0] else "  "
        out.append(Span(gap))
        at += len(text) + len(gap)
    return paint.cut(tuple(out), cells), tuple(places)
