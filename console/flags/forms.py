"""A change of a flag as a small form: its fields, and how what is typed into them is read. Pure.

What is wrong with what was typed is raised as :class:`console.flags.edits.Unfit`, in words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.flags.changing import Change
from console.flags.edits import Raw, Unfit
from console.flags.model import Flag
from console.flags.provider import Capabilities, Version
from console.flags.telling import rules as told_rules
from console.flags.telling import variant_text
from console.flags.words import shown_text

EVERYONE_ELSE = "everyone else"
"""In place of a rule: all whom no rule holds."""
THE_WHOLE = "the whole flag"
LONGEST_OPTIONS = 200
LONGEST_TYPED = 20_000
"""Characters of one field."""
Answers = Mapping[str, str]
"""What was typed, by the name of the field, without the space around it."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be chosen in a field, and what it stands for."""

    value: str
    means: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form. ``options`` are what can be chosen (or all that is sensible to type)."""

    name: str
    label: str
    hint: str
    options: tuple[Option, ...] = ()
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One change in the operator's words. Without fields it is complete as it is.

    ``make`` is ``None`` for turning off, which the back-end itself knows how to do.
    """

    name: str
    words: str
    fields: tuple[Field, ...] = ()
    make: Callable[[Answers], Change] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a form is made of: the flag as it was read, where, and what the back-end can do."""

    flag: Flag
    environment: str
    can: Capabilities
    segments: Sequence[Raw] = ()
    versions: Sequence[Version] = ()

    @property
    def entry(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.flag.raw["environments"][self.environment]
        return found


def read(form: Form, answers: Answers) -> Change | None:
    """The change that was asked for; ``None`` for turning off. Raises :class:`Unfit`."""
    for field in form.fields:
        if len(answers.get(field.name, "")) > LONGEST_TYPED:
            raise Unfit(f"{field.label.lower()} is longer than {LONGEST_TYPED} characters.")
    stripped = {name: text.strip() for name, text in answers.items()}
    return None if form.make is None else form.make(stripped)


def variant_field(known: Known) -> Field:
    """Which variant; the only one stands there already."""
    options = tuple(
        Option(one, f"{variant_text(known.flag, one)}{_label(known.flag, one)}")
        for one in known.flag.variant_ids[:LONGEST_OPTIONS]
    )
    return Field(
        "variant",
        "VARIANT",
        "which variant, by its id",
        options,
        options[0].value if len(options) == 1 else "",
    )


def _label(flag: Flag, variant: str) -> str:
    label = next((one.get("label") for one in flag.raw["variants"] if one["id"] == variant), None)
    return f" ({shown_text(label)})" if label else ""


def value_field(known: Known) -> Field:
    kind = str(known.flag.raw.get("kind") or "")
    hints = {"boolean": "true or false", "number": "a number, as 0.25", "string": "the text, as it is"}
    options = (Option("true"), Option("false")) if kind == "boolean" else ()
    return Field("value", "VALUE", hints.get(kind, 'JSON, as {"limit": 20}'), options)


def variant_of(known: Known, typed: str) -> str:
    """The variant's id, from that or its label. Raises :class:`Unfit`."""
    ids = known.flag.variant_ids
    if typed in ids:
        return typed
    labelled = [one["id"] for one in known.flag.raw["variants"] if typed and one.get("label") == typed]
    if len(labelled) == 1:
        return str(labelled[0])
    there = ", ".join(map(shown_text, ids[:6])) + (" …" if len(ids) > 6 else "")
    lead = f"There is no variant {shown_text(typed)}" if typed else "Say which variant"
    raise Unfit(f"{lead}: it has {there}.")


def percent_of(typed: str) -> float:
    """A percentage as people write it: ``25``, ``25 %``, ``12,5``. Raises :class:`Unfit`."""
    text = typed.removesuffix("%").strip().replace(",", ".")
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found <= 100:
        lead = f"{shown_text(typed)} is no percentage" if typed else "Say how many"
        raise Unfit(f"{lead}: type a number from 0 to 100, as 25.")
    return found


def weights_of(known: Known, typed: str) -> dict[str, float]:
    """``off=75 on=25``. Raises :class:`Unfit`."""
    found: dict[str, float] = {}
    for word in typed.replace(",", " ").split():
        variant, _, weight = word.rpartition("=")
        variant = variant_of(known, variant)
        try:
            found[variant] = int(weight) if weight.isdecimal() else float(weight)
        except ValueError:
            raise Unfit(f"{shown_text(word)}: a weight is a number, as {shown_text(variant)}=25.") from None
    if not found:
        raise Unfit(f"Say the weights, as {' '.join(f'{one}=50' for one in known.flag.variant_ids[:2])}.")
    return found


def people_of(typed: str) -> tuple[str, str, tuple[str, ...]]:
    """``user.id=qa-1,qa-2``: kind, attribute, values. Raises :class:`Unfit`."""
    path, _, named = typed.partition("=")
    kind, _, attribute = path.strip().partition(".")
    values = tuple(dict.fromkeys(filter(None, (one.strip() for one in named.split(",")))))
    if not kind or not attribute or not values:
        lead = f"{shown_text(typed)} names nobody" if typed else "Say whom"
        raise Unfit(f"{lead}: type it as user.id=qa-1.")
    return kind, attribute, values


def value_of(flag: Flag, typed: str) -> Any:
    """A value of the flag's kind. Raises :class:`Unfit`."""
    kind = flag.raw.get("kind")
    try:
        found = json.loads(typed, parse_constant=_no_number)
    except (ValueError, RecursionError):
        found = None
        if kind == "string":
            return typed
        if kind in ("boolean", "number"):
            example = "true or false" if kind == "boolean" else "a number, as 0.25"
            raise Unfit(f"{shown_text(typed) or 'Nothing'} is no {kind}: type {example}.") from None
        raise Unfit(f'{shown_text(typed) or "Nothing"} is no JSON; a text needs quotes, as "blue".') from None
    if kind == "string" and not isinstance(found, str):
        return typed
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


def rule_options(known: Known) -> tuple[Option, ...]:
    """The rules in the order in which they are asked."""
    called = {str(one.get("id")): str(one.get("slug")) for one in known.segments}
    return tuple(
        Option(one.id, f"rule {place}: {one.conditions} → {one.outcome}")
        for place, one in enumerate(told_rules(known.flag, known.environment, called), start=1)
    )


def rule_of(known: Known, typed: str) -> str | None:
    """The rule's id; ``None`` for everyone else. Raises :class:`Unfit`."""
    return None if typed in ("", EVERYONE_ELSE) else need_rule(known, typed)


def need_rule(known: Known, typed: str) -> str:
    """A rule by its id, or by its place. Raises :class:`Unfit`."""
    ids = [one.value for one in rule_options(known)]
    if typed in ids:
        return typed
    if typed.isdecimal() and 1 <= int(typed) <= len(ids):
        return ids[int(typed) - 1]
    lead = f"There is no rule {shown_text(typed)}" if typed else "Say which rule"
    raise Unfit(f"{lead}: {', '.join(map(shown_text, ids[:6]))}.")


def place_of(typed: str, most: int) -> int:
    """A place among rules, the first is 1. Raises :class:`Unfit`."""
    if not (typed.isascii() and typed.isdecimal() and 1 <= int(typed) <= most):
        raise Unfit(f"A place is a number from 1 to {most}; rule 1 is asked first.")
    return int(typed)
