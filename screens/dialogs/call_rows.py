"""Acts and requests of this session in one list, newest first: rows, detail and command of each. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from console.as_command import as_read_command
from console.calls import Call, Logged
from console.outcome import End
from console.readings import Millis
from screens import paint
from screens.log import Acted
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.present import clock, when

Entry: TypeAlias = "Acted | Logged"

_ID = re.compile(r"\b([a-z]{2,8}_\w{4})\w{6,}")
"""An id: on a row its beginning is enough, the end of the path tells more."""

ENDS: dict[End, tuple[str, Tone]] = {
    End.DONE: ("✓ done", "good"),
    End.REFUSED_HERE: ("– refused here", "caution"),
    End.REFUSED_BY_HOST: ("! refused by the host", "worse"),
    End.NOT_SENT: ("! not sent", "worse"),
    End.UNKNOWN: ("? outcome unknown", "caution"),
    End.AWAITING: ("… waits for approval", "caution"),
}
ACTED_BEFORE_MS: Millis = 120_000
"""An effect is an act's if the act was asked for so long before, at most."""
CLOSE_MS: Millis = 2_000
"""How far the clocks of the picture and of the requests may be apart."""


def at(entry: Entry) -> Millis:
    """When it was."""
    return entry.at if isinstance(entry, Acted) else entry.call.at


def entries(acts: Sequence[Acted], calls: Sequence[Logged]) -> list[Entry]:
    """Both, newest first. ``acts`` are oldest first, ``calls`` newest first."""
    told: list[Entry] = [*acts[::-1], *calls]
    return sorted(told, key=at, reverse=True)


def key(entry: Entry) -> tuple[str, int]:
    """What stays the same of an entry while others come."""
    return ("act", entry.at) if isinstance(entry, Acted) else ("call", entry.number)


def command(entry: Entry, acts: Sequence[Acted]) -> str:
    """The ``coalmine …`` command that does the same; of a request that an act sent, the act's."""
    if isinstance(entry, Acted):
        return entry.command
    call = entry.call
    if call.effect:
        for act in reversed(acts):
            if act.at - CLOSE_MS <= call.at <= act.at + ACTED_BEFORE_MS:
                return act.command
    return as_read_command(call.path, effect=call.effect)


def outcome(call: Call) -> tuple[str, Tone]:
    """How a request ended, as glyph and word."""
    if call.held:
        return "– held", "caution"
    if call.status is None:
        return ("? lost", "caution") if call.effect else ("! none", "worse")
    return (f"✓ {call.status}", "good") if 200 <= call.status < 300 else (f"! {call.status}", "worse")


def address(call: Call) -> str:
    """Method, host, path and query."""
    return f"{call.method} {call.host}{call.path}{f'?{call.query}' if call.query else ''}"


def row(entry: Entry, now: Millis, cells: int, marked: bool) -> Line:
    """One entry on one row."""
    head = Span("▸" if marked else " ", "key")
    time = span(clock(at(entry), now, seconds=True), "quiet")
    if isinstance(entry, Acted):
        word, tone = ENDS[entry.outcome.end]
        ended = (span(word, tone, bold=True), Span("  "), span(entry.command, "strong"))
        return paint.cut((head, time, Span("  "), *ended), cells)
    call = entry.call
    word, tone = outcome(call)
    took = "" if call.held else f"{call.ms:.0f} ms"
    again = f"×{call.attempt} " if call.attempt > 1 else ""
    columns = paint.columns([(span(word, tone), 6), (Span(f"{took:>8}", "quiet"), 8)], 1)
    room = cells - 1 - 8 - 2 - paint.width(columns) - 2 - len(again)
    text = span(f"{again}{fitted(call, room)}", "strong" if call.effect or marked else "normal")
    return paint.cut((head, time, Span("  "), *columns, Span("  "), text), cells)


def fitted(call: Call, room: int) -> str:
    """The address in so many cells: ids by their beginnings; the end of the path goes last."""
    for shown in (call, replace(call, query="")):
        text = _ID.sub(_shortened, address(shown))
        if len(text) <= room:
            return text
    head, path = f"{call.method} {call.host}/…", _ID.sub(_shortened, call.path)
    return head + path[-max(room - len(head), 8) :]


def _shortened(found: re.Match[str]) -> str:
    return f"{found[1]}…"


def haystack(entry: Entry, acts: Sequence[Acted]) -> str:
    """The text a filter looks at."""
    told = command(entry, acts)
    if isinstance(entry, Acted):
        return f"act {told} {ENDS[entry.outcome.end][0]} {entry.outcome.says}"
    call = entry.call
    why = call.problem.what if call.problem is not None else ""
    return f"call {call.service} {address(call)} {outcome(call)[0]} {why} {told}"


def detail(entry: Entry, acts: Sequence[Acted], now: Millis, cells: int) -> list[Line]:
    """All that is known of an entry."""
    if isinstance(entry, Acted):
        word, tone = ENDS[entry.outcome.end]
        lines: list[Line] = [(span(f"{word}  ", tone, bold=True), span(when(entry.at, now), "quiet"))]
        lines += paragraph(entry.outcome.says, cells) + paragraph(entry.outcome.next, cells, "caution")
    else:
        lines = _call(entry, now, cells)
    lines += [EMPTY, *paragraph("the same as a command:", cells, "quiet")]
    return lines + paragraph(command(entry, acts), cells, "strong")


def _call(entry: Logged, now: Millis, cells: int) -> list[Line]:
    call = entry.call
    word, tone = outcome(call)
    lines: list[Line] = [(span(f"{word}  ", tone, bold=True), span(when(call.at, now), "quiet"))]
    lines += paragraph(address(call), cells, "strong")
    what = "effect, sent once" if call.effect else f"attempt {call.attempt}"
    sent = "never left this machine" if call.held else f"{call.ms:.0f} ms, {call.size:,} bytes read"
    lines += paragraph(f"for {call.service}; {what}; {sent}; number {entry.number} of this session", cells)
    if call.problem is not None:
        lines += paragraph(call.problem.what, cells, "worse")
        lines += paragraph(f"→ {call.problem.next}", cells, "caution")
    return lines
