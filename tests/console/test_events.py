"""Every event ever written can be read; what cannot be understood is said and never mistaken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console import events
from console.envelope import Json, NewEvent, Recorded
from tests.ledgers import ANA, chained

GOLDEN = Path(__file__).parent.parent / "golden" / "events"
FILES = sorted(GOLDEN.glob("*.json"))


def recorded(kind: str, schema: int, payload: Json) -> Recorded:
    return chained([("s", NewEvent(kind, payload, ANA, 1, schema))])[0]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_form_ever_written_is_read(file: Path) -> None:
    """``reads_as``, where a newer schema exists, is what the upcasters make of the payload."""
    kind, _, schema = file.stem.rpartition(".v")
    golden = json.loads(file.read_text("utf-8"))
    event = events.read(recorded(kind, int(schema), golden["payload"]))
    assert event is not None
    assert kind == event.KIND
    assert event.new(ANA, 1).payload == golden.get("reads_as", golden["payload"])


@pytest.mark.parametrize("kind", events.KINDS)
def test_every_present_form_has_its_golden_file(kind: str) -> None:
    """A new kind or schema needs a file; an old file is never edited."""
    schema = events.KINDS[kind].SCHEMA
    for number in range(1, schema + 1):
        assert GOLDEN / f"{kind}.v{number}.json" in FILES


class Renamed(events.Event):
    KIND = "test.renamed"
    SCHEMA = 3
    who: str
    count: int


UPCASTERS: dict[tuple[str, int], events.Upcaster] = {
    ("test.renamed", 1): lambda old: {"who": old["person"]},
    ("test.renamed", 2): lambda old: {**old, "count": 1},
}


def read(schema: int, payload: Json, **more: Any) -> events.Event | None:
    return events.read(
        recorded("test.renamed", schema, payload), {"test.renamed": Renamed}, UPCASTERS, **more
    )


@pytest.mark.parametrize(
    ("schema", "payload"), [(1, {"person": "ana"}), (2, {"who": "ana"}), (3, {"who": "ana", "count": 1})]
)
def test_old_forms_are_lifted_step_by_step(schema: int, payload: Json) -> None:
    assert read(schema, payload) == Renamed(who="ana", count=1)


@pytest.mark.parametrize(
    ("schema", "payload", "says"),
    [
        (4, {"who": "ana", "count": 1}, "has schema 4, this program reads up to 3"),
        (0, {"who": "ana"}, "no way from schema 0"),
        (1, {"name": "ana"}, "not a valid test.renamed of schema 1"),
        (3, {"who": "ana", "count": "1"}, "not a valid test.renamed: 1 faults"),
        (3, {"who": "ana", "count": 1, "more": 1}, "not a valid test.renamed"),
    ],
)
def test_what_is_not_understood_is_said(schema: int, payload: Json, says: str) -> None:
    with pytest.raises(events.Unknown, match=says):
        read(schema, payload)


def test_an_unknown_kind_is_said() -> None:
    with pytest.raises(events.Unknown, match=r"event 1: .* the kind future\.kind"):
        events.read(recorded("future.kind", 1, {}))


def test_a_redacted_payload_is_none_and_a_damaged_one_is_not() -> None:
    event = recorded("session.armed", 1, {"person": "ana", "reason": "x", "until": 5})
    assert events.read(replace(event, payload_text=None, payload=None)) is None
    with pytest.raises(events.Unknown, match="not readable"):
        events.read(replace(event, payload_text="{", payload=None))


def test_unknown_fields_are_left_out_of_the_payload() -> None:
    seen = events.ReleaseSeen(canary_id="b", baseline_id="a", state="ACTIVE", says="moved")
    assert seen.new(ANA, 5).payload == {
        "canary_id": "b",
        "baseline_id": "a",
        "state": "ACTIVE",
        "says": "moved",
    }
