"""Messages go out at most once, the public ones only as the commander has read them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from console import events
from console.event import Event
from console.incidents import role_rules
from console.incidents.terms import State
from console.messages import happened as h
from console.messages.outbox import Draft
from console.messages.sender import Carried
from console.outcome import End
from tests.console.incidents.scene import BOOK, who
from tests.console.messages.post import Office, Post, outbox_of


def recorded(office: Office, key: str) -> list[str]:
    return [one.kind for one in office.scene.ledger.read(stream=h.stream_of(key))]


def forge(office: Office, key: str, by: str, event: Event) -> None:
    stream = h.stream_of(key)
    office.scene.ledger.append(
        stream, office.scene.ledger.version(stream), [event.new(who(by), office.scene.clock.now())]
    )


async def test_one_message_one_sending(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    assert one.key == "INC-1/1"
    assert (await office.outbox.deliver(one.key, who("jo"))).end is End.DONE
    again = await office.outbox.deliver(one.key, who("ana"))
    assert (again.end, len(office.post.carried)) == (End.DONE, 1)
    assert recorded(office, one.key) == ["message.drafted", "message.intended", "message.sent"]
    assert (await office.written("internal-investigating", "room")).key == "INC-1/2"
    assert [one.key for one in await office.outbox.of_incident("INC-1")] == ["INC-1/1", "INC-1/2"]
    assert await office.outbox.of_incident("INC-2") == ()


async def test_of_two_who_send_at_once_one_does(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    office.post.gate = asyncio.Event()
    first = asyncio.create_task(office.outbox.deliver(one.key, who("jo")))
    await office.post.begun.wait()
    other = outbox_of(office.scene, office.post)
    second = await other.deliver(one.key, who("ana"))
    assert (second.end, "is being sent" in second.says) == (End.UNKNOWN, True)
    office.post.gate.set()
    assert (await first).end is End.DONE
    assert len(office.post.carried) == 1


async def test_a_key_is_used_once(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    draft = await office.draft("internal-investigating", "room", key="RUN-1/tell/1")
    assert (await office.outbox.draft(draft, who("jo"))).end is End.DONE
    assert (await office.outbox.draft(draft, who("ana"))).end is End.REFUSED_HERE
    assert office.outbox.taken("RUN-1/tell/1")


@pytest.mark.parametrize(
    ("answer", "standing", "end"),
    [
        (Carried("failed", "no connection"), "failed", End.NOT_SENT),
        (Carried("unknown", "no answer came"), "unknown", End.UNKNOWN),
    ],
)
async def test_what_did_not_surely_go_out_is_said_again_only_by_a_person(
    tmp_path: Path, answer: Carried, standing: str, end: End
) -> None:
    office = await Office.at(tmp_path)
    office.post.answers["json"] = answer
    one = await office.written("internal-investigating", "room")
    told = await office.outbox.deliver(one.key, who("jo"))
    assert (told.end, "--again INC-1/1" in told.next) == (end, True)
    assert (await office.seen(one.key)).standing == standing
    await office.outbox.deliver(one.key, who("jo"))
    assert len(office.post.carried) == 1
    draft = await office.outbox.again(one.key, "the room has none", (), who("jo"))
    assert isinstance(draft, Draft)
    done = await office.outbox.draft(draft, who("jo"))
    second = await office.seen(done.next)
    assert (second.drafted.again_of, second.drafted.why, second.drafted.sha256) == (
        one.key, "the room has none", one.drafted.sha256,
    )  # fmt: skip


async def test_what_went_out_is_not_said_again(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    early = await office.outbox.again(one.key, "x", (), who("jo"))
    assert "has gone nowhere yet" in getattr(early, "says", "")
    await office.outbox.deliver(one.key, who("jo"))
    late = await office.outbox.again(one.key, "x", (), who("jo"))
    assert "it is not said again" in getattr(late, "says", "")


async def test_of_several_addresses_one_that_fails_is_told(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    office.post.answers["slack"] = Carried("failed", "refused with status 404")
    one = await office.written("stakeholder-investigating", "board")
    told = await office.outbox.deliver(one.key, who("jo"))
    assert told.says == (
        "INC-1/1 went out in part: board: failed (mailto: taken; slack: refused with status 404)."
    )
    incident = await office.scene.seen("INC-1")
    assert incident.update is not None, "somebody has heard it"
    assert incident.update.next_at == one.drafted.next_at


async def test_a_word_to_those_inside_is_none_to_everybody(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    await office.outbox.deliver(one.key, who("jo"))
    assert (await office.scene.seen("INC-1")).update is None


async def test_the_commander_confirms_what_the_public_reads(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("customer-investigating", "status")
    digest = one.drafted.sha256
    assert (await office.outbox.deliver(one.key, who("jo"))).end is End.REFUSED_HERE
    assert "waits until the incident commander" in (await office.outbox.copied(one.key, who("jo"))).says
    by_writer = await office.outbox.confirm(one.key, who("jo"), digest)
    assert "ana is incident commander of INC-1, and confirms it" in by_writer.says
    assert "other words" in (await office.outbox.confirm(one.key, who("ana"), "0" * 64)).says
    assert office.post.carried == []
    assert (await office.outbox.confirm(one.key, who("ana"), digest)).end is End.DONE
    assert (await office.outbox.confirm(one.key, who("ana"), digest)).end is End.REFUSED_HERE
    assert (await office.outbox.deliver(one.key, who("jo"))).end is End.DONE
    assert len(office.post.carried) == 1


async def test_without_a_commander_nobody_confirms(tmp_path: Path) -> None:
    office = await Office.at(tmp_path, commander=False)
    one = await office.written("customer-investigating", "status", by="ana")
    told = await office.outbox.confirm(one.key, who("ana"), one.drafted.sha256)
    assert (told.end, "Nobody is incident commander" in told.says) == (End.REFUSED_HERE, True)


async def test_a_forged_confirmation_sends_nothing(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("customer-investigating", "status")
    say = {"key": one.key, "role": "commander", "sha256": one.drafted.sha256}
    forge(office, one.key, "jo", h.MessageConfirmed(person="ana", **say))  # type: ignore[arg-type]
    assert (await office.seen(one.key)).unconfirmed == ("commander",), "ana did not record it"
    forge(office, one.key, "ana", h.MessageConfirmed(person="ana", **{**say, "sha256": "0" * 64}))  # type: ignore[arg-type]
    assert (await office.seen(one.key)).unconfirmed == ("commander",), "of other words"
    forge(office, one.key, "jo", h.MessageConfirmed(person="jo", **say))  # type: ignore[arg-type]
    told = await office.outbox.deliver(one.key, who("jo"))
    assert (told.end, told.says) == (
        End.REFUSED_HERE, "jo was not incident commander when INC-1/1 was confirmed.",
    )  # fmt: skip
    assert office.post.carried == []


async def test_who_commanded_when_it_was_confirmed_counts_also_after_handing_over(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("customer-investigating", "status")
    await office.outbox.confirm(one.key, who("ana"), one.drafted.sha256)
    office.scene.later(1)
    await office.scene.did(
        "INC-1", "ana", lambda i, now: role_rules.offered(i, "ana", "commander", "jo", BOOK, now)
    )
    await office.scene.did("INC-1", "jo", lambda i, now: role_rules.accepted(i, "jo", "commander", now))
    assert (await office.outbox.deliver(one.key, who("jo"))).end is End.DONE


async def test_nothing_is_said_to_be_over_before_it_is(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    early = await office.outbox.draft(await office.draft("internal-monitoring", "room"), who("jo"))
    assert early.says == "INC-1 is triage: “monitoring” is said of one that is mitigated."
    await office.becomes(State.INVESTIGATING)
    await office.becomes(State.MITIGATED)
    one = await office.written("internal-monitoring", "room")
    await office.becomes(State.INVESTIGATING)
    late = await office.outbox.deliver(one.key, who("jo"))
    assert (late.end, office.post.carried) == (End.REFUSED_HERE, [])


async def test_a_message_for_few_goes_to_no_channel_of_many(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    for name, channel in (
        ("internal-investigating", "status"), ("internal-investigating", "board"),
        ("stakeholder-investigating", "status"), ("internal-investigating", "nowhere"),
    ):  # fmt: skip
        told = await office.outbox.draft(await office.draft(name, channel), who("jo"))
        assert told.end is End.REFUSED_HERE, (name, channel)
    assert (await office.written("stakeholder-investigating", "room")).standing == "ready"


async def test_no_secret_of_ours_and_nobody_unknown(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    leaking = await office.draft("internal-investigating", "room", impact="T0KENT0KENT0KEN is bad")
    assert "secrets stands in it" in (await office.outbox.draft(leaking, who("jo"))).says
    draft = await office.draft("internal-investigating", "room")
    assert "not listed" in (await office.outbox.draft(draft, who("eve"))).says
    reading = outbox_of(office.scene, Post(), read_only="Read-only.")
    assert (await reading.draft(draft, who("jo"))).says == "Read-only."
    assert office.scene.ledger.streams(h.STREAM) == []


async def test_who_sent_and_is_gone_leaves_it_unknown_until_they_say_otherwise(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    intended = h.MessageIntended(
        key=one.key, channel="room", services=["json"], sha256=one.drafted.sha256, person="jo"
    )
    forge(office, one.key, "jo", intended)
    assert (await office.seen(one.key)).standing == "sending"
    early = await office.outbox.again(one.key, "x", (), who("ana"))
    assert "is being sent" in getattr(early, "says", "")
    await office.outbox.settle(one.key, who("ana"))
    await office.outbox.settle(one.key, who("ana"))
    assert recorded(office, one.key).count("message.unknown") == 1
    assert (await office.outbox.deliver(one.key, who("ana"))).end is End.UNKNOWN
    assert office.post.carried == []
    forge(office, one.key, "jo", h.MessageSent(key=one.key, channel="room", says="json: taken"))
    assert (await office.seen(one.key)).standing == "sent", "whoever sent it knows better"
    forge(office, one.key, "ana", h.MessageUnknown(key=one.key, channel="room", says="?"))
    assert (await office.seen(one.key)).standing == "sent"


async def test_copied_words_are_recorded(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating")
    assert (await office.outbox.copied(one.key, who("jo"))).end is End.DONE
    found = await office.seen(one.key)
    assert (found.standing, found.copied_by) == ("copied", ("jo",))


async def test_a_sending_that_is_cancelled_is_carried_to_its_end(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    office.post.gate = asyncio.Event()
    task = asyncio.create_task(office.outbox.deliver(one.key, who("jo")))
    await office.post.begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    office.post.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await office.seen(one.key)).standing == "sent"


async def test_changed_words_or_an_unknown_event_are_no_message(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    changed = one.drafted.model_copy(update={"key": "INC-1/7", "text": "other words"})
    forge(office, "INC-1/7", "jo", changed)
    assert await office.outbox.get("INC-1/7") is None
    assert (await office.outbox.deliver("INC-1/7", who("jo"))).end is End.REFUSED_HERE
    assert set(events.KINDS) >= {cls.KIND for cls in h.KINDS}


async def test_the_timeline_has_its_own_messages_also_the_last(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    await office.scene.opened("another")
    office.scene.later(1)
    await office.written("internal-investigating", "room")
    forge(office, "INC-2/1", "jo", h.MessageCopied(key="INC-2/1", person="jo", sha256="0" * 64))
    await office.becomes(State.INVESTIGATING)
    await office.becomes(State.MITIGATED)
    await office.becomes(State.RESOLVED)
    office.scene.later(5)
    await office.written("internal-resolved", "room", ended="2025-01-01T00:00Z")
    lines = await office.scene.desk.timeline(await office.scene.seen("INC-1"))
    told = [line.says for line in lines if line.about == "message"]
    assert told == [
        "jo wrote the internal message INC-1/1: [SEV2] INC-1: checkout fails",
        "jo wrote the internal message INC-1/2: [SEV2] INC-1: resolved",
    ]


async def test_what_is_ready_says_how_it_goes_out(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = await office.written("internal-investigating", "room")
    told = await office.outbox.standing(one.key)
    assert (told.end, "--send INC-1/1" in told.next) == (End.AWAITING, True)
