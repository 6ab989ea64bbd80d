"""The requests of a prepared console: the real room over a ledger in memory, with keys that are words.

No server, no file and no ssh-keygen: what is signed here is checked by who wrote it.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from console.actions import Rollback
from console.adopted import STREAM, adoption
from console.authorise import Standing
from console.envelope import Actor
from console.outcome import End, Outcome
from console.policy import SHIPPED_POLICY, Rulebook, load_rulebook
from console.ports import Leases
from console.production_previews import NOT_BACK, STAYS_OFF
from console.readings import Millis, Problem
from console.rollback.approval import Decision
from console.rollback.desk import Shown
from console.rollback.hands import SessionHands
from console.rollback.plan import HostStep, Plan, ordered
from console.rollback.room import Needs, Room
from console.signing import OwnKey, SigningFailed, Unproven, Verified
from console.sshsig import fingerprint
from console.world import Armed, Waiting, World
from tests.screens.cockpit import PreparedCockpit
from tests.screens.flag_desk import MemoryLedger, Standstill, here
from tests.screens.worlds import NOW, healthy

POLICY = SHIPPED_POLICY.replace(
    """    applies_to: {action: [rollback]}
    roles: [devops, incident-response]
    approvals: 0
""",
    """    applies_to: {action: [rollback]}
    roles: [devops, incident-response]
    approvers: [devops, qa]
    approvals: 1
    signature: required
""",
)
PEOPLE = """\
version: 1
people:
  ana: {name: Ana, roles: [devops, incident-response], vercel: [usr_ana]}
  jo: {name: Jo, roles: [devops], vercel: [usr_jo]}
  bo: {name: Bo, roles: [qa], vercel: []}
"""
MINUTE: Millis = 60_000
EVIDENCE = (
    "the verdict: ROLL BACK",
    "  error rate 2.4 % against 0.5 %, worse beyond doubt",
    "the canary had 25 % of visitors",
)


def _blob(person: str) -> bytes:
    kind = b"ssh-ed25519"
    return b"".join(len(one).to_bytes(4, "big") + one for one in (kind, person.encode().ljust(32, b".")))


def _line(person: str) -> str:
    return f"{person} ssh-ed25519 {base64.b64encode(_blob(person)).decode()}\n"


def _book(policy: str) -> Rulebook:
    signers = "".join(map(_line, ("ana", "jo", "bo")))
    return load_rulebook(policy, "policy.yaml", PEOPLE, "people.yaml", signers, "allowed_signers")


BOOK = _book(POLICY)
WITH_GLASS = _book(
    POLICY.replace(
        "    signature: required\n",
        "    signature: required\n    break_glass: {roles: [qa], review_within_hours: 24}\n",
    )
)
"""The same, where bo may pass over the approval that is missing."""


@dataclass
class Words:
    """A key whose signature is a word."""

    person: str
    fails: Problem | None = None

    def sign(self, namespace: str, content: bytes) -> str:
        if self.fails is not None:
            raise SigningFailed(self.fails)
        return f"signed by {self.person}"


class Notary:
    """Believes the word."""

    def verify(
        self, namespace: str, content: bytes, signature: str, person: str, signers: str, at: Millis
    ) -> Verified | Unproven:
        if signature == f"signed by {person}":
            return Verified(person, fingerprint(_blob(person)))
        return Unproven("It was signed by somebody else.", "Each signs with their own.")


@dataclass
class Hands:
    """Production as it is: as the plans want it, until a test moves it."""

    moving: str | None = None
    carried: list[str] = field(default_factory=list)

    async def project_id(self) -> str:
        return "prj_1"

    async def moved(self, view: Any) -> str | None:
        return self.moving

    def unable(self, view: Any) -> None:
        return None


@dataclass
class Requested:
    """The room, and what stands behind it."""

    room: Room
    ledger: MemoryLedger
    hands: Hands
    clock: Standstill
    person: str = "bo"
    """Whose key the settings of this console name."""
    key: Words | None = None

    async def ask(
        self, by: str = "ana", target: str = "dpl_old", *, on_quorum: Literal["execute", "wait"] = "execute"
    ) -> str:
        """The name of a new request of ``by``'s."""
        asked = await self.room.desk.ask(
            plan(target), shown(target), actor(by), "errors at checkout", on_quorum
        )
        assert asked.end is End.DONE, asked
        return asked.next

    async def answer(
        self, name: str, person: str, decision: Decision = "approve", why: str = "seen"
    ) -> Outcome:
        """As ``person`` would give it elsewhere."""
        view = await self.room.desk.get(name)
        assert view is not None
        said = self.room.desk.statement(view, person, decision, why)
        assert not isinstance(said, Outcome), said
        return await self.room.desk.answer(said, f"signed by {person}", actor(person))

    async def world(self, present: World | None = None) -> World:
        """A picture of a console that has read these requests."""
        return replace(
            present or healthy(),
            waiting=await self.room.waiting(),
            recent=tuple(reversed(self.ledger.told)),
            ledger_size=len(self.ledger.told),
        )


def actor(person: str) -> Actor:
    return Actor(person, f"at-{person}", "console")


def plan(target: str) -> Plan:
    return ordered("prj_1", [HostStep(Rollback("prj_1", target, "dpl_base"))])


def shown(target: str) -> Shown:
    lines = (f"production goes from 9ac03f1 back to {target}", "! it was built 40 d ago")
    not_covered = (NOT_BACK, f"afterwards {STAYS_OFF}")
    return Shown(
        "INSTANT ROLLBACK of shop, production", lines, not_covered, "all visitors, 3 domains", EVIDENCE
    )


def requested(person: str = "bo", *, key: bool = True, sits: str = "jo", book: Rulebook = BOOK) -> Requested:
    """Nothing asked for yet. ``person`` has the key of the settings (or nobody); ``sits`` the token."""
    ledger, clock, hands = MemoryLedger(), Standstill(), Hands()
    ledger.append(STREAM, 0, [adoption(book, "for the test", actor("ana"), NOW - MINUTE)])
    words = Words(person) if key else None

    def standing() -> Standing:
        return Standing(
            book, sits, "Nobody is known.", Armed(sits, NOW + MINUTE, "on call"), None, False, NOW
        )

    def own() -> OwnKey | None:
        return None if words is None else OwnKey("~/.ssh/id_ed25519", fingerprint(_blob(person)), words)

    needs = Needs(
        ledger,
        cast("Leases", None),
        clock,
        Notary(),
        lambda: book,
        standing,
        lambda: actor(sits),
        "s1",
        cast("Callable[[Callable[[], Any]], Awaitable[Any]]", here),  # type: ignore[arg-type]
        own,
    )
    room = Room(needs, cast("SessionHands", hands))
    return Requested(room, ledger, hands, clock, person, words)


async def _several(it: Requested) -> None:
    denied = await it.ask("jo", "dpl_older")
    await it.answer(denied, "bo", "deny", "wrong target")
    approved = await it.ask("jo", "dpl_newer", on_quorum="wait")
    await it.answer(approved, "bo")
    await it.ask("ana")


def asking(it: Requested | None = None) -> PreparedCockpit:
    """A console at rest with a denied request, one that waits for a hand, and one that waits for bo."""
    of = it or requested()
    if it is None:
        _run(_several(of))
    cockpit = PreparedCockpit(replace(healthy(), waiting=Waiting(1, 1)))
    cockpit.room = of.room
    return cockpit


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Nothing in it waits for anything, so that it can be run by hand."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        pass
