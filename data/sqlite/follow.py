"""Following a ledger: new events as they come, whichever process wrote them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from console.envelope import Recorded
from console.ports import Clock, Ledger

PAGE = 500
"""Events handed over at once at most."""


async def follow(
    ledger: Ledger, clock: Clock, *, after_seq: int, stream: str | None = None, every_s: float = 0.2
) -> AsyncGenerator[list[Recorded], None]:
    """Yield the events behind ``after_seq`` in order, in non-empty pages, for ever.

    Looks every ``every_s`` seconds of ``clock`` whether anything was written (`PRAGMA data_version`:
    a look costs microseconds) and reads only then. Raises :class:`console.ports.StoreUnusable`.
    """
    seen: int | None = None
    while True:
        # Taken before the read: what is written in between is read twice rather than missed.
        version = await asyncio.to_thread(ledger.data_version)
        if version != seen:
            seen = version
            while page := await asyncio.to_thread(_page, ledger, after_seq, stream):
                after_seq = page[-1].seq
                yield page
        await clock.sleep(every_s)


def _page(ledger: Ledger, after_seq: int, stream: str | None) -> list[Recorded]:
    return ledger.read(stream=stream, after_seq=after_seq, limit=PAGE)
