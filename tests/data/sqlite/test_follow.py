"""Following: every event once, in order, whoever wrote it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from console.envelope import Recorded
from data.sqlite import follow as following
from data.sqlite.follow import follow
from data.sqlite.ledger import SqliteLedger
from tests.ledgers import HandClock, note


class PatientClock(HandClock):
    """Sleeping lets other tasks run and counts the looks."""

    def __init__(self) -> None:
        super().__init__()
        self.looked = asyncio.Condition()

    async def sleep(self, seconds: float) -> None:
        async with self.looked:
            await super().sleep(seconds)
            self.looked.notify_all()
        await asyncio.sleep(0)

    async def looks(self, n: int) -> None:
        async with self.looked:
            await self.looked.wait_for(lambda: len(self.slept) >= n)


async def first(n: int, ledger: SqliteLedger, **more: int | str) -> list[Recorded]:
    found: list[Recorded] = []
    async with aclosing(follow(ledger, PatientClock(), **more)) as pages:  # type: ignore[arg-type]
        async for page in pages:
            assert page
            found += page
            if len(found) >= n:
                break
    return found


async def test_what_is_there_and_what_comes(path: Path, ledger: SqliteLedger, clock: HandClock) -> None:
    done = ledger.append("s", 0, [note(str(n)) for n in range(3)])
    with closing(SqliteLedger(path, clock)) as rival:

        async def write() -> None:
            for n in range(3, 9):
                writer = (ledger, rival)[n % 2]
                done.extend(await asyncio.to_thread(writer.append, "s", n, [note(str(n))]))

        found, _ = await asyncio.gather(first(8, ledger, after_seq=1), write())
    assert found == done[1:]


async def test_one_stream_only(ledger: SqliteLedger) -> None:
    for n in range(4):
        ledger.append(f"s{n % 2}", n // 2, [note()])
    assert [e.seq for e in await first(2, ledger, after_seq=0, stream="s1")] == [2, 4]


async def test_pages_are_bounded(ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PAGE", 3)
    ledger.append("s", 0, [note() for _ in range(8)])
    async with aclosing(follow(ledger, PatientClock(), after_seq=0)) as pages:
        assert [len(await anext(pages)) for _ in range(3)] == [3, 3, 2]


async def test_nothing_is_read_while_nothing_is_written(
    ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.append("s", 0, [note()])
    reads = 0
    read = ledger.read

    def counted(**more: object) -> list[Recorded]:
        nonlocal reads
        reads += 1
        return read(**more)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "read", counted)
    clock = PatientClock()
    async with aclosing(follow(ledger, clock, after_seq=0, every_s=0.5)) as pages:
        await anext(pages)
        waiting = asyncio.ensure_future(anext(pages))
        await clock.looks(20)
        looked = reads
        await clock.looks(40)
        assert reads == looked
        assert set(clock.slept) == {0.5}
        ledger.append("s", 1, [note()])
        assert [e.seq for e in await waiting] == [2]
