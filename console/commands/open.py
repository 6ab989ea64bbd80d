"""``coalmine open``: the console on the project that the settings name.

What was known last is drawn at once if these very settings were in use before; all that is heavy
(the settings' validation included) is then loaded behind it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from console import lastknown
from console.commands.console_app import run_console
from console.commands.homes import cache_dir, config_dir, homeless
from console.commands.looks import look_of
from console.commands.shared import at_terminal, needs_terminal
from console.places import current, find_file, mark_of
from console.world import World
from data.clock import SystemClock
from data.keepsake import Keepsake
from screens import look as looks
from screens.look import Look

if TYPE_CHECKING:
    from console.commands.connect import Connected
    from console.session import Session
    from console.target import Target
    from console.wiring import Stores
    from data.vercel.login import Kept

INSTEAD = "Without one: coalmine status, release, ledger or watch."


@click.command("open")
@click.argument("target", metavar="[ID|URL]", required=False)
def command(target: str | None = None) -> None:
    """Open the console on the configured project. A real project opens read-only: W arms it.

    With an ID it opens where that is: an incident (INC-7), a run of a playbook (PB-2), a request (RB-14), a
    deployment (dpl_…). So it does with a URL that names one, or a page of the project on the host.
    """
    keepsake = _keepsake()
    text = keepsake.read()
    connected = _offered() if not text else None
    if connected is not None:
        keepsake = _keepsake()
        text = keepsake.read()
    before = _before(text or "")
    more: Callable[[World], World] | None = None
    kept = connected.kept if connected is not None else "settings"

    def build() -> Session:
        return _build(kept)

    if before is not None:
        needs_terminal(INSTEAD)
        look, first, measured = before

        def more(world: World) -> World:
            from console.measured_last import added

            return added(world, measured)
    else:
        look, first, aim, stores = _read_now(kept)

        def build() -> Session:
            return _session(aim, stores)

    def remember(world: World) -> None:
        keepsake.write(f"{look.written()}\n{lastknown.written(world)}")

    code = run_console(first, build, remember=remember, look=look, more=more, target=target)
    if connected is not None and code == 0:
        from console.commands.connect import ask_to_keep

        ask_to_keep(connected)
    sys.exit(code)


def _offered() -> Connected | None:
    """What a person chose because nothing is configured; ``None`` where it is, or nobody can be asked."""
    from console.target import load_settings, missing

    loaded = load_settings()
    if not missing(loaded.settings) or not at_terminal():
        return None
    from console.commands.connect import offer

    return offer(loaded)


def _before(kept: str) -> tuple[Look, World, str] | None:
    """Look and picture of the console that kept ``kept``, and the text that has more of the picture.

    ``None`` if this version did not write it.
    """
    line, _, text = kept.partition("\n")
    look = looks.read(line)
    world = lastknown.read(text, SystemClock().now()) if look is not None else None
    return None if look is None or world is None else (look, world, text)


def _keepsake() -> Keepsake:
    """What was kept for the present settings. Raises :class:`SettingsError` if there is no such file."""
    file = find_file(os.environ, current(), config_dir())
    cache = cache_dir()
    if cache is None:
        raise homeless()
    return Keepsake(cache, mark_of(os.environ, file))


def _read_now(kept: Kept) -> tuple[Look, World, Target, Stores]:
    """The look, and the picture from the stores, which stay open.

    Raises ``SettingsError`` and ``StoreUnusable``.
    """
    from console.ports import StoreUnusable
    from console.wiring import first_world, open_stores

    aim = _aim(kept)
    look = look_of(aim.loaded)
    needs_terminal(INSTEAD)
    stores = open_stores(aim.ledger_path, aim.clock)
    try:
        return look, first_world(aim, stores), aim, stores
    except StoreUnusable:
        stores.ledger.close()
        stores.samples.close()
        raise


def _build(kept: Kept) -> Session:
    from console.wiring import open_stores

    aim = _aim(kept)
    look_of(aim.loaded)  # another version of the console may have found nothing wrong with the keys
    return _session(aim, open_stores(aim.ledger_path, aim.clock))


def _session(aim: Target, stores: Stores) -> Session:
    from console.commands.logfile import log_to
    from console.wiring import build_session

    log_to(aim.loaded.state_dir)
    return build_session(aim, stores)


def _aim(kept: Kept) -> Target:
    """What the settings name, with a token that is ``kept`` somewhere.

    Raises :class:`SettingsError` if they name nothing to look at.
    """
    from console.target import looking_at

    return replace(looking_at(), kept=kept)
