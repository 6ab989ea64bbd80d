"""``watch``: judges and tells until it is told to stop, and leaves its place to the next."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.commands.running import PATIENCE_S, PROGRAM, QUICK_JUDGE, Place, Shop

FAST = QUICK_JUDGE | {"COALMINE_POLL__RELEASE_S": "1", "COALMINE_POLL__METRICS_S": "1"}


def told_by(child: subprocess.Popen[str], last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """The lines of JSON up to the one for which ``last`` holds."""
    assert child.stdout is not None
    lines = []
    for line in child.stdout:
        lines.append(json.loads(line))
        if last(lines[-1]):
            return lines
    raise AssertionError(f"it ended before that was told: {lines}")


def a_verdict(one: dict[str, Any]) -> bool:
    return one.get("kind") == "verdict.changed"


@pytest.mark.parametrize("signum", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_it_tells_what_changes_and_ends_when_told_to(here: Place, signum: signal.Signals) -> None:
    with here.running("watch", "--json", env=FAST) as child:
        lines = told_by(child, a_verdict)
        child.send_signal(signum)
        done = here.ended(child)
    assert done.code == 0
    assert "Watching" in done.err
    assert {one["source"] for one in lines if "source" in one} == {"vercel", "prometheus"}
    recorded = [json.loads(line) for line in here.run("ledger", "export").out.splitlines()]
    assert {one["kind"] for one in recorded} >= {"release.seen", "verdict.changed"}
    with here.running("watch", "--json", env=FAST | {"COALMINE_JUDGE__LATENCY_P95__MAX": "1"}) as child:
        told_by(
            child, lambda one: one.get("payload", {}).get("word") == "rollback"
        )  # it polls: the lease is free
        child.send_signal(signum)
        assert here.ended(child).code == 0


@pytest.mark.slow
def test_of_two_one_polls_and_the_other_reads_along(there: Place, moving: Shop) -> None:
    with there.running("watch", "--json", env=FAST) as first:
        told_by(first, a_verdict)
        with there.running("watch", "--json", env=FAST) as second:
            told_by(second, lambda one: "source" in one)  # it has begun: what is new from now on is told
            assert moving.control("act", {"action": "advance"})
            for child in (first, second):
                told_by(child, lambda one: "5 % → 25 %" in one.get("payload", {}).get("says", ""))
            for child in (first, second):
                child.send_signal(signal.SIGTERM)
                assert there.ended(child).code == 0
    told_once = [
        json.loads(line)["payload"]["says"]
        for line in there.run("ledger", "export").out.splitlines()
        if json.loads(line)["kind"] == "release.seen"
    ]
    assert len(told_once) == len(set(told_once)) == 2


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it(there: Place, moving: Shop) -> None:
    child = subprocess.Popen(
        [*PROGRAM, "watch"],
        cwd=there.folder,
        env=there.environment(FAST),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    moving.control("act", {"action": "advance"})
    with child.stderr as stream:
        err = stream.read()
    assert child.wait(PATIENCE_S) == 141
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_host_that_goes_and_comes_back_is_said(there: Place, moving: Shop) -> None:
    with there.running("watch", "--json", env=FAST) as child:
        told_by(child, a_verdict)
        moving.control("fault", {"path": "rolling-release", "kind": "status", "times": 6})
        told_by(child, lambda one: one.get("source") == "vercel" and one["state"] != "ok")
        told_by(child, lambda one: one.get("source") == "vercel" and one["state"] == "ok")
        child.send_signal(signal.SIGTERM)
        assert there.ended(child).code == 0
