"""What a checkpoint finds out about a ledger: cut, written anew, an old copy, or another one."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.checkpoint import Checkpoint, Mark, NoCheckpoint, compare, parse, take
from console.envelope import GENESIS, Head
from console.ports import StoreUnusable
from console.readings import Problem
from console.trust import Trust, against
from data.heads import RememberedHead
from data.sqlite.ledger import SqliteLedger
from tests.ledgers import HandClock, note

NOW = 1_760_000_000_000


def grown(ledger: SqliteLedger, count: int) -> None:
    for _ in range(count):
        ledger.append("notes", ledger.version("notes"), [note("n")])


def cut(path: Path, after: int) -> None:
    """As an editor of the file could: whole events taken from the end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DELETE FROM events WHERE seq > ?", (after,))
        other.execute("DELETE FROM payloads WHERE seq > ?", (after,))


def open_at(path: Path) -> closing[SqliteLedger]:
    return closing(SqliteLedger(path, HandClock()))


def test_a_ledger_that_goes_on_holds(tmp_path: Path) -> None:
    with open_at(tmp_path / "ledger.db") as ledger:
        with pytest.raises(NoCheckpoint, match="empty"):
            take(ledger, NOW)
        for _ in range(4):
            grown(ledger, 3)
            then = take(ledger, NOW)
            assert (then.count, then.head) == (ledger.head().seq, ledger.head())
            assert parse(then.text()) == then
            grown(ledger, 1)
            assert against(ledger, then).state == "holds"


def test_what_is_cut_off_is_named_to_the_event(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_at(path) as ledger:
        grown(ledger, 57)
        then = take(ledger, NOW)
        cut(path, 41)
        assert ledger.verify().ok  # which a chain alone cannot show
        found = against(ledger, then)
    assert (found.state, found.first, found.last) == ("lost", 42, 57)
    assert found.says == (
        "Events 42 to 57 are lost: the ledger ends at event 41, and on 2025-10-09 08:53 UTC it had 57."
    )


def test_an_old_copy_that_went_on_is_found_however_long_it_is(tmp_path: Path) -> None:
    path, old = tmp_path / "ledger.db", tmp_path / "old.db"
    with open_at(path) as ledger:
        grown(ledger, 41)
    shutil.copy(path, old)
    with open_at(path) as ledger:
        grown(ledger, 16)
        then = take(ledger, NOW)
    with open_at(old) as ledger:
        for more in (8, 8, 40):  # shorter, as long, and longer than it was
            grown(ledger, more)
            found = against(ledger, then)
            assert found.state == "changed"
            assert found.first is not None
            assert found.first <= 42
            assert found.last == 57
            assert ledger.verify().ok


def test_another_ledger_and_an_empty_one_are_no_continuation(tmp_path: Path) -> None:
    with open_at(tmp_path / "a.db") as one, open_at(tmp_path / "b.db") as other:
        grown(one, 5)
        then = take(one, NOW)
        assert against(other, then).says.startswith("The ledger is empty: events 1 to 5")
        grown(other, 9)
        assert against(other, then).state == "another"


hashes = st.lists(st.integers(0, 15).map(lambda n: f"{n:064x}"), min_size=1, max_size=60, unique=False)


@given(hashes, st.data())
def test_a_lost_event_is_always_found_and_never_named_too_late(chain: list[str], data: st.DataObject) -> None:
    """Chains as a hash chain makes them: what differs once differs from there on."""
    chain = [f"{seq:032x}{one[32:]}" for seq, one in enumerate(chain, 1)]
    keep = data.draw(st.integers(0, len(chain)), "events kept")
    more = data.draw(st.integers(0, 40), "other events behind them")
    now = chain[:keep] + [f"{seq + 10_000:064x}" for seq in range(more)]

    def at(seq: int) -> str | None:
        return now[seq - 1] if 1 <= seq <= len(now) else None

    seqs = sorted({1, *(len(chain) - 2**k for k in range(7))} & set(range(1, len(chain))))
    then = Checkpoint(
        ledger=chain[0],
        count=len(chain),
        seq=len(chain),
        hash=chain[-1],
        at=NOW,
        marks=tuple(Mark(seq=seq, hash=chain[seq - 1]) for seq in seqs),
    )
    found = compare(then, Head(len(now), now[-1] if now else GENESIS), at)
    assert found.ok == (keep == len(chain))
    if not found.ok:
        assert found.first is not None
        assert found.last == len(chain)
        if found.state != "lost" or not more:
            assert found.first <= keep + 1


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"schema":2}', "x" * 10],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoCheckpoint):
        parse(text)


def test_a_checkpoint_that_contradicts_itself_is_none(tmp_path: Path) -> None:
    with open_at(tmp_path / "ledger.db") as ledger:
        grown(ledger, 4)
        then = take(ledger, NOW)
    for change in (
        {"count": 3},
        {"ledger": "0" * 64},
        {"marks": tuple(reversed(then.marks))},
        {"marks": ()},
        {"marks": (*then.marks, Mark(seq=9, hash="0" * 64))},
    ):
        with pytest.raises(NoCheckpoint):
            parse(then.model_copy(update=change).text())


# --- what is remembered ---


def trust_of(ledger: SqliteLedger, heads: RememberedHead) -> Trust:
    trust = Trust(ledger, heads, HandClock())
    trust.look()
    trust.prove()
    return trust


def test_the_head_is_remembered_and_a_ledger_behind_it_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    heads = RememberedHead(tmp_path / "state", path)
    with open_at(path) as ledger:
        assert trust_of(ledger, heads).problem is None  # nothing to remember yet
        for _ in range(3):
            grown(ledger, 3)
            assert trust_of(ledger, heads).problem is None
        kept = heads.read()
        assert kept is not None
        assert kept.head == ledger.head()
        cut(path, 5)
        for _ in range(2):
            problem = trust_of(ledger, heads).problem
            assert problem is not None
            assert "events 6 to 9 are lost" in problem.what
            assert "coalmine ledger accept" in problem.next
        grown(ledger, 20)  # it never forgets by itself
        assert trust_of(ledger, heads).problem is not None
        assert heads.read() == kept


def test_a_chain_that_does_not_hold_is_not_trusted_until_it_does(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_at(path) as ledger:
        grown(ledger, 4)
        trust = Trust(ledger, None, HandClock())
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            [text] = other.execute("SELECT text FROM payloads WHERE seq = 2").fetchone()
            other.execute("UPDATE payloads SET text = '{}' WHERE seq = 2")
            trust.prove()
            assert "event 2: its payload was changed" in str(trust.problem)
            other.execute("UPDATE payloads SET text = ? WHERE seq = 2", (text,))
        trust.prove()
        assert trust.problem is None


def test_what_is_remembered_and_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    heads = RememberedHead(tmp_path / "state", path)
    with open_at(path) as ledger:
        grown(ledger, 2)
        trust_of(ledger, heads)
        heads.path.write_text("{")
        assert str(heads.path) in str(trust_of(ledger, heads).problem)


class Unwritable(RememberedHead):
    def write(self, checkpoint: Checkpoint) -> None:
        raise StoreUnusable(Problem("refused", "The disk is full.", "Free some space."))


def test_a_memory_that_cannot_be_written_is_a_warning_and_one_that_cannot_be_read_refuses(
    tmp_path: Path,
) -> None:
    with open_at(tmp_path / "ledger.db") as ledger:
        grown(ledger, 2)
        trust = Trust(ledger, Unwritable(tmp_path / "state", tmp_path / "ledger.db"), HandClock())
        trust.look()
        assert trust.problem is None
        assert trust.warning is not None
        (tmp_path / "state").write_text("a file where a directory should be")
        trust = trust_of(ledger, RememberedHead(tmp_path / "state", tmp_path / "ledger.db"))
        assert "cannot be read" in str(trust.problem)
