"""``deployment show`` and ``deployment log`` against the simulated host."""

from __future__ import annotations

import json

import pytest

from tests.commands.running import Place, Shop
from tests.commands.test_json import check, listed


def newest(there: Place, state: str) -> str:
    """The newest production deployment in a state."""
    found = there.run("release", "candidates", "--json").json["candidates"]
    return str(next(one["id"] for one in found if one["ready_state"] == state))


@pytest.mark.slow
def test_what_serves_is_shown_with_its_domains_and_checks(here: Place) -> None:
    document = here.run("deployment", "show", "--json").json
    check("deployment show", document)
    assert document["serves"]
    assert len(document["domains"]) == 3
    assert {one["version"] for one in document["checks"]} == {1, 2}
    by_address = here.run("deployment", "show", f"https://{document['url']}/")
    assert by_address.code == 0
    assert document["id"] in by_address.out
    assert "serves production" in by_address.out
    assert document["domains"][1] in by_address.out


@pytest.mark.slow
def test_the_log_of_a_build_is_told_with_its_errors(here: Place) -> None:
    broken = newest(here, "ERROR")
    whole = here.run("deployment", "log", broken)
    assert whole.code == 0, "the log was there to read"
    assert "error: Failed to compile." in whole.out
    errors = here.run("deployment", "log", broken, "--errors", "--json")
    lines = [json.loads(line) for line in errors.out.splitlines()]
    assert lines
    assert all(set(line) == listed("deployment log")[0] and line["error"] for line in lines)
    assert len(lines) < len(whole.out.splitlines())


@pytest.mark.slow
def test_what_the_host_does_not_know_is_no_data(here: Place) -> None:
    for verb in ("show", "log"):
        done = here.run("deployment", verb, "dpl_nowhere")
        assert (done.code, done.out) == (4, "")
        assert "dpl_nowhere" in done.err


@pytest.mark.slow
def test_a_build_is_followed_to_its_end_whose_exit_code_it_has(there: Place, moving: Shop) -> None:
    for fails, code in ((False, 0), (True, 1)):
        made = moving.control("act", {"action": "deploy", "fails": fails, "build_s": 8})
        done = there.run("deployment", "log", made["deployment_id"], "--follow")
        assert done.code == code, done.err
        assert ("Failed to compile" in done.out) is fails
        assert ("ended as ERROR" in done.err) is fails
