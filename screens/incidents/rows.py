"""An incident as a row, and the text that a filter looks at. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.incidents.terms import rank
from screens import paint
from screens.paint import Line, Span, Tone, span
from screens.present import countdown, duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.incidents.incident import Incident
    from console.readings import Millis

NAME, SEVERITY, STATE, DUE, MARGIN = 8, 8, 20, 15, 2
SHORT_STATE = 13
"""Cells of the state alone, where there is no room for how long."""
WHO_FROM = 84
"""Cells from which who commands and how long it stands so have room."""
SOON_MS = 120_000
"""From here on what is due is pointed out."""
HEADS = ("incident", "severity", "stands", "due", "what", "command")


def severity_span(severity: str, confirmed: bool = True) -> Span:
    """``▲ SEV2``; with ``?`` behind it while no person has said so."""
    if severity == "undetermined":
        return span("▲ SEV?", "caution", bold=True)
    number = int(severity[-1])
    tones: tuple[Tone, ...] = ("worse", "worse", "caution", "normal")
    sign = "▲" if number <= 2 else "△"
    return span(f"{sign} {severity}{'' if confirmed else '?'}", tones[number - 1], bold=number <= 2)


def due(
    acknowledge: Millis | None, update: Millis | None, now: Millis, watched: Millis | None = None
) -> tuple[str, Tone]:
    """What is due first, in few words: ``ack 4:12``, ``word 1:00 late``, ``watch 12:00``."""
    known = (("ack", acknowledge), ("word", update), ("watch", watched))
    waiting = sorted((at, what) for what, at in known if at is not None)
    if not waiting:
        return "–", "quiet"
    at, what = waiting[0]
    if at > now:
        return f"{what} {countdown(at - now)}", "caution" if at - now < SOON_MS else "normal"
    if what == "watch":
        return "watched", "good"
    return f"{what} {countdown(now - at)} late", "worse"


def ordered(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Those that go on first, the worst and then the oldest on top; under them the others, newest first."""
    return tuple(
        sorted(
            incidents,
            key=lambda one: (
                one.over,
                0 if one.over else rank(one.severity),
                -one.at if one.over else one.at,
            ),
        )
    )


def heading(cells: int) -> Line:
    """The heads of the columns."""
    parts = _columns([span(one, "quiet") for one in HEADS], cells)
    return paint.cut((Span(" " * MARGIN), *paint.columns(parts, 1)), cells)


def row(one: Incident, now: Millis, cells: int, marked: bool) -> Line:
    """Name, how bad, where it stands and since when, what is due, what it is, who commands."""
    from console.incidents.due import acknowledge_by, update_by, watched_until

    tone: Tone = "quiet" if one.over else "strong" if marked else "normal"
    bad = severity_span(one.severity, one.confirmed)
    said, urgent = due(acknowledge_by(one), update_by(one), now, watched_until(one))
    parts = [
        span(one.id, tone, bold=marked),
        Span(bad.text, "quiet") if one.over else bad,
        span(one.state.value + (f" {duration(now - one.state_since)}" if cells >= WHO_FROM else ""), tone),
        span(said, urgent, bold=urgent == "worse"),
        span(one.opened.title, tone, bold=marked),
        span(one.roles.holder("commander") or "–", "quiet"),
    ]
    shown = paint.columns(_columns(parts, cells), 1)
    return paint.cut((Span("▸ " if marked else "  ", "key"), *shown), cells)


def _columns(parts: list[Span], cells: int) -> list[tuple[Span, int]]:
    who = 10 if cells >= WHO_FROM else 0
    state = STATE if who else SHORT_STATE
    fixed = MARGIN + NAME + SEVERITY + state + DUE + who + (5 if who else 4)
    widths = (NAME, SEVERITY, state, DUE, max(cells - fixed, 8), who)
    return list(zip(parts, widths, strict=True))


def haystack(one: Incident) -> str:
    """Name, severity, state, title, who has a role, and what it is linked to."""
    people = (held.person for held in one.roles.held)
    linked = (f"{what} {name}" for what, name in one.links)
    going = "over" if one.over else "open"
    return " ".join((one.id, one.severity, one.state.value, going, one.opened.title, *people, *linked))
