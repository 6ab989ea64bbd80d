"""The flags of a prepared console: the real desk, gate and provider over the simulated host's store of flags.

No server and no file: what is between the provider and the store is called, not sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from console.authorise import Standing
from console.envelope import GENESIS, Actor, Head, NewEvent, Recorded, VerifyReport, seal
from console.flags.counts import Counts
from console.flags.desk import FlagDesk
from console.flags.exposure import both_tracks
from console.flags.gate import FlagGate
from console.policy import SHIPPED_POLICY, load_rulebook, shipped_people
from console.ports import Leases, SourceError
from console.readings import Millis, Problem
from console.world import Armed
from data.simulator.flag_opening import opening_flags
from data.simulator.flag_store import FlagStore
from data.simulator.history import PEOPLE
from data.simulator.refused import Refused
from data.vercel.flags.client import Fetched, Found, Refusal, VercelFlags
from data.vercel.flags.counts import FlagCounts
from data.vercel.flags.provider import VercelFlagProvider
from tests.screens.cockpit import PreparedCockpit
from tests.screens.worlds import NOW, healthy

T = TypeVar("T")
BOOK = load_rulebook(SHIPPED_POLICY, "policy.yaml", shipped_people("ana", "Ana", ["usr_ana"]), "people.yaml")
ANA, JO = PEOPLE[0], PEOPLE[1]
DOWN = Problem("unreachable", "Vercel does not answer.", "It is asked again in 30 s.")


async def here(call: Callable[[], T]) -> T:
    return call()


@dataclass
class MemoryLedger:
    """As much of a ledger as the flags' gate needs."""

    told: list[Recorded] = field(default_factory=list)
    place: str = "memory"

    def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        version = self.version(stream)
        assert version == expected_version
        made = []
        for new in events:
            before = self.told[-1].hash if self.told else GENESIS
            version += 1
            seq, at = len(self.told) + 1, new.at
            made.append(
                seal(
                    new,
                    seq=seq,
                    event_id=f"e{seq}",
                    recorded_at=at,
                    stream=stream,
                    version=version,
                    prev_hash=before,
                    salt=f"{seq:032}",
                )
            )
            self.told.append(made[-1])
        return made

    def read(
        self,
        *,
        stream: str | None = None,
        after_seq: int = 0,
        before_seq: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Recorded]:
        found = [one for one in self.told if stream in (None, one.stream) and one.seq > after_seq]
        return found[:limit]

    def version(self, stream: str) -> int:
        return max((one.version for one in self.told if one.stream == stream), default=0)

    def streams(self, prefix: str) -> list[str]:
        return sorted({one.stream for one in self.told if one.stream.startswith(prefix)})

    def head(self) -> Head:
        return Head(len(self.told), self.told[-1].hash if self.told else GENESIS)

    def data_version(self) -> int:
        return len(self.told)

    def verify(self, *, after_seq: int = 0) -> VerifyReport:
        return VerifyReport(len(self.told), self.head(), 0, ())

    def close(self) -> None: ...


@dataclass
class Host:
    """What the provider asks, answered from the store; ``down``: not at all."""

    store: FlagStore
    down: bool = False
    asked: list[str] = field(default_factory=list)
    written: int = 0
    counts: Counts | None = None
    """Evaluations by variant, if they are counted."""
    names: dict[str, str] = field(default_factory=dict)
    """What people are called, if it may be read."""

    def _hear(self, what: str) -> None:
        self.asked.append(what)
        if self.down:
            raise SourceError(DOWN)

    async def flags(self, state: str = "active") -> Found:
        self._hear("flags" if state == "active" else f"flags {state}")
        return Found(
            tuple(one.document for one in self.store.flags.values() if one.document["state"] == state)
        )

    async def flag(self, key: str) -> Fetched:
        self._hear(f"flag {key}")
        kept = self.store.flag(key)
        return Fetched(kept.document, kept.etag)

    async def versions(self, key: str, *, limit: int | None = None) -> Found:
        self._hear(f"versions {key}")
        return Found(tuple(reversed(self.store.flag(key).versions))[:limit])

    async def segments(self) -> Found:
        self._hear("segments")
        return Found(tuple(self.store.all_segments()))

    async def of(self, key: str, since: Millis | None = None) -> Counts | None:
        self._hear(f"counts {key}")
        return self.counts

    async def people(self) -> dict[str, str]:
        self._hear("people")
        return self.names

    async def change(self, key: str, body: Mapping[str, Any], token: str) -> Fetched | Refusal:
        try:
            self.store.change(key, dict(json.loads(json.dumps(body))), token, ANA, NOW)
        except Refused as error:
            return Refusal(412, str(error))
        self.written += 1
        return await self.flag(key)


@dataclass
class Standstill:
    """A clock that stands."""

    at: Millis = NOW

    def now(self) -> Millis:
        return self.at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@dataclass
class Flags:
    """The desk, and what stands behind it."""

    desk: FlagDesk
    host: Host
    ledger: MemoryLedger
    armed: bool = True
    person: str = "ana"

    def elsewhere(self, key: str, body: Mapping[str, Any]) -> None:
        """Jo changes a flag from the dashboard."""
        self.host.store.change(key, dict(body), None, JO, NOW)

    def served(self, key: str) -> str:
        """What production serves: the one variant for everyone, or ``rules``."""
        entry = self.host.store.flag(key).document["environments"]["production"]
        return "rules" if entry["active"] else str(entry["pausedOutcome"]["variantId"])


def flags(store: FlagStore | None = None, *, armed: bool = True, person: str = "ana") -> Flags:
    """The shop's flags, and Ana (or another ``person``) at the desk."""
    host = Host(store or opening_flags(1, NOW, "prj_1", "team_1", PEOPLE))
    ledger, clock = MemoryLedger(), Standstill()
    made: list[Flags] = []

    def standing() -> Standing:
        it = made[0]
        arming = Armed(it.person, NOW + 60_000, "on call") if it.armed else None
        return Standing(BOOK, it.person, "Nobody is known.", arming, None, False, NOW)

    async def rolling() -> str | None:
        return both_tracks(healthy().release.value)

    provider = VercelFlagProvider(cast("VercelFlags", host), cast("FlagCounts", host))
    offload = cast("Callable[[Callable[[], Any]], Awaitable[Any]]", here)
    actor = lambda: Actor(person, "s1", "console")  # noqa: E731
    gate = FlagGate(provider, ledger, clock, standing, actor, offload, rolling)  # type: ignore[arg-type]
    desk = FlagDesk(provider, gate, ledger, cast("Leases", None), clock, "s1", offload)  # type: ignore[arg-type]
    made.append(Flags(desk, host, ledger, armed, person))
    return made[0]


def flagged(it: Flags | None = None) -> PreparedCockpit:
    """A console at rest with the shop's flags."""
    cockpit = PreparedCockpit(healthy())
    cockpit.flag_desk = (it or flags()).desk
    return cockpit


def store_of(documents: Sequence[Mapping[str, Any]]) -> FlagStore:
    """A store with flags of any names, which the host itself would not have let in."""
    from data.simulator.flag_store import KeptFlag

    store = FlagStore("prj_1", "team_1")
    for one in documents:
        store.flags[str(one["slug"])] = KeptFlag(dict(one))
    return store


def many(count: int) -> FlagStore:
    """``count`` flags, on and off by turns, the first changed last."""
    model = opening_flags(1, NOW, "prj_1", "team_1", PEOPLE).flag("new-cart").document
    return store_of(
        [
            {**model, "slug": f"flag-{place:05}", "id": f"f{place}", "updatedAt": NOW - place * 1000}
            for place in range(count)
        ]
    )
