"""Every screen of the console on a prepared world, and the way to it: for pictures and for what all share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from console.world import World
from tests.screens import measured, worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.flag_desk import flagged
from tests.screens.incident_room import asked_for, going, shelved
from tests.screens.request_room import asking
from tests.screens.run_room import running_one
from tests.screens.test_choose import offering
from tests.screens.test_deployment import telling
from tests.screens.test_suspects_on_screen import harmed


@dataclass(frozen=True)
class Shown:
    """``keys`` lead to it from the first screen; ``shows`` stands on it then."""

    cockpit: Callable[[], PreparedCockpit]
    keys: tuple[str, ...]
    shows: str
    room: bool = False
    """A screen of its own, with status line, tabs and keys; else a dialog over one."""


def on(world: Callable[[], World]) -> Callable[[], PreparedCockpit]:
    """A cockpit that serves ``world``."""
    return lambda: PreparedCockpit(world())


def queried() -> PreparedCockpit:
    """Home without a release, its deployments known, and a build log of sixty lines."""
    return telling(60)


EVERY: dict[str, Shown] = {
    "release": Shown(on(worlds.rollback), (), "? keys", room=True),
    "home": Shown(queried, (), "Change number 2", room=True),
    "flags": Shown(flagged, ("2",), "split by user.id", room=True),
    "flag": Shown(flagged, ("2", "K"), "RECORDED"),
    "stop": Shown(harmed, ("m",), "turn guest-order-tracking off"),
    "change": Shown(flagged, ("2", "E"), "give people by name"),
    "form": Shown(flagged, ("2", "E", "j", "enter"), "VARIANT"),
    "who": Shown(flagged, ("2", "v"), "WHO GETS WHAT"),
    "rollbacks": Shown(asking, ("3",), "read 0 s ago", room=True),
    "request": Shown(asking, ("3", "enter"), "signs with"),
    "overview": Shown(asked_for, ("0",), "read 0 s ago", room=True),
    "incidents": Shown(going, ("4",), "read 0 s ago", room=True),
    "incident": Shown(going, ("4", "enter"), "only signed-in carts", room=True),
    "note": Shown(going, ("4", "n"), "A NOTE on INC-2"),
    "severity": Shown(going, ("4", "v"), "HOW BAD INC-2 IS"),
    "playbooks": Shown(shelved, ("4", "p"), "canary-high-error-rate", room=True),
    "run": Shown(running_one, ("4", "enter", "o"), "It has not begun", room=True),
    "begin": Shown(shelved, ("4", "p", "r"), "pinned as they are written"),
    "ledger": Shown(on(worlds.rollback), ("9", "j"), "put policy", room=True),
    "metrics": Shown(on(measured.measured), ("7",), "2 worse", room=True),
    "sources": Shown(on(worlds.healthy), ("s",), "Alertmanager", room=True),
    "deployment": Shown(queried, ("enter",), "line 59", room=True),
    "review": Shown(on(worlds.rollback), ("A",), "RECORDED"),
    "arm": Shown(on(worlds.read_only), ("W",), "MINUTES"),
    "freeze": Shown(on(worlds.healthy), ("F",), "FREEZE"),
    "choose": Shown(offering, ("P",), "Sort cart"),
    "why": Shown(on(worlds.rollback), ("w",), "Why"),
    "evidence": Shown(on(measured.measured), ("w",), "its line"),
    "metric": Shown(on(measured.measured), ("7", "enter"), "Metric: error_rate"),
    "raw": Shown(on(worlds.rollback), ("d",), "Raw data"),
    "help": Shown(on(worlds.rollback), ("question_mark",), "Keys of this screen"),
    "event": Shown(on(worlds.rollback), ("enter",), "of the ledger"),
    "messages": Shown(on(worlds.rollback), ("L",), "Messages"),
    "calls": Shown(on(worlds.rollback), ("ctrl+l",), "Calls and commands"),
    "token": Shown(on(worlds.rollback), ("ctrl+t",), "token"),
    "command": Shown(on(worlds.rollback), ("colon",), "advance"),
}


def nothing_known() -> World:
    """A console that has never heard anything, and has never recorded anything."""
    return replace(worlds.never_connected(), recent=(), ledger_size=0)


def nothing_there() -> World:
    """The host answered, and there is nothing: no release, no deployment, no event."""
    return replace(worlds.no_release_ever(), recent=(), ledger_size=0)


BARE: dict[str, Callable[[], World]] = {
    "nothing known": nothing_known,
    "nothing there": nothing_there,
    "refused": lambda: replace(worlds.unauthorised(), recent=(), ledger_size=0),
    "host down": lambda: replace(worlds.host_down(), recent=(), ledger_size=0),
}
"""Worlds in which lists are empty."""
