"""A release by commands alone: candidates, start, configuration, promote, rollback, freeze and the wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import place_of
from tests.commands.running import QUICK_JUDGE, Place, Shop, simulating

STAGES = ("--stage", "5", "--stage", "25:10m", "--stage", "100")


def staged(place: Place) -> dict[str, Any]:
    found = place.run("release", "candidates", "--json").json["candidates"]
    one: dict[str, Any] = next(c for c in found if c["substate"] == "STAGED")
    return one


@pytest.mark.slow
def test_looking_around_changes_nothing(here: Place) -> None:
    listed = here.run("release", "candidates", "--json")
    assert (listed.code, listed.err, listed.json["verb"]) == (0, "", "start")
    assert "Another rolling release is running" in listed.json["in_the_way"]
    told = here.run("release", "candidates")
    assert len(told.out.splitlines()) == len(listed.json["candidates"])
    assert "It serves production already." in told.out
    assert told.err.count("Another rolling release is running") == 1

    waiting = next(c for c in listed.json["candidates"] if c["substate"] == "STAGED")
    start = here.run("release", "start", waiting["url"], "--dry-run", "--arm", "x", "--json")
    assert (start.code, start.json["outcome"], start.json["plan"]) == (5, "refused_here", None)
    assert {item["title"]: item["state"] for item in start.json["preflight"]} == {
        "deployment": "ok",
        "running": "stop",
        "slots": "ok",
        "stages": "ok",
        "skew protection": "ok",
        "checks": "ok",
    }
    shown = here.run("release", "config", "show", "--json").json
    assert [stage["percentage"] for stage in shown["stages"]] == [5, 25, 50, 100]
    assert (shown["gate"], shown["slots"]["reason"]) == (None, "unlimited_slots")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Say either the stages"),
        (("--off", "--stage", "100"), "Say either the stages"),
        (("--stage", "5", "--stage", "25:1.5m", "--stage", "100"), "Stage 2 (25:1.5m): 1.5m is no duration"),
        (("--stage", "50", "--stage", "5", "--stage", "100"), "larger than the one before"),
    ],
)
def test_stages_that_make_no_sense_are_bad_usage(empty: Place, words: tuple[str, ...], says: str) -> None:
    done = empty.run("release", "config", "set", *words, "--arm", "x")
    assert (done.code, says in done.err) == (2, True), done.err


@pytest.mark.slow
def test_from_configuration_over_start_to_the_end(there: Place, moving: Shop) -> None:
    assert there.run("config", "init").code == 0
    assert there.run("release", "abort", "--arm", "make room").code == 0
    changed = there.run("release", "config", "set", *STAGES, "--arm", "two steps")
    assert changed.code == 0, changed.err
    assert "- 5 % (approval) → 25 % (approval) → 50 % (approval) → 100 %" in changed.err
    assert "+ 5 % (approval) → 25 % (10 min) → 100 %" in changed.err
    again = there.run("release", "config", "set", *STAGES, "--arm", "two steps")
    assert (again.code, "That is the configuration already" in again.err) == (5, True)

    canary = staged(there)
    unarmed = there.run("release", "start", canary["id"], "--reason", "x")
    assert (unarmed.code, "--arm REASON" in unarmed.err) == (5, True)
    began = there.run("release", "start", f"https://{canary['url']}/", "--arm", "go")
    assert (began.code, began.out) == (0, "Started the rolling release at 5 %.\n"), began.err
    assert "ok    checks" in began.err
    assert moving.control("truth")["release"]["canary_id"] == canary["id"]

    frozen = there.run("release", "freeze", "--arm", "incident")
    assert (frozen.code, frozen.err) == (0, "")  # it waits for an approval: nothing goes on by itself
    stopped = there.run("release", "advance", "--arm", "x")
    assert (stopped.code, "ana froze changes (incident)" in stopped.err) == (5, True)
    assert there.run("release", "thaw", "--arm", "over").code == 0
    assert there.run("release", "advance", "--arm", "on").code == 0
    by_itself = there.run("release", "freeze", "--arm", "again", "--json")
    assert (by_itself.code, "coalmine release abort" in by_itself.json["beyond"]) == (0, True)

    moving.control("clock", {"advance_s": 601})
    assert moving.control("truth")["release"]["state"] == "COMPLETE"
    over = there.run("release", "watch", "--until", "end", "--json")
    assert (over.code, "nothing to wait for" in over.out) == (4, True)


@pytest.mark.slow
def test_the_wait_ends_with_what_was_waited_for(there: Place, moving: Shop) -> None:
    fast = QUICK_JUDGE | {"COALMINE_POLL__RELEASE_S": "1", "COALMINE_POLL__METRICS_S": "1"}
    decided = there.run("release", "watch", "--until", "decision", "--json", env=fast)
    assert decided.code == 0, decided.out
    bad = fast | {"COALMINE_JUDGE__LATENCY_P95__MAX": "1"}
    assert there.run("release", "watch", "--until", "decision", env=bad).code == 1
    late = there.run("release", "watch", "--until", "stage", "--timeout", "0.03", env=fast)
    assert (late.code, "The time is up" in late.err) == (3, True)
    for until, act, says in (("stage", "advance", "at 25 %"), ("end", "abort", "was aborted")):
        with there.running("release", "watch", "--until", until, env=fast) as child:
            assert child.stderr is not None
            assert "for its" in child.stderr.readline()
            moving.control("act", {"action": act})
            done = there.ended(child)
        assert (done.code, says in done.out) == (0, True), done
        assert "by usr_jo" in done.out


@pytest.mark.slow
def test_a_plain_project_is_promoted_and_rolled_back(plain: Place, hobby: Shop) -> None:
    assert plain.run("config", "init").code == 0
    listed = plain.run("release", "candidates", "--json").json
    assert listed["verb"] == "promote"
    target = next(c for c in listed["candidates"] if c["substate"] == "STAGED")
    serving = hobby.control("truth")["serving_id"]
    assert f"serves    {serving}" in plain.run("status").out
    refused = plain.run("release", "start", target["id"], "--arm", "x")
    assert (refused.code, "this plan has no rolling releases" in refused.err) == (5, True)

    done = plain.run("release", "promote", target["id"], "--arm", "go")
    assert done.code == 0, done.err
    for domain, serves in hobby.control("truth")["domains"].items():
        assert serves == target["id"]
        assert f"promote: {domain} moved" in done.err
    assert "PROMOTE a deployment of shop" in done.err

    back = plain.run("release", "candidates", "--rollback", "--json").json["candidates"]
    assert [one["id"] for one in back] == [serving]
    undone = plain.run("release", "rollback", serving, "--arm", "checkout errors", "--json")
    assert (undone.code, undone.err, undone.json["job"]["status"]) == (0, "", "succeeded")
    assert {move["status"] for move in undone.json["job"]["domains"]} == {"completed"}
    assert set(hobby.control("truth")["domains"].values()) == {serving}
    twice = plain.run("release", "rollback", serving, "--arm", "again")
    assert (twice.code, len(hobby.effects())) == (5, 2)


@pytest.mark.slow
def test_domains_that_do_not_move_are_named(plain: Place, hobby: Shop) -> None:
    assert plain.run("config", "init").code == 0
    hobby.control("scenario", {"name": "half-moved"})
    target = staged(plain)
    done = plain.run("release", "promote", target["id"], "--arm", "go")
    assert done.code == 1, done
    assert done.out == ""
    stuck = [name for name, serves in hobby.control("truth")["domains"].items() if serves != target["id"]]
    assert stuck
    assert f"Domains that did not move: {', '.join(stuck)}." in done.err
    json = plain.run("release", "rollback", staged_back(plain), "--arm", "go", "--no-wait", "--json")
    assert (json.code, json.json["job"]) == (0, None)


def staged_back(place: Place) -> str:
    back = place.run("release", "candidates", "--rollback", "--json").json["candidates"]
    return str(next(one["id"] for one in back if one["eligible"]))


@pytest.mark.slow
def test_an_end_that_is_not_seen_is_not_called_done(tmp_path: Path) -> None:
    with (
        simulating("--plan", "hobby", "--speed", "0.05") as slow,
        contextmanager(place_of)(tmp_path, slow) as place,
    ):
        assert place.run("config", "init").code == 0
        done = place.run("release", "promote", staged(place)["id"], "--arm", "go", "--timeout", "2")
        assert (done.code, done.out) == (4, "")
        assert "has not ended in time" in done.err


@pytest.fixture
def hobby() -> Iterator[Shop]:
    """A world without rolling releases, of the test's own."""
    with simulating("--plan", "hobby") as one:
        yield one


@pytest.fixture
def plain(tmp_path: Path, hobby: Shop) -> Iterator[Place]:
    """Looking at the world without rolling releases."""
    yield from place_of(tmp_path, hobby)


RULE = "action: [rollback]}\n    roles: [devops, incident-response]\n    approvals: "
SECOND = """  jo:
    name: Jo Okafor
    roles: [devops]
    vercel: [usr_jo]
"""


@pytest.mark.slow
def test_where_a_quorum_has_to_approve_a_request_is_opened_and_nothing_is_sent(
    plain: Place, hobby: Shop
) -> None:
    assert plain.run("config", "init").code == 0
    state, before = plain.ledger.parent, len(hobby.effects())
    policy = (state / "policy.yaml").read_text(encoding="utf-8")
    people = (state / "people.yaml").read_text(encoding="utf-8")
    assert f"{RULE}0" in policy
    (state / "policy.yaml").write_text(policy.replace(f"{RULE}0", f"{RULE}1"), encoding="utf-8")
    (state / "people.yaml").write_text(people + SECOND, encoding="utf-8")

    to = plain.run("release", "candidates", "--rollback", "--json").json["candidates"][0]["id"]
    unadopted = plain.run("release", "rollback", to, "--arm", "errors")
    assert unadopted.code == 5, "a changed policy refuses until it is adopted"
    adopted = plain.run("config", "adopt", "--reason", "two persons now")
    assert adopted.code == 0, adopted.err

    asked = plain.run("release", "rollback", to, "--arm", "errors")
    assert (asked.code, "RB-1 waits for approval: 1 more approval of" in asked.err) == (3, True), asked
    assert plain.run("rollback", "execute", "RB-1").code == 5, "nobody has approved it"
    assert len(hobby.effects()) == before
