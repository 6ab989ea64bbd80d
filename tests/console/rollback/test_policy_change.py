"""Another policy: approved by the quorum of the old one, in force once; and the ways around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.adopted import STREAM, adoption, in_force, last_adopted
from console.envelope import Actor
from console.outcome import End, Outcome
from console.policy import Rulebook, load_rulebook
from console.rollback import happened as h
from console.rollback.plan import ordered
from console.rollback.policy_chain import PolicyChain
from console.rollback.policy_step import PolicyStep, shown_of
from console.rollback.request import State
from data.policy_files import PolicyFiles
from data.ssh.signing import SshVerifier
from tests.console.consoles import Console
from tests.console.rollback.people import ASKING, PEOPLE, Office, office, seen

pytestmark = pytest.mark.slow
CALM = 5.0
OLD = "applies_to: {action: [adopt_policy]}\n    roles: [devops]\n    approvals: 0"
KEPT = ASKING.replace(OLD, OLD.replace("approvals: 0", "approvers: [devops, qa]\n    approvals: 1"))
"""A policy that only a signed approval of somebody else changes."""
LOWER = ASKING.replace("signature: required\n    break_glass", "signature: none\n    break_glass")


def text_of(scene: Office) -> str:
    return (scene.folder / "policy.yaml").read_text(encoding="utf-8")


async def ask(console: Console, scene: Office, policy: str, reason: str = "one is enough") -> Outcome:
    ledger = console.stores.ledger
    before = last_adopted(ledger.read(stream=STREAM))
    assert before is not None
    book = load_rulebook(policy, "policy.yaml", before.people, "people.yaml", before.signers)
    step = PolicyStep.of(book, before)
    project = await console.session.production.project()
    return await console.session.requests().ask(ordered(project.id, [step]), shown_of(step, before), reason)


def standing(console: Console, scene: Office) -> Rulebook | str:
    ledger = console.stores.ledger
    chain = PolicyChain(ledger, SshVerifier)
    return in_force(ledger.read(stream=STREAM), PolicyFiles(scene.folder), chain)


async def test_it_comes_into_force_once_the_old_ones_quorum_approved_it(tmp_path: Path) -> None:
    assert KEPT != ASKING != LOWER
    async with office(tmp_path, policy=KEPT, speed=CALM) as scene:
        ana = await scene.of("ana")
        room = ana.session.requests()
        asked = await ask(ana, scene, LOWER)
        assert asked.end is End.AWAITING, asked
        name = asked.next.rpartition(" ")[2]
        view = await seen(room, name)
        assert view.request.opened.title == "ANOTHER POLICY: policy.yaml"
        assert {"-    signature: required", "+    signature: none"} <= set(view.request.opened.lines)
        assert "Nobody approves what they asked for" in (await scene.answer(room, name, "ana")).says
        assert text_of(scene) == KEPT
        assert (await scene.answer(room, name, "bo")).end is End.DONE
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "adopted by the console that polls")
        assert (await seen(room, name)).state is State.SUCCEEDED
        assert text_of(scene) == LOWER
        book = standing(ana, scene)
        assert isinstance(book, Rulebook), book
        assert book.policy_text == LOWER
        assert "done already" in (await room.execute(name)).says


async def test_one_adopted_meanwhile_voids_it(tmp_path: Path) -> None:
    async with office(tmp_path, policy=KEPT, speed=CALM) as scene:
        ana = await scene.of("ana")
        room = ana.session.requests()
        first, second = [
            (await ask(ana, scene, policy)).next.rpartition(" ")[2]
            for policy in (LOWER, KEPT.replace("approvals: 1", "approvals: 2", 1))
        ]
        assert (await scene.answer(room, first, "bo")).end is End.DONE
        await ana.sees(lambda w: ana.recorded(h.RequestEnded), "the first is in force")
        await ana.sees(lambda w: ana.recorded(h.RequestVoided), "the second holds no more")
        assert "Another policy was adopted meanwhile" in ((await seen(room, second)).request.voided or "")


@pytest.mark.parametrize("way", ["unsigned event", "foreign request", "unapproved request", "forged answer"])
async def test_what_was_slipped_in_is_not_in_force(tmp_path: Path, way: str) -> None:
    """Whoever may write to the file can append the event; the old policy's quorum they do not have."""
    async with office(tmp_path, policy=KEPT, speed=CALM) as scene:
        ana = await scene.of("ana")
        room, ledger = ana.session.requests(), ana.stores.ledger
        if way in ("unapproved request", "forged answer"):
            name = (await ask(ana, scene, LOWER)).next.rpartition(" ")[2]
            if way == "forged answer":
                said = room.desk.statement(await seen(room, name), "bo", "approve", "")
                assert not isinstance(said, Outcome)
                forged = h.RequestAnswered(
                    payload=said.text(), person="bo", signature=scene.sign("ana", said)
                )
                stream = h.stream_of(name)
                new = forged.new(Actor("bo", "x", "command"), scene.clock.now())
                ledger.append(stream, ledger.version(stream), [new])
        if way == "foreign request":
            name = (await ask(ana, scene, KEPT.replace("approvals: 1", "approvals: 2", 1))).next.rpartition(
                " "
            )[2]
            assert (await scene.answer(room, name, "bo")).end is End.DONE
        book = load_rulebook(LOWER, "", PEOPLE, "", (scene.folder / "allowed_signers").read_text())
        event = adoption(book, "mine now", Actor("bo", "x", "command"), scene.clock.now())
        ledger.append(STREAM, ledger.version(STREAM), [event])
        PolicyFiles(scene.folder).replace(book)
        found = standing(ana, scene)
        assert isinstance(found, str)
        assert "was not adopted as it has to be" in found
        refused = await ask(ana, scene, KEPT)
        await ana.sees(lambda w: any("not adopted as it has to be" in b.text for b in w.banners), "said")
        refused = await ask(ana, scene, KEPT)
        assert refused.end is End.REFUSED_HERE


async def test_what_stood_there_is_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    async with office(tmp_path, policy=KEPT, speed=CALM) as scene:
        before = PolicyFiles(scene.folder)()
        other = load_rulebook(LOWER, "", PEOPLE, "", before.signers_text)
        kept = PolicyFiles(scene.folder).replace(other, keep=True)
        assert [one.name for one in kept] == ["policy.yaml.kept"]
        assert kept[0].read_text() == KEPT
        assert PolicyFiles(scene.folder).replace(other, keep=True) == []
        assert [one.name for one in PolicyFiles(scene.folder).replace(before, keep=True)] == [
            "policy.yaml.kept1"
        ]
        assert PolicyFiles(scene.folder)() == before
