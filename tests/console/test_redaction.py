"""Which payload may be removed, and that it is gone: from the chain's words and from the file's bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from console import events
from console.actions import Abort
from console.envelope import Recorded
from console.redaction import STREAM, objection
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
