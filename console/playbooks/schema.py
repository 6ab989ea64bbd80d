"""The JSON Schema of a playbook, for editors: front matter and actions, as the validator has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.playbooks.kinds import COMMON, FRONT, KINDS, fields_of
from console.playbooks.shapes import (
    DURATION,
    ID,
    Action,
    Argv,
    Condition,
    Duration,
    Field,
    Free,
    ListOf,
    Number,
    Shape,
    Table,
    Target,
    Text,
    Truth,
    Whole,
    Word,
)

Schema = dict[str, Any]


def schema() -> Schema:
    """Front matter and ``steps`` as one object; ``$defs`` has both, for a block by itself."""
    front = _object(FRONT)
    steps = {"type": "array", "items": {"$ref": "#/$defs/action"}, "minItems": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Playbook",
        "description": "The front matter of a playbook, and its actions in order as `steps`.",
        **front,
        "properties": {**front["properties"], "steps": steps},
        "$defs": {
            "front_matter": front,
            "action": {"oneOf": [_kind(kind, fields_of(kind)) for kind in KINDS]},
            "undo": {"oneOf": [_kind(kind, _of_undo(kind)) for kind in KINDS]},
        },
    }


def _of_undo(kind: str) -> dict[str, Field]:
    return {**{key: COMMON[key] for key in ("kind", "title", "role", "timeout")}, **KINDS[kind].fields}


def _kind(kind: str, fields: Mapping[str, Field]) -> Schema:
    of = KINDS[kind]
    found = _object(fields)
    found["description"] = of.about
    found["properties"]["kind"] = {"const": kind}
    if of.one_of:
        found["oneOf"] = [{"required": [key]} for key in of.one_of]
    return found


def _object(fields: Mapping[str, Field]) -> Schema:
    return {
        "type": "object",
        "properties": {key: {"description": one.about, **_shape(one.shape)} for key, one in fields.items()},
        "required": [key for key, one in fields.items() if one.required],
        "additionalProperties": False,
    }


def _shape(shape: Shape) -> Schema:
    match shape:
        case ListOf():
            items = _shape(shape.of)
            many = {"type": "array", "items": items, "minItems": shape.least}
            return {"anyOf": [items, many]} if shape.single else many
        case Table():
            return _object(shape.fields)
        case Free():
            names = {shape.names: _shape(shape.of)}
            return {"type": "object", "patternProperties": names, "additionalProperties": False}
        case Argv():
            return {"type": "array", "items": {"type": "string"}, "minItems": 1}
        case Action():
            return {"$ref": "#/$defs/undo"}
        case Whole():
            return {"anyOf": [{"type": "integer", "minimum": shape.least, "maximum": shape.most}, _FILLED]}
        case Number():
            return {"anyOf": [{"type": "number"}, _FILLED]}
        case Duration():
            return {"anyOf": [{"type": "string", "pattern": DURATION}, _FILLED]}
        case _:
            return _single(shape)


_FILLED = {"type": "string", "pattern": r"^\{\{.*\}\}$"}


def _single(shape: Shape) -> Schema:
    match shape:
        case Text():
            return {
                "type": "string",
                "maxLength": shape.most,
                **({"pattern": shape.pattern} if shape.pattern else {}),
            }
        case Word():
            return {"enum": list(shape.choices)}
        case Truth():
            return {"type": "boolean"}
        case Condition():
            return {"type": "string"}
        case Target():
            return {"type": "string", "pattern": ID}
        case _:
            return {"type": ["string", "number", "boolean"]}
