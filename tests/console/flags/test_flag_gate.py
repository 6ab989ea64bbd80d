"""Changes of flags through the gate, on the simulated host: once, recorded, and never sent when in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from console import events
from console.authorise import Standing
from console.envelope import Actor
from console.flags.changing import SetState
from console.flags.desk import FlagDesk
from console.flags.edits import Unfit
from console.flags.gate import FlagGate, FlagOutcome, Offer, Order, Wish
from console.flags.intents import story_of
from console.flags.rules import SetShare
from console.outcome import End
from console.policy import SHIPPED_POLICY, load_rulebook, shipped_people
from console.reconcile import SETTLE_MS
from console.world import Armed
from data.sqlite.leases import SqliteLeases
from data.sqlite.ledger import SqliteLedger
from data.vercel.client import VercelClient
from data.vercel.flags.client import VercelFlags
from data.vercel.flags.provider import VercelFlagProvider
from tests.data.vercel.flags.serving import elsewhere, sent, serving, spoil
from tests.simulated import Simulated

T = TypeVar("T")
BOOK = load_rulebook(SHIPPED_POLICY, "policy.yaml", shipped_people("ana", "Ana", ["usr_ana"]), "people.yaml")
FLAG, WHERE = "new-cart", "production"


def here(call: Callable[[], T]) -> Awaitable[T]:
    return asyncio.to_thread(call)


@dataclass
class Operator:
    """One console's desk of flags."""

    desk: FlagDesk
    ledger: SqliteLedger
    leases: SqliteLeases

    @property
    def gate(self) -> FlagGate:
        return self.desk.gate

    async def does(self, wish: Wish, reason: str = "because", **more: object) -> FlagOutcome:
        offer = await self.gate.offer(wish)
        [made] = await self.perform([offer], reason, **more)
        return made

    async def perform(
        self, offers: list[Offer], reason: str = "because", **more: object
    ) -> tuple[FlagOutcome, ...]:
        order = Order(tuple(offers), reason, **more)  # type: ignore[arg-type]
        word = order.word
        return await self.desk.perform(Order(tuple(offers), reason, word or "", **more))  # type: ignore[arg-type]

    def told(self) -> list[str]:
        return [one.kind for one in self.ledger.read()]


@dataclass
class Scene:
    sim: Simulated
    client: VercelClient
    folder: Path
    opened: list[Operator] = field(default_factory=list)

    def operator(self, name: str = "ledger", *, person: str = "ana", armed: bool = True) -> Operator:
        clock = self.sim.clock
        ledger = SqliteLedger(self.folder / f"{name}.db", clock)
        leases = SqliteLeases(ledger.path)
        session = f"s{len(self.opened)}"

        def standing() -> Standing:
            own = Armed(person, clock.now() + 60_000, "on call") if armed else None
            return Standing(BOOK, person, "", own, None, False, clock.now())

        provider = VercelFlagProvider(VercelFlags(self.client, self.sim.project_id))
        gate = FlagGate(provider, ledger, clock, standing, lambda: Actor(person, session), here)
        one = Operator(FlagDesk(provider, gate, ledger, leases, clock, session, here), ledger, leases)
        self.opened.append(one)
        return one

    def raw(self, key: str = FLAG) -> dict[str, object]:
        document: dict[str, object] = self.sim.world.project.flags.flags[key].document
        return document

    def served(self, key: str = FLAG) -> object:
        entry = self.raw(key)["environments"][WHERE]  # type: ignore[index]
        return "rules" if entry["active"] else entry["pausedOutcome"]["variantId"]


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    async with serving() as (sim, client):
        it = Scene(sim, client, folder)
        try:
            yield it
        finally:
            for one in it.opened:
                one.leases.close()
                one.ledger.close()


async def test_a_kill_is_previewed_sent_once_read_back_and_recorded(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        offer = await ana.gate.offer(ana.desk.kill(FLAG, WHERE))
        assert sent(it.sim, "PATCH") == []
        assert offer.stops_harm
        assert offer.lines
        [made] = await ana.perform([offer], "checkout errors on the canary")
        assert made.outcome.end is End.DONE
        assert made.revision is not None
        assert made.revision.verified
        assert len(sent(it.sim, "PATCH")) == 1
        assert it.served() == "off"
        assert ana.told() == ["flag.intended", "flag.ended"]
        [version] = await ana.desk.provider.history(FLAG, limit=1)
        assert version.message == "checkout errors on the canary"
        intent, ended = (events.read(one) for one in ana.ledger.read())
        assert isinstance(intent, events.FlagIntended)
        assert isinstance(ended, events.FlagEnded)
        assert intent.rule == "stop-harm"
        assert intent.preview == list(offer.lines)
        assert ended.amiss == []
        back = await ana.does(await ana.desk.take_back(FLAG), "it was the database")
        assert back.outcome.end is End.DONE
        assert it.served() == "rules"
        with pytest.raises(Unfit, match="Nothing that was changed here"):
            await ana.desk.take_back(FLAG)


async def test_whoever_is_later_is_told_what_won_and_nothing_of_theirs_is_sent(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        offer = await ana.gate.offer(ana.desk.kill(FLAG, WHERE))
        elsewhere(it.sim, "flag", FLAG, {"description": "hands off", "message": "mine"})
        [made] = await ana.perform([offer])
        assert made.outcome.end is End.REFUSED_HERE
        assert made.conflict is not None
        assert made.conflict.base == offer.plan.change.before
        assert made.conflict.mine == offer.plan.change.after
        assert made.conflict.theirs is not None
        assert "hands off" in made.outcome.says
        assert sent(it.sim, "PATCH") == []
        assert ana.told() == []
        assert it.raw()["description"] == "hands off"


@pytest.mark.parametrize(
    ("person", "armed", "kill", "says"),
    [
        ("ana", False, True, "read-only"),
        ("zoe", True, True, "none"),
        ("zoe", True, False, "none"),
    ],
)
async def test_who_may_not_or_is_not_armed_sends_nothing(
    tmp_path: Path, person: str, armed: bool, kill: bool, says: str
) -> None:
    async with scene(tmp_path) as it:
        one = it.operator(person=person, armed=armed)
        wish = one.desk.kill(FLAG, WHERE) if kill else one.desk.change(FLAG, SetState(archived=True))
        made = await one.does(wish)
        assert made.outcome.end is End.REFUSED_HERE
        assert says in made.outcome.says
        assert sent(it.sim, "PATCH") == []
        assert one.told() == []


async def test_a_change_wants_its_word_typed_and_every_change_a_reason(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        offer = await ana.gate.offer(ana.desk.change(FLAG, SetState(archived=True)))
        [made] = await ana.gate.perform(Order((offer,), "spring clean", ""))
        assert "word to type is new-cart" in made.outcome.says
        [made] = await ana.gate.perform(Order((offer,), "  ", FLAG))
        assert "reason is required" in made.outcome.says
        assert sent(it.sim, "PATCH") == []
        kill = await ana.gate.offer(ana.desk.kill(FLAG, WHERE))
        assert Order((kill,), "x").word is None


async def test_several_are_killed_at_once_each_with_an_end_of_its_own(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        keys = [FLAG, "gift-cards", "recommendations"]
        offers = []
        for key in keys:
            try:
                offers.append(await ana.gate.offer(ana.desk.kill(key, WHERE)))
            except Unfit as error:
                pytest.fail(f"{key}: {error}")
        elsewhere(it.sim, "flag", "gift-cards", {"description": "moved"})
        made = await ana.perform(offers)
        assert [one.outcome.end for one in made] == [End.DONE, End.REFUSED_HERE, End.DONE]
        batches = {
            event.batch
            for one in ana.ledger.read()
            if isinstance(event := events.read(one), events.FlagIntended)
        }
        assert len(batches) == 1
        assert batches != {None}


@pytest.mark.parametrize("arrived", [True, False])
async def test_without_an_answer_the_host_is_asked_and_nothing_is_sent_again(
    tmp_path: Path, arrived: bool
) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        offer = await ana.gate.offer(ana.desk.kill(FLAG, WHERE))
        path = sent_path(it)
        spoil(
            it.sim,
            path,
            "drop" if arrived else "status",
            method="PATCH",
            **({} if arrived else {"status": 502}),
        )
        [made] = await ana.perform([offer])
        assert made.outcome.end is End.UNKNOWN
        again = await ana.does(ana.desk.kill("gift-cards", WHERE))
        assert again.outcome.end is End.DONE, "another flag is not held up"
        with_it = await ana.gate.perform(Order((offer,), "again"))
        assert "its outcome is not known yet" in with_it[0].outcome.says
        if not arrived:
            assert await ana.desk.settle() == (), "it may still take effect"
            it.sim.clock.advance(SETTLE_MS / 1000 + 1)
        [settled] = await ana.desk.settle()
        assert settled.outcome.end is (End.DONE if arrived else End.NOT_SENT)
        assert it.served() == ("off" if arrived else "rules")
        assert [one for one in sent(it.sim, "PATCH") if one.endswith(FLAG)] == [path]
        assert await ana.desk.settle() == ()


def sent_path(it: Scene) -> str:
    """Where a change of the flag is sent to."""
    return f"/v1/projects/{it.sim.project_id}/feature-flags/flags/{FLAG}"


async def test_a_change_that_was_made_and_then_overtaken_is_found_in_the_history(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        offer = await ana.gate.offer(ana.desk.kill(FLAG, WHERE))
        spoil(it.sim, sent_path(it), "garbage", method="PATCH")
        [made] = await ana.perform([offer], "errors at checkout")
        assert made.outcome.end is End.UNKNOWN
        elsewhere(it.sim, "flag", FLAG, {"description": "later"})
        [settled] = await ana.desk.settle()
        assert settled.outcome.end is End.DONE
        assert "changed again since" in settled.outcome.says


async def test_off_for_a_set_time_ends_by_itself_once_and_outlives_its_console(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        back_at = it.sim.clock.now() + 30 * 60_000
        made = await ana.does(ana.desk.kill(FLAG, WHERE), "for half an hour", back_at=back_at)
        assert made.outcome.end is End.DONE
        other = it.operator(person="zoe", armed=False)
        assert await other.desk.fire() == (), "not yet"
        [waiting] = await other.desk.overrides()
        assert waiting.event.back_at == back_at
        it.sim.clock.advance(31 * 60)
        [fired] = await other.desk.fire()
        assert fired.outcome.end is End.DONE
        assert it.served() == "rules"
        assert await other.desk.fire() == ()
        assert await ana.desk.fire() == ()
        assert await ana.desk.overrides() == ()
        last = story_of(ana.ledger.read()).changes[-1]
        assert last.event.rule == "recorded override"
        assert last.event.person == "ana"


async def test_it_does_not_end_by_itself_where_somebody_changed_the_flag(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        ana = it.operator()
        back_at = it.sim.clock.now() + 60_000
        await ana.does(ana.desk.kill(FLAG, WHERE), "for a minute", back_at=back_at)
        elsewhere(it.sim, "flag", FLAG, {"description": "being looked at"})
        it.sim.clock.advance(120)
        [fired] = await ana.desk.fire()
        assert fired.outcome.end is End.NOT_SENT
        assert "has been changed since" in fired.outcome.says
        assert it.served() == "off"
        assert await ana.desk.fire() == ()
        assert await ana.desk.overrides() == ()


@pytest.mark.slow
@pytest.mark.parametrize("ledgers", [("one", "one"), ("one", "two")], ids=["one ledger", "two ledgers"])
async def test_of_two_at_once_one_wins_and_the_other_knows_who_a_hundred_times(
    tmp_path: Path, ledgers: tuple[str, str]
) -> None:
    async with scene(tmp_path) as it:
        ana, jo = (it.operator(name) for name in ledgers)
        for turn in range(100):
            shares = (10 + turn % 40, 60 + turn % 40)
            offers = [
                await one.gate.offer(one.desk.change(FLAG, SetShare(WHERE, "on", float(share))))
                for one, share in zip((ana, jo), shares, strict=True)
            ]
            made = await asyncio.gather(
                *(one.perform([offer], f"turn {turn}") for one, offer in zip((ana, jo), offers, strict=True))
            )
            ends = [one[0].outcome for one in made]
            assert sorted(one.end is End.DONE for one in ends) == [False, True], ends
            winner = next(place for place, one in enumerate(ends) if one.end is End.DONE)
            loser = ends[1 - winner]
            assert loser.end in (End.REFUSED_HERE, End.REFUSED_BY_HOST)
            told = (f"{shares[winner]}", "under way", "asked for")
            assert any(word in loser.says for word in told), loser.says
            held = await ana.desk.provider.get(FLAG)
            assert held.flag.raw["environments"][WHERE] == {
                **offers[winner].plan.change.after.raw["environments"][WHERE],
                "revision": held.flag.raw["environments"][WHERE]["revision"],
            }, "nothing was lost or mixed"
