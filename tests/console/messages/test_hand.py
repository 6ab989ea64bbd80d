"""The step ``message`` of a run: told once, whoever resumes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from console.incidents.terms import State
from console.messages import happened as h
from console.messages.sender import Carried
from console.messages.template import Template, validate
from console.playbooks.model import Plain, Step
from console.runs.doing import Done, Task
from console.runs.hand_message import MessageHand
from data.template_files import templates
from tests.console.incidents.scene import who
from tests.console.messages.post import Office

TEMPLATES: Mapping[str, Template] = {
    path.stem: found for path in templates() if (found := validate(path.read_bytes()).template) is not None
}


def hand(office: Office) -> MessageHand:
    async def soon(seconds: float) -> None:
        await asyncio.sleep(0)

    return MessageHand(office.outbox, lambda: TEMPLATES, who, office.scene.clock, soon)


def task(name: str, attempt: int = 1, deadline: int | None = None, **fields: Plain) -> Task:
    step = Step("tell", "message", "Tell people", 1, "", {"template": name, **fields})
    return Task("RUN-4", step, step.fields, attempt, {}, "jo", "INC-1", deadline)


class Saying(list[str]):
    """What is said of the wait, and when the first of it was."""

    def __init__(self) -> None:
        super().__init__()
        self.first = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.append(line)
        self.first.set()


async def done(office: Office, one: Task) -> Done:
    return await hand(office).do(one, Saying())


async def test_it_goes_out_once_whoever_does_it_again(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = task("internal-investigating")
    found = await done(office, one)
    assert (found.ended, found.links) == ("succeeded", (("message", "RUN-4/tell/1"),))
    assert "What is being done" in "\n".join(found.evidence)
    assert (await hand(office).resume(one, print)).ended == "succeeded"
    assert (await done(office, one)).ended == "succeeded"
    assert len(office.post.carried) == 1


async def test_resumed_after_a_crash_it_is_unknown_and_not_sent(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = task("internal-investigating")
    await office.outbox.draft(await office.draft("internal-investigating", "room", key=one.key), who("jo"))
    words = await office.seen(one.key)
    intended = h.MessageIntended(
        key=one.key, channel="room", services=["json"], sha256=words.drafted.sha256, person="jo"
    )
    stream = h.stream_of(one.key)
    office.scene.ledger.append(stream, 1, [intended.new(who("jo"), office.scene.clock.now())])
    assert (await hand(office).resume(one, print)).ended == "unknown"
    assert office.post.carried == []


async def test_resumed_before_it_was_claimed_it_goes_out(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = task("internal-investigating")
    await office.outbox.draft(await office.draft("internal-investigating", "room", key=one.key), who("jo"))
    assert (await hand(office).resume(one, print)).ended == "succeeded"
    assert (await hand(office).resume(task("internal-identified"), print)).ended == "succeeded"
    assert len(office.post.carried) == 1, "the same key is the same message, whatever the step says now"


async def test_it_waits_for_the_commander_and_goes_out_then(tmp_path: Path) -> None:
    office, saying = await Office.at(tmp_path), Saying()
    one = task("customer-investigating", fields={"impact": "Some orders fail."})
    waiting = asyncio.create_task(hand(office).do(one, saying))
    await saying.first.wait()
    assert "waits for the incident commander (digest " in saying[0]
    assert office.post.carried == []
    await office.outbox.confirm(one.key, who("ana"), (await office.seen(one.key)).drafted.sha256)
    assert ((await waiting).ended, len(office.post.carried), len(saying)) == ("succeeded", 1, 1)


async def test_it_waits_until_it_is_true(tmp_path: Path) -> None:
    office, saying = await Office.at(tmp_path), Saying()
    await office.becomes(State.INVESTIGATING)
    one = task("internal-monitoring", fields={"mitigated": "2025-01-01T00:00Z"})
    waiting = asyncio.create_task(hand(office).do(one, saying))
    await saying.first.wait()
    assert saying == ["INC-1 is investigating: “monitoring” is said of one that is mitigated."]
    await office.becomes(State.MITIGATED)
    assert ((await waiting).ended, len(office.post.carried)) == ("succeeded", 1)
    await office.becomes(State.INVESTIGATING)
    again = await hand(office).resume(one, Saying())
    assert (again.ended, len(office.post.carried)) == ("succeeded", 1), "what went out does not wait"


async def test_its_time_runs_out(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    one = task("customer-investigating", deadline=1, fields={"impact": "Some orders fail."})
    assert (await done(office, one)).ended == "timed_out"


async def test_what_is_missing_is_asked_of_a_person(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    asked = await done(office, task("customer-identified"))
    assert (asked.ended, "`impact` is empty" in asked.says) == ("ask", True)
    assert "coalmine incident message INC-1 --template customer-identified" in asked.says
    assert (await done(office, task("no-such"))).ended == "ask"
    assert not office.outbox.taken("RUN-4/tell/1")


async def test_how_it_ends(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    for number, (how, ended) in enumerate((("failed", "failed"), ("unknown", "unknown")), start=1):
        office.post.answers["json"] = Carried(how, "x")  # type: ignore[arg-type]
        assert (await done(office, task("internal-investigating", number))).ended == ended
    office.post.answers = {"slack": Carried("failed", "x")}
    fields: dict[str, Plain] = {"impact": "Some orders fail."}
    assert (await done(office, task("stakeholder-investigating", 3, fields=fields))).ended == "ask"


async def test_what_it_would_do_is_said_to_the_byte(tmp_path: Path) -> None:
    office = await Office.at(tmp_path)
    lines = await hand(office).would(task("customer-investigating", fields={"impact": "Some orders fail."}))
    assert lines[0] == "Investigating an issue with our site"
    assert "  confirmed  by the incident commander, before it goes" in lines
    assert "  goes to    status (customer: form)" in lines
    assert "is empty" in (await hand(office).would(task("customer-identified")))[0]
    assert office.scene.ledger.streams(h.STREAM) == []
