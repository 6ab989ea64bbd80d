"""The actions of a document as steps: kinds, fields, expressions and the ways between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.playbooks.checking import Checker
from console.playbooks.document import Block
from console.playbooks.evaluate import Type, type_of
from console.playbooks.expression import BadExpression, parse
from console.playbooks.fault import Fault, close_to, listed, shown
from console.playbooks.filling import Filling
from console.playbooks.front import Front
from console.playbooks.kinds import COMMON, KINDS, PARAMS, WAYS, fields_of
from console.playbooks.model import END, Plain, Step, Way
from console.playbooks.tree import Items, Map, Node, Scalar, read


@dataclass(frozen=True)
class _Drawn:
    """A block with what was found out before its fields are looked at."""

    block: Block
    node: Map
    id: str
    kind: str | None
    """As written if that is a kind, else the one that was probably meant, else ``None``."""
    sure: bool


def steps_of(blocks: tuple[Block, ...], front: Front, faults: list[Fault]) -> tuple[Step, ...]:
    """The steps in the order of the document; those with faults as far as they can be read."""
    drawn = [one for block in blocks if (one := _drawn(block, faults)) is not None]
    ids = _ids(drawn, faults)
    captured = _captured(drawn)
    scope: dict[str, Type] = {name: PARAMS[type_] for name, type_ in front.types.items()}
    scope |= captured
    filling = Filling(front.types, front.secrets, frozenset(captured) - set(front.types))
    steps = []
    for place, one in enumerate(drawn):
        after = drawn[place + 1].id if place + 1 < len(drawn) else END
        steps.append(_step(one, after, ids, scope, filling, faults))
    return tuple(steps)


def _drawn(block: Block, faults: list[Fault]) -> _Drawn | None:
    node = read(block.text, block.line + 1, faults)
    if node is None:
        return None
    named, kind = node.get("id"), node.get("kind")
    missing = [f"`{key}`" for key in ("id", "kind") if key not in node.items]
    if missing:
        faults.append(Fault(block.line, None, "missing", f"this action needs {listed(missing)}"))
    id_ = named.text if isinstance(named, Scalar) else ""
    known = _kind(kind, faults) if isinstance(kind, Scalar) else None
    return _Drawn(block, node, id_, known, isinstance(kind, Scalar) and kind.text in KINDS)


def _kind(node: Scalar, faults: list[Fault]) -> str | None:
    if node.text in KINDS:
        return node.text
    close = close_to(node.text, KINDS)
    then = f"; did you mean `{close}`?" if close else f"; kinds are {listed(KINDS)}"
    said = f"unknown kind `{shown(node.text)}`{then}"
    faults.append(Fault(node.line, node.column, "kind-unknown", said, close))
    return close


def _ids(drawn: list[_Drawn], faults: list[Fault]) -> tuple[str, ...]:
    """The ids, each once; what is given twice or is a word of the language is told."""
    first: dict[str, int] = {}
    for one in drawn:
        node = one.node.get("id")
        if not isinstance(node, Scalar):
            continue
        if one.id in first:
            said = f"id `{shown(one.id)}` is already used on line {first[one.id]}"
            faults.append(Fault(node.line, node.column, "id-twice", said))
        elif one.id == END:
            said = f"id `{END}` means the end of the playbook; choose another"
            faults.append(Fault(node.line, node.column, "id-reserved", said))
        else:
            first[one.id] = node.line
    return tuple(first)


def _captured(drawn: list[_Drawn]) -> dict[str, Type]:
    """What the steps capture, by name; a name with two types is of any."""
    found: dict[str, Type] = {}
    for one in drawn:
        capture = one.node.get("capture")
        for name, (_, value) in capture.items.items() if isinstance(capture, Map) else ():
            kind = value.get("type") if isinstance(value, Map) else None
            type_: Type = PARAMS.get(kind.text, "any") if isinstance(kind, Scalar) else "any"
            found[name] = type_ if found.get(name, type_) == type_ else "any"
    return found


def _step(
    one: _Drawn,
    after: str,
    ids: tuple[str, ...],
    scope: Mapping[str, Type],
    filling: Filling,
    faults: list[Fault],
) -> Step:
    own = KINDS[one.kind].names if one.kind else {}
    if one.kind == "metric" and "compare" not in one.node.items:
        own = {name: type_ for name, type_ in own.items() if name != "control"}
    checker = Checker(faults, filling, {**scope, **own}, ids)
    fields: dict[str, Plain]
    if one.kind is None:
        for _, value in (pair for key, pair in one.node.items.items() if key not in COMMON):
            checker.loose(value)
        fields = checker.table(one.node, COMMON, "")
    else:
        asked = {key: replace(fields_of(one.kind)[key], required=False) for key in ("id", "kind")}
        fields = checker.own_fields(
            one.node, one.kind, {**fields_of(one.kind), **asked}, one.block.line, one.sure
        )
    _captures(one.node.get("capture"), checker)
    title = fields.get("title")
    return Step(
        id=one.id,
        kind=one.kind or "",
        title=str(title) if title else one.block.title or one.id,
        line=one.block.line,
        prose=one.block.prose,
        fields=fields,
        ways=tuple(_ways(fields, one.node, one.kind, after)),
        places={key: (value.line, value.column) for key, (_, value) in one.node.items.items()},
    )


def _captures(node: Node | None, checker: Checker) -> None:
    """What is captured has to be of the type that is declared, where that can be told."""
    for name, (_, value) in node.items.items() if isinstance(node, Map) else ():
        declared, written = (value.get(key) if isinstance(value, Map) else None for key in ("type", "value"))
        if not (isinstance(declared, Scalar) and isinstance(written, Scalar) and declared.text in PARAMS):
            continue
        try:
            there = type_of(parse(written.text), checker.names)
        except BadExpression:
            continue  # told where its fields were looked at
        if there not in (PARAMS[declared.text], "any"):
            said = f"`capture.{name}`: this is a {there}, and it is declared as a {declared.text}"
            checker.fault(written, "expression-type", said)


def _ways(fields: Mapping[str, Plain], node: Map, kind: str | None, after: str) -> list[Way]:
    found = []
    if kind != "decision":
        found.append(_way("next", str(fields.get("next", after)), node.get("next")))
    options, written = fields.get("options"), node.get("options")
    if kind == "decision" and isinstance(options, list):
        at = written.items if isinstance(written, Items) else []
        for one, place in zip(options, [*at, *[None] * len(options)], strict=False):
            if isinstance(one, dict) and "goto" in one:
                found.append(_way(str(one.get("label", "")), str(one["goto"]), place))
    for when in WAYS:
        way = fields.get(when)
        if isinstance(way, dict) and "goto" in way:
            most = way.get("at_most")
            found.append(
                _way(when, str(way["goto"]), node.get(when), most if isinstance(most, int) else None)
            )
    return found


def _way(when: str, to: str, node: Node | None, at_most: int | None = None) -> Way:
    goto = node.get("goto") if isinstance(node, Map) else node
    at = goto or node
    return Way(when, to, at_most, at.line if at else 0, at.column if at else None)
