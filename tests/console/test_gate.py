"""The gate against the simulated host: once, by one, recorded, and never sent when in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from console import events
from console.actions import stream_of
from console.authorise import Standing
from console.envelope import Actor, NewEvent
from console.gate import Gate
from console.intents import open_intents
from console.objections import Confirmed
from console.outcome import End, Outcome
from console.policy import SHIPPED_POLICY, load_rulebook, shipped_people
from console.ports import Ledger
from console.world import Armed
from data.clock import ScaledClock
from data.http import Secret, Transport
from data.simulator.answers import FaultRequest
from data.sqlite.ledger import SqliteLedger
from data.vercel.client import VercelClient
from data.vercel.host import VercelHost
from tests.simulated import Simulated, simulated

T = TypeVar("T")
BOOK = load_rulebook(SHIPPED_POLICY, "policy.yaml", shipped_people("ana", "Ana", ["usr_ana"]), "people.yaml")


def here(call: Callable[[], T]) -> Awaitable[T]:
    return asyncio.to_thread(call)


@dataclass
class Operator:
    """One console's gate, and what it stands on."""

    gate: Gate
    person: str
    session: str
    armed: bool = True


@dataclass
class Scene:
    """A simulated host, one ledger file, and operators at it."""

    sim: Simulated
    path: Path
    clock: ScaledClock
    transport: Transport
    ledgers: list[Ledger]

    def operator(self, person: str = "ana", *, armed: bool = True) -> Operator:
        ledger = SqliteLedger(self.path, self.clock)
        self.ledgers.append(ledger)
        token = Secret(self.sim.token)
        client = VercelClient(
            self.transport, token=token, team_id=self.sim.team_id, api_url=self.sim.vercel_url
        )
        router = VercelHost(client, self.sim.project_id, self.clock)
        session = f"session-{len(self.ledgers)}"

        def standing() -> Standing:
            until = self.clock.now() + 60_000
            own = Armed(person, until, "on call") if armed else None
            return Standing(BOOK, person, "", own, None, False, self.clock.now())

        gate = Gate(ledger, router, self.clock, standing, lambda: Actor(person, session), here)
        return Operator(gate, person, session, armed)

    async def act(self, operator: Operator, name: str, reason: str = "because") -> Outcome:
        preview = await operator.gate.preview(name, None, None, "shop")
        return await operator.gate.perform(Confirmed(preview, reason, preview.typed_word or ""))

    def story(self) -> list[events.Event]:
        found = (
            events.read(e)
            for s in self.ledgers[0].streams("release:")
            for e in self.ledgers[0].read(stream=s)
        )
        return [event for event in found if event is not None]

    def effects(self) -> list[str]:
        """Paths of the requests that could change production, as the host's own journal has them."""
        return [e.path for e in self.sim.journal.entries if e.method != "GET" and e.port == "vercel"]


@asynccontextmanager
async def scene(tmp_path: Path, speed: float = 1.0) -> AsyncIterator[Scene]:
    async with simulated(speed=speed) as sim:
        transport = Transport(sim.clock)
        one = Scene(sim, tmp_path / "ledger.db", sim.clock, transport, [])
        try:
            yield one
        finally:
            await transport.aclose()
            for ledger in one.ledgers:
                ledger.close()


async def test_an_advance_is_previewed_recorded_sent_once_and_ended(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        outcome = await s.act(s.operator(), "advance", "looks good")
        assert outcome.end is End.DONE
        assert "5 % → 25 %" in outcome.says
        assert len(s.effects()) == 1
        intended, ended = s.story()
        assert isinstance(intended, events.ActionIntended)
        assert isinstance(ended, events.ActionEnded)
        assert (intended.person, intended.reason, intended.rule) == ("ana", "looks good", "widen")
        assert (ended.outcome, ended.how, ended.action_id) == ("done", "answered", intended.action_id)


@pytest.mark.parametrize("name", ["advance", "complete", "abort"])
async def test_each_action_does_what_it_says(tmp_path: Path, name: str) -> None:
    async with scene(tmp_path) as s:
        operator = s.operator()
        assert (await s.act(operator, name)).end is End.DONE
        s.sim.world.advance()
        release = await operator.gate._host.release()
        assert release is not None
        expected = {"advance": ("ACTIVE", 1), "complete": ("COMPLETE", None), "abort": ("ABORTED", None)}
        assert (release.state.value, release.stage.index if release.stage else None) == expected[name]


async def test_nothing_is_sent_without_reason_word_arming_or_the_plan_shown(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        operator, unarmed = s.operator(), s.operator(armed=False)
        preview = await operator.gate.preview("advance", None, None, "shop")
        word = preview.typed_word or ""
        assert word == "25"
        other = replace(preview, plan_sha256="0" * 64)
        for gate, confirmed in (
            (operator.gate, Confirmed(preview, "  ", word)),
            (operator.gate, Confirmed(preview, "why", "24")),
            (operator.gate, Confirmed(preview, "why" * 500, word)),
            (operator.gate, Confirmed(other, "why", word)),
            (unarmed.gate, Confirmed(preview, "why", word)),
        ):
            outcome = await gate.perform(confirmed)
            assert outcome.end is End.REFUSED_HERE
            assert outcome.end.exit_code == 5
        assert s.effects() == []
        assert s.story() == []


async def test_a_plan_made_for_another_state_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        operator, other = s.operator(), s.operator()
        preview = await operator.gate.preview("advance", None, None, "shop")
        assert (await s.act(other, "advance")).end is End.DONE
        outcome = await operator.gate.perform(Confirmed(preview, "why", "25"))
        assert outcome.end is End.REFUSED_HERE
        assert "production has moved" in outcome.says
        assert len(s.effects()) == 1


async def test_an_abort_is_not_voided_by_a_stage_advance(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        operator, other = s.operator(), s.operator()
        preview = await operator.gate.preview("abort", None, None, "shop")
        assert (await s.act(other, "advance")).end is End.DONE
        assert (await operator.gate.perform(Confirmed(preview, "harm", ""))).end is End.DONE


async def test_of_many_operators_at_once_exactly_one_is_sent_and_the_others_are_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        operators = [s.operator() for _ in range(8)]
        preview = await operators[0].gate.preview("advance", None, None, "shop")
        confirmed = Confirmed(preview, "race", "25")
        outcomes = await asyncio.gather(*(o.gate.perform(confirmed) for o in operators))
        ends = [outcome.end for outcome in outcomes]
        assert ends.count(End.DONE) == 1
        assert ends.count(End.REFUSED_HERE) == 7
        assert len(s.effects()) == 1
        losers = [o.says for o in outcomes if o.end is End.REFUSED_HERE]
        assert all("Nothing was sent" in says for says in losers)


async def test_a_refusal_of_the_host_is_recorded_as_such(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.sim.faults.add(FaultRequest(path="approve-stage", kind="status", times=1, status=409))
        outcome = await s.act(s.operator(), "advance")
        assert outcome.end is End.REFUSED_BY_HOST
        ended = s.story()[-1]
        assert isinstance(ended, events.ActionEnded)
        assert ended.outcome == "refused"


@pytest.mark.parametrize(("effect", "truth"), [("done", "done"), ("none", "not_sent")])
async def test_no_answer_is_unknown_never_resent_and_settled_by_asking(
    tmp_path: Path, effect: str, truth: str
) -> None:
    async with scene(tmp_path) as s:
        operator = s.operator()
        order = FaultRequest.model_validate(
            {"path": "approve-stage", "kind": "drop", "times": 1, "effect": effect}
        )
        s.sim.faults.add(order)
        outcome = await s.act(operator, "advance")
        assert outcome.end is End.UNKNOWN
        assert outcome.end.exit_code == 4
        blocked = await operator.gate.perform(
            Confirmed(await operator.gate.preview("complete", None, None, "shop"), "again", "shop")
        )
        assert blocked.end is End.REFUSED_HERE
        [intent] = open_intents(s.ledgers[0].read()).open
        assert intent.unknown
        s.clock.advance(31)
        settled = await operator.gate.reconcile(intent)
        assert settled is not None
        ended = s.story()[-1]
        assert isinstance(ended, events.ActionEnded)
        assert (ended.outcome, ended.how) == (truth, "asked_host")
        assert open_intents(s.ledgers[0].read()).open == ()
        assert len(s.effects()) == 1


async def test_a_host_that_cannot_be_reached_was_sent_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        operator = s.operator()
        preview = await operator.gate.preview("abort", None, None, "shop")
        s.sim.faults.add(FaultRequest(path="/rolling-release", kind="status", times=50, status=503))
        outcome = await operator.gate.perform(Confirmed(preview, "harm", ""))
        assert outcome.end is End.REFUSED_HERE
        assert "could not be read" in outcome.says
        assert s.effects() == []


async def test_something_unreadable_in_the_stream_blocks_effects(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        operator = s.operator()
        preview = await operator.gate.preview("abort", None, None, "shop")
        stream = stream_of(preview.action)
        newer = NewEvent("action.intended", {"x": 1}, Actor("ana", "s"), s.clock.now(), schema=99)
        s.ledgers[0].append(stream, 0, [newer])
        outcome = await operator.gate.perform(Confirmed(preview, "harm", ""))
        assert outcome.end is End.REFUSED_HERE
        assert "cannot read" in outcome.says
        assert s.effects() == []
