"""What the console says to the terminal around it: its title, and a notification that leaves it.

Titles are OSC 2, notifications OSC 9 (iTerm2, WezTerm, kitty, Ghostty, foot, Windows Terminal and others;
terminals that know neither pass over them). The title found at the start is kept on the terminal's own
stack (XTWINOPS 22 and 23) and put back at the end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from console.readings import Freshness, Millis
from console.silence import silenced
from console.world import World
from screens.clean import clean, cut
from screens.words import VERDICTS

LONGEST = 120
"""Cells of a title or a notification: nobody sees more of it."""
DUMB = ("", "dumb", "linux")
"""``TERM`` of terminals that would print a control sequence, or have nowhere to show a title."""
END = "\x1b\\"
KEEP, BACK = "\x1b[22;2t", "\x1b[23;2t"


def title(world: World, now: Millis) -> str:
    """What the console is about, in a few words: ``coalmine: shop 25 % HOLD``.

    Of a release that is not known to be so any more, only that: ``coalmine: shop stale``.
    """
    name = f"coalmine: {world.project_label}"
    release = world.release.value
    if release is None or not release.active:
        return name
    freshness = world.release.freshness(now, world.rhythm(world.release.source))
    if freshness not in (Freshness.FRESH, Freshness.PARTIAL):
        return f"{name} {freshness.value}"
    share = "" if release.percentage is None else f" {release.percentage:g} %"
    if world.verdict is None:
        return f"{name}{share}"
    source = world.metrics_source  # the judge renews its word with it
    verdict = silenced(world.verdict, release, source.rhythm if source else None, now)
    return f"{name}{share} {VERDICTS[verdict.word][1]}"


def harmless(text: str) -> str:
    """``text`` without anything that would end a control sequence or begin another."""
    return cut(clean(text), LONGEST)


def speaks(environ: Mapping[str, str], headless: bool) -> bool:
    """Whether there is a terminal that can be told a title: a tty, and none that would print it."""
    screen = sys.__stderr__  # where Textual draws
    return not headless and environ.get("TERM", "") not in DUMB and screen is not None and screen.isatty()


class Outside:
    """The title and the notifications of one run; ``write`` is ``None`` where no terminal listens."""

    def __init__(self, write: Callable[[str], None] | None) -> None:
        self._write = write
        self._title: str | None = None

    def show(self, world: World, now: Millis) -> None:
        """Set the title, if it changed."""
        if self._write is None:
            return
        wanted = harmless(title(world, now))
        if wanted != self._title:
            keep = KEEP if self._title is None else ""
            self._title = wanted
            self._write(f"{keep}\x1b]2;{wanted}{END}")

    def call(self, text: str) -> None:
        """Tell somebody who looks elsewhere."""
        if self._write is not None:
            # the name comes first, so that no text can be one of the numbered commands of OSC 9
            self._write(f"\x1b]9;coalmine: {harmless(text)}{END}")

    def leave(self) -> None:
        """Put the title back that was there before (empty where the terminal kept none), and say no more.

        A world that comes while the console ends must not write into a terminal that was given back.
        """
        if self._write is not None and self._title is not None:
            self._write(f"\x1b]2;{END}{BACK}")
        self._write = None
