"""Which payload may be removed, and that it is gone: from the chain's words and from the file's bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from console import events
from console.actions import Abort
from console.envelope import Recorded
from console.messages.filled import digest
from console.messages.happened import MessageDrafted, MessageIntended, MessageSent
from console.messages.happened import stream_of as stream_of_message
from console.messages.message import message_of
from console.redaction import STREAM, objection
from console.rollback.command_happened import CommandEnded, CommandIntended, story_of
from tests.console.recorded import ANA, append, intended, still_ledger
from tests.ledgers import note
from tests.simulated import ORIGIN

SECRET = "vcp_secret0123456789"


def says(story: Sequence[Recorded], seq: int) -> str | None:
    return objection(next(one for one in story if one.seq == seq), story)


def ended(outcome: str = "done") -> events.ActionEnded:
    return events.ActionEnded.model_validate(
        {"action_id": "a1", "outcome": outcome, "how": "answered", "says": "x"}
    )


def test_an_action_is_redacted_once_its_outcome_is_known_and_its_outcome_after_it(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        append(ledger, intended(Abort("dpl_c", "dpl_b")))
        assert "not known yet" in str(says(ledger.read(), 1))
        append(ledger, ended())
        story = ledger.read()
        assert says(story, 1) is None
        assert "event 1: redact that one first" in str(says(story, 2))
        ledger.redact(1, STREAM, 0, events.LedgerRedacted(redacted_seq=1, why="w").new(ANA, ORIGIN))
        story = ledger.read()
        assert "redacted already" in str(says(story, 1))
        assert says(story, 2) is None
        assert "never removed" in str(says(story, 3))
        assert ledger.verify().ok


def ran(action_id: str) -> CommandIntended:
    return CommandIntended.model_validate(
        {
            "action_id": action_id,
            "project_id": "prj_1",
            "name": "orders",
            "run": ["./migrate", "down"],
            "undo": ["./migrate", "up"],
            "restore_point": "06:00Z",
            "checked": SECRET,
            "rehearsed": "",
            "person": "ana",
            "reason": "errors",
            "rule": "database",
            "authority": "RB-1",
        }
    )


def test_what_a_command_printed_goes_the_same_way_and_blocks_no_later_run(tmp_path: Path) -> None:
    def redact(seq: int) -> None:
        gone = events.LedgerRedacted(redacted_seq=seq, why="a token in its output")
        ledger.redact(seq, STREAM, ledger.version(STREAM), gone.new(ANA, ORIGIN))

    with still_ledger(tmp_path) as ledger:
        stream = "command:prj_1:orders"
        append(ledger, ran("a1"), stream=stream)
        assert "not known yet" in str(says(ledger.read(), 1))
        append(ledger, CommandEnded(action_id="a1", outcome="done", says="x"), stream=stream)
        assert "event 1: redact that one first" in str(says(ledger.read(), 2))
        redact(1)
        assert story_of(ledger.read(stream=stream)).blocked == ""
        assert says(ledger.read(), 2) is None
        append(ledger, ran("a2"), stream=stream)
        redact(2)
        story = story_of(ledger.read(stream=stream))
        assert (story.blocked, [one.ended for one in story.runs]) == ("", [None])
        redact(next(one.seq for one in ledger.read(stream=stream) if one.payload is not None))
        assert story_of(ledger.read(stream=stream)).blocked, "of that one nobody knows how it ended"


def test_what_is_in_force_stays(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        frozen = events.ReleaseFrozen(person="ana", reason="r", rule="x")
        append(ledger, frozen, stream="freeze:p")
        assert "frozen now" in str(says(ledger.read(), 1))
        append(ledger, events.ReleaseThawed(person="ana", reason="r", rule="x"), stream="freeze:p")
        assert says(ledger.read(), 1) is None
        assert "frozen now" in str(says(ledger.read(), 2))
        policy = events.PolicyAdopted(policy_sha256="", people_sha256="", policy="", people="", why="")
        append(ledger, policy, stream="policy")
        ledger.append("s", 0, [note("of a kind nobody knows")])
        for seq in (3, 4):
            assert "never removed" in str(objection(ledger.read()[seq - 1], []))


@pytest.mark.parametrize("length", [0, 5_000])
def test_the_bytes_are_gone_from_the_files(tmp_path: Path, length: int) -> None:
    secret = SECRET + "x" * length
    with still_ledger(tmp_path) as ledger:
        append(ledger, events.SessionDisarmed(person="ana", why=secret))
        assert SECRET.encode() in b"".join(p.read_bytes() for p in tmp_path.glob("ledger.db*"))
        _, gone = ledger.redact(
            1, STREAM, 0, events.LedgerRedacted(redacted_seq=1, why="leak").new(ANA, ORIGIN)
        )
        assert gone
        assert SECRET.encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("ledger.db*"))
        report = ledger.verify()
        assert (report.ok, report.redacted) == (True, 1)
        assert ledger.read()[0].payload is None


def test_the_words_of_a_message_go_once_it_has_come_to_its_end(tmp_path: Path) -> None:
    written = MessageDrafted(
        key="INC-1/1", incident_id="INC-1", template="t", template_version=1, audience="internal",
        phase="identified", subject="s", text="t", sha256=digest("s", "t"), channels=["room"], confirm=[],
        person=ANA.person,
    )  # fmt: skip
    claimed = MessageIntended(
        key="INC-1/1", channel="room", services=["json"], sha256=written.sha256, person=ANA.person
    )
    stream = stream_of_message("INC-1/1")
    with still_ledger(tmp_path) as ledger:
        for version, event in enumerate(
            (written, claimed, MessageSent(key="INC-1/1", channel="room", says="json: taken"))
        ):
            assert version == 0 or "not come to its end" in str(says(ledger.read(), 1))
            ledger.append(stream, version, [event.new(ANA, ORIGIN)])
        story = ledger.read()
        assert says(story, 1) is None
        assert "never removed" in str(says(story, 2))
        ledger.redact(1, STREAM, 0, events.LedgerRedacted(redacted_seq=1, why="w").new(ANA, ORIGIN))
        assert message_of(ledger.read(stream=stream)) is None
        assert ledger.verify().ok
