"""The standing lines above a screen: opening, banners, and actions whose outcome is not known."""

from __future__ import annotations

from console.readings import Millis
from console.world import World
from screens.opening import Opening
from screens.paint import Line, Span, Tone, paragraph, span
from screens.present import duration

MOST = 3
"""Rows that one notice may take."""
LEVELS: dict[str, tuple[str, Tone]] = {
    "error": ("!", "worse"),
    "warning": ("!", "caution"),
    "info": ("·", "quiet"),
}


def notices(
    world: World, opening: Opening, now: Millis, monotonic: float, cells: int, rows: int
) -> list[Line]:
    """All standing lines, most urgent first, in at most ``rows``; empty when there is nothing to say."""
    inner = max(cells - 2, 1)
    lines = opening.lines(monotonic, inner)
    for pending in world.pending:
        lines += _pending(pending.says, pending.unknown, duration(now - pending.since), inner)
    for banner in sorted(world.banners, key=lambda b: ("error", "warning", "info").index(_level(b.level))):
        glyph, tone = LEVELS[_level(banner.level)]
        lines += paragraph(f"{glyph} {banner.text}", inner, tone, bold=tone != "quiet", most=MOST)
    if len(lines) > rows:
        more = len(lines) - rows + 1
        lines = [*lines[: rows - 1], (span(f"… {more} more rows do not fit", "quiet"),)]
    return [(Span(" "), *line) for line in lines]


def _pending(says: str, unknown: bool, age: str, cells: int) -> list[Line]:
    if unknown:
        state = f"? sent {age} ago, no answer; asking the host what happened, not sending again: "
        return paragraph(state + says, cells, "caution", bold=True, most=MOST)
    return paragraph(f"… sent {age} ago, waiting for the answer: {says}", cells, "caution", most=MOST)


def _level(level: str) -> str:
    return level if level in LEVELS else "info"
