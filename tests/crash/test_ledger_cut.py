"""The power fails while a commit is on its way to the disk: any part of it may have arrived.

What was acknowledged had been synced, so it is on the disk whole. What is written and not yet synced may
be there in part: cut off at any byte, or in any of its sectors. The files are put together as a disk could
have left them, and opened.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from console.envelope import Recorded
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger
from tests.crash.appending import BATCH, pair
from tests.crash.scale import SCALE, sized

SECTOR = 512


class State(NamedTuple):
    """The two files as the program has written them (whether or not that is on the disk yet)."""

    file: bytes
    log: bytes


class Step(NamedTuple):
    """One append: the files before, with ``acknowledged`` events synced in them, and after."""

    before: State
    after: State
    acknowledged: int


def now(path: Path) -> State:
    return State(path.read_bytes(), Path(f"{path}-wal").read_bytes())


def story(path: Path, appends: int, checkpoint_pages: int) -> tuple[list[Step], list[Recorded]]:
    """``appends`` appends of one process, and all that they appended."""
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        ledger._open_writer().execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}").fetchall()
        events: list[Recorded] = ledger.append("s", 0, pair(0))
        steps = []
        for n in range(1, appends + 1):
            before = now(path)
            acknowledged = len(events)
            events += ledger.append("s", n * BATCH, pair(n))
            steps.append(Step(before, now(path), acknowledged))
    return steps, events


def cut(old: bytes, new: bytes, at: int) -> bytes:
    """``new`` written over ``old`` as far as byte ``at``."""
    return new[:at] + old[at:] if at < len(old) else new[:at]


def torn(old: bytes, new: bytes, dice: random.Random) -> bytes:
    """Any of the changed sectors arrived, the others not; the size is the new one."""
    mixed = bytearray(old.ljust(len(new), b"\0")[: len(new)])
    for start in range(0, len(new), SECTOR):
        if dice.random() < 0.5:
            mixed[start : start + SECTOR] = new[start : start + SECTOR]
    return bytes(mixed)


def changed(old: bytes, new: bytes) -> range:
    """From the first changed byte to the end of what was written."""
    shared = min(len(old), len(new))
    first = next((i for i in range(shared) if old[i] != new[i]), shared)
    if len(new) > len(old):
        return range(first, len(new) + 1)
    last = next((i for i in range(shared - 1, first, -1) if old[i] != new[i]), first)
    return range(first, last + 2)


def opened(folder: Path, disk: State, acknowledged: int, events: list[Recorded]) -> int:
    """Open what the disk has: all acknowledged events, or those of the cut append too; how many."""
    path = folder / "after.db"
    for suffix, content in (("", disk.file), ("-wal", disk.log)):
        Path(f"{path}{suffix}").write_bytes(content)
    Path(f"{path}-shm").unlink(missing_ok=True)
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        there = ledger.read()
        assert len(there) in (acknowledged, acknowledged + BATCH)
        assert there == events[: len(there)]
        report = ledger.verify()
        assert report.ok, report.breaks
        ledger.append("s", len(there), pair(0))
    return len(there)


def cut_everywhere(folder: Path, step: Step, events: list[Recorded], bytes_: Iterable[int]) -> set[int]:
    return {
        opened(
            folder,
            State(step.before.file, cut(step.before.log, step.after.log, at)),
            step.acknowledged,
            events,
        )
        for at in bytes_
    }


def places(step: Step, every: int) -> list[int]:
    """Every ``every``-th byte of what was written, and all around the borders of frames."""
    span = changed(step.before.log, step.after.log)
    frame = 24 + 2048
    borders = {32 + n * frame + d for n in range(len(step.after.log) // frame + 1) for d in (-1, 0, 1, 24)}
    return sorted({*span[::every], *(at for at in borders if at in span), span[-1]})


def test_a_growing_log_cut_at_some_bytes(tmp_path: Path) -> None:
    steps, events = story(tmp_path / "ledger.db", 2, 100_000)
    assert len(changed(steps[0].before.log, steps[0].after.log)) > 4096
    found = cut_everywhere(tmp_path, steps[0], events, places(steps[0], 400))
    assert found == {steps[0].acknowledged, steps[0].acknowledged + BATCH}


@pytest.mark.proof
def test_a_growing_log_cut_at_every_byte(tmp_path: Path) -> None:
    steps, events = story(tmp_path / "ledger.db", 3, 100_000)
    for step in steps:
        found = cut_everywhere(tmp_path, step, events, places(step, max(1, round(1 / SCALE))))
        assert found == {step.acknowledged, step.acknowledged + BATCH}


@pytest.mark.proof
def test_a_log_written_over_again_cut_at_every_byte(tmp_path: Path) -> None:
    """After a checkpoint the log begins anew, over its old frames, which still lie behind the new ones."""
    steps, events = story(tmp_path / "ledger.db", 14, 12)
    again = [step for step in steps if len(step.after.log) == len(step.before.log)]
    assert len(again) > 3
    for step in again[:3]:
        found = cut_everywhere(tmp_path, step, events, places(step, max(1, round(1 / SCALE))))
        assert step.acknowledged in found


def test_sectors_arrive_in_any_order_a_few_times(tmp_path: Path) -> None:
    sectors_in_any_order(tmp_path, 40)


@pytest.mark.proof
def test_sectors_arrive_in_any_order(tmp_path: Path) -> None:
    sectors_in_any_order(tmp_path, sized(6000))


def sectors_in_any_order(folder: Path, rounds: int) -> None:
    dice = random.Random(5)
    steps, events = story(folder / "ledger.db", 14, 12)
    found = set()
    for _ in range(rounds):
        step = dice.choice(steps)
        log = torn(step.before.log, step.after.log, dice)
        there = opened(folder, State(step.before.file, log), step.acknowledged, events)
        found.add(there - step.acknowledged)
    assert 0 in found


def test_a_checkpoint_that_is_half_on_the_disk_a_few_times(tmp_path: Path) -> None:
    half_checkpoints(tmp_path, 25)


@pytest.mark.proof
def test_a_checkpoint_that_is_half_on_the_disk(tmp_path: Path) -> None:
    half_checkpoints(tmp_path, sized(3000))


def half_checkpoints(folder: Path, rounds: int) -> None:
    """The file is written from a log that was synced first: while any of it is missing, the log has it."""
    dice = random.Random(6)
    steps, events = story(folder / "ledger.db", 14, 12)
    moved = [step for step in steps if step.before.file != step.after.file]
    assert len(moved) > 2
    for _ in range(rounds):
        step = dice.choice(moved)
        file = torn(step.before.file, step.after.file, dice)
        there = opened(folder, State(file, step.after.log), step.acknowledged, events)
        assert there == step.acknowledged + BATCH


def test_the_method_finds_a_ledger_that_does_not_sync(tmp_path: Path) -> None:
    """A control: what a store without its log would lose is seen to be lost."""
    steps, events = story(tmp_path / "ledger.db", 2, 100_000)
    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    with pytest.raises(AssertionError):
        opened(tmp_path, State(steps[1].before.file, b""), steps[1].acknowledged, events)
