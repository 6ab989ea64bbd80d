"""How a flag stands, in words: each environment in a line, and taken apart for those who look closer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from console.flags.differing import conditions_text, outcome_text
from console.flags.edits import UNREADABLE, Raw
from console.flags.evaluating import rolled_share
from console.flags.hashing import ALL
from console.flags.model import Flag
from console.flags.words import shown, shown_text
from console.readings import Millis

State = Literal["static", "linked", "rules", "archived", "malformed"]
"""``static``: one variant for everyone, whatever the rules say. Never "disabled": the variant may be on."""


PRODUCTION = "production"


@dataclass(frozen=True)
class Standing:
    """What decides in one environment, and what it serves."""

    environment: str
    state: State
    words: str
    variant: str | None = None
    """Of ``static``: the one variant everyone gets."""
    copies: str | None = None
    """Of ``linked``: the environment it copies."""


@dataclass(frozen=True)
class Ruled:
    """One rule in words: whom it holds, and what they get."""

    id: str
    conditions: str
    outcome: str


def environment_of(flag: Flag) -> str:
    """Where a flag is changed unless somebody says otherwise: production, or the only environment it has."""
    there = list(flag.raw.get("environments") or ())
    return str(there[0]) if PRODUCTION not in there and len(there) == 1 else PRODUCTION


def standing(flag: Flag, environment: str, now_ms: Millis) -> Standing:
    """How the flag stands in an environment; a timed rollout, where it is now. Never raises."""
    if flag.archived:
        return Standing(environment, "archived", "archived: every caller gets the default in its code")
    try:
        return _standing(flag, environment, now_ms)
    except UNREADABLE as error:
        return Standing(environment, "malformed", f"cannot be read: {shown_text(error)}")


def _standing(flag: Flag, name: str, now_ms: Millis, left: tuple[str, ...] = ()) -> Standing:
    entry = flag.raw["environments"][name]
    if not entry["active"]:
        variant = entry["pausedOutcome"]["variantId"]
        return Standing(name, "static", f"static: {variant_text(flag, variant)} for everyone", variant)
    reuse = entry.get("reuse") or {}
    if reuse.get("active"):
        there = reuse["environment"]
        if there in (name, *left):
            return Standing(
                name, "malformed", f"copies {shown_text(there)}, which copies it: nothing decides"
            )
        served = _standing(flag, there, now_ms, (name, *left)).words
        return Standing(name, "linked", f"copies {shown_text(there)} ({served})", None, there)
    parts = [outcome_text(entry["fallthrough"], flag) + _by_now(entry["fallthrough"], now_ms)]
    if count := len(entry.get("rules") or []):
        parts.insert(0, f"{count} rule{'s' * (count > 1)}")
    if count := len(list(people(entry))):
        parts.insert(0, f"{count} listed by name")
    return Standing(name, "rules", ", then ".join(parts))


def _by_now(outcome: Any, now_ms: Millis) -> str:
    """Where a timed rollout is: ``, now at 5 %``."""
    if outcome["type"] != "rollout":
        return ""
    packed = {
        "startTimestamp": outcome["startTimestamp"],
        "slots": [[slot["promille"], slot["durationMs"]] for slot in outcome["slots"]],
    }
    return f", now at {min(max(rolled_share(packed, now_ms), 0), ALL) / 1000:.4g} %"


def variant_text(flag: Flag, variant: str) -> str:
    """``on = true``."""
    for one in flag.raw["variants"]:
        if one["id"] == variant:
            return f"{shown_text(variant)} = {shown(one.get('value'))}"
    return f"{shown_text(variant)} (no such variant)"


def people(entry: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(``user.id = vip``, variant) of everybody listed by name."""
    for variant, kinds in (entry.get("targets") or {}).items():
        for kind, attributes in kinds.items():
            for attribute, values in attributes.items():
                for one in values:
                    yield f"{kind}.{attribute} = {one.get('value')}", variant


def rules(flag: Flag, environment: str, segments: Mapping[str, str] | None = None) -> list[Ruled]:
    """The rules in words, those too that rest or are never asked. Malformed ones say that they are.

    ``segments``: what each is called, by its id.
    """
    entry: Raw = flag.raw["environments"][environment]
    found = []
    for one in entry.get("rules") or []:
        try:
            found.append(
                Ruled(str(one["id"]), conditions_text(one, segments), outcome_text(one["outcome"], flag))
            )
        except UNREADABLE:
            found.append(Ruled(shown_text(one), "malformed", "malformed"))
    return found


def fallthrough(flag: Flag, environment: str) -> str:
    """What everybody gets whom nothing else holds."""
    try:
        return outcome_text(flag.raw["environments"][environment]["fallthrough"], flag)
    except UNREADABLE:
        return "malformed"
