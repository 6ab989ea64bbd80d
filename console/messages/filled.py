"""A template with everything filled in, or every field that keeps it from being sent. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from console.messages.template import NEXT, Template, TemplateField
from console.messages.wording import harmless, unfit_for_public
from console.playbooks.fault import close_to
from console.playbooks.filling import HOLE, NAME
from console.playbooks.shapes import milliseconds
from console.readings import Millis

LONGEST_VALUE = 2_000
LONGEST = 6_000
"""Characters of a whole message."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Known = Mapping[str, str | Millis]
"""What is known of an incident, by the name of the field that it fills; a moment as a number."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A message as it goes out, to the byte."""

    subject: str
    text: str
    next_at: Millis | None = None
    """When it says that more is heard."""

    @property
    def sha256(self) -> str:
        return digest(self.subject, self.text)


@dataclass(frozen=True, slots=True)
class Unfilled:
    """Why nothing is made of it: each field by name, and what is wrong with it, in words."""

    wrong: tuple[tuple[str, str], ...]

    @property
    def says(self) -> str:
        return "; ".join(f"`{name}` {why}" for name, why in self.wrong)


def digest(subject: str, text: str) -> str:
    """What a confirmation is bound to: a subject is one line, so nothing else has the same bytes."""
    return hashlib.sha256(f"{subject}\n\n{text}".encode()).hexdigest()


def fill(template: Template, given: Mapping[str, str], known: Known, now: Millis) -> Filled | Unfilled:
    """``given`` goes before what is ``known``, that before a default. A value is filled in once, as text."""
    declared = {one.name: one for one in template.fields}
    wrong = [(name, _unknown(name, declared)) for name in given if name not in declared]
    values: dict[str, str] = {}
    next_at = None
    for one in template.fields:
        value, at, why = _value(one, given.get(one.name, ""), known.get(one.name), now)
        if not why and template.audience == "customer" and one.type in ("line", "text"):
            why = unfit_for_public(value) or ""
        if why:
            wrong.append((one.name, why))
        values[one.name] = value
        next_at = at if one.name == NEXT else next_at
    if wrong:
        return Unfilled(tuple(wrong))
    subject = " ".join(_line(template.subject, values).split())
    text = _text(template.body, values)
    if len(text) > LONGEST:
        return Unfilled((("text", f"is longer than {LONGEST} characters when everything is filled in"),))
    return Filled(subject, text, next_at)


def _unknown(name: str, declared: Mapping[str, TemplateField]) -> str:
    close = close_to(name, declared)
    return f"is no field of it{f'; did you mean `{close}`?' if close else ''}"


def _value(
    one: TemplateField, given: str, known: str | Millis | None, now: Millis
) -> tuple[str, Millis | None, str]:
    """The value as it is filled in, its moment if it is one, and what is wrong with it."""
    if one.type == "time":
        said = given.strip() or (known if known is not None else one.default)
        at = said if isinstance(said, int) else moment(said, now) if said else None
        if said and at is None:
            return "", None, "is no moment: write 20m (from now), 14:30 (UTC) or 2026-11-22T14:30Z"
        if at is not None and one.name == NEXT and at <= now:
            return "", None, f"has passed ({utc(at)}): say when the next update comes, as in {one.name}=20m"
        return ("" if at is None else utc(at)), at, _empty(one) if at is None else ""
    raw = given if given.strip() else str(known) if known is not None else ""
    value = harmless(raw if raw.strip() else one.default, lines=one.type == "text")
    if len(value) > LONGEST_VALUE:
        return "", None, f"is longer than {LONGEST_VALUE} characters"
    if not value:
        return "", None, _empty(one)
    if one.type == "link" and not re.fullmatch(r"https://[^\s<>\"'|]{3,500}", value):
        return "", None, "is no link: it has to begin with https://"
    return value, None, ""


def _empty(one: TemplateField) -> str:
    return f"is empty{f': {one.about}' if one.about else ''}" if one.required else ""


def moment(text: str, now: Millis) -> Millis | None:
    """``20m`` from now, ``14:30`` (UTC, the next one) or a date and time with its zone."""
    try:
        return now + milliseconds(text)
    except ValueError:
        pass
    clock = re.fullmatch(r"(\d{1,2}):(\d\d)(?:\s*(?:Z|UTC))?", text, re.ASCII | re.IGNORECASE)
    here = datetime.fromtimestamp(now / 1000, UTC)
    try:
        if clock is not None:
            at = here.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
            at += timedelta(days=1) if at <= here else timedelta()
        else:
            at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return None if at.tzinfo is None else int(at.timestamp() * 1000)


def utc(at: Millis) -> str:
    """``22 Nov 2026, 14:30 UTC``."""
    one = datetime.fromtimestamp(at / 1000, UTC)
    return f"{one.day} {MONTHS[one.month - 1]} {one.year}, {one:%H:%M} UTC"


def _line(line: str, values: Mapping[str, str]) -> str:
    return HOLE.sub(lambda hole: values[_name(hole[1])], line)


def _name(inner: str) -> str:
    found = NAME.fullmatch(inner)
    assert found is not None, "a template that was read has names only"
    return found[1]


def _text(body: str, values: Mapping[str, str]) -> str:
    """The body filled in; a line with a field that may be empty, and is, is left out."""
    kept = [
        _line(line, values)
        for line in body.split("\n")
        if all(values[_name(hole[1])] for hole in HOLE.finditer(line))
    ]
    text = "\n".join(one.rstrip() for line in kept for one in line.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
