"""The same attacks once more, through the screen and through the command line: nothing comes of them there.

Each way has its control: without an attack the same keys carry it out, and the same command says approved.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from textual.widgets import Button, Input

from console.authorise import Standing
from console.ports import Leases
from console.rollback.hands import SessionHands
from console.rollback.request import State
from console.rollback.room import Needs, Room
from console.world import Armed
from data.clock import SystemClock
from data.ssh.signing import SshVerifier
from screens.dialogs.request import RequestDialog
from screens.rollbacks.screen import RollbacksScreen
from tests.attacks.test_requests import (
    ANA,
    ATTACKS,
    Attack,
    MovingClock,
    Vault,
    approved_too_late,
    clock_set_back,
    deadlines_moved,
    executed_too_late,
    here,
    production_moved,
)
from tests.attacks.test_requests import keys as keys
from tests.attacks.test_requests import vault as vault
from tests.commands.running import PROGRAM
from tests.data.ssh.keys import Key
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running

pytestmark = pytest.mark.slow

BY_THE_CLOCK = (approved_too_late, executed_too_late, clock_set_back, deadlines_moved)
"""Their time is the vault's: a program on its own has this machine's."""


def room_of(vault: Vault) -> Room:
    """What ana's armed console does with the vault's requests; its hands send nothing and count."""

    def standing() -> Standing:
        now = vault.clock.now()
        armed = Armed("ana", now + 600_000, "on call")
        return Standing(vault.book(), "ana", "", armed, None, False, now)

    needs = Needs(
        vault.ledger,
        cast("Leases", Nobody()),
        vault.clock,
        SshVerifier(),
        vault.book,
        standing,
        lambda: ANA,
        "at-ana",
        cast("Callable[[Callable[[], Any]], Awaitable[Any]]", here),  # type: ignore[arg-type]
    )
    return Room(needs, cast("SessionHands", vault.hands))


class Nobody:
    """No other session lives, and this one may say that it does."""

    def holder(self, name: str) -> None:
        return None

    def acquire(self, *args: object, **kwargs: object) -> None:
        return None

    def release(self, *args: object, **kwargs: object) -> None:
        return None


async def everything_is_pressed(session: Running, vault: Vault, name: str) -> None:
    """Open the request, read it to its end, and do all that carries it out."""
    await session.press("3")
    await session.shows("read 0 s ago")
    room = session.app.screen
    assert isinstance(room, RollbacksScreen)
    room.rows.at = list(room.rows.keys).index(name)
    await session.press("enter")
    await session.until(lambda: isinstance(session.app.screen, RequestDialog), "the request")
    dialog = session.app.screen
    assert isinstance(dialog, RequestDialog)

    def known() -> bool:
        view, it = dialog.it.view, dialog.it
        looked = it.held is not None or view.state not in (State.AWAITING_APPROVAL, State.APPROVED)
        return bool(view.wrong) or (it.who is not None and looked)

    await session.until(known, "who sits here, and what is held")
    await session.press("G")
    await session.until(lambda: dialog.it.read, "read to its end")
    await session.press("X")
    await session.pilot.pause()
    if dialog.it.verb is not None:
        dialog.query_one("#typed", Input).value = name
        await session.press("ctrl+s")
        barred = dialog.query_one("#send", Button).disabled
        await session.until(lambda: barred or dialog.it.stage == "ended", "what became of it")


async def on_screen(vault: Vault, name: str) -> None:
    cockpit = PreparedCockpit(worlds.healthy())
    cockpit.room = room_of(vault)
    async with running(worlds.healthy(), cockpit=cockpit, size=(120, 50)) as session:
        await everything_is_pressed(session, vault, name)


async def test_without_an_attack_the_keys_carry_it_out(vault: Vault) -> None:
    name = await vault.ask()
    await vault.approve(name)
    await on_screen(vault, name)
    assert len(vault.hands.sent) == 1


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_no_key_sends_anything(vault: Vault, attack: Attack) -> None:
    name = await attack(vault)
    await on_screen(vault, name)
    assert vault.hands.sent == []
    view = await vault.view(name)
    assert attack is production_moved or view.wrong or view.state is not State.APPROVED


def told(vault: Vault, name: str) -> tuple[int, dict[str, Any]]:
    """What ``coalmine rollback show`` says of it, as a program on its own."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COALMINE_")}
    environment |= {
        "COALMINE_LEDGER": str(vault.folder / "ledger.db"),
        "COALMINE_STATE_DIR": str(vault.folder / "own"),
    }
    words = [*PROGRAM, "rollback", "show", name, "--json"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def todays(tmp_path: Path, keys: dict[str, Key]) -> Vault:
    """A vault whose time is this machine's, in the folder of a ledger."""
    return Vault(tmp_path, keys, MovingClock(SystemClock().now()))


async def test_without_an_attack_the_command_says_approved(todays: Vault) -> None:
    name = await todays.ask()
    await todays.approve(name)
    code, said = told(todays, name)
    assert (code, said["state"], said["wrong"]) == (3, "approved", None)


@pytest.mark.parametrize(
    "attack",
    [one for one in ATTACKS if one not in (*BY_THE_CLOCK, production_moved)],
    ids=lambda attack: attack.__name__,
)
async def test_no_command_says_approved(todays: Vault, attack: Attack) -> None:
    name = await attack(todays)
    _, said = told(todays, name)
    assert said["wrong"] or said["state"] != "approved"
