"""Processes that append to a ledger and say so, and die where they are told to.

Each runs in a child of multiprocessing's fork server. It sends one message on its pipe as soon as an
append has returned: what is sent was acknowledged.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from console.envelope import Actor, NewEvent, Recorded
from console.ports import LedgerConflict, StoreUnusable
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger

Message = tuple[Any, ...]

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])

BATCH = 2
"""Events in one append: a half one would show."""


@contextmanager
def started(work: Callable[..., None], *words: object) -> Iterator[tuple[Any, Connection]]:
    """``work(pipe, *words)`` in a process of its own; dead when the block ends."""
    here, there = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=work, args=(there, *words), daemon=True)
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        process.kill()
        process.join()
        process.close()
        here.close()


def said(pipe: Connection) -> Iterator[Message]:
    """Everything that the process has said before it ended."""
    while True:
        try:
            yield pipe.recv()
        except EOFError:
            return


def pair(n: int) -> list[NewEvent]:
    """Two events that belong together."""
    actor = Actor("ana", f"s{os.getpid()}")
    return [
        NewEvent("test.noted", {"n": n, "half": half, "text": "x" * 150}, actor, n) for half in range(BATCH)
    ]


def mark(events: list[Recorded]) -> Message:
    """What identifies acknowledged events."""
    return tuple((event.seq, event.hash) for event in events)


def append_for_ever(pipe: Connection, path: Path, checkpoint_pages: int) -> None:
    """Append until killed, with a checkpoint every few appends."""
    ledger = SqliteLedger(path, SystemClock())
    version = ledger.version("s")
    ledger._open_writer().execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}").fetchall()
    while True:
        done = ledger.append("s", version, pair(version))
        version += BATCH
        pipe.send(mark(done))


def die_at_step(pipe: Connection, path: Path, step: int, checkpoint_pages: int) -> None:
    """Append once and tell; then append again and die after ``step`` steps of SQLite's machine.

    If the append is over before that, it tells the number of steps it took.
    """
    ledger = SqliteLedger(path, SystemClock())
    version = ledger.version("s")
    pipe.send(mark(ledger.append("s", version, pair(version))))
    version += BATCH
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    writer = ledger._open_writer() if ledger._writer is None else ledger._writer
    writer.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}").fetchall()
    ledger._head = None  # so that the way of a first look at the file is walked as well
    writer.set_progress_handler(count, 1)
    done = ledger.append("s", version, pair(version))
    writer.set_progress_handler(None, 1)
    pipe.send(mark(done))
    pipe.send(("over", taken))


def contend(pipe: Connection, path: Path, own: str, rounds: int) -> None:
    """Append ``rounds`` times to one's own stream and to one shared by all, again after each conflict."""
    ledger = SqliteLedger(path, SystemClock())
    pipe.send(("ready",))
    for n in range(rounds):
        pipe.send(("done", mark(ledger.append(own, n * BATCH, pair(n)))))
        expected = ledger.version("shared")
        while True:
            try:
                pipe.send(("done", mark(ledger.append("shared", expected, pair(n)))))
                break
            except LedgerConflict as lost:
                winner = lost.winner.header.id if lost.winner else None
                pipe.send(("lost", lost.expected, lost.actual, winner))
                expected = lost.actual
    ledger.close()
    pipe.send(("end",))


def fill_the_disk(pipe: Connection, path: Path, room: int) -> None:
    """Append on a disk that takes no file larger than ``room`` bytes, and tell what is said in the end."""
    ledger = SqliteLedger(path, SystemClock())
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    version = ledger.version("s")
    try:
        while True:
            done = ledger.append("s", version, pair(version))
            version += BATCH
            pipe.send(mark(done))
    except StoreUnusable as full:
        pipe.send(("refused", full.problem.what, full.problem.next))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    pipe.send(mark(ledger.append("s", version, pair(version))))
    ledger.close()
