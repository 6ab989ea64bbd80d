"""``coalmine ledger checkpoint|verify|backup|restore``, from the words typed to the exit code."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from console.allowed_signers import FILE_NAME
from console.checkpoint import parse
from console.ports import LedgerConflict
from console.trust import Trust
from data.heads import RememberedHead
from data.sqlite.ledger import SqliteLedger
from tests.console.test_checkpoint import cut, grown
from tests.console.test_ledger_command import Coalmine, coalmine, harm
from tests.data.ssh.keys import Key, new_key
from tests.ledgers import HandClock, note

__all__ = ["coalmine"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with open_at(path) as ledger:
        grown(ledger, 9)
    return path


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return new_key(tmp_path_factory.mktemp("keys"), "ana")


def open_at(path: Path) -> closing[SqliteLedger]:
    return closing(SqliteLedger(path, HandClock()))


def remembered(path: Path, own_environment: Path) -> Trust:
    """What a console of this user makes of the ledger."""
    with open_at(path) as ledger:
        trust = Trust(ledger, RememberedHead(own_environment / "state" / "coalmine", path), HandClock())
        trust.look()
        return trust


# --- checkpoints ---


def test_an_unsigned_checkpoint_finds_a_cut_and_says_how_little_it_proves(
    coalmine: Coalmine, path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "head.json"
    assert coalmine("ledger", "checkpoint").code == 0
    assert coalmine("ledger", "checkpoint", "--to", str(file)).out.endswith(" (unsigned)\n")
    said = coalmine("ledger", "verify", "--checkpoint", str(file))
    assert said.code == 0
    assert "the ledger goes on from event 9" in said.out
    assert "It is unsigned" in said.out
    cut(path, 5)
    assert coalmine("ledger", "verify").code == 0  # nobody here had seen more
    said = coalmine("ledger", "verify", "--checkpoint", str(file))
    assert said.code == 1
    assert "events 6 to 9 are lost" in said.out
    told = coalmine("ledger", "verify", "--checkpoint", str(file), "--json")
    assert told.code == 1
    [one] = json.loads(told.out)["checkpoints"]
    assert (one["state"], one["first"], one["last"], one["signed_by"]) == ("lost", 6, 9, None)
    assert json.loads(told.out)["ok"] is False
    assert json.loads(told.out)["breaks"] == []


def test_a_signed_checkpoint_says_whose_it_is_and_cannot_be_altered(
    coalmine: Coalmine, path: Path, tmp_path: Path, ana: Key
) -> None:
    file = tmp_path / "head.json"
    said = coalmine("ledger", "checkpoint", "--sign", str(ana.private), "--to", str(file))
    assert said.code == 5  # nobody could prove whose it is
    assert not file.exists()
    signers = path.with_name(FILE_NAME)
    signers.write_text(f'ana namespaces="coalmine-checkpoint@v1" {ana.line}\n')
    assert coalmine("ledger", "checkpoint", "--sign", str(ana.private), "--to", str(file)).code == 0
    said = coalmine("ledger", "verify", "--checkpoint", str(file))
    assert said.code == 0
    assert "signed by ana (SHA256:" in said.out
    assert "unsigned" not in said.out

    with open_at(path) as ledger:  # whoever rewrites the ledger writes a checkpoint that fits, too
        grown(ledger, 1)
    fits = parse(coalmine("ledger", "checkpoint").out)
    kept = parse(file.read_text())
    file.write_text(fits.model_copy(update={"signature": kept.signature}).text())
    said = coalmine("ledger", "verify", "--checkpoint", str(file))
    assert said.code == 1
    assert "its signature does not count" in said.out
    file.write_text(kept.text())
    signers.write_text("")
    assert coalmine("ledger", "verify", "--checkpoint", str(file)).code == 1
    own = tmp_path / "own"
    own.write_text(f"ana {ana.line}\n")
    assert coalmine("ledger", "verify", "--checkpoint", str(file), "--signers", str(own)).code == 0


def test_an_old_copy_that_went_on_is_found_by_its_checkpoint(
    coalmine: Coalmine, path: Path, tmp_path: Path
) -> None:
    old, file = tmp_path / "old.db", tmp_path / "head.json"
    shutil.copy(path, old)
    with open_at(path) as ledger:
        grown(ledger, 4)
    assert coalmine("ledger", "checkpoint", "--to", str(file)).code == 0
    shutil.copy(old, path)
    with open_at(path) as ledger:
        grown(ledger, 30)
    said = coalmine("ledger", "verify", "--checkpoint", str(file))
    assert said.code == 1
    assert "other events stand in the ledger" in said.out


def test_there_is_no_checkpoint_of_a_broken_chain_nor_of_a_file_that_is_none(
    coalmine: Coalmine, path: Path, tmp_path: Path
) -> None:
    (tmp_path / "none.json").write_text("{}")
    for file in ("none.json", "absent.json"):
        said = coalmine("ledger", "verify", "--checkpoint", str(tmp_path / file))
        assert said.code == 1
        assert "it cannot be read" in said.out
    with open_at(path) as ledger:
        harm(ledger, "UPDATE payloads SET text = '{}' WHERE seq = 3")
    assert coalmine("ledger", "checkpoint").code == 1


def test_what_this_user_saw_last_counts_without_any_file(
    coalmine: Coalmine, path: Path, own_environment: Path
) -> None:
    assert remembered(path, own_environment).problem is None
    assert "what this user's consoles saw last" in coalmine("ledger", "verify").out
    cut(path, 7)
    said = coalmine("ledger", "verify")
    assert said.code == 1
    assert "events 8 to 9 are lost" in said.out


# --- backup and restore ---


def test_a_backup_is_the_whole_ledger_in_one_private_file(
    coalmine: Coalmine, path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"
    with open_at(path) as writing:  # a console that goes on
        said = coalmine("ledger", "backup", str(file))
        grown(writing, 1)
    assert said.code == 0
    assert "9 events" in said.out
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name] == ["backup.db"]
    with open_at(file) as copy:
        assert copy.verify().ok
        assert copy.head().seq == 9


def test_a_backup_takes_nothing_from_its_place_unless_told(
    coalmine: Coalmine, path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"
    file.write_text("mine")
    said = coalmine("ledger", "backup", str(file))
    assert said.code == 2
    assert "is there already" in said.err
    assert file.read_text() == "mine"
    assert coalmine("ledger", "backup", str(file), "--replace").code == 0
    assert coalmine("ledger", "backup", str(tmp_path / "no" / "backup.db")).code == 2
    with open_at(path) as ledger:
        harm(ledger, "UPDATE payloads SET text = '{}' WHERE seq = 3")
    assert "broken" in coalmine("ledger", "backup", str(tmp_path / "other.db")).err
    assert not (tmp_path / "other.db").exists()


def test_a_restore_keeps_the_old_file_and_refuses_to_lose_what_is_newer(
    coalmine: Coalmine, path: Path, tmp_path: Path, own_environment: Path
) -> None:
    file = tmp_path / "backup.db"
    assert coalmine("ledger", "backup", str(file)).code == 0
    with open_at(path) as running:
        grown(running, 3)
        head = running.head()
        assert remembered(path, own_environment).problem is None
        said = coalmine("ledger", "restore", str(file))
        assert said.code == 5
        assert "events 10 to 12 are lost" in said.err
        assert running.head() == head

        said = coalmine("ledger", "restore", str(file), "--lose-newer", "--json")
        assert said.code == 0
        told = json.loads(said.out)
        assert told["seq"] == 9
        assert "events 10 to 12 are lost" in told["refuses"]
        with open_at(Path(told["kept"])) as kept:
            assert kept.head() == head
            assert kept.verify().ok
        assert running.head().seq == 9  # a console that had it open goes on with the new content
        running.append("notes", running.version("notes"), [note("after")])
        assert running.verify().ok
        problem = remembered(path, own_environment).problem
        assert problem is not None
        assert "other events stand in the ledger" in problem.what


def test_what_is_written_while_it_is_restored_is_in_the_old_file_or_in_the_new_one(
    coalmine: Coalmine, path: Path, tmp_path: Path
) -> None:
    file, stop, done = tmp_path / "backup.db", threading.Event(), set[str]()
    assert coalmine("ledger", "backup", str(file)).code == 0

    def writes() -> None:
        with open_at(path) as ledger:
            while not stop.is_set():
                with contextlib.suppress(LedgerConflict):
                    done.add(ledger.append("busy", ledger.version("busy"), [note("x")])[0].header.id)

    writing = threading.Thread(target=writes)
    writing.start()
    try:
        told = json.loads(coalmine("ledger", "restore", str(file), "--lose-newer", "--json").out)
    finally:
        stop.set()
        writing.join()
    with open_at(path) as ledger, open_at(Path(told["kept"])) as kept:
        assert done <= {one.header.id for one in (*ledger.read(), *kept.read())}
        assert ledger.verify().ok
        assert kept.verify().ok


@pytest.mark.parametrize("harm_it", ["garbage", "gone"])
def test_a_damaged_or_lost_ledger_is_restored(
    coalmine: Coalmine, path: Path, tmp_path: Path, own_environment: Path, harm_it: str
) -> None:
    file = tmp_path / "backup.db"
    assert coalmine("ledger", "backup", str(file)).code == 0
    with open_at(path) as ledger:
        grown(ledger, 2)
    remembered(path, own_environment)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.unlink()
    if harm_it == "garbage":
        path.write_bytes(b"no database " * 1000)
    said = coalmine("ledger", "restore", str(file))
    assert said.code == 0
    assert "events 10 to 11 are lost" in said.err
    kept = list(tmp_path.glob("ledger.db.before-*"))
    assert [p.read_bytes()[:11] for p in kept] == ([b"no database"] if harm_it == "garbage" else [])
    with open_at(path) as ledger:
        assert ledger.head().seq == 9
        assert ledger.verify().ok
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_restored_changes_nothing(coalmine: Coalmine, path: Path, tmp_path: Path) -> None:
    broken, empty, text = tmp_path / "broken.db", tmp_path / "empty.db", tmp_path / "text"
    assert coalmine("ledger", "backup", str(broken)).code == 0
    with open_at(broken) as ledger:
        harm(ledger, "DELETE FROM events WHERE seq = 4")
    with open_at(empty):
        pass
    text.write_text("not a database at all" * 100)
    before = path.read_bytes()
    for file in (broken, empty, text, tmp_path / "absent"):
        said = coalmine("ledger", "restore", str(file), "--lose-newer")
        assert said.code == 2, said
        assert str(file) in said.err
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("ledger.db.before-*"))
    assert not list(tmp_path.glob(".ledger*"))
