"""kill -9 at every step of an append, and at any moment: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from console.envelope import Head
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger
from tests.crash.appending import BATCH, Message, append_for_ever, die_at_step, fill_the_disk, said, started
from tests.crash.scale import SCALE, sized

LARGE = 1_000_000
"""Pages before a checkpoint: none happens."""


def whole_and_holding(path: Path, acknowledged: list[Message], before: Head) -> Head:
    """The chain holds; everything acknowledged is there; beyond it stands one whole append at most."""
    with closing(SqliteLedger(path, SystemClock())) as ledger:
        report = ledger.verify()
        assert report.ok, report.breaks
        there = {event.seq: event.hash for event in ledger.read(after_seq=before.seq)}
        known = [pair for message in acknowledged for pair in message]
        assert [there.get(seq) for seq, _ in known] == [digest for _, digest in known]
        assert len(there) - len(known) in (0, BATCH)
        assert ledger.head().seq % BATCH == 0
        assert ledger.version("s") == ledger.head().seq
        return ledger.head()


def killed_at(path: Path, step: int, checkpoint_pages: int, before: Head) -> tuple[Head, int | None]:
    """One life that ends at ``step``; the new head, and the steps of the append if it lived through it."""
    with started(die_at_step, path, step, checkpoint_pages) as (process, pipe):
        messages = list(said(pipe))
        process.join()
        over = messages.pop()[1] if messages[-1][0] == "over" else None
        assert process.exitcode == (0 if over else -9)
    assert len(messages) == (2 if over else 1)
    return whole_and_holding(path, messages, before), over


def at_steps(path: Path, every: int, checkpoint_pages: int) -> int:
    """Die at each ``every``-th step, each time on the same file; the steps of a whole append."""
    head, over, step = Head(0, ""), None, 1
    while over is None:
        head, over = killed_at(path, step, checkpoint_pages, head)
        step += every
    return over


def test_killed_at_some_steps(tmp_path: Path) -> None:
    assert at_steps(tmp_path / "ledger.db", 31, LARGE) > 60


@pytest.mark.proof
@pytest.mark.parametrize("checkpoint_pages", [LARGE, 1], ids=["plain", "with-checkpoint"])
def test_killed_at_every_step(tmp_path: Path, checkpoint_pages: int) -> None:
    assert at_steps(tmp_path / "ledger.db", max(1, round(0.2 / SCALE)), checkpoint_pages) > 60


LIVES_OF_A_FILE = 50
"""Each life is followed by a walk over the whole chain, so the files are kept short."""


def at_any_moment(folder: Path, lives: int, seed: int) -> None:
    """Kill a process that appends without pause after a random number of acknowledgements and a moment."""
    dice, head, path = random.Random(seed), Head(0, ""), folder
    for life in range(lives):
        if life % LIVES_OF_A_FILE == 0:
            head, path = Head(0, ""), folder / f"{life}.db"
        with started(append_for_ever, path, dice.choice([1, 8, 40, LARGE])) as (process, pipe):
            messages = [pipe.recv() for _ in range(dice.randint(1, 12))]
            # Not a wait for something: the moment itself is what is tried.
            process.join(dice.random() * 0.004)
            process.kill()
            messages += said(pipe)
        head = whole_and_holding(path, messages, head)


def test_killed_at_any_moment_a_few_times(tmp_path: Path) -> None:
    at_any_moment(tmp_path, 5, seed=1)


@pytest.mark.proof
def test_killed_at_any_moment(tmp_path: Path) -> None:
    at_any_moment(tmp_path, sized(1500), seed=2)


# --- a full disk ---


def filled_up(path: Path, room: int) -> None:
    with started(fill_the_disk, path, room) as (process, pipe):
        *messages, refusal, after = said(pipe)
        process.join()
        assert process.exitcode == 0
    assert refusal[0] == "refused"
    assert "nothing was recorded" in refusal[1]
    assert "full" in refusal[1] + refusal[2]
    # Acknowledged again once there is room; in between, nothing was half done.
    whole_and_holding(path, [*messages, after], Head(0, ""))


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    filled_up(tmp_path / "ledger.db", 40_000)


@pytest.mark.proof
def test_a_disk_that_takes_no_more_at_any_byte(tmp_path: Path) -> None:
    dice = random.Random(3)
    for n in range(sized(400)):
        filled_up(tmp_path / f"{n}.db", dice.randint(33_000, 90_000))
