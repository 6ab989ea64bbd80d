"""Two people of one machine share a ledger by the rights of a group, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import stat
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.__main__ import cli
from console.outcome import End
from data.clock import SystemClock
from tests.attacks.test_requests import MovingClock, Vault
from tests.data.ssh.keys import Key, new_key

pytestmark = pytest.mark.slow

GROUP = 23_000
REQUESTER, APPROVER = (pwd.getpwnam(name).pw_uid for name in ("daemon", "nobody"))
ROOT = os.geteuid() == 0


def as_user(uid: int, doing: Callable[[], object]) -> object:
    """What ``doing`` gives as another user of the group; its failure is the test's.

    Only root can become others. Elsewhere the same is done as one's own user: then the modes alone are shown.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if ROOT:
                os.setgroups([GROUP])
                os.setgid(GROUP)
                os.setuid(uid)
            os.umask(0o007)
            answer: object = {"done": doing()}
        except BaseException:
            answer = {"failed": traceback.format_exc()}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    told = json.loads(text)
    assert "failed" not in told, told["failed"]
    return told["done"]


def own(folder: Path, uid: int, mode: int) -> Path:
    folder.mkdir()
    if ROOT:
        os.chown(folder, uid, GROUP)
    folder.chmod(mode)
    return folder


def test_one_asks_and_the_other_approves_on_one_ledger(tmp_path: Path) -> None:
    for parent in (tmp_path, *tmp_path.parents[:-2]):
        if ROOT:  # pytest's own folders are closed to others
            parent.chmod(parent.stat().st_mode | 0o011)
    shared = own(tmp_path / "shared", REQUESTER, 0o2770)
    homes = {uid: own(tmp_path / str(uid), uid, 0o700) for uid in (REQUESTER, APPROVER)}
    people = {"ana": REQUESTER, "bo": APPROVER}
    keys = {}
    for name, uid in people.items():
        line = as_user(uid, partial(made, homes[uid]))
        keys[name] = Key(homes[uid] / "id", str(line))

    assert as_user(REQUESTER, partial(asked, shared, keys)) == "RB-1"
    assert stat.S_IMODE((shared / "ledger.db").stat().st_mode) & 0o070 == 0o060
    told = as_user(APPROVER, partial(approved, shared, homes[APPROVER]))
    assert told == [0, "bo approved RB-1."]
    assert as_user(REQUESTER, partial(executed, shared, keys)) == [End.DONE.value, 1]


def made(folder: Path) -> str:
    return new_key(folder, "id").line


def asked(shared: Path, keys: dict[str, Key]) -> str:
    vault = Vault(shared, keys, MovingClock(SystemClock().now()))
    try:
        return asyncio.run(vault.ask())
    finally:
        vault.ledger.close()


def approved(shared: Path, home: Path) -> list[object]:
    """As ``coalmine rollback approve``, without a token."""
    os.environ.update(
        COALMINE_LEDGER=str(shared / "ledger.db"),
        COALMINE_STATE_DIR=str(home),
        COALMINE_APPROVAL__KEY=str(home / "id"),
    )
    result = CliRunner().invoke(cli, ["rollback", "approve", "RB-1"])
    return [result.exit_code, result.output.strip()]


def executed(shared: Path, keys: dict[str, Key]) -> list[object]:
    vault = Vault(shared, keys, MovingClock(SystemClock().now()))
    try:
        outcome = asyncio.run(vault.executor().execute("RB-1", "ana"))
        return [outcome.end.value, len(vault.hands.sent)]
    finally:
        vault.ledger.close()
