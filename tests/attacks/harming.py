"""What somebody who may write the ledger's file can do to it, behind the back of every program."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from console.envelope import NewEvent, canonical
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger

Harm = Callable[[Path, Path], None]
"""(the ledger, an old copy of it)"""


def changing(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))


def edit_a_payload(path: Path, old: Path) -> None:
    """Another reason for what was done."""
    with changing(path) as other:
        other.execute(
            "UPDATE payloads SET text = replace(text, 'on call', 'by order') WHERE text LIKE '%on call%'"
        )
        assert other.execute("SELECT changes()").fetchone()[0] > 0


def edit_a_header(path: Path, old: Path) -> None:
    """Somebody else did it."""
    with changing(path) as other:
        other.execute("UPDATE events SET actor = replace(actor, 'ana', 'jo') WHERE kind = 'session.armed'")
        assert other.execute("SELECT changes()").fetchone()[0] > 0


def edit_a_row_with_its_hash(path: Path, old: Path) -> None:
    """A direct edit by somebody who knows how an event is hashed, but does not redo those behind it."""
    rewrite(path, following=False)


def cut_the_end(path: Path, old: Path) -> None:
    """The last events never were."""
    with changing(path) as other:
        [head] = other.execute("SELECT max(seq) FROM events").fetchone()
        for table in ("payloads", "events"):
            other.execute(f"DELETE FROM {table} WHERE seq > ?", (head - 2,))


def write_it_anew(path: Path, old: Path) -> None:
    """A chain that holds from start to head, with another past."""
    rewrite(path, following=True)
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        assert ledger.verify().ok


def restore_an_old_one(path: Path, old: Path) -> None:
    """The file of before."""
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copy(old, path)


def begin_anew(path: Path, old: Path) -> None:
    """No file at all, and the same policy put in force in a new one."""
    with closing(SqliteLedger(old, SystemClock())) as ledger:
        policy = ledger.read(stream="policy", limit=1)[0]
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        ledger.append("policy", 0, [NewEvent(policy.kind, policy.payload or {}, policy.actor, policy.at)])


def rewrite(path: Path, *, following: bool) -> None:
    """Change the reason of the first arming, and its hash; with ``following``, the chain behind it too."""
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        events = ledger.read()
    armed = next(one for one in events if one.kind == "session.armed")
    text = canonical({**(armed.payload or {}), "reason": "by order", "_salt": "0" * 32})
    previous, header = "", replace(armed.header, payload_sha256=hashlib.sha256(text).hexdigest())
    with changing(path) as other:
        other.execute("UPDATE payloads SET text = ? WHERE seq = ?", (text.decode(), header.seq))
        for one in events[armed.seq - 1 :]:
            now = header if one.seq == header.seq else replace(one.header, prev_hash=previous)
            previous = now.hash()
            other.execute(
                "UPDATE events SET payload_sha256 = ?, prev_hash = ?, hash = ? WHERE seq = ?",
                (now.payload_sha256, now.prev_hash, previous, now.seq),
            )
            if not following:
                return


HARMS: dict[str, tuple[Harm, str]] = {
    "edited payload": (edit_a_payload, "its payload was changed"),
    "edited header": (edit_a_header, "its header was changed"),
    "direct edit with its hash": (edit_a_row_with_its_hash, "its previous hash differs"),
    "truncated": (cut_the_end, "lost"),
    "rewritten": (write_it_anew, "other events stand in the ledger"),
    "restored old": (restore_an_old_one, "lost"),
    "begun anew": (begin_anew, "another ledger"),
}
"""Each with what a person is told. What is lost at the end shows as changed once the console has gone on."""
