"""``coalmine status --line``: how it is now in one line of at most 80 cells, for a status bar. Pure."""

from __future__ import annotations

import unicodedata

from console.canary.verdict import Word
from console.commands.shared import visible
from console.host_words import WAITED_LONG_MIN, waited_min
from console.readings import Freshness
from console.world import World

WIDEST = 80
"""Cells of the whole line."""
NAME = 32
"""Cells of the project's name."""

WORDS = {
    Word.PROMOTE: "✓ PROMOTE",
    Word.HOLD: "● HOLD",
    Word.ROLLBACK: "▼ ROLL BACK",
    Word.NO_DATA: "? NO DATA",
}
"""As the release screen says it: the word never rests on the glyph or a colour alone."""


def status_line(world: World, *, sound: bool) -> str:
    """Project, share of the canary, verdict, age of the oldest source, number of banners.

    Unless ``sound`` (a source failed just now) the verdict of before is not said: it is no data.

    No colour codes, and nothing that a status bar takes for one (tmux reads ``#[…]``).
    """
    parts = [cut(" ".join(visible(world.project_label).replace("#", "").split()), NAME)]
    parts += _release(world, sound)
    parts.append(_age(world))
    if world.banners:
        parts.append(f"!{len(world.banners)}")
    return cut("  ".join(part for part in parts if part), WIDEST)


def _release(world: World, sound: bool) -> list[str]:
    release = world.release.value
    if release is None:
        return ["not known" if world.release.at is None else "no release", *_bake(world)]
    if not release.active:
        return [f"release {release.state.value.lower()}", *_bake(world)]
    fresh = world.release.freshness(world.now, world.rhythm("vercel"))
    lost = fresh not in (Freshness.FRESH, Freshness.PARTIAL) or world.release.problem is not None
    share = f"{release.percentage or 0:g} %{'?' if lost else ''}"
    word = Word.NO_DATA if lost or not sound or world.verdict is None else world.verdict.word
    waited = waited_min(world)
    waits = [f"waits {waited}m"] if waited is not None and waited >= WAITED_LONG_MIN and not lost else []
    return [share, *(["paused"] if release.paused else []), WORDS[word], *waits]


def _bake(world: World) -> list[str]:
    bake = world.bake
    if bake is None or (bake.over(world.now) and not bake.worse):
        return []
    return [f"{WORDS[Word.ROLLBACK]} (own past)" if bake.worse else "baking"]


def _age(world: World) -> str:
    oldest = world.oldest_source
    if oldest is None or oldest.fresh_at is None:
        return "–"
    seconds = max(0, world.now - oldest.fresh_at) // 1000
    if seconds < 90:
        return f"{seconds}s"
    return f"{seconds // 60}m" if seconds < 5400 else f"{seconds // 3600}h"


def cut(text: str, cells: int) -> str:
    """``text`` in at most so many cells of a terminal; what is left out shows as ``…``."""
    if width(text) <= cells:
        return text
    kept = ""
    for char in text:
        if width(kept + char) >= cells:
            break
        kept += char
    return f"{kept}…"


def width(text: str) -> int:
    """Cells that ``text`` takes: two for wide characters, none for those that join the one before."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
