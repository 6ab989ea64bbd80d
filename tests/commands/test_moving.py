"""``release advance|complete|abort``: refused unless armed and allowed, once if sent, recorded either way."""

from __future__ import annotations

import json

import pytest

from tests.commands.running import Place, Shop

OTHERS = """\
version: 1
people:
  jo: {{name: Jo, roles: [{roles}], vercel: [{login}]}}
  max: {{name: Max, roles: [devops], vercel: [usr_max]}}
"""


def kinds(place: Place) -> list[str]:
    out = place.run("ledger", "export").out
    return [json.loads(line)["kind"] for line in out.splitlines()]


def adopt(place: Place, people: str) -> None:
    """Put the shipped policy in force with other people."""
    assert place.run("config", "init").code == 0
    (place.ledger.parent / "people.yaml").write_text(people)
    assert place.run("config", "adopt", "--reason", "other people").code == 0


@pytest.mark.slow
def test_without_a_policy_without_arming_and_read_only_nothing_is_sent(here: Place) -> None:
    early = here.run("release", "abort", "--arm", "checkout errors")
    assert (early.code, "coalmine config init" in early.err) == (5, True)
    assert here.run("config", "init").code == 0

    unarmed = here.run("release", "advance", "--reason", "looks fine")
    assert (unarmed.code, unarmed.out) == (5, "")
    assert "--arm REASON" in unarmed.err
    assert "5 % → 25 %" in unarmed.err  # what it would have done

    dry = here.run("release", "advance", "--dry-run", "--arm", "looks fine", "--json")
    assert (dry.code, dry.json["outcome"], dry.json["rule"]) == (0, "done", "widen")
    assert dry.json["plan"]["to_percentage"] == 25
    bare = here.run("release", "advance", "--dry-run", "--json")
    assert (bare.code, bare.json["outcome"], bare.json["dry_run"]) == (5, "refused_here", True)

    only = here.run("release", "abort", "--arm", "errors", env={"COALMINE_READ_ONLY": "1"})
    assert (only.code, "Read-only by the settings" in only.err) == (5, True)
    assert not {"action.intended", "session.armed"} & set(kinds(here))


@pytest.mark.slow
def test_a_release_is_advanced_only_when_armed_and_completed(there: Place, moving: Shop) -> None:
    assert there.run("config", "init").code == 0
    assert there.run("release", "advance", "--reason", "looks fine").code == 5
    first = there.run("release", "advance", "--arm", "error rate fine", "--json")
    assert (first.code, first.json["outcome"], first.json["says"]) == (0, "done", "Advanced 5 % → 25 %.")
    assert moving.control("truth")["release"]["target_percentage"] == 25
    whole = there.run("release", "complete", "--arm", "all is well", "--reason", "it is Friday")
    assert (whole.code, "Completed" in whole.out) == (0, True)
    assert moving.control("truth")["release"]["state"] == "COMPLETE"
    assert len(moving.effects()) == 2
    over = there.run("release", "abort", "--arm", "too late", "--json")
    assert (over.code, over.json["outcome"], over.json["plan"]) == (5, "refused_here", None)

    told = [json.loads(line) for line in there.run("ledger", "export").out.splitlines()]
    intents = [one["payload"] for one in told if one["kind"] == "action.intended"]
    assert [(i["person"], i["reason"]) for i in intents] == [
        ("ana", "error rate fine"),
        ("ana", "it is Friday"),
    ]
    assert first.json["seq"] in [one["seq"] for one in told if one["kind"] == "action.ended"]
    assert there.run("status").code == 0  # no release is running
    assert there.run("ledger", "verify").code == 0


@pytest.mark.slow
def test_an_abort_ends_it(there: Place, moving: Shop) -> None:
    assert there.run("config", "init").code == 0
    done = there.run("release", "abort", "--arm", "checkout errors")
    assert (done.code, "rolls back" in done.out) == (0, True)
    assert moving.control("truth")["release"]["state"] == "ABORTED"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("login", "roles", "says"),
    [
        pytest.param("usr_nobody", "devops", "not listed", id="not listed"),
        pytest.param("usr_ana", "qa", "asks for one of", id="another role"),
    ],
)
def test_who_is_not_allowed_can_look_and_change_nothing(
    here: Place, login: str, roles: str, says: str
) -> None:
    adopt(here, OTHERS.format(login=login, roles=roles))
    refused = here.run("release", "advance", "--arm", "let me")
    assert (refused.code, says in refused.err) == (5, True)
    dry = here.run("release", "advance", "--arm", "let me", "--dry-run", "--json")
    assert (dry.code, dry.json["outcome"]) == (5, "refused_here")
    assert here.run("release", "show").code == 0
    assert "action.intended" not in kinds(here)


@pytest.mark.slow
def test_a_rule_that_waives_arming_lets_a_command_act_with_a_reason(there: Place, moving: Shop) -> None:
    assert there.run("config", "init").code == 0
    policy = there.ledger.parent / "policy.yaml"
    policy.write_text(policy.read_text().replace("  widen:\n", "  widen:\n    arming: waived\n"))
    assert there.run("config", "adopt", "--reason", "the pipeline advances").code == 0
    silent = there.run("release", "advance")
    assert (silent.code, "--reason TEXT" in silent.err) == (2, True)
    assert there.run("release", "advance", "--reason", "pipeline step 3").code == 0
    assert there.run("release", "complete", "--reason", "pipeline").code == 5
    assert moving.control("truth")["release"]["target_percentage"] == 25


@pytest.mark.slow
def test_where_no_answer_comes_the_host_is_asked_and_the_truth_recorded(there: Place, moving: Shop) -> None:
    assert there.run("config", "init").code == 0
    moving.control("fault", {"path": "approve-stage", "kind": "drop", "effect": "done"})
    done = there.run("release", "advance", "--arm", "looks fine", "--json")
    assert (done.code, done.json["outcome"]) == (0, "done"), done
    assert "no answer came" in done.err
    assert len(moving.effects()) == 1
    assert moving.control("truth")["release"]["target_percentage"] == 25


@pytest.mark.slow
@pytest.mark.parametrize("words", [b"\xff\xfe", b"   ", b"x" * 501, b"a\x1b[2Jb"])
def test_a_reason_that_is_no_text_is_bad_usage(here: Place, words: bytes) -> None:
    done = here.run("release", "abort", "--arm", words.decode(errors="surrogateescape"))
    assert (done.code, "--arm" in done.err) == (2, True)


@pytest.mark.slow
def test_when_the_host_is_away_nothing_is_sent_and_json_says_so(here: Place) -> None:
    done = here.run(
        "release", "abort", "--arm", "x", "--json", env={"COALMINE_VERCEL__API_URL": "http://127.0.0.1:9"}
    )
    assert (done.code, done.json["outcome"], done.json["plan"]) == (4, "not_sent", None)
    assert done.json["next"]
