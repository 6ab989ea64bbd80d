"""A flag as a row, and the text that a filter looks at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.flags.intents import FlagIntent
from console.flags.model import Flag
from console.flags.telling import Standing, environment_of, standing
from console.readings import Millis
from screens import paint
from screens.flags.known import changed_at
from screens.paint import Line, Span, Tone, span
from screens.present import clock, duration

if TYPE_CHECKING:
    from console.flags.suspects import Suspect

WIDE = 96
"""Cells from which who changed it has room."""
MARGIN = 2
STALE_MS: Millis = 40 * 86_400_000
TONES: dict[str, Tone] = {"archived": "quiet", "malformed": "worse", "static": "strong"}


def sizes(cells: int) -> tuple[int, int, int, int]:
    """Cells of the columns: key, state, changed, by."""
    key, changed, by = (30, 8, 14) if cells >= WIDE else (20, 6, 9) if cells >= 64 else (18, 6, 0)
    gaps = 3 if by else 2
    return key, max(cells - MARGIN - key - changed - by - gaps, 8), changed, by


def heading(cells: int) -> Line:
    """The heads of the columns."""
    heads = ("flag", "in production", "age", "by")
    widths = sizes(cells)
    texts = [
        (Span(f"{text:>{size}}" if text == "age" else text, "quiet"), size)
        for text, size in zip(heads, widths, strict=True)
    ]
    return (Span(" " * MARGIN), *paint.columns(texts, gap=1))


def stands(flag: Flag, now: Millis) -> Standing:
    """How it stands in production, or in the only environment there is."""
    where = environment_of(flag)
    if not flag.archived and where not in (flag.raw.get("environments") or {}):
        return Standing(where, "malformed", f"has no environment {where}")
    return standing(flag, where, now)


def row(
    flag: Flag,
    override: FlagIntent | None,
    now: Millis,
    cells: int,
    marked: bool,
    suspect: Suspect | None = None,
    picked: bool = False,
    by: str = "",
) -> Line:
    """Key, state in words (of a suspect what speaks against it), how long ago it was changed and ``by`` whom;
    ``picked``: see ``K``."""
    stood = stands(flag, now)
    words, tone = stood.words, TONES.get(stood.state, "normal")
    if suspect is not None:
        words, tone = f"▲ {suspect.says}", "worse"
    if override is not None:
        words, tone = f"↺ back at {clock(override.event.back_at, now)}  {words}", "caution"
    at = changed_at(flag)
    age = "" if at is None else duration(now - at)
    key, state, changed, person = sizes(cells)
    parts = [
        (span(flag.key, "strong" if marked else "normal", bold=marked), key),
        (span(words, tone), state),
        (span(f"{age:>{changed}}", "quiet"), changed),
        (span(by or str(flag.raw.get("updatedBy") or ""), "quiet"), person),
    ]
    head = Span(f"{'▸' if marked else ' '}{'✓' if picked else ' '}", "key")
    return paint.cut((head, *paint.columns(parts, gap=1)), cells)


def haystack(flag: Flag, now: Millis, by: str = "") -> str:
    """What a filter looks at: key, ``tag:…``, ``by:…``, ``ENVIRONMENT:STATE`` with its words, ``is:stale``.

    ``by``: who changed it last, by name.
    """
    raw: Mapping[str, object] = flag.raw
    tags, environments = raw.get("tags"), raw.get("environments")
    tagged = " ".join(f"tag:{one}" for one in tags) if isinstance(tags, list) else ""
    named = environments if isinstance(environments, dict) else {}
    states = (standing(flag, name, now) for name in named)
    told = " ".join(f"{one.environment}:{one.state} {one.words}" for one in states)
    kept = "is:permanent" if raw.get("permanent") else "is:stale" if stale(flag, now) else ""
    return f"{flag.key} {tagged} by:{by or raw.get('updatedBy') or ''} {told} {kept}"


def stale(flag: Flag, now: Millis) -> bool:
    """Whether it has outlived what a release flag is for: unchanged for so long, and not meant to stay.

    Unleash expects 40 days of release flags and experiments, and of kill switches that they stay.
    """
    at = changed_at(flag)
    return not flag.archived and not flag.raw.get("permanent") and at is not None and now - at >= STALE_MS
