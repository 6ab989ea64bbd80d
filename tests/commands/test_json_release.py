"""``--json`` of the verbs that choose, start, configure, promote, freeze and check up, as listed."""

from __future__ import annotations

import json

import pytest

from tests.commands.running import Place, keys
from tests.commands.test_json import check, listed


@pytest.mark.slow
def test_the_answers_have_the_keys_listed(here: Place) -> None:
    candidates = here.run("release", "candidates", "--json").json
    check("release candidates", candidates)
    staged = next(one["id"] for one in candidates["candidates"] if one["substate"] == "STAGED")
    check("release start", here.run("release", "start", staged, "--json").json)
    for verb in ("promote", "rollback"):
        target = "candidates" if verb == "promote" else "candidates --rollback"
        chosen = next(
            one
            for one in here.run("release", *target.split(), "--json").json["candidates"]
            if one["substate"] in ("STAGED", "PROMOTED") and one["why_not"] != "It serves production already."
        )
        document = here.run("release", verb, chosen["id"], "--dry-run", "--json").json
        assert document["plan"]["action"] == verb
        check("release promote, rollback", document)
    check("release config show", here.run("release", "config", "show", "--json").json)
    stages = ("--stage", "5", "--stage", "100")
    check("release config set", here.run("release", "config", "set", *stages, "--dry-run", "--json").json)
    check("release freeze, thaw", here.run("release", "freeze", "--reason", "x", "--json").json)
    check("doctor", here.run("doctor", "--json").json)
    watched = here.run("release", "watch", "--until", "end", "--timeout", "0.02", "--json")
    last = json.loads(watched.out.splitlines()[-1])
    assert set(last) == listed("release watch")[0]


@pytest.mark.slow
def test_what_was_done_has_the_keys_listed_too(there: Place) -> None:
    assert there.run("config", "init").code == 0
    assert there.run("release", "abort", "--arm", "x").code == 0
    back = there.run("release", "candidates", "--rollback", "--json").json["candidates"]
    moved = there.run("release", "rollback", back[0]["id"], "--arm", "x", "--json").json
    check("release promote, rollback", moved)
    assert {"job.status", "job.domains[].alias"} <= keys(moved)
    staged = there.run("release", "candidates", "--json").json["candidates"]
    target = next(one["id"] for one in staged if one["eligible"])
    started = there.run("release", "start", target, "--arm", "x", "--json").json
    check("release start", started)
    assert started["plan"]["first_percentage"] == 5
    check("release freeze, thaw", there.run("release", "freeze", "--arm", "x", "--json").json)
