"""Adding a rule, as a form: whom it holds (one condition) and what they get. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from console.flags.changing import Change
from console.flags.comparing import ignores_case
from console.flags.dates import milliseconds
from console.flags.edits import Raw, Unfit
from console.flags.forms import (
    Answers,
    Field,
    Form,
    Known,
    Option,
    place_of,
    rule_options,
    variant_field,
    variant_of,
)
from console.flags.patterns import search
from console.flags.rules import AddRule
from console.flags.telling import people
from console.flags.words import COMPARATORS, shown_text

SEGMENT = "segment"
OF_SEGMENTS = ("eq", "!eq", "oneOf", "!oneOf")
LISTS = ("oneOf", "!oneOf", "containsAllOf", "containsAnyOf", "containsNoneOf")
TEXTS = ("startsWith", "!startsWith", "endsWith", "!endsWith", "contains", "!contains")
CASE = (Option("as it is"), Option("ignore", "A and a are the same"))
BY_WORDS = {words: name for name, words in COMPARATORS.items()}


def add_rule(known: Known) -> Iterator[Form]:
    """One condition with any of the comparators; more of them are for the dashboard."""
    if not known.can.targeting:
        return
    count = len(rule_options(known))
    left = tuple(Option(one) for one in _attributes(known))
    slugs = ", ".join(shown_text(one.get("slug")) for one in known.segments[:6])
    about = f"the value; lists with commas; of a segment its name{f' ({slugs})' if slugs else ''}"
    fields = (
        Field("if", "IF", "an attribute, as user.plan, or segment", left),
        Field(
            "is",
            "COMPARES",
            "how it compares",
            tuple(Option(one, name) for name, one in COMPARATORS.items()),
            "is",
        ),
        Field("value", "VALUE", about),
        Field("case", "CASE", "of letters in texts", CASE, CASE[0].value),
        variant_field(known),
        Field("place", "PLACE", f"1 (asked first) to {count + 1}", (), "1"),
    )
    yield Form("add rule", "add a rule", fields, lambda typed: added(known, typed))


def added(known: Known, typed: Answers) -> Change:
    """The rule as the host writes it, with an id of its own. Raises :class:`Unfit`."""
    ids = {one.value for one in rule_options(known)}
    number = next(one for one in range(len(ids) + 1, 2 * len(ids) + 2) if f"rule_{one}" not in ids)
    rule = {
        "id": f"rule_{number}",
        "conditions": [condition_of(known, typed)],
        "outcome": {"type": "variant", "variantId": variant_of(known, typed["variant"])},
    }
    return AddRule(known.environment, rule, place_of(typed["place"], len(ids) + 1) - 1)


def condition_of(known: Known, typed: Answers) -> Raw:
    """Whom it holds. Raises :class:`Unfit`."""
    compares = BY_WORDS.get(typed["is"], typed["is"])
    if compares not in COMPARATORS:
        raise Unfit(f"{shown_text(typed['is'])} is no way to compare: is, is one of, begins with, …")
    kind, _, attribute = typed["if"].partition(".")
    if typed["if"] == SEGMENT:
        left: Raw = {"type": "segment"}
        right = _segments(known, compares, typed["value"])
    elif kind and attribute:
        left = {"type": "entity", "kind": kind, "attribute": attribute}
        right = right_of(compares, typed["value"])
    else:
        lead = f"{shown_text(typed['if'])} is no attribute" if typed["if"] else "Say of what"
        raise Unfit(f"{lead}: type it as user.plan, or segment.")
    if typed["case"] not in {one.value for one in CASE}:
        raise Unfit("The case of letters: “as it is” or “ignore”.")
    if typed["case"] == "ignore" and not ignores_case(compares, "i"):
        raise Unfit(f"“{COMPARATORS[compares]}” knows no case of letters: leave it as it is.")
    folding = {"cmpOptions": {"ignoreCase": True}} if typed["case"] == "ignore" else {}
    return {"lhs": left, "cmp": compares, **({} if right is None else {"rhs": right}), **folding}


def right_of(compares: str, typed: str) -> Any:
    """The value a comparator compares with; ``None`` for those without. Raises :class:`Unfit`."""
    words = COMPARATORS[compares]
    if compares in ("ex", "!ex"):
        if typed:
            raise Unfit(f"“{words}” takes no value: leave it empty.")
        return None
    if not typed:
        raise Unfit(f"Say what it {words if words.startswith('is') else 'is to compare with'}.")
    if compares in LISTS:
        return {"type": "list", "items": [{"value": one} for one in _listed(typed)]}
    if compares in TEXTS:
        return _text(typed)
    if compares in ("regex", "!regex"):
        return _pattern(typed)
    if compares in ("before", "after"):
        at, sure = milliseconds(_text(typed))
        if at is None or not sure:
            raise Unfit(f"{shown_text(typed)} is no date: type it as 2026-11-26 or 2026-11-26T14:00:00Z.")
        return _text(typed)
    found = scalar(typed)
    if compares in ("gt", "gte", "lt", "lte") and isinstance(found, bool):
        raise Unfit(f"“{words}” needs a number or a text.")
    return found


def scalar(typed: str) -> Any:
    """A number, ``true``, ``false`` or a text in quotes is that, anything else a text as it stands."""
    try:
        found = json.loads(typed)
    except (ValueError, RecursionError):
        return typed
    return found if isinstance(found, str | int | float | bool) and found == found else typed


def _text(typed: str) -> str:
    found = scalar(typed)
    return found if isinstance(found, str) else typed


def _listed(typed: str) -> list[Any]:
    if typed.startswith("["):
        try:
            found = json.loads(typed)
        except (ValueError, RecursionError):
            raise Unfit(f"{shown_text(typed)} is no JSON list; or type the values with commas.") from None
        return list(found)
    return [scalar(one.strip()) for one in typed.split(",") if one.strip()]


def _pattern(typed: str) -> Raw:
    """``/^a+$/i``, or the pattern alone."""
    body, slash, flags = typed[1:].rpartition("/") if typed.startswith("/") else (typed, "", "")
    if not slash and typed.startswith("/"):
        raise Unfit(f"{shown_text(typed)} has no second slash: type it as /^qa-/i.")
    if search(body, flags, "").matched is None:
        raise Unfit(f"{shown_text(typed)} is no regular expression of JavaScript.")
    return {"type": "regex", "pattern": body, "flags": flags}


def _segments(known: Known, compares: str, typed: str) -> Any:
    if compares not in OF_SEGMENTS:
        raise Unfit("Of a segment: is, is not, is one of, is none of.")
    ids = {str(one.get("slug")): str(one["id"]) for one in known.segments} | {
        str(one["id"]): str(one["id"]) for one in known.segments
    }
    wanted = [one.strip() for one in typed.split(",") if one.strip()]
    for one in wanted:
        if one not in ids:
            there = (
                ", ".join(shown_text(slug.get("slug")) for slug in known.segments[:6]) or "none could be read"
            )
            raise Unfit(f"There is no segment {shown_text(one)}: {there}.")
    if not wanted:
        raise Unfit("Say which segment.")
    if compares in LISTS:
        return {"type": "list", "items": [{"value": ids[one]} for one in wanted]}
    if len(wanted) > 1:
        raise Unfit("For several segments: is one of, is none of.")
    return ids[wanted[0]]


def _attributes(known: Known) -> list[str]:
    """Those that this environment asks for already, ``user.id``, and the segments."""
    found = dict.fromkeys(["user.id"])
    for rule in known.entry.get("rules") or ():
        for one in rule["conditions"]:
            if one["lhs"].get("type") == "entity":
                found |= {f"{one['lhs']['kind']}.{one['lhs']['attribute']}": None}
    found |= {who.partition(" = ")[0]: None for who, _ in people(known.entry)}
    return [*found, *([SEGMENT] if known.segments else [])]
