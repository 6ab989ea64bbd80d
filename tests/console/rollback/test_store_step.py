"""An Edge Config comes back as a backup has it: planned with its difference, sent once, read back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from console.actions import Impossible
from console.authorise import Allowed, Standing
from console.envelope import Actor
from console.outcome import End
from console.ports import SourceError
from console.reconcile import SETTLE_MS
from console.rollback import happened as h
from console.rollback.making import Wishes, planned
from console.rollback.request import State
from console.rollback.store_gate import StoreGate
from console.rollback.store_step import StoreStep, planned_store
from console.rollback.stores import MOST, difference_lines, token_of
from console.rollback.telling import page
from data.http import Limits, Secret, Transport
from data.simulator.answers import FaultRequest
from data.simulator.edge_config import Store
from data.sqlite.ledger import SqliteLedger
from data.vercel.client import VercelClient
from data.vercel.edge_config.stores import EdgeConfigStores
from tests.console.rollback.people import office, seen
from tests.simulated import Simulated, simulated

T = TypeVar("T")
ALLOWED = Allowed("all-traffic", "ana", "request RB-1: approved by bo (signed)")


# --- in words -------------------------------------------------------------------------------------


def test_a_difference_names_members_of_objects() -> None:
    before = {"flags": {"limit": 60, "express": True}, "gone": 1, "same": [1]}
    after = {"flags": {"limit": 40, "express": True, "new": None}, "same": [1], "back": "x"}
    assert difference_lines(before, after) == (
        'back: not there → "x"',
        "flags.limit: 60 → 40",
        "flags.new: not there → null",
        "gone: 1 → not there",
    )


def test_many_differences_are_counted() -> None:
    lines = difference_lines({}, {f"k{number:02}": number for number in range(MOST + 3)})
    assert len(lines) == MOST + 1
    assert lines[-1] == "and 3 more differences"


def test_a_token_stands_for_values_whatever_their_order() -> None:
    assert token_of({"a": 1, "b": {"c": 1.5}}) == token_of({"b": {"c": 1.5}, "a": 1})
    assert token_of({"a": 1}) != token_of({"a": True})


# --- on the host's backups ------------------------------------------------------------------------


@dataclass
class Shop:
    """The simulated shop's own store, and a gate that works on it."""

    sim: Simulated
    ledger: SqliteLedger
    stores: EdgeConfigStores
    gate: StoreGate

    @property
    def store(self) -> Store:
        return self.sim.world.project.stores.named("shop-config")

    @property
    def sent(self) -> int:
        entries = self.sim.journal.entries
        return sum(one.method == "POST" and one.path.endswith("/restore") for one in entries)

    @property
    def items(self) -> dict[str, object]:
        return {key: one["value"] for key, one in self.store.items.items()}

    def fault(self, path: str, **more: object) -> None:
        self.sim.faults.add(FaultRequest.model_validate({"path": path, **more}))

    def somebody_writes(self, key: str, value: object) -> None:
        operation = {"operation": "upsert", "key": key, "value": value}
        self.store.change([operation], self.sim.world.project.people[2], self.sim.world.advance())


async def at_once(call: Callable[[], T]) -> T:
    return call()


def offload(call: Callable[[], T]) -> Awaitable[T]:
    return at_once(call)


def actor() -> Actor:
    return Actor("ana", "s1", "command")


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[Shop]:
    async with simulated(speed=1e-9) as sim:
        transport = Transport(sim.clock, limits=Limits(retries=0, read_s=5.0))
        ledger = SqliteLedger(folder / "ledger.db", sim.clock)
        client = VercelClient(transport, token=Secret(sim.token), team_id=sim.team_id, api_url=sim.vercel_url)
        stores = EdgeConfigStores(client)

        def standing() -> Standing:
            return Standing("no policy", "ana", "", None, None, True, sim.clock.now())

        try:
            gate = StoreGate(lambda: stores, ledger, sim.clock, standing, actor, offload)
            yield Shop(sim, ledger, stores, gate)
        finally:
            ledger.close()
            await transport.aclose()


async def step_of(there: Shop, backup: str = "bak_000002") -> StoreStep:
    return (await planned_store(there.stores, "shop-config", backup))[0]


async def test_the_plan_names_the_difference(tmp_path: Path) -> None:
    async with shop(tmp_path) as there:
        step, lines = await planned_store(there.stores, "shop-config", "bak_000002")
        assert lines == ("flags.basket-limit: 60 → 40", "flags.express-lane: true → false")
        assert (step.store_id, step.name) == (there.store.id, "shop-config")
        assert step.before == token_of(there.items)
        assert there.sent == 0


async def test_what_cannot_be_restored_is_said_before_anything(tmp_path: Path) -> None:
    async with shop(tmp_path) as there:
        for name, owner in (("shop-flags", "Vercel Flags"), ("statsig-shop", "a partner's experiments")):
            with pytest.raises(Impossible, match=f"{name} belongs to {owner}; Coalmine never writes"):
                await planned_store(there.stores, name, "bak_000001")
        with pytest.raises(Impossible, match=r"Name a backup .*newest first.*: bak_000004, bak_000003"):
            await planned_store(there.stores, "shop-config", "")
        with pytest.raises(Impossible, match="has already"):
            await planned_store(there.stores, "shop-config", "bak_000004")
        with pytest.raises(SourceError, match="bak_9"):
            await planned_store(there.stores, "shop-config", "bak_9")


async def test_it_is_sent_once_and_read_back(tmp_path: Path) -> None:
    async with shop(tmp_path) as there:
        step = await step_of(there)
        outcome = await there.gate.with_authority(step, "a bad limit", ALLOWED, "a1")
        assert (outcome.end, outcome.says) == (End.DONE, "shop-config holds what its backup bak_000002 has.")
        assert token_of(there.items) == step.after
        assert there.sent == 1
        assert [one.kind for one in there.ledger.read(stream=step.stream)] == [
            "store.intended",
            "store.ended",
        ]
        again = await there.gate.with_authority(step, "again", ALLOWED, "a2")
        assert again.end is End.REFUSED_HERE
        assert "was changed meanwhile" in again.says
        assert there.sent == 1
        became = await there.gate.became(step, "a1")
        assert became is not None
        assert became.end is End.DONE
        never = await there.gate.became(step, "a2")
        assert never is not None
        assert never.end is End.NOT_SENT


async def test_a_lost_answer_is_asked_for_and_never_sent_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as there:
        step = await step_of(there)
        there.fault("/restore", kind="drop")
        outcome = await there.gate.with_authority(step, "a bad limit", ALLOWED, "a1")
        assert outcome.end is End.UNKNOWN
        became = await there.gate.became(step, "a1")
        assert became is not None
        assert (became.end, there.sent) == (End.DONE, 1)
        assert token_of(there.items) == step.after


async def test_after_a_crash_before_the_sending_the_store_says_that_it_did_not_happen(tmp_path: Path) -> None:
    async with shop(tmp_path) as there:
        step = await step_of(there)
        there.fault("/restore", kind="drop", effect="none")
        assert (await there.gate.with_authority(step, "limit", ALLOWED, "a1")).end is End.UNKNOWN
        assert await there.gate.became(step, "a1") is None, "it may be under way"
        waits = await there.gate.with_authority(step, "limit", ALLOWED, "a2")
        assert waits.end is End.REFUSED_HERE
        assert "not known yet" in waits.says
        there.sim.clock.advance(SETTLE_MS / 1000 + 1)
        became = await there.gate.became(step, "a1")
        assert became is not None
        assert became.end is End.NOT_SENT
        assert (await there.gate.with_authority(step, "limit", ALLOWED, "a3")).end is End.DONE


async def test_where_somebody_else_wrote_after_a_lost_answer_it_stays_unknown(tmp_path: Path) -> None:
    async with shop(tmp_path) as there:
        step = await step_of(there)
        there.fault("/restore", kind="drop", effect="none")
        await there.gate.with_authority(step, "limit", ALLOWED, "a1")
        there.somebody_writes("maintenance", True)
        there.sim.clock.advance(SETTLE_MS / 1000 + 1)
        became = await there.gate.became(step, "a1")
        assert became is not None
        assert became.end is End.UNKNOWN
        assert "changed since" in became.says


async def test_a_refusal_of_the_host_is_told(tmp_path: Path) -> None:
    async with shop(tmp_path) as there:
        step = await step_of(there)
        there.fault("/restore", kind="status", status=412)
        outcome = await there.gate.with_authority(step, "limit", ALLOWED, "a1")
        assert outcome.end is End.REFUSED_BY_HOST
        unread = await step_of(there)
        there.fault("/items", kind="status", status=403)
        outcome = await there.gate.with_authority(unread, "limit", ALLOWED, "a2")
        assert outcome.end is End.REFUSED_HERE
        assert "could not be read" in outcome.says


# --- as a request ---------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_request_restores_the_store_and_a_change_meanwhile_voids_it(tmp_path: Path) -> None:
    async with office(tmp_path, speed=5.0) as scene:
        ana = await scene.of("ana")
        room, stores = ana.session.requests(), scene.sim.world.project.stores
        wishes = Wishes(store="shop-config", backup="bak_000002")
        plan, shown = await planned(ana.session, wishes)
        assert shown.title == "RESTORE shop-config from bak_000002"
        assert "shop-config: flags.basket-limit: 60 → 40" in shown.lines
        held = await room.ask(plan, shown, "a bad limit", wait=True)
        assert held.end is End.DONE, held
        name = held.next
        told = "\n".join(page(await seen(room, name), None))
        assert "1 restore the Edge Config shop-config (ecfg_" in told
        assert "flags.basket-limit: 60 → 40" in told

        outcome = await room.execute(name)
        assert outcome.end is End.DONE, outcome
        assert (await seen(room, name)).state is State.SUCCEEDED
        assert stores.named("shop-config").items["flags"]["value"]["basket-limit"] == 40
        assert sum(path.endswith("/restore") for path in scene.effects()) == 1

        plan, shown = await planned(ana.session, Wishes(store="shop-config", backup="bak_000004"))
        later = (await room.ask(plan, shown, "forth again", wait=True)).next
        operation = {"operation": "upsert", "key": "maintenance", "value": True}
        now = scene.sim.world.advance()
        stores.named("shop-config").change([operation], scene.sim.world.project.people[2], now)
        await ana.sees(lambda w: ana.recorded(h.RequestVoided), "voided")
        assert (await seen(room, later)).state is State.SUPERSEDED
        [voided] = ana.recorded(h.RequestVoided)
        assert voided.why == "The Edge Config shop-config was changed meanwhile."
