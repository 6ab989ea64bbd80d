"""A step that failed is left out by who says so, once, and only where it is known that it changed nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.actions import Rollback
from console.authorise import Allowed
from console.outcome import End, Outcome
from console.rollback import happened as h
from console.rollback.afterwards import skippable
from console.rollback.plan import HostStep, Plan, Step, ordered
from console.rollback.request import State
from tests.attacks.test_requests import CountingHands, Vault
from tests.data.ssh.keys import Key, new_key

pytestmark = pytest.mark.slow
NAMES = ("dpl_a", "dpl_b", "dpl_c")
WHY = "dpl_a is gone"


def plan(*names: str) -> Plan:
    return ordered("prj", [HostStep(Rollback("prj", name, "dpl_now")) for name in names])


@dataclass
class FailingHands(CountingHands):
    """One step ends otherwise than done."""

    fails: str = "dpl_a"
    ends: End = End.REFUSED_BY_HOST

    async def take(self, step: Step, action_id: str, reason: str, allowed: Allowed) -> Outcome:
        await super().take(step, action_id, reason, allowed)
        return Outcome(self.ends, "so it is") if aim(step) == self.fails else Outcome(End.DONE, "sent")

    async def became(self, step: Step, action_id: str) -> Outcome | None:
        return Outcome(self.ends, "so it is")

    @property
    def aims(self) -> list[str]:
        return [aim(step) for step in self.sent]


def aim(step: Step) -> str:
    assert isinstance(step, HostStep)
    assert isinstance(step.action, Rollback)
    return step.action.deployment_id


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: new_key(folder, f"id_{name}") for name in ("ana", "jo", "bo", "dev")}


@dataclass
class Failed:
    """A request of which one step has failed, or not yet."""

    vault: Vault
    hands: FailingHands
    name: str

    async def run(self, session: str = "exec", *, again: bool = False, skip: str = "") -> Outcome:
        return await self.vault.executor(session).execute(self.name, "ana", again=again, skip=skip)


async def failed(
    folder: Path, keys: dict[str, Key], *names: str, fails: str = "dpl_a", ends: End = End.REFUSED_BY_HOST
) -> Failed:
    vault = Vault(folder, keys)
    hands = FailingHands(fails=fails, ends=ends)
    vault.hands = hands
    name = await vault.ask(plan(*(names or NAMES)))
    await vault.approve(name)
    it = Failed(vault, hands, name)
    outcome = await it.run()
    assert outcome.end is not End.DONE
    hands.sent.clear()
    return it


async def test_the_rest_is_done_and_the_request_done_in_part(tmp_path: Path, keys: dict[str, Key]) -> None:
    it = await failed(tmp_path, keys)
    assert skippable(await it.vault.view(it.name)) == 0
    outcome = await it.run(skip=WHY)
    assert it.hands.aims == ["dpl_b", "dpl_c"]
    assert outcome.end is End.REFUSED_BY_HOST
    assert f"step 1 was left out by ana: {WHY}" in outcome.says
    view = await it.vault.view(it.name)
    assert view.state is State.PARTIALLY_DONE
    attempt = view.request.attempt
    assert attempt is not None
    assert [(one.index, one.person, one.why) for one in attempt.skipped] == [(0, "ana", WHY)]
    assert attempt.verified is not None
    assert "every step of it was done or left out" in str(skippable(view))
    await it.run(skip="once more")
    await it.run(again=True)
    assert it.hands.aims == ["dpl_b", "dpl_c"]


async def test_a_second_failure_is_left_out_as_well(tmp_path: Path, keys: dict[str, Key]) -> None:
    it = await failed(tmp_path, keys)
    it.hands.fails = "dpl_b"
    outcome = await it.run(skip=WHY)
    assert it.hands.aims == ["dpl_b"]
    assert "Nothing was changed by it" in outcome.next
    assert (await it.vault.view(it.name)).state is State.FAILED, "nothing was done of it"
    await it.run(skip="dpl_b is gone as well")
    assert it.hands.aims == ["dpl_b", "dpl_c"]
    assert (await it.vault.view(it.name)).state is State.PARTIALLY_DONE


@pytest.mark.parametrize("fails", ["dpl_a", "dpl_b"])
async def test_what_may_have_happened_is_never_left_out(
    tmp_path: Path, keys: dict[str, Key], fails: str
) -> None:
    it = await failed(tmp_path, keys, fails=fails, ends=End.UNKNOWN)
    outcome = await it.run(skip=WHY)
    assert outcome.end is End.REFUSED_HERE
    assert "is not known: it is not left out before that is" in outcome.says
    assert it.hands.aims == []
    assert (await it.vault.view(it.name)).state is State.UNKNOWN


async def test_the_last_step_and_what_has_not_failed_are_not_left_out(
    tmp_path: Path, keys: dict[str, Key]
) -> None:
    it = await failed(tmp_path, keys, fails="dpl_c")
    outcome = await it.run(skip=WHY)
    assert "nothing to go on with after it" in outcome.says
    vault = it.vault
    for approved in (False, True):
        it.name = await vault.ask(plan("dpl_x", "dpl_y"))
        if approved:
            await vault.approve(it.name)
        outcome = await it.run(skip=WHY)
        assert outcome.end is End.REFUSED_HERE
        assert it.hands.aims == []
        assert (await vault.view(it.name)).request.attempt is None


@pytest.mark.parametrize("why", [" ", "x" * 501, "a\x1b[2J"])
async def test_a_reason_that_is_none_leaves_nothing_out(
    tmp_path: Path, keys: dict[str, Key], why: str
) -> None:
    it = await failed(tmp_path, keys)
    assert (await it.run(skip=why)).end is End.REFUSED_HERE
    assert it.hands.aims == []


async def test_when_its_time_is_over_nothing_is_left_out_any_more(
    tmp_path: Path, keys: dict[str, Key]
) -> None:
    it = await failed(tmp_path, keys)
    it.vault.clock.shift += 3_600_000
    assert "time to carry" in (await it.run(skip=WHY)).says
    assert it.hands.aims == []


async def test_without_the_rule_nothing_is_left_out(tmp_path: Path, keys: dict[str, Key]) -> None:
    it = await failed(tmp_path, keys)
    (it.vault.folder / "policy.yaml").unlink()
    assert (await it.run(skip=WHY)).end is End.REFUSED_HERE
    assert it.hands.aims == []


async def test_what_somebody_else_wrote_leaves_no_step_out(tmp_path: Path, keys: dict[str, Key]) -> None:
    """A skip in another's name, one of a step that was done, one of a step to come, one of no attempt."""
    it = await failed(tmp_path, keys, fails="dpl_b")
    for attempt, index, person in ((1, 1, "ana"), (1, 0, "bo"), (1, 2, "bo"), (2, 1, "bo"), (7, 1, "bo")):
        event = h.StepSkipped(attempt=attempt, index=index, person=person, why="never mind")
        it.vault.slip_in(it.name, event)
    view = await it.vault.view(it.name)
    assert view.request.attempt is not None
    assert view.request.attempt.skipped == ()
    it.hands.fails = ""
    assert (await it.run(again=True)).end is End.DONE
    assert it.hands.aims == ["dpl_b", "dpl_c"]


async def test_of_many_who_leave_it_out_one_goes_on(tmp_path: Path, keys: dict[str, Key]) -> None:
    it = await failed(tmp_path, keys)
    tries = [it.run(f"session-{place}", skip=WHY) for place in range(10)]
    tries += [it.run(f"again-{place}", again=True) for place in range(10)]
    await asyncio.gather(*tries)
    assert [one for one in it.hands.aims if one != "dpl_a"] == ["dpl_b", "dpl_c"]
    story = it.vault.ledger.read(stream=h.stream_of(it.name))
    assert len([one for one in story if one.kind == h.StepSkipped.KIND]) == 1
