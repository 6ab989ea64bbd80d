"""Against the real Alertmanager: what fires, silences through the gate, lost answers, its death."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from console.alerts.gate import SilenceGate, Unfit
from console.alerts.model import Matcher, matchers_of
from console.alerts.silencing import carries, intents_of
from console.authorise import Standing
from console.envelope import Actor
from console.outcome import End
from console.policy import SHIPPED_POLICY, load_rulebook, shipped_people
from console.ports import EffectUnknown, SourceError
from console.readings import Millis, Problem
from console.world import Armed
from data.alertmanager.client import AlertmanagerClient
from data.clock import SystemClock
from data.http import Limits, Transport
from data.sqlite.ledger import SqliteLedger
from tests.servers import alertmanager, free_port

pytestmark = pytest.mark.slow

T = TypeVar("T")
BOOK = load_rulebook(SHIPPED_POLICY, "policy.yaml", shipped_people("ana", "Ana", ["usr_ana"]), "people.yaml")


def post(base: str, *alerts: dict[str, str], over: bool = False) -> None:
    """Let these alerts fire, or (``over``) be resolved."""
    now = datetime.now(UTC)
    body: list[dict[str, Any]] = [
        {
            "labels": labels,
            "annotations": {"summary": "it fails"},
            "startsAt": (now - timedelta(minutes=5)).isoformat(),
            "endsAt": (now + timedelta(minutes=-1 if over else 10)).isoformat(),
        }
        for labels in alerts
    ]
    request = urllib.request.Request(
        f"{base}/api/v2/alerts", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20):
        pass


async def at_once(call: Callable[[], T]) -> T:
    return call()


def offload(call: Callable[[], T]) -> Awaitable[T]:
    return at_once(call)


@dataclass
class There:
    """An Alertmanager, and a person who may silence."""

    base: str
    client: AlertmanagerClient
    ledger: SqliteLedger
    armed: bool = True
    clock: SystemClock = field(default_factory=SystemClock)

    def standing(self) -> Standing:
        now = self.clock.now()
        armed = Armed("ana", now + 60_000, "it is known") if self.armed else None
        return Standing(BOOK, "ana", "", armed, None, True, now)

    def gate(self, client: AlertmanagerClient | None = None) -> SilenceGate:
        actor = Actor("ana", "s1", "command")
        at = client or self.client
        return SilenceGate(at, self.ledger, self.clock, self.standing, lambda: actor, offload)

    def kinds(self) -> list[str]:
        return [one.kind for one in self.ledger.read()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager")) as base:
        yield base


@asynccontextmanager
async def reached(base: str, folder: Path) -> AsyncIterator[There]:
    clock = SystemClock()
    transport = Transport(clock, limits=Limits(retries=0, read_s=10.0))
    ledger = SqliteLedger(folder / "ledger.db", clock)
    try:
        yield There(base, AlertmanagerClient(transport, base), ledger)
    finally:
        ledger.close()
        await transport.aclose()


def named(name: str) -> Matcher:
    return Matcher("alertname", name)


async def test_what_fires_is_read(server: str, tmp_path: Path) -> None:
    post(server, {"alertname": "Read", "severity": "page", "odd": 'a"b\\c\nd'}, {"alertname": "Gone"})
    post(server, {"alertname": "Gone"}, over=True)
    async with reached(server, tmp_path) as there:
        [one] = await there.client.alerts([named("Read")])
        assert (one.name, one.severity, one.summary, one.state) == ("Read", "page", "it fails", "active")
        assert await there.client.alerts(matchers_of(one)) == (one,), "its own labels pick it"
        assert await there.client.alerts([Matcher("alertname", "Re.d", regex=True)]) == (one,)
        assert await there.client.alerts([named("Gone")]) == ()
        groups = {group.labels.get("alertname"): group for group in await there.client.groups()}
        assert groups["Read"].receiver == "nobody"
        assert [alert.fingerprint for alert in groups["Read"].alerts] == [one.fingerprint]
        status = await there.client.status()
        assert status.cluster == "disabled"
        assert status.version


async def test_a_broken_expression_is_said_and_not_taken_for_silence(server: str, tmp_path: Path) -> None:
    async with reached(server, tmp_path) as there:
        with pytest.raises(SourceError, match="refused what it was asked"):
            await there.client.alerts([Matcher("alertname", "(", regex=True)])


async def test_an_inhibited_alert_says_so(server: str, tmp_path: Path) -> None:
    post(server, {"alertname": "Down", "service": "db"}, {"alertname": "Slow", "service": "db"})
    async with reached(server, tmp_path) as there:
        for _ in range(200):
            [slow] = await there.client.alerts([named("Slow")])
            if slow.inhibited_by:
                break
        [down] = await there.client.alerts([named("Down")])
        assert slow.inhibited_by == (down.fingerprint,)
        assert slow.state == "suppressed"


async def test_silenced_and_back_through_the_gate(server: str, tmp_path: Path) -> None:
    post(server, {"alertname": "Loud", "severity": "page"}, {"alertname": "Loud", "severity": "info"})
    async with reached(server, tmp_path) as there:
        gate = there.gate()
        offer = await gate.offer([named("Loud")], 30 * 60_000)
        assert len(offer.covers) == 2
        done = await gate.perform(offer, "it is known")
        assert done.end is End.DONE, done
        [made] = [one for one in await there.client.silences() if one.matchers == (named("Loud"),)]
        assert (made.state, made.by) == ("active", "ana")
        assert made.comment.startswith("it is known (coalmine:")
        assert {one.state for one in await there.client.alerts([named("Loud")])} == {"suppressed"}
        again = await gate.perform(await gate.offer([named("Loud")], 60_000), "once more")
        assert again.end is End.REFUSED_HERE
        assert "ana has silenced exactly this already" in again.says
        back = await gate.offer_end(made.id)
        assert {one.fingerprint for one in back.covers} == {one.fingerprint for one in offer.covers}
        assert (await gate.perform(back, "mended")).end is End.DONE
        assert {one.state for one in await there.client.alerts([named("Loud")])} == {"active"}
        assert there.kinds() == ["silence.intended", "silence.ended"] * 2
        with pytest.raises(Unfit, match="over already"):
            await gate.offer_end(made.id)


async def test_what_nobody_looked_at_is_not_silenced(server: str, tmp_path: Path) -> None:
    post(server, {"alertname": "More", "severity": "info"})
    async with reached(server, tmp_path) as there:
        gate = there.gate()
        offer = await gate.offer([named("More")], 60_000)
        post(server, {"alertname": "More", "severity": "page"})
        refused = await gate.perform(offer, "it is known")
        assert refused.end is End.REFUSED_HERE
        assert 'severity="page"' in refused.says
        assert there.kinds() == []


async def test_nobody_silences_unarmed(server: str, tmp_path: Path) -> None:
    async with reached(server, tmp_path) as there:
        there.armed = False
        gate = there.gate()
        refused = await gate.perform(await gate.offer([named("Unarmed")], 60_000), "it is known")
        assert refused.end is End.REFUSED_HERE
        assert "--arm REASON" in refused.next
        assert not [one for one in await there.client.silences() if one.matchers == (named("Unarmed"),)]


class Deaf(AlertmanagerClient):
    """The request leaves and is obeyed (or not); the answer is lost."""

    obeyed = True

    async def silence(
        self, matchers: Sequence[Matcher], starts_at: Millis, ends_at: Millis, by: str, comment: str
    ) -> str:
        if self.obeyed:
            await super().silence(matchers, starts_at, ends_at, by, comment)
        raise EffectUnknown(Problem("timeout", "Alertmanager did not answer in time.", ""))


async def test_a_lost_answer_is_found_again_and_nothing_is_sent_twice(server: str, tmp_path: Path) -> None:
    async with reached(server, tmp_path) as there:
        deaf = Deaf(there.client._transport, server)
        gate = there.gate(deaf)
        unknown = await gate.perform(await gate.offer([named("Lost")], 60_000), "it is known")
        assert unknown.end is End.UNKNOWN
        [settled] = await there.gate().settle()
        assert settled.end is End.DONE
        [made] = [one for one in await there.client.silences() if one.matchers == (named("Lost"),)]
        [intent] = intents_of(there.ledger.read())[0]
        assert carries(made, intent.event.action_id)
        assert intent.ended is not None
        assert (intent.ended.how, intent.ended.silence_id) == ("asked_host", made.id)
        assert await there.gate().settle() == ()


async def test_a_crash_between_intent_and_answer_holds_the_same_back(server: str, tmp_path: Path) -> None:
    async with reached(server, tmp_path) as there:
        deaf = Deaf(there.client._transport, server)
        deaf.obeyed = False
        gate = there.gate(deaf)
        offer = await gate.offer([named("Crashed")], 60_000)
        assert (await gate.perform(offer, "it is known")).end is End.UNKNOWN
        held = await there.gate().perform(offer, "it is known")
        assert held.end is End.REFUSED_HERE
        assert "is not known yet" in held.says
        assert not [one for one in await there.client.silences() if one.matchers == (named("Crashed"),)]


async def test_a_dead_one_is_said_and_nothing_was_sent(tmp_path: Path) -> None:
    with alertmanager(tmp_path / "alertmanager") as base:
        async with reached(base, tmp_path) as there:
            offer = await there.gate().offer([named("Any")], 60_000)
    async with reached(base, tmp_path) as there:
        with pytest.raises(SourceError, match="Alertmanager cannot be reached"):
            await there.client.alerts()
        refused = await there.gate().perform(offer, "it is known")
        assert refused.end is End.REFUSED_HERE
        assert "could not be read" in refused.says
        assert there.kinds() == []


async def test_what_is_no_alertmanager_is_said(tmp_path: Path) -> None:
    async with reached(f"http://127.0.0.1:{free_port()}", tmp_path) as there:
        with pytest.raises(SourceError) as caught:
            await there.client.status()
        assert "COALMINE_ALERTMANAGER__URL" in caught.value.problem.next


def test_a_place_holds_no_password() -> None:
    client = AlertmanagerClient(Transport(SystemClock()), "http://ana:hidden@127.0.0.1:9093")
    assert client.place == "http://127.0.0.1:9093"
