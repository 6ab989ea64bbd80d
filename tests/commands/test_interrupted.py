"""Ctrl+C at any moment: no traceback, and what was sent is recorded."""

from __future__ import annotations

import json
import signal

import pytest

from tests.commands.running import Place, Shop


@pytest.mark.slow
def test_while_only_looking_it_ends_at_once(there: Place, moving: Shop) -> None:
    moving.control("fault", {"path": "/v2/user", "kind": "delay", "seconds": 20})
    with there.running("status") as child:
        while not any(one["path"] == "/v2/user" for one in moving.control("requests")["requests"]):
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        done = there.ended(child)
    assert (done.code, done.out) == (130, "")


@pytest.mark.slow
def test_while_an_act_is_under_way_its_end_is_waited_for_and_recorded(there: Place, moving: Shop) -> None:
    assert there.run("config", "init").code == 0
    moving.control("fault", {"path": "approve-stage", "kind": "delay", "seconds": 2})
    with there.running("release", "advance", "--arm", "looks fine") as child:
        while not moving.effects():
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        done = there.ended(child)
    assert (done.code, "waiting for the answer" in done.err) == (0, True), done
    assert "Advanced 5 % → 25 %." in done.out
    recorded = [json.loads(line)["kind"] for line in there.run("ledger", "export").out.splitlines()]
    assert recorded[-2:] == ["action.intended", "action.ended"]
