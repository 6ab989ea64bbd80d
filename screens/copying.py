"""Copying: through the terminal (OSC 52), and into a file where the terminal may not pass it on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from textual.app import App

    from screens.app import CoalmineApp

BETWEEN = ("TMUX", "STY")
"""Set by multiplexers (tmux, screen), which pass OSC 52 on only where they were told to."""
TERMS = ("alacritty", "contour", "foot", "wezterm", "xterm-ghostty", "xterm-kitty")
PROGRAMS = ("ghostty", "WezTerm")
MARKS = ("KITTY_WINDOW_ID", "WT_SESSION")


def surely_takes(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is one that takes OSC 52 as it is set up by default. No terminal can be asked."""
    if any(environ.get(name) for name in BETWEEN):
        return False
    term = environ.get("TERM", "").removesuffix("-direct").removesuffix("-extra")
    return (
        term in TERMS or environ.get("TERM_PROGRAM") in PROGRAMS or any(environ.get(name) for name in MARKS)
    )


def copy(app: App[Any], text: str, what: str) -> None:
    """Copy ``text``, and say so of ``what``; where the terminal may not pass it on, say where it is, too."""
    app.copy_to_clipboard(text)
    app.run_worker(_told(cast("CoalmineApp", app), text, what), group="copy", exit_on_error=False)


async def _told(app: CoalmineApp, text: str, what: str) -> None:
    if surely_takes(os.environ):
        app.say(f"Copied {what}.")
        return
    place = await asyncio.to_thread(app.keep_copy, text)
    also = "" if place is None else f"; it is also in {place}"
    app.say(f"Copied {what} (if the terminal allows it){also}.")
