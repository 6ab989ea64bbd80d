"""One source as a row, and all that is known of it. Pure."""

from __future__ import annotations

from console.doctor import State
from console.readings import Millis
from console.sources import SourceView, Wire
from console.world import SourceState
from screens import paint
from screens.freshness import source_state
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.present import NOTHING, duration, when

WIDE = 100
LABEL = 13

FOUND: dict[State, tuple[str, str, Tone]] = {
    "works": ("✓", "works", "good"),
    "warn": ("!", "look", "caution"),
    "off": ("·", "off", "quiet"),
    "fails": ("!", "fails", "worse"),
    "wrong": ("!", "wrong", "worse"),
    "asking": ("…", "asking", "quiet"),
}
POLLED: dict[SourceState, tuple[str, str, Tone]] = {
    SourceState.OK: ("✓", "works", "good"),
    SourceState.SLOW: ("◐", "slow", "caution"),
    SourceState.STARTING: ("…", "asking", "quiet"),
    SourceState.FAILING: ("!", "fails", "worse"),
    SourceState.LOST: (NOTHING, "lost", "worse"),
    SourceState.OFF: ("·", "off", "quiet"),
}
CIRCUITS = {
    "closed": "asked as usual",
    "open": "held back after repeated failures",
    "half-open": "one try is under way after repeated failures",
}


def state(view: SourceView, now: Millis) -> tuple[str, str, Tone]:
    """Glyph, word and tone of a source as it must be read now."""
    polled = None if view.health is None else POLLED[source_state(view.health, now)]
    return polled if polled is not None and polled[1] != "works" else FOUND[view.finding.state]


def heading(cells: int) -> Line:
    """The heads of the columns of :func:`row`."""
    return (Span(" "), *_columns(*(Span(text, "quiet") for text in HEADS), cells=cells))


HEADS = ("state", "source", "age", "answer in", "says")


def row(view: SourceView, now: Millis, cells: int, marked: bool) -> Line:
    """One source on one row: state, title, age of its newest answer, how long that took, what it says."""
    glyph, word, tone = state(view, now)
    health, wire = view.health, view.wire
    age = NOTHING if health is None or health.fresh_at is None else duration(now - health.fresh_at)
    took = NOTHING if wire is None or wire.latency_ms is None else f"{wire.latency_ms:.0f} ms"
    line = _columns(
        span(f"{glyph} {word}", tone),
        span(view.finding.title, "strong" if marked else "normal"),
        span(age, "quiet"),
        span(took, "quiet"),
        span(view.finding.says, "quiet" if view.finding.state == "off" else "normal"),
        cells=cells,
    )
    return paint.cut((Span("▸" if marked else " ", "key"), *line), cells)


def _columns(state: Span, title: Span, age: Span, took: Span, says: Span, *, cells: int) -> Line:
    wide = cells >= WIDE
    sizes = (9, 20, 7, 9) if wide else (8, 18, 6, 0)
    parts = zip((state, title, age, took), sizes, strict=True)
    return (*paint.columns(parts), Span("  "), says)


def haystack(view: SourceView) -> str:
    """The text a filter looks at."""
    own = view.finding
    return f"{own.title} {own.state} {own.says} {own.next} {view.gives}"


def detail(view: SourceView, now: Millis, cells: int) -> list[Line]:
    """All that is known of a source: what to do first."""
    glyph, word, tone = state(view, now)
    own = view.finding
    lines: list[Line] = [(span(f"{glyph} {word}  ", tone, bold=True), span(own.title, "strong"))]
    lines += paragraph(own.says, cells)
    if own.next and own.state != "works":
        lines += paragraph(f"→ {own.next}", cells, "caution")
    lines.append(EMPTY)
    lines += _told("would unlock" if own.state == "off" else "gives", view.gives, cells)
    if view.asked:
        asked = ", ".join(f"{what} every {duration(every)}" for what, every in view.asked)
        lines += _told("asked", asked, cells)
    if view.by_another:
        lines += _told("", "by another console or `coalmine watch`; this one reads what that keeps", cells)
    lines += _answers(view, now, cells)
    if view.wire is not None:
        lines += _connection(view.wire, now, cells)
    return lines


def _told(label: str, text: str, cells: int, tone: Tone = "normal") -> list[Line]:
    rows = paragraph(text, max(cells - LABEL, 8), tone)
    return [
        (Span(f"{label if index == 0 else '':<{LABEL}}", "quiet"), *line) for index, line in enumerate(rows)
    ]


def _answers(view: SourceView, now: Millis, cells: int) -> list[Line]:
    health, lines = view.health, []
    if health is None or health.state is SourceState.OFF:
        return []
    took = "" if view.wire is None or view.wire.latency_ms is None else f", in {view.wire.latency_ms:.0f} ms"
    newest = "none yet" if health.fresh_at is None else f"{when(health.fresh_at, now)}{took}"
    lines += _told("last answer", newest, cells)
    if health.retry_at is not None and health.retry_at > now:
        lines += _told("next try", f"in {duration(health.retry_at - now)}", cells)
    if health.problem is not None:
        lines += _told("last error", health.problem.what, cells, "worse")
        lines += _told("", f"→ {health.problem.next}", cells, "caution")
    return lines


def _connection(wire: Wire, now: Millis, cells: int) -> list[Line]:
    lines = _told("host", wire.host, cells)
    circuit = CIRCUITS.get(wire.circuit, wire.circuit)
    if wire.retry_at is not None:
        circuit += f", next try in {duration(wire.retry_at - now)}"
    lines += _told("circuit", f"{wire.circuit}: {circuit}", cells)
    lines += _told("limit", _limit(wire, now), cells)
    if wire.last_failure is not None:
        lines += _told("last failure", f"{when(wire.last_failure_at, now)}: {wire.last_failure.what}", cells)
    return lines


def _limit(wire: Wire, now: Millis) -> str:
    if wire.remaining is None:
        return "the host said none"
    whole = "" if wire.limit is None else f" of {wire.limit:,}"
    anew = (
        ""
        if wire.resets_at is None or wire.resets_at <= now
        else f", anew in {duration(wire.resets_at - now)}"
    )
    return f"{wire.remaining:,}{whole} requests left{anew}"
