"""The threats of the fact sheet (C3), one test a row: whoever writes what into the ledger, nothing is sent.

A real ledger, real keys, OpenSSH's own verification, and the executor; in place of the gates hands that count
what would have been sent. What another person may do with the ledger's file is done to it directly.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from console.actions import Rollback
from console.adopted import STREAM as POLICY
from console.adopted import adoption, in_force
from console.authorise import Allowed
from console.envelope import Actor
from console.event import Event
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.rollback import happened as h
from console.rollback.approval import Statement
from console.rollback.counting import Counting, View
from console.rollback.desk import Requests, Shown
from console.rollback.executing import Executor
from console.rollback.plan import HostStep, Plan, Step, ordered
from console.rollback.policy_chain import PolicyChain
from console.rollback.request import State
from console.signing import APPROVAL
from data.clock import ScaledClock
from data.policy_files import PolicyFiles
from data.sqlite.ledger import SqliteLedger
from data.ssh.keygen import keygen
from data.ssh.signing import SshSigner, SshVerifier
from tests.console.rollback.people import ASKING, PEOPLE
from tests.data.ssh.keys import Key, new_key

pytestmark = pytest.mark.slow
T = TypeVar("T")
ORIGIN = 1_795_000_000_000
ANA, EVE = Actor("ana", "at-ana", "command"), Actor("bo", "eve", "command")
"""Whoever can write to the ledger can write any name beside it."""
PLAN = ordered("prj", [HostStep(Rollback("prj", "dpl_old", "dpl_now"))])
SHOWN = Shown("INSTANT ROLLBACK of shop", ("dpl_now → dpl_old",), (), "all visitors")


class MovingClock(ScaledClock):
    """Time that a test moves by itself."""

    def __init__(self, origin: int = ORIGIN) -> None:
        super().__init__(origin, 1e-9)
        self.shift, self.origin = 0, origin

    def now(self) -> int:
        return self.origin + self.shift


async def here(call: Callable[[], T]) -> T:
    return call()


@dataclass
class CountingHands:
    """Hands that send nothing, and count."""

    sent: list[Step] = field(default_factory=list)
    production: str = "dpl_now"

    async def project_id(self) -> str:
        return "prj"

    async def moved(self, view: View) -> str | None:
        return None if self.production == "dpl_now" else f"Production is {self.production}."

    def unable(self, view: View) -> Outcome | None:
        return None

    async def take(self, step: Step, action_id: str, reason: str, allowed: Allowed) -> Outcome:
        self.sent.append(step)
        await asyncio.sleep(0)
        return Outcome(End.DONE, "sent")

    async def became(self, step: Step, action_id: str) -> Outcome | None:
        return Outcome(End.NOT_SENT, "never sent")

    async def verify(self, view: View) -> tuple[bool, tuple[str, ...]]:
        return True, ("as it should be",)


class Vault:
    """One ledger with its policy, and everybody's keys."""

    def __init__(self, folder: Path, keys: dict[str, Key], clock: MovingClock | None = None) -> None:
        self.folder, self.keys = folder, keys
        self.clock, self.hands = clock or MovingClock(), CountingHands()
        self.files = PolicyFiles(folder)
        self.ledger = SqliteLedger(folder / "ledger.db", self.clock)
        if not self.ledger.version(POLICY):
            lines = [f"{name} {key.line}\n" for name, key in keys.items()]
            self.adopt(ASKING, PEOPLE, "".join(lines))
        self.desk = self.opened()

    def adopt(self, policy: str, people: str, signers: str | None) -> None:
        self.write(policy, people, signers)
        book = self.files()
        event = adoption(book, "test", ANA, self.clock.now())
        self.ledger.append(POLICY, self.ledger.version(POLICY), [event])

    def write(self, policy: str, people: str, signers: str | None) -> None:
        for name, text in (("policy.yaml", policy), ("people.yaml", people), ("allowed_signers", signers)):
            if text is not None:
                (self.folder / name).write_text(text)

    def book(self) -> Rulebook | str:
        chain = PolicyChain(self.ledger, SshVerifier)
        return in_force(self.ledger.read(stream=POLICY), PolicyFiles(self.folder), chain)

    def opened(self) -> Requests:
        counting = Counting(self.ledger, self.book, SshVerifier())
        return Requests(self.ledger, self.clock, counting, self.book, here)

    def executor(self, session: str = "exec", alive: Callable[[str], bool] = lambda _: True) -> Executor:
        actor = Actor("ana", session)
        return Executor(
            self.ledger, self.clock, self.opened().counting, self.hands, lambda: actor, alive, here
        )

    async def ask(self, plan: Plan = PLAN) -> str:
        outcome = await self.desk.ask(plan, SHOWN, ANA, "errors at checkout")
        assert outcome.end is End.DONE, outcome
        return outcome.next

    async def view(self, name: str) -> View:
        found = await self.opened().get(name)
        assert found is not None
        return found

    async def statement(self, name: str, person: str = "bo", **other: object) -> Statement:
        """What the person would sign of the request, whether they may or not; ``other`` members replaced."""
        asked = (await self.view(name)).request.asked
        assert asked is not None
        said = Statement(
            project_id=asked.project_id,
            request_id=asked.request_id,
            uid=asked.uid,
            plan_sha256=asked.plan_sha256,
            policy_sha256=asked.policy_sha256,
            decision="approve",
            person=person,
            nonce="00" * 16,
            issued_at=self.clock.now(),
            approve_by=asked.approve_by,
            execute_by=asked.execute_by,
            reason="",
        )
        return said.model_copy(update=dict(other))

    def sign(self, said: Statement, key: str | None = None) -> str:
        return SshSigner(self.keys[key or said.person].private).sign(APPROVAL, said.text().encode())

    def slip_in(self, name: str, *events: Event, actor: Actor = EVE) -> None:
        """Write events with a sound chain, as whoever has the file can."""
        stream = h.stream_of(name)
        new = [one.new(actor, self.clock.now()) for one in events]
        self.ledger.append(stream, self.ledger.version(stream), new)

    async def approve(self, name: str, person: str = "bo") -> None:
        said = await self.statement(name, person)
        outcome = await self.desk.answer(said, self.sign(said), Actor(person, "x", "command"))
        assert outcome.end is End.DONE, outcome

    def edit(self, statement: str, *values: object) -> None:
        """Change the file as a database, past every rule of ours."""
        db = sqlite3.connect(self.folder / "ledger.db")
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in names:
            db.execute(f'DROP TRIGGER "{trigger}"')
        assert db.execute(statement, values).rowcount > 0, statement
        db.commit()
        db.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: new_key(folder, f"id_{name}") for name in ("ana", "jo", "bo", "dev")}


@pytest.fixture
def vault(tmp_path: Path, keys: dict[str, Key]) -> Vault:
    return Vault(tmp_path, keys)


async def test_without_an_attack_it_is_sent_once(vault: Vault) -> None:
    name = await vault.ask()
    await vault.approve(name)
    assert (await vault.executor().execute(name, "ana")).end is End.DONE
    assert len(vault.hands.sent) == 1


Attack = Callable[[Vault], Awaitable[str]]
"""Prepares the ledger; the name of the request that must not be carried out."""


async def forged_unsigned(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name)
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="bo"))
    return name


async def forged_with_another_key(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name)
    signature = vault.sign(said, key="dev")
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="bo", signature=signature))
    return name


async def forged_text_under_a_genuine_signature(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name, decision="deny")
    yes = said.model_copy(update={"decision": "approve"})
    vault.slip_in(name, h.RequestAnswered(payload=yes.text(), person="bo", signature=vault.sign(said)))
    return name


async def _genuine(vault: Vault) -> tuple[str, h.RequestAnswered]:
    name = await vault.ask()
    said = await vault.statement(name)
    return name, h.RequestAnswered(payload=said.text(), person="bo", signature=vault.sign(said))


async def replayed_onto_a_new_request(vault: Vault) -> str:
    _, genuine = await _genuine(vault)
    name = await vault.ask()
    vault.slip_in(name, genuine)
    return name


async def replayed_after_a_denial(vault: Vault) -> str:
    name, genuine = await _genuine(vault)
    said = await vault.statement(name, "jo", decision="deny", reason="no")
    assert (await vault.desk.answer(said, vault.sign(said), Actor("jo", "x"))).end is End.DONE
    vault.slip_in(name, genuine)
    return name


async def replayed_onto_another_project(vault: Vault) -> str:
    _, genuine = await _genuine(vault)
    other = ordered("prj2", [HostStep(Rollback("prj2", "dpl_old", "dpl_now"))])
    name = await vault.ask(other)
    vault.slip_in(name, genuine)
    return name


async def plan_swapped_after_approval(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    evil = ordered("prj", [HostStep(Rollback("prj", "dpl_evil", "dpl_now"))])
    _rewrite(vault, name, {"plan": evil.as_json()})
    return name


async def plan_and_digest_swapped(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    evil = ordered("prj", [HostStep(Rollback("prj", "dpl_evil", "dpl_now"))])
    _rewrite(vault, name, {"plan": evil.as_json(), "plan_sha256": evil.sha256})
    return name


async def deadlines_moved(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    vault.clock.shift += 24 * 3_600_000
    _rewrite(vault, name, {"execute_by": vault.clock.origin + 10**9}, kind="request.submitted")
    return name


async def production_moved(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    vault.hands.production = "dpl_new"
    return name


async def own_request(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name, "ana")
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="ana", signature=vault.sign(said)))
    return name


async def own_request_through_a_second_identity(vault: Vault) -> str:
    """ana's key is listed for bo as well: then the file counts for nobody."""
    name = await vault.ask()
    signers = "".join(f"{who} {key.line}\n" for who, key in vault.keys.items() if who != "bo")
    vault.write(ASKING, PEOPLE, signers + f"bo {vault.keys['ana'].line}\n")
    said = await vault.statement(name)
    signature = vault.sign(said, "ana")
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="bo", signature=signature))
    return name


async def own_request_through_a_wildcard(vault: Vault) -> str:
    name = await vault.ask()
    vault.write(ASKING, PEOPLE, f"* {vault.keys['ana'].line}\n")
    said = await vault.statement(name)
    signature = vault.sign(said, "ana")
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="bo", signature=signature))
    return name


async def without_a_right_to_approve(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name, "dev")
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="dev", signature=vault.sign(said)))
    return name


async def approved_too_late(vault: Vault) -> str:
    name = await vault.ask()
    asked = (await vault.view(name)).request.asked
    assert asked is not None
    said = await vault.statement(name)
    vault.clock.shift = asked.approve_by + 1_000 - vault.clock.origin
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="bo", signature=vault.sign(said)))
    return name


async def executed_too_late(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    asked = (await vault.view(name)).request.asked
    assert asked is not None
    vault.clock.shift = asked.execute_by + 1_000 - vault.clock.origin
    return name


async def clock_set_back(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    vault.clock.shift = -3_600_000
    return name


async def approvers_clock_ahead(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name, issued_at=vault.clock.origin + 600_000)
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="bo", signature=vault.sign(said)))
    return name


async def denial_overtaken(vault: Vault) -> str:
    name, genuine = await _genuine(vault)
    said = await vault.statement(name, "jo", decision="deny", reason="no")
    no = h.RequestAnswered(payload=said.text(), person="jo", signature=vault.sign(said))
    vault.slip_in(name, genuine, no)
    return name


async def approver_lost_the_right(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    vault.adopt(ASKING, PEOPLE.replace("roles: [qa]", "roles: []"), None)
    return name


async def key_taken_off_the_list(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    vault.adopt(ASKING, PEOPLE, f"ana {vault.keys['ana'].line}\n")
    return name


async def answer_edited_in_the_file(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name, "jo", decision="deny", reason="no")
    assert (await vault.desk.answer(said, vault.sign(said), Actor("jo", "x"))).end is End.DONE
    _rewrite(vault, name, {"payload": said.text().replace('"deny"', '"approve"')}, kind="request.answered")
    return name


async def requester_edited_in_the_file(vault: Vault) -> str:
    """So that ana's own answer would be somebody else's."""
    name = await vault.ask()
    _rewrite(vault, name, {"person": "jo"}, kind="request.submitted")
    genuine = (await vault.view(name)).request.opened
    assert genuine.person == "ana"
    said = Statement(
        project_id="prj",
        request_id=name,
        uid=genuine.uid,
        plan_sha256=genuine.plan_sha256,
        policy_sha256=vault.files().policy_sha256,
        decision="approve",
        person="ana",
        nonce="00" * 16,
        issued_at=vault.clock.origin,
        approve_by=vault.clock.origin + 15 * 60_000,
        execute_by=vault.clock.origin + 45 * 60_000,
        reason="",
    )
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="ana", signature=vault.sign(said)))
    return name


async def policy_lowered_while_it_is_open(vault: Vault) -> str:
    name = await vault.ask()
    vault.adopt(ASKING.replace("    approvals: 1\n", "    approvals: 0\n"), PEOPLE, None)
    return name


async def policy_file_lowered_without_the_ledger(vault: Vault) -> str:
    name = await vault.ask()
    vault.write(ASKING.replace("    approvals: 1\n", "    approvals: 0\n"), PEOPLE, None)
    return name


async def old_policy_edited_in_the_file(vault: Vault) -> str:
    name = await vault.ask()
    lower = ASKING.replace("    approvals: 1\n", "    approvals: 0\n")
    vault.adopt(lower, PEOPLE, None)
    _rewrite(vault, "", {"policy": lower}, kind="policy.adopted")
    return name


async def unknown_policy_key(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    vault.write(ASKING.replace("    approvals: 1\n", "    approvals: 1\n    approval: 0\n"), PEOPLE, None)
    return name


async def no_policy_file(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    (vault.folder / "policy.yaml").unlink()
    return name


async def signature_without_touch(vault: Vault) -> str:
    vault.adopt(ASKING.replace("signature: required", "signature: hardware"), PEOPLE, None)
    name, genuine = await _genuine(vault)
    vault.slip_in(name, genuine)
    return name


async def signature_of_another_namespace(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name)
    words = ["-Y", "sign", "-q", "-f", str(vault.keys["bo"].private), "-n", "file"]
    made = keygen(words, said.text().encode(), 10, signing=True, at_terminal=False)
    assert made.good
    vault.slip_in(name, h.RequestAnswered(payload=said.text(), person="bo", signature=made.out))
    return name


async def glass_broken_without_a_signature(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name, "ana", decision="break_glass", reason="now")
    broken = h.GlassBroken(payload=said.text(), person="ana", reason="now", skipped="", review_by=1)
    vault.slip_in(name, broken, actor=ANA)
    return name


async def glass_broken_by_who_may_not(vault: Vault) -> str:
    name = await vault.ask()
    said = await vault.statement(name, "jo", decision="break_glass", reason="now")
    broken = h.GlassBroken(payload=said.text(), person="jo", reason="now", skipped="", review_by=1)
    vault.slip_in(name, broken.model_copy(update={"signature": vault.sign(said)}))
    return name


async def withdrawn_by_who_asked(vault: Vault) -> str:
    name = await vault.ask()
    await vault.approve(name)
    assert (await vault.desk.withdraw(name, ANA, "it was the network")).end is End.DONE
    return name


ATTACKS: tuple[Attack, ...] = (
    forged_unsigned,
    forged_with_another_key,
    forged_text_under_a_genuine_signature,
    replayed_onto_a_new_request,
    replayed_after_a_denial,
    replayed_onto_another_project,
    plan_swapped_after_approval,
    plan_and_digest_swapped,
    deadlines_moved,
    production_moved,
    own_request,
    own_request_through_a_second_identity,
    own_request_through_a_wildcard,
    without_a_right_to_approve,
    approved_too_late,
    executed_too_late,
    clock_set_back,
    approvers_clock_ahead,
    denial_overtaken,
    approver_lost_the_right,
    key_taken_off_the_list,
    answer_edited_in_the_file,
    requester_edited_in_the_file,
    policy_lowered_while_it_is_open,
    policy_file_lowered_without_the_ledger,
    old_policy_edited_in_the_file,
    unknown_policy_key,
    no_policy_file,
    signature_without_touch,
    signature_of_another_namespace,
    glass_broken_without_a_signature,
    glass_broken_by_who_may_not,
    withdrawn_by_who_asked,
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_nothing_is_sent(vault: Vault, attack: Attack) -> None:
    name = await attack(vault)
    outcome = await vault.executor().execute(name, "ana")
    assert outcome.end is End.REFUSED_HERE
    assert outcome.says
    assert vault.hands.sent == []
    view = await vault.view(name)
    assert view.wrong or view.state is not State.APPROVED


async def test_of_many_executors_one_sends(vault: Vault) -> None:
    name = await vault.ask()
    await vault.approve(name)
    executors = [vault.executor(f"session-{place}") for place in range(20)]
    outcomes = await asyncio.gather(*(one.execute(name, "ana") for one in executors))
    assert len(vault.hands.sent) == 1
    assert [one.end for one in outcomes].count(End.DONE) == 1
    assert all(one.end in (End.DONE, End.REFUSED_HERE) for one in outcomes)


async def test_who_was_taken_for_dead_sends_no_more(vault: Vault) -> None:
    """The first is slow in its step; a second goes on; the first then learns that it is not its any more."""
    steps = [
        HostStep(Rollback("prj", "dpl_old", "dpl_now")),
        HostStep(Rollback("prj", "dpl_older", "dpl_old")),
    ]
    name = await vault.ask(ordered("prj", steps))
    await vault.approve(name)
    slow, quick = CountingHands(), vault.hands
    go, begun = asyncio.Event(), asyncio.Event()

    async def take(step: Step, action_id: str, reason: str, allowed: Allowed) -> Outcome:
        slow.sent.append(step)
        begun.set()
        await go.wait()
        return Outcome(End.DONE, "sent")

    slow.take = take  # type: ignore[method-assign]
    vault.hands = slow
    first = asyncio.ensure_future(vault.executor("first").execute(name, "ana"))
    await begun.wait()
    vault.hands = quick
    quick.became = _done  # type: ignore[method-assign]
    second = await vault.executor("second", alive=lambda _: False).execute(name, "jo")
    assert second.end is End.DONE, second
    assert len(quick.sent) == 1, "the first step was found done, the second sent"
    go.set()
    outcome = await first
    assert outcome.end is End.REFUSED_HERE
    assert "goes on with" in outcome.says
    assert len(slow.sent) == 1


async def test_what_a_crash_left_is_not_sent_when_its_time_is_over(vault: Vault) -> None:
    """Claimed in the evening, taken up in the morning: found out what became of it, and nothing sent."""
    name = await vault.ask()
    await vault.approve(name)
    view = await vault.view(name)
    asked = view.request.asked
    assert asked is not None
    claimed = h.RequestClaimed(attempt=1, person="ana", authority="approved by bo (signed)")
    vault.slip_in(name, claimed, h.StepBegan(attempt=1, index=0, action_id="a1"), actor=Actor("ana", "dead"))
    vault.clock.shift = asked.execute_by + 8 * 3_600_000 - vault.clock.origin
    outcome = await vault.executor(alive=lambda _: False).execute(name, "ana")
    assert "The time to carry it out is over" in outcome.says
    assert vault.hands.sent == []
    assert (await vault.view(name)).state is State.FAILED


async def _done(step: Step, action_id: str) -> Outcome:
    return Outcome(End.DONE, "it was done")


def _rewrite(vault: Vault, name: str, members: dict[str, object], kind: str = "request.opened") -> None:
    """Replace members of a recorded payload in the file itself."""
    db = sqlite3.connect(vault.folder / "ledger.db")
    where = "stream = ? AND kind = ?" if name else "stream <> ? AND kind = ?"
    seq = db.execute(
        f"SELECT seq FROM events WHERE {where} ORDER BY seq", (h.stream_of(name), kind)
    ).fetchone()[0]
    text = db.execute("SELECT text FROM payloads WHERE seq = ?", (seq,)).fetchone()[0]
    db.close()
    payload = json.loads(text) | members
    vault.edit("UPDATE payloads SET text = ? WHERE seq = ?", json.dumps(payload), seq)
