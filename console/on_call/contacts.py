"""``contacts.yaml``: how people are reached, who is on call when, and in which order they are asked. Pure.

It stands beside ``people.yaml`` and not in it. What people may do rests on the digest of that one, which only
a quorum changes; a rota changes every week, and grants nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from console.playbooks.checking import Checker
from console.playbooks.document import text_of
from console.playbooks.fault import Fault, in_order, meant
from console.playbooks.filling import Filling
from console.playbooks.model import Plain
from console.playbooks.shapes import Duration, Field, Free, ListOf, Table, Text, Whole, milliseconds
from console.playbooks.tree import Items, Map, Node, Scalar, read
from console.readings import Millis

FILE_NAME = "contacts.yaml"
WAYS = ("phone", "mail", "chat", "pager")
_KEY = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,59}$"
_WORD = Text(fills=False, most=200)
_PERSON = Text(fills=False, pattern=_KEY, says="the key of a person")
_NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"

FIELDS: Mapping[str, Field] = {
    "version": Field(Whole(1), "Of the file.", required=True),
    "people": Field(
        Free(Table({way: Field(_WORD, f"By {way}.") for way in WAYS}), _KEY), "How each is reached."
    ),
    "on_call": Field(
        Free(
            Table(
                {
                    "about": Field(_WORD, "What it is for."),
                    "rotation": Field(
                        Table(
                            {
                                "people": Field(ListOf(_PERSON), "In turn.", required=True),
                                "from": Field(_WORD, "When the first turn began.", required=True),
                                "every": Field(Duration(), "How long a turn is.", required=True),
                            }
                        ),
                        "Who takes turns.",
                    ),
                    "shifts": Field(
                        ListOf(
                            Table(
                                {
                                    "person": Field(_PERSON, "Who.", required=True),
                                    "from": Field(_WORD, "From when.", required=True),
                                    "until": Field(_WORD, "Until when.", required=True),
                                }
                            )
                        ),
                        "Who has it at which time, whoever's turn it is.",
                    ),
                }
            ),
            _NAME,
        ),
        "The rotas.",
    ),
    "escalation": Field(
        ListOf(
            Table(
                {
                    "on_call": Field(
                        Text(fills=False, pattern=_NAME, says="the name of a rota"), "Of a rota."
                    ),
                    "person": Field(_PERSON, "Or somebody by name."),
                    "after": Field(Duration(), "So long after it was noticed; at once where it is left out."),
                }
            )
        ),
        "Who is asked, and who next while nobody takes care.",
    ),
}


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's time; until it, not in it."""

    person: str
    since: Millis
    until: Millis


@dataclass(frozen=True, slots=True)
class Rotation:
    """People in turn, each for ``every`` milliseconds, the first from ``since`` on."""

    people: tuple[str, ...]
    since: Millis
    every: Millis


@dataclass(frozen=True, slots=True)
class Rota:
    """A shift goes before whoever's turn it is."""

    name: str
    about: str
    rotation: Rotation | None
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """One that is asked: whoever is on call, or a person; ``after``: from when it was noticed."""

    rota: str
    person: str
    after: Millis


@dataclass(frozen=True, slots=True)
class Contacts:
    """The file, checked."""

    people: Mapping[str, Mapping[str, str]]
    rotas: tuple[Rota, ...] = ()
    escalation: tuple[Escalation, ...] = ()

    def rota(self, name: str) -> Rota | None:
        return next((one for one in self.rotas if one.name == name), None)


NONE = Contacts({})


def load(data: bytes, people: Collection[str]) -> tuple[Contacts | None, tuple[Fault, ...]]:
    """The file, or everything that is wrong with it. ``people``: the keys of people.yaml."""
    faults: list[Fault] = []
    text = text_of(data, faults, "a file of contacts")
    node = read(text, 1, faults) if text is not None else None
    if node is None:
        return None, in_order(faults)
    checker = Checker(faults, Filling({}))
    for key, (place, value) in node.items.items():
        if key not in FIELDS:
            checker.unknown_field(place, value, "the file", FIELDS, None)
    if "version" not in node.items:
        faults.append(Fault(1, None, "missing", "`version` is missing"))
    fields = checker.table(node, FIELDS, "")
    faults.extend(_unknown_people(node, people))
    faults.extend(_wrong_times(node))
    faults.extend(_wrong_order(node))
    if faults:
        return None, in_order(faults)
    return _made(fields), ()


def _unknown_people(node: Map, people: Collection[str]) -> Iterator[Fault]:
    """Everybody who is named, and is nobody."""
    named: list[Scalar] = [place for place, _ in _entries(node.get("people"))]
    for _, rota in _entries(node.get("on_call")):
        rotation = _in(rota, "rotation", "people")
        named += [one for one in _items(rotation) if isinstance(one, Scalar)]
        named += [
            one for shift in _items(_in(rota, "shifts")) if isinstance(one := _in(shift, "person"), Scalar)
        ]
    steps = _items(node.get("escalation"))
    named += [one for step in steps if isinstance(one := _in(step, "person"), Scalar)]
    for one in named:
        if one.text not in people:
            said = f"`{one.text}` is nobody in people.yaml{meant(one.text, people)}"
            yield Fault(one.line, one.column, "person-unknown", said)


def _wrong_times(node: Map) -> Iterator[Fault]:
    for _, rota in _entries(node.get("on_call")):
        since = _in(rota, "rotation", "from")
        if isinstance(since, Scalar) and moment(since.text) is None:
            yield _no_moment(since)
        every = _in(rota, "rotation", "every")
        if isinstance(every, Scalar) and not every.text.strip("0smhd"):
            yield Fault(every.line, every.column, "time", "a turn is longer than nothing")
        taken: list[Shift] = []
        for shift in _items(_in(rota, "shifts")):
            begin, end = _in(shift, "from"), _in(shift, "until")
            if not isinstance(begin, Scalar) or not isinstance(end, Scalar):
                continue
            one, two = moment(begin.text), moment(end.text)
            yield from (_no_moment(each) for each, at in ((begin, one), (end, two)) if at is None)
            if one is None or two is None:
                continue
            if two <= one:
                yield Fault(end.line, end.column, "time-order", "this shift ends before it begins")
            if any(one < other.until and other.since < two for other in taken):
                yield Fault(begin.line, begin.column, "time-twice", "two have this shift at once")
            taken.append(Shift("", one, two))


def _no_moment(node: Scalar) -> Fault:
    said = f'`{node.text[:40]}` is no moment: write one with its zone, in quotes: "2026-11-02T09:00:00Z"'
    return Fault(node.line, node.column, "time", said)


def _wrong_order(node: Map) -> Iterator[Fault]:
    rotas = {place.text for place, _ in _entries(node.get("on_call"))}
    latest = 0
    for step in _items(node.get("escalation")):
        rota, person, after = (_in(step, name) for name in ("on_call", "person", "after"))
        if (rota is None) == (person is None):
            yield Fault(step.line, step.column, "one-of", "a step names either `on_call` or `person`")
        if isinstance(rota, Scalar) and rota.text not in rotas:
            said = f"there is no rota `{rota.text}`{meant(rota.text, rotas)}"
            yield Fault(rota.line, rota.column, "rota-unknown", said)
        try:
            at = milliseconds(after.text) if isinstance(after, Scalar) else 0
        except ValueError:
            continue
        if at < latest:
            yield Fault(step.line, step.column, "time-order", "this step comes before the one above it")
        latest = max(latest, at)


def _entries(node: Node | None) -> list[tuple[Scalar, Node]]:
    return list(node.items.values()) if isinstance(node, Map) else []


def _items(node: Node | None) -> list[Node]:
    return node.items if isinstance(node, Items) else []


def _in(node: Node | None, *path: str) -> Node | None:
    for name in path:
        node = node.get(name) if isinstance(node, Map) else None
    return node


def moment(text: str) -> Millis | None:
    """A date and time with its zone."""
    try:
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else int(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _made(fields: Mapping[str, Plain]) -> Contacts:
    people = cast("dict[str, dict[str, str]]", fields.get("people", {}))
    rotas = cast("dict[str, dict[str, Plain]]", fields.get("on_call", {}))
    steps = cast("list[dict[str, str]]", fields.get("escalation", []))
    return Contacts(
        people,
        tuple(_rota(name, one) for name, one in rotas.items()),
        tuple(
            Escalation(one.get("on_call", ""), one.get("person", ""), milliseconds(one.get("after", "0s")))
            for one in steps
        ),
    )


def _rota(name: str, fields: Mapping[str, Plain]) -> Rota:
    turns = cast("dict[str, Plain] | None", fields.get("rotation"))
    shifts = cast("list[dict[str, str]]", fields.get("shifts", []))
    rotation = None
    if turns is not None:
        people = cast("list[str]", turns["people"])
        rotation = Rotation(tuple(people), moment(str(turns["from"])) or 0, milliseconds(str(turns["every"])))
    return Rota(
        name,
        str(fields.get("about", "")),
        rotation,
        tuple(Shift(one["person"], moment(one["from"]) or 0, moment(one["until"]) or 0) for one in shifts),
    )
