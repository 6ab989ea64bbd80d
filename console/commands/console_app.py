"""Runs the Textual application on a session that is built after the first paint."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from console.world import World
from screens.app import CoalmineApp
from screens.look import Look
from screens.signals import run

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.session import Session

SWITCH_S = 0.001
"""How long a thread at work may keep the interpreter from the screens (Python's own is 5 ms)."""

REMEMBER_S = 20.0
"""How often what is known is kept for the next start, besides at the end."""


def run_console(
    first: World,
    build: Callable[[], Session],
    prepare: Callable[[], Awaitable[None]] | None = None,
    remember: Callable[[World], None] | None = None,
    look: Look | None = None,
    more: Callable[[World], World] | None = None,
    target: str | None = None,
) -> int:
    """Draw ``first``, then build and start the session; the exit code of the application.

    ``build`` is called in a thread (it imports much and opens stores); ``prepare`` is awaited before it.
    ``more`` adds to ``first`` what could wait for the paint. ``target`` is what to be shown first.
    ``remember`` is called in a thread with what the next console may draw at once.
    """
    logging.getLogger("coalmine").propagate = False  # whatever is logged, the screen is no place for it
    sys.setswitchinterval(SWITCH_S)
    opened: list[Session] = []
    remembering: list[asyncio.Task[None]] = []

    async def open_cockpit() -> Cockpit:
        if prepare is not None:
            await prepare()
        session = await asyncio.to_thread(build)
        opened.append(session)
        await session.start()
        gc.freeze()  # what was made to start stays: later collections need not look through it
        if remember is not None:
            remembering.append(asyncio.create_task(_remember(session, remember), name="remember"))
        return session

    app = CoalmineApp(first, open_cockpit, look=look, more=more, target=target, keep_copy=_keep_copy)
    code = run(app)
    if opened and remember is not None:
        _keep(opened[0].world(), remember)
    return code


def _keep_copy(text: str) -> Path | None:
    from console.commands.homes import cache_dir
    from data.copied import keep

    folder = cache_dir()
    return None if folder is None else keep(folder, text)


async def _remember(session: Session, remember: Callable[[World], None]) -> None:
    while True:
        await asyncio.sleep(REMEMBER_S)
        await asyncio.to_thread(_keep, session.world(), remember)


def _keep(world: World, remember: Callable[[World], None]) -> None:
    """Never without a release: that would forget what an earlier console knew."""
    if world.release.value is not None:
        remember(world)
