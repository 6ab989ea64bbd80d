"""Several people with keys at one simulated project, whose policy asks for approvals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from console.envelope import Actor
from console.outcome import Outcome
from console.planning import Choice
from console.policy import SHIPPED_POLICY
from console.rollback.approval import Decision, Statement
from console.rollback.counting import View
from console.rollback.room import Room
from console.signing import APPROVAL
from data.simulator.acting import perform
from data.simulator.answers import ActRequest
from data.ssh.signing import SshSigner
from tests.console.consoles import Console, Consoles, adopt
from tests.data.ssh.keys import new_key
from tests.simulated import simulated

ASKING = SHIPPED_POLICY.replace(
    """    applies_to: {action: [rollback]}
    roles: [devops, incident-response]
    approvals: 0
""",
    """    applies_to: {action: [rollback]}
    roles: [devops, incident-response]
    approvers: [devops, qa]
    approvals: 1
    signature: required
    break_glass: {roles: [incident-response], review_within_hours: 24}
""",
)
"""The shipped policy, where a rollback needs one other person's signed approval."""

PEOPLE = """\
version: 1
people:
  ana: {name: Ana, roles: [devops, incident-response], vercel: [usr_ana]}
  jo: {name: Jo, roles: [devops], vercel: [usr_jo]}
  bo: {name: Bo, roles: [qa], vercel: []}
  dev: {name: Dev, roles: [development], vercel: []}
"""


@dataclass
class Office(Consoles):
    """Consoles, and the keys of the people who approve."""

    keys: dict[str, Path] = field(default_factory=dict)

    async def of(self, person: str = "ana", **changes: str) -> Console:
        """A started console of ``person``'s, who has an account on the host."""
        token = self.sim.token
        if person != "ana":
            asked = ActRequest.model_validate({"action": "issue_token", "person": person, "rights": "all"})
            token = (
                perform(self.sim.world.project, asked, self.sim.world.advance(), self.sim.tokens).token or ""
            )
        one = await self.started(VERCEL__TOKEN=token, **changes)
        await one.sees(lambda w: w.person.value and w.person.value.key == person, f"{person} is there")
        return one

    def sign(self, person: str, said: Statement) -> str:
        return SshSigner(self.keys[person]).sign(APPROVAL, said.text().encode())

    async def answer(
        self, room: Room, name: str, person: str, decision: Decision = "approve", reason: str = "seen it"
    ) -> Outcome:
        """A signed answer, as ``person`` gives it at a terminal without a token."""
        view = await seen(room, name)
        said = room.desk.statement(view, person, decision, reason)
        if isinstance(said, Outcome):
            return said
        signature, actor = self.sign(person, said), Actor(person, f"at-{person}", "command")
        record = room.desk.break_glass if decision == "break_glass" else room.desk.answer
        return await record(said, signature, actor)


async def seen(room: Room, name: str) -> View:
    view = await room.desk.get(name)
    assert view is not None
    return view


async def asked_for(console: Console, action: str = "rollback", reason: str = "errors at checkout") -> str:
    """The name of a new request for an instant rollback to the newest deployment it may go to."""
    choice = None
    if action == "rollback":
        candidates = await console.session.production.candidates(for_rollback=True)
        serving = (await console.session.production.project()).serving_id
        choice = Choice(next(c.deployment.id for c in candidates if c.deployment.id != serving))
    preview = await console.session.preview(action, choice)
    outcome = await console.session.perform(preview, reason, preview.typed_word or "")
    assert outcome.end.value == "awaiting_approval", outcome
    return outcome.next.rpartition(" ")[2]


@asynccontextmanager
async def office(
    folder: Path,
    scenario: str = "healthy",
    *,
    policy: str = ASKING,
    people: str = PEOPLE,
    speed: float = 20.0,
) -> AsyncIterator[Office]:
    """ana and jo with accounts on the host; bo and dev with keys alone."""
    pairs = {name: new_key(folder, f"id_{name}") for name in ("ana", "jo", "bo", "dev")}
    keys = {name: pair.private for name, pair in pairs.items()}
    lines = [f"{name} {pair.line}\n" for name, pair in pairs.items()]
    state = folder / "state"
    state.mkdir()
    (state / "allowed_signers").write_text("".join(lines), encoding="utf-8")
    async with simulated(scenario, speed=speed) as sim:
        adopt(state, sim.clock, policy, people)
        scene = Office(sim, state, sim.clock, speed, keys=keys)
        try:
            yield scene
        finally:
            for one in scene.opened:
                await one.session.close()
