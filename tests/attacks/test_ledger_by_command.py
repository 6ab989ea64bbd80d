"""The command line on a ledger that somebody has harmed: nothing is sent, and ``verify`` names the place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.harming import HARMS
from tests.commands.running import Shop, simulating
from tests.console.test_ledger_command import Coalmine, coalmine

pytestmark = pytest.mark.slow

__all__ = ["coalmine"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with simulating() as one:
        yield one


@pytest.fixture
def path(tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the ledger will be, in a state directory of its own, looking at the module's world."""
    for name, value in shop.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COALMINE_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state" / "ledger.db"


@pytest.fixture
def old(coalmine: Coalmine, path: Path, tmp_path: Path) -> Path:
    """A copy from the middle of the ledger, in which something was done before and after."""
    old = tmp_path / "old.db"
    assert coalmine("config", "init").code == 0
    assert coalmine("release", "freeze", "--arm", "on call").code == 0
    assert coalmine("ledger", "backup", str(old)).code == 0
    assert coalmine("release", "thaw", "--arm", "on call").code == 0
    return old


@pytest.mark.parametrize("name", HARMS)
def test_nothing_is_sent_from_a_harmed_ledger(
    coalmine: Coalmine, path: Path, old: Path, shop: Shop, tmp_path: Path, name: str
) -> None:
    harm, says = HARMS[name]
    head = tmp_path / "head.json"
    assert coalmine("ledger", "checkpoint", "--to", str(head)).code == 0
    harm(path, old)
    before = shop.effects()

    acted = coalmine("release", "abort", "--arm", "errors", "--json")
    assert acted.code == 5
    assert json.loads(acted.out)["outcome"] == "refused_here"
    assert says in json.loads(acted.out)["says"]
    assert shop.effects() == before

    remembered = coalmine("ledger", "verify")
    assert (remembered.code, says in remembered.out) == (1, True), remembered.out
    # Somebody whose consoles never saw it has the checkpoint alone.
    shutil.rmtree(path.parent / "heads")
    kept = coalmine("ledger", "verify", "--checkpoint", str(head))
    assert (kept.code, says in kept.out) == (1, True), kept.out


def test_a_loss_is_accepted_by_a_person_who_may_and_is_on_record(
    coalmine: Coalmine, path: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert coalmine("ledger", "restore", str(old)).code == 5
    restored = coalmine("ledger", "restore", str(old), "--lose-newer")
    assert (restored.code, "are lost" in restored.err) == (0, True), restored
    assert coalmine("release", "freeze", "--arm", "x").code == 5
    status = coalmine("status")
    assert "lost" in status.out + status.err

    with monkeypatch.context() as reading:
        reading.setenv("COALMINE_READ_ONLY", "1")
        assert coalmine("ledger", "accept", "--reason", "x").code == 5
    accepted = coalmine("ledger", "accept", "--reason", "the disk was lost")
    assert accepted.code == 0, accepted
    assert "accepted a loss: the disk was lost" in coalmine("ledger", "tail", "-n", "1").out
    assert coalmine("ledger", "verify").code == 0
    again = coalmine("ledger", "accept", "--reason", "again", "--json")
    assert (again.code, json.loads(again.out)) == (0, {"seq": None, "says": None})
    assert coalmine("release", "thaw", "--arm", "on call").code == 0


def test_a_broken_chain_is_not_accepted(coalmine: Coalmine, path: Path, old: Path) -> None:
    HARMS["edited payload"][0](path, old)
    HARMS["truncated"][0](path, old)
    said = coalmine("ledger", "accept", "--reason", "let it be")
    assert (said.code, "cannot be accepted" in said.err) == (1, True), said


def test_whoever_the_policy_does_not_name_accepts_and_redacts_nothing(
    coalmine: Coalmine, path: Path, old: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.commands.deciding.logins", lambda account: ["usr_stranger"])
    coalmine("ledger", "restore", str(old), "--lose-newer")
    for words in (("accept",), ("redact", "2")):
        said = coalmine("ledger", *words, "--reason", "x")
        assert (said.code, "not listed" in said.err) == (5, True), said


def test_a_secret_is_taken_out_by_a_person_who_may(coalmine: Coalmine, old: Path) -> None:
    shown = [json.loads(line) for line in coalmine("ledger", "tail", "--json").out.splitlines()]
    first = next(one["seq"] for one in shown if one["kind"] == "session.armed")
    policy = coalmine("ledger", "redact", "1", "--reason", "x")
    assert (policy.code, "never removed" in policy.err) == (5, True)
    assert coalmine("ledger", "redact", "999", "--reason", "x").code == 2
    done = coalmine("ledger", "redact", str(first), "--reason", "a token was in it", "--json")
    assert (done.code, json.loads(done.out)["redacted_seq"]) == (0, first), done
    assert f"redacted event {first}: a token was in it" in coalmine("ledger", "tail", "-n", "1").out
    assert json.loads(coalmine("ledger", "verify", "--json").out)["redacted"] == 1


def test_the_doctor_finds_what_is_missing(coalmine: Coalmine, path: Path, old: Path) -> None:
    coalmine("ledger", "restore", str(old), "--lose-newer")
    said = coalmine("doctor", "--json")
    [found] = [one for one in json.loads(said.out)["findings"] if one["id"] == "ledger"]
    assert (said.code, found["state"]) == (1, "fails")
    assert "are lost" in found["says"]
