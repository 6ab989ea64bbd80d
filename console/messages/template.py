"""A template from the bytes of its file: front matter, and a text with ``{{ field }}``. Pure.

The front matter is read by what reads that of playbooks, so its faults are said in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from console.messages.terms import AUDIENCES, PHASES, Audience, Phase
from console.playbooks.checking import Checker
from console.playbooks.document import front_and_rest, text_of
from console.playbooks.fault import Fault, in_order
from console.playbooks.filling import HOLE, Filling, holes
from console.playbooks.kinds import SLUG
from console.playbooks.model import Plain
from console.playbooks.shapes import Field, Free, Table, Text, Truth, Whole, Word
from console.playbooks.tree import Map, Scalar, read

FieldType = Literal["line", "text", "time", "link"]
FIELD_TYPES: tuple[FieldType, ...] = ("line", "text", "time", "link")
LONGEST = 4_000
"""Characters of a template's text."""
NEXT = "next_update"
"""The field that says when more is heard."""

FRONT: Mapping[str, Field] = {
    "template": Field(SLUG, "Its name.", required=True),
    "version": Field(Whole(1), "Goes up with every change.", required=True),
    "title": Field(Text(fills=False, most=120), "What it is for, in a few words.", required=True),
    "audience": Field(Word(AUDIENCES), "For whom it is.", required=True),
    "phase": Field(Word(PHASES), "At which point of an incident.", required=True),
    "subject": Field(Text(most=200), "The first line: what a mail or a page is called.", required=True),
    "fields": Field(
        Free(
            Table(
                {
                    "type": Field(
                        Word(FIELD_TYPES), "`line`, `text` (several lines), `time` or `link`.", required=True
                    ),
                    "required": Field(Truth(), "Whether nothing is sent while it is empty."),
                    "default": Field(Text(fills=False), "What it says where nobody says otherwise."),
                    "about": Field(Text(fills=False, most=200), "What belongs in it."),
                }
            )
        ),
        "What is filled in.",
        required=True,
    ),
}


@dataclass(frozen=True)
class TemplateField:
    """One ``{{ name }}``."""

    name: str
    type: FieldType
    required: bool
    default: str
    about: str


@dataclass(frozen=True)
class Template:
    """A template that was read. ``subject`` and ``body``: as they are written, nothing filled in."""

    name: str
    version: int
    title: str
    audience: Audience
    phase: Phase
    subject: str
    fields: tuple[TemplateField, ...]
    body: str


@dataclass(frozen=True)
class Checked:
    """``template`` is there where it has no errors, and only then. Warnings keep nothing from being sent."""

    template: Template | None
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def validate(data: bytes) -> Checked:
    """Read a template; everything that is wrong with it, at once."""
    faults: list[Fault] = []
    text = text_of(data, faults, "a template")
    if text is None:
        return Checked(None, in_order(faults), ())
    lines = text.split("\n")
    front, body_from = front_and_rest(lines, faults)
    node = read(front, 2, faults) if front is not None else None
    if node is None:
        return Checked(None, in_order(faults), ())
    declared = node.get("fields")
    names = dict.fromkeys(declared.items if isinstance(declared, Map) else (), "string")
    filling = Filling(names, noun="field")
    fields = _front(node, Checker(faults, filling), faults)
    body = lines[body_from:]
    _body(body, body_from + 1, filling, faults)
    if faults:
        return Checked(None, in_order(faults), ())
    made = _made(fields, "\n".join(body).strip("\n"))
    return Checked(made, (), in_order(_advice(made, node)))


def _front(node: Map, checker: Checker, faults: list[Fault]) -> dict[str, Plain]:
    for key, (place, value) in node.items.items():
        if key not in FRONT:
            checker.unknown_field(place, value, "front matter", FRONT, None)
    for key, one in FRONT.items():
        if one.required and key not in node.items:
            faults.append(Fault(1, None, "missing", f"front matter: `{key}` is missing"))
    found = checker.table(node, FRONT, "")
    subject = node.get("subject")
    if isinstance(subject, Scalar) and not _shows(subject.text.replace("\n", "\0")):
        said = "`subject` is one line of text that can be seen"
        faults.append(Fault(subject.line, subject.column, "form", said))
    return found


def _body(lines: list[str], first: int, filling: Filling, faults: list[Fault]) -> None:
    """Each ``{{ name }}`` of the text, and what a reader would not see of it."""
    for number, line in enumerate(lines, start=first):
        for hole in HOLE.finditer(line):
            filling.check(Scalar(hole[0], False, number, hole.start() + 1), faults)
        rest = HOLE.sub("", line)
        if "{{" in rest:
            filling.check(Scalar(rest, False, number, line.rfind("{{") + 1), faults)
        unseen = next((at for at, char in enumerate(line) if not _shows(char)), None)
        if unseen is not None:
            said = f"the character U+{ord(line[unseen]):04X} cannot be seen; leave it out"
            faults.append(Fault(number, unseen + 1, "unseen", said))
    text = "\n".join(lines).strip()
    if not text:
        faults.append(Fault(first, None, "empty", "there is no text under the front matter"))
    elif len(text) > LONGEST:
        said = f"the text is longer than {LONGEST} characters; people read less of it"
        faults.append(Fault(first, None, "length", said))


def _shows(text: str) -> bool:
    return text.isprintable()


def _made(fields: Mapping[str, Plain], body: str) -> Template:
    declared = cast("dict[str, dict[str, Plain]]", fields["fields"])
    return Template(
        name=str(fields["template"]),
        version=cast("int", fields["version"]),
        title=str(fields["title"]),
        audience=cast("Audience", fields["audience"]),
        phase=cast("Phase", fields["phase"]),
        subject=str(fields["subject"]),
        fields=tuple(
            TemplateField(
                name,
                cast("FieldType", one["type"]),
                one.get("required") is True,
                str(one.get("default", "")),
                str(one.get("about", "")),
            )
            for name, one in declared.items()
        ),
        body=body,
    )


def _advice(made: Template, node: Map) -> Iterator[Fault]:
    used = set(holes(made.subject)) | set(holes(made.body))
    declared = cast("Map", node.get("fields"))
    for name, (place, _) in declared.items.items():
        if name not in used:
            yield Fault(place.line, place.column, "field-unused", f"`{name}` stands nowhere in the text")
    needed = made.audience != "internal" and made.phase != "resolved"
    if needed and not any(one.name == NEXT and one.required for one in made.fields):
        said = f"people want to know when they hear more: declare `{NEXT}` as a required `time`"
        yield Fault(declared.line, declared.column, "no-next", said)
