"""The database level as its users meet it: three people, one ledger, a console killed over the command."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.commands.running import PATIENCE_S, Place, Shop
from tests.commands.test_json import check
from tests.commands.test_rollback_requests import NO_TOKEN
from tests.console.rollback.database import RESTORE, Schema, schema
from tests.data.ssh.keys import Key, new_key

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ASKED = ("rollback", "request", "--database", "schema", "--restore-point", RESTORE, "--reason", "errors")


def office(place: Place) -> dict[str, Key]:
    """ana asks and carries out; jo and dev approve."""
    assert place.run("config", "init").code == 0
    keys = {name: new_key(place.folder, f"id_{name}") for name in ("jo", "dev")}
    state = place.folder / "state"
    (state / "people.yaml").write_text(
        "version: 1\npeople:\n"
        "  ana: {name: Ana, roles: [devops, incident-response], vercel: [usr_ana]}\n"
        "  jo: {name: Jo, roles: [devops]}\n"
        "  dev: {name: Dev, roles: [development]}\n"
    )
    (state / "allowed_signers").write_text("".join(f"{name} {key.line}\n" for name, key in keys.items()))
    adopted = place.run("config", "adopt", "--reason", "approvals")
    assert adopted.code == 0, adopted
    return keys


def approve(place: Place, keys: dict[str, Key], name: str) -> None:
    for key in keys.values():
        yes = place.run("approve", name, "--yes", "--key", str(key.private), env=NO_TOKEN)
        assert yes.code == 0, yes


def until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.05)


def configured(place: Place) -> Schema:
    database = schema(place.folder)
    (place.folder / "coalmine.toml").write_text(database.toml())
    return database


def test_asked_for_approved_by_two_and_run(there: Place, moving: Shop) -> None:
    database = configured(there)
    keys = office(there)
    token = moving.ready.token
    database.tell(run={"prints": f"dropped orders.note with {token}"})
    assert there.run(*ASKED[:4], "--reason", "errors").code == 2, "a restore point is required"
    planned = there.run(*ASKED, "--dry-run")
    assert planned.code == 0, planned
    assert "check is well" in planned.err
    assert there.run("rollback", "list").out == "No request waits for anybody.\n"
    asked = there.run(*ASKED, "--json")
    assert asked.code == 3, asked
    page = there.run("approve", "RB-1", env=NO_TOKEN)
    assert len(page.out.encode()) <= 4096
    for part in ("TAKE THE DATABASE BACK with schema", "dry-run is well", "undone by", RESTORE, "NOT "):
        assert part in page.out, part
    approve(there, keys, "RB-1")
    done = there.run("rollback", "execute", "RB-1", "--json")
    check("rollback request, accept, execute, review", done.json)
    assert done.code == 0, done
    assert database.done.count("run") == 1
    database.tell()
    shown = there.run("rollback", "show", "RB-1", "--json")
    check("rollback list, show", shown.json)
    assert shown.json["state"] == "succeeded"
    tail = there.run("ledger", "tail").out
    assert "ana runs schema on the database: errors" in tail
    assert "dropped orders.note with ***" in there.run("ledger", "export").out
    assert there.run("ledger", "verify").code == 0
    assert moving.effects() == []


def test_whoever_works_alone_is_told_before_anything_is_run(there: Place) -> None:
    database = configured(there)
    assert there.run("config", "init").code == 0
    refused = there.run(*ASKED)
    assert refused.code == 5, refused
    assert "wants 2 approvals of others for a database, and people.yaml lists 0" in refused.err
    (there.folder / "coalmine.toml").write_text(database.toml().replace("undo =", "undone ="))
    faulty = there.run(*ASKED)
    assert faulty.code == 2, faulty
    assert "coalmine.toml:1: database.schema.undo: it has to be set." in faulty.err
    assert "coalmine.toml:5: database.schema.undone: there is no such setting." in faulty.err
    assert database.done == []


def test_killed_over_the_command_it_is_unknown_and_not_run_again(there: Place, moving: Shop) -> None:
    database = configured(there)
    keys = office(there)
    assert there.run(*ASKED).code == 3
    database.tell(run={"hangs": True})
    with there.running("watch", "--json") as watching:
        approve(there, keys, "RB-1")
        until(lambda: "run" in database.done, "it runs")
        watching.kill()
    with suppress(ProcessLookupError):
        os.killpg(database.record[-1]["pid"], signal.SIGKILL)
    database.tell()
    found = there.run("rollback", "execute", "RB-1")
    deadline = time.monotonic() + PATIENCE_S
    while "is carrying RB-1 out" in found.err:  # until its session is taken for dead
        assert time.monotonic() < deadline
        found = there.run("rollback", "execute", "RB-1")
    assert found.code == 4, found
    assert "whoever ran it told no end" in found.err
    assert there.run("rollback", "show", "RB-1").code == 4
    again = there.run("rollback", "execute", "RB-1", "--again")
    assert again.code == 4, again
    assert database.done.count("run") == 1
    assert there.run(*ASKED).code == 3, "to ask for it anew is a decision of people"
