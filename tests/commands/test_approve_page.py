"""``coalmine approve ID`` in a terminal: one page, and one key."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from console.rollback.counting import View
from console.rollback.request import State
from data.clock import SystemClock
from tests.attacks.test_requests import ANA, PLAN, SHOWN, MovingClock, Vault
from tests.commands.running import PROGRAM
from tests.data.ssh.keys import new_key
from tests.terminal import opened

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    keys = {name: new_key(tmp_path, f"id_{name}") for name in ("ana", "jo", "bo", "dev")}
    (tmp_path / "shared").mkdir()
    return Vault(tmp_path / "shared", keys, MovingClock(SystemClock().now()))


def view(vault: Vault, name: str) -> View:
    vault.clock.shift = SystemClock().now() - vault.clock.origin
    return asyncio.run(vault.view(name))


def environment(vault: Vault) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("COALMINE_", "VERCEL_"))},
        "COALMINE_LEDGER": str(vault.folder / "ledger.db"),
        "COALMINE_STATE_DIR": str(vault.folder.parent),
        "COALMINE_APPROVAL__KEY": str(vault.keys["bo"].private),
    }


def test_one_page_one_key_and_the_next_call_says_what_was_recorded(vault: Vault) -> None:
    name = asyncio.run(vault.ask())
    words = [*PROGRAM, "approve", name]
    with opened(words, env=environment(vault), columns=80, lines=40) as terminal:
        terminal.wait_for("bo: [y] approve", "[a] ask")
        assert b"\x1b[?1049h" not in terminal.raw, "no full screen"
        assert len(terminal.raw) <= 4096
        terminal.press("a")
        terminal.wait_for("What")
        terminal.press("why not the flag?\r")
        terminal.wait_for(f"It stands beside {name} now.")
    found = view(vault, name)
    assert (found.state, found.request.answers) == (State.AWAITING_APPROVAL, ())
    assert [note.says for note in found.request.notes] == ["why not the flag?"]

    with opened(words, env=environment(vault), columns=80, lines=40) as terminal:
        terminal.wait_for("? bo asks: why not the flag?", "[enter] neither")
        terminal.press("\r")
        terminal.wait_for("nothing changed")
    assert view(vault, name).request.answers == ()

    with opened(words, env=environment(vault), columns=80, lines=40) as terminal:
        terminal.wait_for("[y] approve")
        terminal.press("y")
        terminal.wait_for(f"bo approved {name}.")
    assert view(vault, name).state is State.APPROVED
    with opened(words, env=environment(vault), columns=80, lines=40) as terminal:
        terminal.wait_for("YOU    have approved it already (signed)")


def test_what_does_not_fit_is_said_and_not_approved_unread(vault: Vault) -> None:
    long = replace(SHOWN, lines=tuple(f"-  line {number} of what changes" for number in range(400)))
    asked = asyncio.run(vault.desk.ask(PLAN, long, ANA, "errors at checkout"))
    name, words = asked.next, [*PROGRAM, "approve", asked.next]
    with opened(words, env=environment(vault), columns=80, lines=200) as terminal:
        terminal.wait_for("more lines: `coalmine rollback show", "bo: [y] approve")
        assert len(terminal.raw) <= 4096
        terminal.press("y")
        terminal.wait_for("lines of the plan are not on this page")
    assert view(vault, name).request.answers == ()
    with opened([*words, "--yes"], env=environment(vault), columns=80, lines=200) as terminal:
        terminal.wait_for(f"bo approved {name}.")
