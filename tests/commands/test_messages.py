"""Messages, templates, contacts and cards, as they are typed, with a real web hook at the other end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.commands.incident_message import card
from console.commands.template import command as template
from tests.commands.running import Done, Place, Shop
from tests.commands.test_incidents import people, token_of
from tests.commands.test_json import check
from tests.crash.mailbox import Mailbox, mailbox

KEY = "T0KEN-of-the-hook"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with chdir(tmp_path):
        yield tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(template, words, catch_exceptions=False)


def test_templates_are_listed_shown_and_validated(folder: Path) -> None:
    listed = run("list")
    assert (listed.exit_code, len(listed.stdout.splitlines())) == (0, 12)
    assert "customer-resolved            Public: it is over (comes with Coalmine)" in listed.stdout
    shown = run("show", "customer-resolved")
    assert (
        "  data         text, required: whether data was lost or seen by others, also if not" in shown.stdout
    )
    missed = run("show", "customer-resolve")
    assert (missed.exit_code, "did you mean `customer-resolved`?" in missed.stderr) == (2, True)
    assert run("validate").exit_code == 0


def test_ones_own_goes_before_and_a_broken_one_hides_no_mistake(folder: Path) -> None:
    own = folder / "playbooks" / "templates"
    own.mkdir(parents=True)
    (own / "customer-resolved.md").write_text("---\ntemplate: customer-resolved\n---\nHello.\n")
    listed = run("list")
    assert "customer-resolved            has 6 errors" in listed.stdout
    told = run("validate", os.path.join("playbooks", "templates"))
    assert told.exit_code == 2
    first = os.path.join("playbooks", "templates", "customer-resolved.md")
    assert told.stdout.startswith(f"{first}:1: front matter: `version` is missing\n")
    assert run("show", "customer-resolved").exit_code == 2


def test_every_severity_and_role_has_a_card() -> None:
    from console.incidents.terms import ROLE_WORDS, SEVERITIES

    for name in (*SEVERITIES[:4], *ROLE_WORDS):
        told = CliRunner().invoke(card, [name.lower()], catch_exceptions=False)
        assert told.exit_code == 0, name
        assert "## In the first five minutes" in told.stdout
        assert "## Not now" in told.stdout or "## You do not" in told.stdout
    assert CliRunner().invoke(card, ["comander"]).exit_code == 2
    assert "SEV1" in CliRunner().invoke(card, []).stdout


@pytest.fixture
def hook() -> Iterator[Mailbox]:
    with mailbox() as box:
        yield box


def channels(place: Place, box: Mailbox) -> Place:
    """A room for those inside, a page for customers, one that gives no answer; in a file that is named."""
    file = place.folder / "told.toml"
    file.write_text(
        f'[channels.room]\nurl = "{box.url(f"ok/{KEY}")}"\n'
        f'[channels.status]\nurl = "{box.url(f"ok/{KEY}")}"\naudience = "customer"\n'
        f'[channels.lost]\nurl = "{box.url(f"drop/{KEY}")}"\n'
    )
    return replace(place, settings={**place.settings, "COALMINE_CONFIG": str(file)})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_people_are_told_once_and_the_public_as_the_commander_says(
    there: Place, moving: Shop, hook: Mailbox
) -> None:
    people(there)
    there = channels(there, hook)
    jo = token_of(moving, "jo")

    def ana(*words: str) -> Done:
        return there.run("incident", *words)

    def by_jo(*words: str) -> Done:
        return there.run("incident", *words, env=jo)

    assert ana("open", "checkout <!here> fails", "--severity", "SEV2").code == 0
    assert ana("role", "INC-1", "commander", "--take").code == 0

    inside = ("message", "INC-1", "--template", "internal-investigating", "--channel", "room")
    rehearsed = by_jo(*inside, "--dry-run", "--json")
    assert (rehearsed.code, hook.taken) == (0, [])
    check("incident message", rehearsed.json)
    sent = by_jo(*inside, "--json")
    assert sent.code == 0, sent
    check("incident message", sent.json)
    [(_, body)] = hook.taken
    assert body["title"] == "[SEV2] INC-1: checkout ‹!here> fails"
    assert (body["title"], body["message"]) == (
        rehearsed.json["preview"]["subject"], rehearsed.json["preview"]["text"],
    ), "the preview is what goes out, to the byte"  # fmt: skip

    public = ("message", "INC-1", "--template", "customer-investigating")
    empty = by_jo(*public)
    assert (empty.code, "`impact` is empty" in empty.err) == (2, True)
    promised = by_jo(*public, "--field", "impact=Fixed in 20 minutes.", "--json")
    assert (promised.code, promised.json["fields"][0]["field"]) == (2, "impact")
    wrong = by_jo(*public, "--field", "impact=Orders fail.", "--channel", "room", "--dry-run")
    assert wrong.code == 0, "those inside may hear what the public hears"
    leaking = by_jo(*inside[:-1], "status")
    assert (leaking.code, "channel for customers" in leaking.err) == (5, True)
    printed = by_jo(*public, "--field", "impact=Orders fail.", "--print")
    assert printed.out.startswith("Investigating an issue with our site\n\nWe are investigating")
    waits = by_jo(*public, "--field", "impact=Orders fail.", "--json")
    assert (waits.code, waits.json["message"]["standing"], len(hook.taken)) == (3, "unconfirmed", 1)
    key, digest = waits.json["message"]["key"], waits.json["message"]["sha256"]
    assert by_jo("message", "INC-1", "--confirm", key, "--sha256", digest[:12]).code == 5
    read = ana("message", "INC-1", "--confirm", "2")
    assert (read.code, "Orders fail." in read.out, digest[:12] in read.err) == (3, True, True)
    assert ana("message", "INC-1", "--confirm", "2", "--sha256", "0" * 12).code == 5
    assert len(hook.taken) == 1
    assert ana("message", "INC-1", "--confirm", "2", "--sha256", digest[:12]).code == 0
    assert [body["title"] for _, body in hook.taken][1:] == ["Investigating an issue with our site"]
    assert "next word to everybody in" in ana("list").out

    lost = by_jo(*inside[:-1], "lost")
    assert (lost.code, "--again INC-1/3" in lost.err) == (4, True)
    again = by_jo("message", "INC-1", "--again", "3", "--reason", "the room has nothing", "--channel", "room")
    assert again.code == 0, again
    assert len(hook.taken) == 4
    sent_once = by_jo("message", "INC-1", "--send", "4", "--json")
    assert (sent_once.code, sent_once.json["message"]["standing"], len(hook.taken)) == (0, "sent", 4)
    listed = there.run("incident", "messages", "INC-1", "--json")
    check("incident messages", listed.json)
    assert [one["standing"] for one in listed.json["messages"]] == ["sent", "sent", "unknown", "sent"]
    timeline = ana("timeline", "INC-1").out
    assert "ana, incident commander, confirmed the message INC-1/2" in timeline
    copying = by_jo(*inside[:4], "--copy")
    assert (copying.code, "this is none" in copying.err) == (5, True)

    everything = there.run("ledger", "export").out + there.run("config", "show").out + timeline
    assert KEY not in everything, "an address is never in the ledger, nor in any answer"
    assert there.run("ledger", "verify").code == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_who_is_on_call(there: Place, moving: Shop) -> None:
    people(there)
    assert there.run("people", "on-call").code == 3, "no rota is set up"
    contacts = there.folder / "state" / "contacts.yaml"
    contacts.write_text(
        "version: 1\npeople:\n  ana: {phone: '+44 1'}\non_call:\n  primary:\n"
        "    rotation: {people: [ana], from: '2020-01-01T00:00Z', every: 7d}\n"
        "escalation:\n  - {on_call: primary}\n  - {person: jo, after: 100d}\n"
    )
    assert there.run("incident", "open", "x").code == 0
    told = there.run("people", "on-call")
    assert told.code == 0, told
    assert "ana" in told.out
    assert "(phone +44 1)" in told.out
    assert "INC-1: nobody takes care of it yet.\n  now   ana (primary)\n  next  jo in " in told.out
    for words in (("on-call",), ("show",), ("validate",)):
        done = there.run("people", *words, "--json")
        assert done.code == 0
        check(f"people {words[0]}", done.json)
    contacts.write_text("version: 1\npeople:\n  eve: {phone: '1'}\n")
    bad = there.run("people", "validate")
    assert (bad.code, f"{contacts}:3:3: `eve` is nobody in people.yaml" in bad.out) == (2, True)
    assert there.run("incident", "ack", "INC-1").code == 0, "what people may do does not rest on it"
