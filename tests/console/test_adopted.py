"""Which policy is in force: the files, if they are the ones that the ledger recorded."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from console import events
from console.adopted import STREAM, acted_before, adoption, in_force, may_adopt, may_keep
from console.authorise import Refused
from console.envelope import Actor, NewEvent
from console.policy import SHIPPED_POLICY, PolicyFault, Rulebook, load_rulebook, shipped_people
from console.rollback.policy_chain import PolicyChain
from data.policy_files import PEOPLE, POLICY, SIGNERS, PolicyFiles
from data.sqlite.ledger import SqliteLedger
from data.ssh.signing import SshVerifier
from tests.console.recorded import ANA, still_ledger
from tests.console.test_allowed_signers import LINE
from tests.simulated import ORIGIN

PEOPLE_TEXT = shipped_people("ana", "Ana", ["usr_ana"]) + (
    '  "jo":\n    name: "Jo"\n    roles: [development]\n    vercel: ["usr_jo"]\n'
)


def adopted(folder: Path, ledger: SqliteLedger) -> PolicyFiles:
    files = PolicyFiles(folder)
    files.write(SHIPPED_POLICY, PEOPLE_TEXT)
    ledger.append(STREAM, ledger.version(STREAM), [adoption(files(), "first", ANA, ORIGIN)])
    return files


def now(ledger: SqliteLedger, files: PolicyFiles) -> Rulebook | str:
    return in_force(ledger.read(stream=STREAM), files, PolicyChain(ledger, SshVerifier))


def test_nothing_is_in_force_before_it_was_adopted(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        files = PolicyFiles(tmp_path)
        files.write(SHIPPED_POLICY, PEOPLE_TEXT)
        assert "config init" in str(now(ledger, files))


def test_each_file_counts_only_as_it_was_adopted(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        files = adopted(tmp_path, ledger)
        assert isinstance(now(ledger, files), Rulebook)
        for name in (POLICY, PEOPLE):
            text = (tmp_path / name).read_text()
            (tmp_path / name).write_text(text + "# a comment\n")
            found = now(ledger, files)
            assert isinstance(found, str)
            assert found.startswith(f"{name} changed since it was adopted")
            (tmp_path / name).write_text(text)
            assert isinstance(now(ledger, files), Rulebook)


def test_what_cannot_be_read_is_no_policy(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        files = adopted(tmp_path, ledger)
        (tmp_path / POLICY).write_text("policies: [")
        assert str(now(ledger, files)).startswith("The policy cannot be used:")
        (tmp_path / POLICY).unlink()
        assert "no such file" in str(now(ledger, files))


def test_an_adoption_of_a_newer_program_is_not_passed_over(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        files = adopted(tmp_path, ledger)
        newer = NewEvent("policy.adopted", {"x": 1}, ANA, ORIGIN, schema=9)
        ledger.append(STREAM, ledger.version(STREAM), [newer])
        assert str(now(ledger, files)).startswith("The policy in force cannot be read")


def test_the_old_policy_decides_who_may_change_it(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        assert isinstance(may_adopt(ledger.read(), ["usr_ana"], ORIGIN), Refused)
        adopted(tmp_path, ledger)
        (tmp_path / PEOPLE).write_text(PEOPLE_TEXT.replace("roles: [development]", "roles: [devops]"))
        story = ledger.read(stream=STREAM)
        assert may_adopt(story, ["usr_ana", None], ORIGIN) == "ana"
        assert isinstance(may_adopt(story, ["usr_jo"], ORIGIN), Refused)
        assert isinstance(may_adopt(story, ["usr_eve"], ORIGIN), Refused)
        assert isinstance(may_adopt(story, [None], ORIGIN), Refused)


def test_the_recorded_text_is_the_policy_that_was_in_force(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        files = adopted(tmp_path, ledger)
        payload = ledger.read(stream=STREAM)[0].payload or {}
        book = load_rulebook(payload["policy"], "then", payload["people"], "then")
        assert book.policy_sha256 == files().policy_sha256


def test_a_fault_names_its_file() -> None:
    with pytest.raises(PolicyFault, match="/nowhere"):
        PolicyFiles(Path("/nowhere"))()


def test_a_quorum_for_another_policy_stops_nobody_from_keeping_the_ledger(tmp_path: Path) -> None:
    free = "applies_to: {action: [adopt_policy]}\n    roles: [devops]\n    approvals: 0"
    with still_ledger(tmp_path) as ledger:
        files = adopted(tmp_path, ledger)
        kept = SHIPPED_POLICY.replace(
            free, free.replace("approvals: 0", "approvers: [development]\n    approvals: 1")
        )
        files.replace(replace(files(), policy_text=kept))
        ledger.append(STREAM, ledger.version(STREAM), [adoption(files(), "two keep it", ANA, ORIGIN)])
        asked = may_adopt(ledger.read(), ["usr_ana"], ORIGIN)
        assert isinstance(asked, Refused)
        assert asked.approvals == 1
        assert may_keep(ledger.read(), ["usr_ana"], ORIGIN) == "ana"
        for stranger in ("usr_jo", "usr_eve"):
            assert isinstance(may_keep(ledger.read(), [stranger], ORIGIN), Refused)


def test_what_a_console_only_saw_is_no_act_and_what_a_person_did_is(tmp_path: Path) -> None:
    engine, person = Actor("coalmine", "s1", "engine"), Actor("ana", "s1", "console")
    with still_ledger(tmp_path) as ledger:
        assert acted_before(ledger.read()) is None
        for number, (event, actor) in enumerate(
            (
                (events.SourceChanged(source="vercel", state="lost", says="it was silent."), engine),
                (events.LedgerRedacted(redacted_seq=1, why="a token was in it"), person),
                (events.ReleaseFrozen(person="ana", reason="weekend", rule="stop-harm"), person),
                (events.ReleaseThawed(person="ana", reason="monday", rule="all-traffic"), person),
            )
        ):
            ledger.append(f"stream:{number}", 0, [event.new(actor, ORIGIN)])
        act = acted_before(ledger.read())
        assert act is not None
        assert (act.seq, act.kind) == (3, events.ReleaseFrozen.KIND)
        assert acted_before(ledger.read()[:2]) is None


def test_who_signs_counts_only_as_it_was_adopted(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        files = adopted(tmp_path, ledger)
        signers = tmp_path / SIGNERS
        signers.write_text(f"ana {LINE}\n")
        assert str(now(ledger, files)).startswith("allowed_signers changed since it was adopted")
        ledger.append(STREAM, ledger.version(STREAM), [adoption(files(), "who signs", ANA, ORIGIN)])
        book = now(ledger, files)
        assert isinstance(book, Rulebook)
        assert book.signers_text == signers.read_text()
        signers.unlink()
        assert str(now(ledger, files)).startswith("allowed_signers changed since it was adopted")
        signers.write_text(f"eve {LINE}\n")
        assert f"{signers}:1: eve is no key of people.yaml" in str(now(ledger, files))


def test_removing_the_newest_policy_brings_no_older_one_back(tmp_path: Path) -> None:
    with still_ledger(tmp_path) as ledger:
        files = adopted(tmp_path, ledger)
        ledger.append(STREAM, ledger.version(STREAM), [adoption(files(), "again", ANA, ORIGIN)])
        with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
            other.execute("DELETE FROM payloads WHERE seq = 2")
        assert str(now(ledger, files)).startswith("No policy has been adopted")
