"""The front matter: name, version, parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

from console.playbooks.checking import Checker
from console.playbooks.fault import Fault
from console.playbooks.filling import Filling
from console.playbooks.kinds import FRONT, PARAMS
from console.playbooks.model import Param, Plain
from console.playbooks.shapes import Duration, Number, Shape, Text, Truth, Whole
from console.playbooks.tree import Items, Map, Scalar, read

DEFAULTS: dict[str, Shape] = {
    "number": Number(),
    "integer": Whole(-(10**15), 10**15),
    "boolean": Truth(),
    "duration": Duration(),
}


@dataclass
class Front:
    """What the front matter says, as far as it can be read."""

    fields: dict[str, Plain] = field(default_factory=dict)
    params: dict[str, Param] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def secrets(self) -> frozenset[str]:
        named = self.fields.get("secrets")
        return frozenset(str(one) for one in named) if isinstance(named, list) else frozenset()

    @property
    def types(self) -> dict[str, str]:
        return {name: one.type for name, one in self.params.items()}


def front_of(text: str | None, faults: list[Fault]) -> Front:
    """The front matter; ``None`` where there is none, which was told."""
    node = read(text, 2, faults) if text is not None else None
    front = Front()
    if node is None:
        return front
    front.lines = {key: place.line for key, (place, _) in node.items.items()}
    front.params = _params(node)
    secrets = node.get("secrets")
    names = secrets.items if isinstance(secrets, Items) else []
    known = frozenset(one.text for one in names if isinstance(one, Scalar))
    checker = Checker(faults, Filling(front.types, known))
    for key, (place, value) in node.items.items():
        if key not in FRONT:
            checker.unknown_field(place, value, "front matter", FRONT, None)
    missing = [key for key, one in FRONT.items() if one.required and key not in node.items]
    for key in missing:
        faults.append(Fault(1, None, "missing", f"front matter: `{key}` is missing"))
    front.fields = checker.table(node, FRONT, "")
    _defaults(node, checker, front)
    return front


def _params(node: Map) -> dict[str, Param]:
    """The declared parameters, also where something else is wrong with them: their names count."""
    declared = node.get("params")
    found = {}
    for name, (_, value) in declared.items.items() if isinstance(declared, Map) else ():
        kind, required, about = (
            value.get(key) if isinstance(value, Map) else None for key in ("type", "required", "about")
        )
        type_ = kind.text if isinstance(kind, Scalar) and kind.text in PARAMS else "string"
        must = isinstance(required, Scalar) and required.text == "true"
        found[name] = Param(name, type_, must, None, about.text if isinstance(about, Scalar) else "")
    return found


def _defaults(node: Map, checker: Checker, front: Front) -> None:
    """Each default against the type of its parameter."""
    declared = node.get("params")
    for name, (_, value) in declared.items.items() if isinstance(declared, Map) else ():
        default = value.get("default") if isinstance(value, Map) else None
        if not isinstance(default, Scalar) or name not in front.params:
            continue
        one = front.params[name]
        shape = DEFAULTS.get(one.type, Text(fills=False))
        plain = checker.value(default, shape, f"params.{name}.default")
        front.params[name] = Param(name, one.type, one.required, plain, one.about)
