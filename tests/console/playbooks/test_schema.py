"""The JSON Schema says what the validator says: the same fields, of the same kinds."""

from __future__ import annotations

import json

from console.playbooks.kinds import FRONT, KINDS, fields_of
from console.playbooks.schema import schema


def test_every_kind_has_its_fields_and_what_it_needs() -> None:
    actions = {one["properties"]["kind"]["const"]: one for one in schema()["$defs"]["action"]["oneOf"]}
    assert actions.keys() == KINDS.keys()
    for kind, one in actions.items():
        assert one["properties"].keys() == fields_of(kind).keys()
        assert set(one["required"]) == {key for key, field in fields_of(kind).items() if field.required}
        assert one["additionalProperties"] is False


def test_the_front_matter_is_in_it_and_every_reference_leads_somewhere() -> None:
    told = schema()
    assert told["$defs"]["front_matter"]["properties"].keys() == FRONT.keys()
    text = json.dumps(told)
    for name in ("action", "undo"):
        assert f'"#/$defs/{name}"' in text
        assert name in told["$defs"]
    assert text.count('"$ref"') == text.count('"#/$defs/action"') + text.count('"#/$defs/undo"')
