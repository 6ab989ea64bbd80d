"""Incidents from the command line: two people at one ledger, from the first word to the review."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.commands.running import Done, Place, Shop
from tests.commands.test_json import check
from tests.commands.test_rollback_requests import NO_TOKEN, office, target

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def people(place: Place) -> None:
    """ana commands, jo has an account as well; bo has none."""
    office(place)
    state = place.folder / "state"
    (state / "people.yaml").write_text(
        "version: 1\npeople:\n"
        "  ana: {name: Ana, roles: [devops, incident-response], vercel: [usr_ana]}\n"
        "  jo: {name: Jo, roles: [development], vercel: [usr_jo]}\n"
        "  bo: {name: Bo, roles: [qa]}\n"
    )
    adopted = place.run("config", "adopt", "--reason", "who is who")
    assert adopted.code == 0, adopted


def token_of(shop: Shop, person: str) -> dict[str, str | None]:
    told = shop.control("act", {"action": "issue_token", "person": person, "rights": "all"})
    return {"COALMINE_VERCEL__TOKEN": told["token"]}


def test_one_incident_by_two_people(there: Place, moving: Shop) -> None:
    people(there)
    jo = token_of(moving, "jo")

    def ana(*words: str) -> Done:
        return there.run("incident", *words)

    def by_jo(*words: str) -> Done:
        return there.run("incident", *words, env=jo)

    opened = ana(
        "open", "checkout fails", "--started", "5m", "--errors", "20", "--exposed", "10", "--requests",
        "5000", "--journey", "/api/checkout", "--flag", "new-cart", "--json",
    )  # fmt: skip
    assert opened.code == 0, opened
    assert opened.json["next"] == "INC-1"
    check(
        "incident open, ack, severity, role, status, note, link, resolve, reopen, close, merge", opened.json
    )
    shown = there.run("incident", "show", "INC-1", "--json", env=NO_TOKEN)
    assert shown.code == 3
    check("incident list, show", shown.json)
    assert shown.json["suggestion"]["severity"] == "SEV2"
    assert "about 2 % of users" in shown.json["suggestion"]["reasons"]
    assert shown.json["severity"] == "undetermined"

    assert by_jo("ack", "INC-1").out == "jo takes care of INC-1.\n"
    late = ana("ack", "INC-1")
    assert (late.code, "jo takes care of INC-1 already" in late.err) == (5, True)
    early = ana("status", "INC-1", "investigating")
    assert "Nobody has said yet how bad INC-1 is" in early.err
    assert by_jo("severity", "INC-1", "SEV2").code == 0
    assert "no incident commander" in ana("status", "INC-1", "investigating").err
    assert ana("role", "INC-1", "commander", "--take").code == 0
    assert ana("status", "INC-1", "investigating").code == 0
    assert "ana decides about the state" in by_jo("status", "INC-1", "identified", "--reason", "x").err

    assert ana("role", "INC-1", "commander", "--offer", "jo").code == 0
    assert "jo, by ana, to be incident commander" in ana("show", "INC-1").out
    assert by_jo("role", "INC-1", "commander", "--accept").code == 0
    assert by_jo("role", "INC-1", "scribe", "--take").code == 5
    assert by_jo("status", "INC-1", "--tell", "the flag is off", "--next", "20").code == 0
    assert by_jo("link", "INC-1", "request", "RB-1").code == 5
    asked = there.run("rollback", "request", target(there), "--reason", "errors at checkout")
    assert asked.code == 3
    assert by_jo("link", "INC-1", "request", "RB-1").code == 0
    assert ana("note", "INC-1", "support has\n12 calls", "--at", "2m").code == 0
    assert by_jo("status", "INC-1", "mitigated", "--reason", "flag off, errors at 0.1 %").code == 0
    assert "RB-1 still waits" in by_jo("resolve", "INC-1", "--reason", "well").err
    assert by_jo("link", "INC-1", "request", "RB-1", "--remove").code == 0
    assert "is watched for 30 min more" in by_jo("resolve", "INC-1", "--reason", "well").err
    assert by_jo("resolve", "INC-1", "--reason", "well", "--early", "a drill").code == 0
    assert there.run("incident", "list", env=NO_TOKEN).out == "No incident is open.\n"
    assert ana("reopen", "INC-1", "--reason", "again").code == 0
    assert by_jo("status", "INC-1", "mitigated", "--reason", "once more").code == 0
    assert by_jo("resolve", "INC-1", "--reason", "well", "--early", "a drill").code == 0
    assert "its review is accepted before" in by_jo("close", "INC-1", "--reason", "one limit").err
    assert ana("review", "INC-1", "--start").code == 0
    assert ana("review", "INC-1", "--submit").code == 0
    assert by_jo("review", "INC-1", "--accept", "--reason", "one limit was missing").code == 0
    over = ana("show", "INC-1", "--json")
    assert (over.code, over.json["state"], over.json["relapses"]) == (0, "reviewed", 1)
    check("incident list, show", over.json)

    told = there.run("incident", "timeline", "INC-1", env=NO_TOKEN)
    assert "ana put policy" in told.out, "what happened before it began is in it"
    assert "noted: support has 12 calls (written 2:0" in told.out
    assert "ana put down RB-1" in told.out
    few = there.run("incident", "timeline", "INC-1", "--filter", "SUPPORT noted", "--json", env=NO_TOKEN)
    check("incident timeline", few.json)
    assert [line["kind"] for line in few.json["lines"]] == ["incident.noted"]
    assert "jo accepted and is incident commander" in there.run("ledger", "tail", "-n", "50").out
    assert there.run("ledger", "verify").code == 0


def test_who_is_not_listed_and_who_may_only_read_look_only(there: Place, moving: Shop) -> None:
    office(there)
    stranger = there.run("incident", "open", "x", env=token_of(moving, "jo"))
    assert (stranger.code, "is not listed in people.yaml" in stranger.err) == (5, True), stranger
    nobody = there.run("incident", "open", "x", env=NO_TOKEN)
    assert (nobody.code, "neither a token nor a key was given" in nobody.err) == (5, True)
    reading = there.run("incident", "open", "x", "--json", env={"COALMINE_READ_ONLY": "true"})
    assert (reading.code, reading.json["outcome"]) == (5, "refused_here")
    assert there.run("incident", "show", "INC-1").code == 4
    for wrong in (["ack", "INC-1"], ["timeline", "INC-1"], ["merge", "INC-1", "INC-2", "--reason", "x"]):
        assert there.run("incident", *wrong).code in (4, 5)
    for usage in (["status", "INC-1"], ["severity", "INC-1"], ["role", "INC-1", "scribe"]):
        assert there.run("incident", *usage).code == 2
    assert there.run("incident", "open", "x", "--started", "soon").code == 2
    assert there.run("incident", "note", "INC-1", "x", "--at", "23:59:59 yesterday").code == 2
    assert there.run("incident", "list", "--all").out == "No incident was ever opened.\n"


def test_of_two_programs_one_takes_the_command(there: Place) -> None:
    people(there)
    assert there.run("incident", "open", "checkout fails", "--severity", "SEV2").code == 0

    def take(_: int) -> Done:
        return there.run("incident", "role", "INC-1", "commander", "--take")

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(done.code for done in pool.map(take, range(2)))
    assert codes == [0, 5]


def test_what_is_measured_stands_in_it_with_the_release_that_rolls(there: Place) -> None:
    people(there)
    opened = there.run("incident", "open", "slow", "--measured", "--data-harm", "--reason", "x")
    assert opened.code == 2, "there is no reason to give"
    assert there.run("incident", "open", "slow", "--measured", "--data-harm").code == 0
    shown = there.run("incident", "show", "INC-1", "--json").json
    assert [link["what"] for link in shown["links"]] == ["release"]
    assert any("the canary had 5 % of visitors" in line for line in shown["evidence"])
    assert any("of the exposed requests fail" in reason for reason in shown["suggestion"]["reasons"])
    assert shown["suggestion"]["severity"] == "SEV1"
    again = there.run("incident", "severity", "INC-1", "--measured")
    assert (again.code, "Not worse than" in again.err) == (5, True), again
