"""From the evidence to the accepted review on the command line: two people at one ledger."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.commands.running import PATIENCE_S, PROGRAM, Done, Place, Shop
from tests.commands.test_incidents import people, token_of
from tests.commands.test_json import check
from tests.commands.test_rollback_requests import NO_TOKEN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ANSWER = "incident open, ack, severity, role, status, note, link, resolve, reopen, close, merge"


def paste(there: Place, text: bytes, *words: str) -> Done:
    child = subprocess.run(
        [*PROGRAM, "incident", "paste", "INC-1", *words],
        cwd=there.folder,
        env=there.environment(),
        input=text,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    done = Done(child.returncode, child.stdout.decode(), child.stderr.decode())
    there.check(done)
    return done


def watched(there: Place) -> None:
    """Let ``coalmine watch`` look until there is something to pin, and pin it."""
    with there.running("watch") as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        until = time.monotonic() + PATIENCE_S
        while there.run("incident", "pin", "INC-1", "--metric", "error_rate").code != 0:
            assert time.monotonic() < until


def resolved(there: Place) -> None:
    for words in (
        ["ack", "INC-1"],
        ["severity", "INC-1", "SEV3"],
        ["status", "INC-1", "investigating"],
        ["status", "INC-1", "mitigated", "--reason", "the flag is off"],
        ["resolve", "INC-1", "--reason", "errors at 0.1 %", "--early", "a drill"],
    ):
        done = there.run("incident", *words)
        assert done.code == 0, done


def test_what_changed_and_what_was_seen_stand_in_it(there: Place) -> None:
    people(there)
    assert there.run("incident", "open", "checkout fails", "--started", "10s").code == 0
    assert there.run("incident", "pin", "INC-1", "--metric", "error_rate").code == 5, "nothing was measured"
    watched(there)
    before = there.run("incident", "before", "INC-1", "--minutes", "60", "--json", env=NO_TOKEN)
    check("incident before", before.json)
    assert [one["about"] for one in before.json["changes"]] == ["release"]
    assert "rolling release first seen" in there.run("incident", "before", "INC-1").out

    log = b"\x1b[31mGET /api/checkout 500\x1b[0m\nAuthorization: Bearer abcdefghijkl123456\nand "
    done = paste(there, log + there.secrets[0].encode(), "--title", "from the log", "--at", "2m", "--json")
    check(ANSWER, done.json)
    assert paste(there, b"").code == 5
    nope = there.run("incident", "pin", "INC-1", "--metric", "nope")
    assert (nope.code, "There are: error_rate," in nope.err) == (5, True)
    later = there.run("incident", "pin", "INC-1", "--metric", "error_rate", "--until", "+3h")
    assert (later.code, "no moment that has passed" in later.err) == (5, True)

    seen = there.run("incident", "timeline", "INC-1", "--kind", "evidence", "--json", env=NO_TOKEN).json
    check("incident timeline", seen)
    assert [line["kind"] for line in seen["lines"]] == [
        "incident.evidence_pasted",
        "incident.evidence_pinned",
    ]
    assert "secrets hidden: 2" in seen["lines"][0]["says"]
    own = there.run("incident", "timeline", "INC-1", "--kind", "incident.opened", "--match", "CHECKOUT").out
    assert own.count("\n") == 1
    assert "No line is all of this." in there.run("incident", "timeline", "INC-1", "--until", "2h").out
    near = there.run("incident", "timeline", "INC-1", "--from", "-1m", "--until", "now", "--jump", "+0s").out
    assert sum(line.startswith("> ") for line in near.splitlines()) == 1
    for wrong in (["--kind", "bogus"], ["--from", "soon"], ["--jump", "soon"]):
        assert there.run("incident", "timeline", "INC-1", *wrong).code == 2
    assert there.run("incident", "before", "INC-9").code == 4


def test_a_review_goes_from_draft_to_reviewed_and_its_document_is_nobodys_loss(
    there: Place, moving: Shop
) -> None:
    people(there)
    jo = token_of(moving, "jo")
    assert there.run("incident", "open", "checkout *fails*", "--started", "10s").code == 0
    early = there.run("incident", "review", "INC-1", "--start")
    assert (early.code, "a review is of what is resolved" in early.err) == (5, True)
    resolved(there)
    done = there.run("incident", "review", "INC-1", "--start", "--owner", "jo", "--due", "3d", "--json")
    check(ANSWER, done.json)
    check("incident review", there.run("incident", "review", "INC-1", "--json").json)
    for usage in (
        ["--submit", "--accept"],
        ["--accept"],
        ["--submit", "--owner", "jo"],
        ["--start", "--due", "x"],
    ):
        assert there.run("incident", "review", "INC-1", *usage).code == 2

    assert there.run("incident", "action", "add", "INC-1", "a limit | on retries", "--owner", "bo").code == 0
    add = ["incident", "action", "add", "INC-1", "an alert", "--owner"]
    assert there.run(*add, "kim").code == 5
    assert there.run(*add, "jo", "--aim", "detect", "--due", "1d").code == 0
    listed = there.run("incident", "action", "list", "--json", env=NO_TOKEN)
    check("incident action list", listed.json)
    assert [one["name"] for one in listed.json["items"]] == ["INC-1.2", "INC-1.1"]
    assert there.run("incident", "action", "done", "INC-1.2", "--reason", "merged").code == 0
    assert [one["name"] for one in there.run("incident", "action", "list", "--json").json["items"]] == [
        "INC-1.1"
    ]
    assert there.run("incident", "action", "done", "INC-1.9").code == 5
    assert there.run("incident", "action", "done", "two").code == 2

    check_export(there)
    assert there.run("incident", "review", "INC-1", "--submit").code == 5, "its owner does"
    assert there.run("incident", "review", "INC-1", "--submit", env=jo).code == 0
    own = there.run("incident", "review", "INC-1", "--accept", "--reason", "x", env=jo)
    assert "somebody else accepts it" in own.err
    assert there.run("incident", "review", "INC-1", "--back", "--reason", "impact").code == 0
    assert "sent back: impact" in there.run("incident", "review", "INC-1").out
    assert there.run("incident", "review", "INC-1", "--submit", env=jo).code == 0
    assert there.run("incident", "review", "INC-1", "--accept", "--reason", "one limit").code == 0
    assert there.run("incident", "show", "INC-1", "--json").json["state"] == "reviewed"
    assert "INC-1.1" in there.run("incident", "action", "list").out, "it stays listed until it is done"
    assert there.run("ledger", "verify").code == 0


def exported(there: Place, *words: str) -> Any:
    return there.run("incident", "export", "INC-1", "--output", "out", "--json", *words, env=NO_TOKEN)


def check_export(there: Place) -> None:
    file = there.folder / "out" / "INC-1.md"
    first = exported(there)
    assert first.code == 0, first
    check("incident export", first.json)
    once = file.read_bytes()
    assert exported(there).code == 0, "what nobody edited is written anew"
    assert file.read_bytes() == once, "and the same ledger gives the same bytes"
    assert b"| INC-1.1 | a limit \\| on retries |" in once
    assert b"# INC-1: checkout \\*fails\\*" in once
    file.write_bytes(
        mine := once.replace(b"> **Question:** What else went well?", b"Everybody came at once.")
    )
    assert mine != once
    kept = exported(there)
    assert (kept.code, kept.json["edited"], file.read_bytes()) == (5, [str(Path("out/INC-1.md"))], mine)
    assert "Write somewhere else" in there.run("incident", "export", "INC-1", "--output", "out").err
    assert exported(there, "--force").code == 0
    assert file.read_bytes() == once
    named = exported(there, "--names")
    assert named.code == 0
    assert b"ana opened INC-1" in file.read_bytes()
    assert [one.name for one in file.parent.iterdir()] == ["INC-1.md"], "nothing half-written is left"
    blocked = there.run("incident", "export", "INC-1", "--output", "out/INC-1.md/x")
    assert (blocked.code, "could not be written" in blocked.err) == (5, True), blocked
    assert there.run("incident", "export", "INC-9").code == 4
