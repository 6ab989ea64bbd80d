"""The build's log in words: its heading, what stands there while it is empty, and its lines. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from console.looking import BuildLog, LogState
from console.readings import Millis
from screens import clean, paint
from screens.paint import Line, Span, Tone, paragraph, span
from screens.present import clock, count, duration

if TYPE_CHECKING:
    from console.host import BuildLine, Detail

MARGIN = 11
"""Cells before the text of a line: the mark, the time, a blank."""
ERROR = "! error  "
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
GONE = ("not_found", "forbidden", "payment_required")


def text_of(line: BuildLine) -> str:
    """A line as it is read and filtered: without colour codes, tabs as blanks, harmless."""
    return _readable(line.text)


@lru_cache(maxsize=4_096)
def _readable(text: str) -> str:
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    return clean.clean(text.rstrip("\r\n ").expandtabs(4))


def wrapped(line: BuildLine, cells: int) -> list[str]:
    """The line in rows of ``cells`` (its text alone)."""
    text = (ERROR if line.error else "") + text_of(line)
    if len(text) <= cells and text.isascii():
        return [text]
    return clean.wrap(text, cells) if clean.width(text) > cells else [text]


def row(line: BuildLine, part: int, text: str, found: bool) -> Line:
    """One row of the log; ``found``: the error that was gone to."""
    tone: Tone = "worse" if line.error else "normal"
    at = clock(line.at, seconds=True) if part == 0 else ""
    return (Span("▸" if found and part == 0 else " ", "key"), Span(f"{at:<8}  ", "quiet"), Span(text, tone))


def heading(log: BuildLog, shown: int, pattern: str, following: bool, now: Millis, cells: int) -> Line:
    """How much there is, how many errors, and whether it is followed."""
    parts: list[Span] = [Span(" "), Span("build log", "quiet"), Span("  ")]
    if log.lines:
        parts.append(span(count(len(log.lines), "line")))
        if log.errors:
            parts.append(span(f"   ! {count(log.errors, 'error')}", "worse"))
        if pattern:
            parts.append(span(f"   {shown:,} match {clean.clean(pattern)}", "canary"))
    parts.append(
        span(f"   {_how(log, following, now)}", "worse" if log.state is LogState.FAILED else "quiet")
    )
    return paint.cut(tuple(parts), cells)


def _how(log: BuildLog, following: bool, now: Millis) -> str:
    if log.state is LogState.FAILED:
        why = log.problem.what if log.problem else "the host did not answer"
        return f"! not read to its end: {why} ctrl+r asks again" if log.lines else ""
    if log.state is LogState.ASKING:
        return f"… reading it, {duration(now - log.since)}" if not log.lines else "… asking again"
    if log.state is LogState.ENDED:
        return "" if not log.lines else "complete" if following else "complete   G to its end"
    heard = "" if log.heard_at is None else f", asked {duration(now - log.heard_at)} ago"
    return f"▼ following{heard}" if following else f"standing still{heard}   G follows again"


def nothing(log: BuildLog, detail: Detail | None, now: Millis, cells: int) -> list[Line]:
    """What stands where the log would be, while there is none of it."""
    if log.state is LogState.ASKING:
        says = f"… Reading the log from the host, {duration(now - log.since)} so far. esc leaves it."
        return _said(says, cells, "quiet")
    if log.state is LogState.FAILED:
        return _not_read(log, cells)
    if log.state is LogState.FOLLOWING:
        return _said(_before_the_first_line(detail, now), cells, "quiet")
    return _said(f"· No log is kept: {_why_none(detail, now)}", cells, "normal")


def _not_read(log: BuildLog, cells: int) -> list[Line]:
    problem = log.problem
    if problem is None:
        return _said("? The log could not be read. ctrl+r asks again.", cells, "caution")
    if problem.kind in GONE:
        return _said(f"· No log is kept here for this token: {problem.what} {problem.next}", cells, "normal")
    return _said(
        f"! The log could not be read: {problem.what} {problem.next} ctrl+r asks at once.", cells, "worse"
    )


def _before_the_first_line(detail: Detail | None, now: Millis) -> str:
    one = detail.candidate if detail else None
    if one is None or one.deployment.ready_state != "QUEUED":
        since = one.building_at if one else None
        return "… No line yet" + (f": the build began {duration(now - since)} ago." if since else ".")
    created = one.deployment.created_at
    behind = ", behind another build" if detail and detail.in_queue else ""
    waited = f" {duration(now - created)} so far" if created else ""
    return (
        f"… The build has not begun: it waits for its turn{behind},{waited}. The log appears here by itself."
    )


def _why_none(detail: Detail | None, now: Millis) -> str:
    if detail is None:
        return "the host gave no line of it."
    if detail.no_build:
        return f"{detail.no_build}."
    one = detail.candidate
    if one.deployment.ready_state == "CANCELED":
        return "the host gave no line; the build was canceled."
    made = one.deployment.created_at
    age = f" (the deployment is {duration(now - made)} old)" if made else ""
    return f"the host gave no line of this build, and did not say why{age}."


def _said(text: str, cells: int, tone: Tone) -> list[Line]:
    return paragraph(text, cells - 3, tone, indent=2)
