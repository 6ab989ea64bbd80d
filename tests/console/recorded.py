"""A ledger with a still clock, and events made short."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console import actions, events
from console.actions import Action
from console.envelope import Actor, Recorded
from console.readings import Millis
from data.clock import ScaledClock
from data.sqlite.ledger import SqliteLedger
from tests.simulated import ORIGIN

STREAM = "release:dpl_c"
ANA = Actor("ana", "s-ana")


@contextmanager
def still_ledger(folder: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(folder / "ledger.db", ScaledClock(ORIGIN, 1e-9))
    try:
        yield ledger
    finally:
        ledger.close()


def append(ledger: SqliteLedger, event: events.Event, at: Millis = ORIGIN, stream: str = STREAM) -> Recorded:
    [one] = ledger.append(stream, ledger.version(stream), [event.new(ANA, at)])
    return one


def intended(action: Action, action_id: str = "a1") -> events.ActionIntended:
    return events.ActionIntended(
        action_id=action_id,
        action=actions.as_json(action),
        plan_sha256=actions.plan_digest(action),
        person="ana",
        reason="because",
        rule="widen",
        policy_sha256="0",
        preview=[],
        arming="on call",
    )


def ended(outcome: str, action_id: str = "a1", how: str = "answered") -> events.ActionEnded:
    return events.ActionEnded.model_validate(
        {"action_id": action_id, "outcome": outcome, "how": how, "says": "so"}
    )


def seen(state: str, index: int | None, percentage: int | None) -> events.ReleaseSeen:
    return events.ReleaseSeen.model_validate(
        {
            "canary_id": "dpl_c",
            "baseline_id": "dpl_b",
            "state": state,
            "stage_index": index,
            "percentage": percentage,
            "says": "so",
        }
    )
