"""Events and clocks for tests of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.envelope import GENESIS, Actor, NewEvent, Recorded, seal
from console.readings import Millis

ANA = Actor("ana", "s1", "console")


class HandClock:
    """A clock that stands until it is set."""

    def __init__(self, now: Millis = 1_760_000_000_000) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> Millis:
        return self.time

    def monotonic(self) -> float:
        return self.time / 1000

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += int(seconds * 1000)


def note(text: str = "x", at: Millis = 1_760_000_000_000, **more: Any) -> NewEvent:
    """An event of a kind that no program knows."""
    return NewEvent("test.noted", {"text": text, **more}, ANA, at)


def chained(news: Sequence[tuple[str, NewEvent]]) -> list[Recorded]:
    """``(stream, event)`` pairs as a chain with predictable ids, salts and times."""
    done: list[Recorded] = []
    versions: dict[str, int] = {}
    for seq, (stream, new) in enumerate(news, 1):
        versions[stream] = versions.get(stream, 0) + 1
        done.append(
            seal(
                new,
                seq=seq,
                event_id=f"id-{seq}",
                recorded_at=new.at,
                stream=stream,
                version=versions[stream],
                prev_hash=done[-1].hash if done else GENESIS,
                salt=f"{seq:032x}",
            )
        )
    return done
