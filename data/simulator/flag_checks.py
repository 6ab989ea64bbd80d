"""What the host accepts as a flag or a segment. Everything else is refused in its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from console.flags.comparing import TESTS
from data.simulator.refused import Refused

Json = dict[str, Any]
SLUG = re.compile(r"[A-Za-z0-9_-]{1,512}")
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "string": str,
    "number": (int, float),
    "json": (dict, list, type(None)),
}
ALL = 100_000
MOST_BYTES = 200_000
"""Of one flag or segment, written as JSON."""


def refuse(what: str) -> Refused:
    return Refused(400, "bad_request", f"Invalid request: {what}")


def check_slug(slug: Any) -> None:
    if not isinstance(slug, str) or SLUG.fullmatch(slug) is None:
        raise refuse("`slug` should be 1 to 512 letters, digits, dashes or underscores.")


def check_variants(variants: Any, kind: str) -> None:
    """Raises :class:`Refused` unless every variant has an id of its own and a value of the flag's kind."""
    if not isinstance(variants, list) or not variants:
        raise refuse("`variants` should be a list that is not empty.")
    seen: set[str] = set()
    for one in variants:
        key = one.get("id") if isinstance(one, dict) else None
        if not isinstance(key, str) or not key or key in seen or "value" not in one:
            raise refuse("`variants` should each have an `id` of their own and a `value`.")
        seen.add(key)
        fits = isinstance(one["value"], KINDS[kind]) and (
            kind == "boolean" or not isinstance(one["value"], bool)
        )
        if not fits:
            raise refuse(f"the value of variant `{key}` should be {kind}.")


def check_environments(environments: Any, variants: Collection[str]) -> None:
    """Raises :class:`Refused` for an environment that is not whole or names a variant there is not."""
    if not isinstance(environments, dict) or not 0 < len(environments) <= 10:
        raise refuse("`environments` should be an object of 1 to 10 environments.")
    for name, entry in environments.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("active"), bool):
            raise refuse(f"`environments.{name}.active` should be boolean.")
        for member in ("pausedOutcome", "fallthrough", "rules"):
            if member not in entry:
                raise refuse(f"`environments.{name}` should have `{member}`.")
        if entry["pausedOutcome"].get("type") != "variant":
            raise refuse(f"`environments.{name}.pausedOutcome` should be one variant.")
        for outcome in outcomes(entry):
            _check_outcome(outcome, variants, f"environments.{name}")
        for variant in entry.get("targets") or {}:
            if variant not in variants:
                raise refuse(f"`environments.{name}.targets` names `{variant}`, which is no variant.")
        for rule in entry["rules"]:
            check_conditions(rule)
        reuse = entry.get("reuse") or {}
        if reuse.get("active") and reuse.get("environment") not in environments:
            raise refuse(f"`environments.{name}.reuse` names an environment there is not.")


def outcomes(entry: Json) -> list[Any]:
    """Every outcome of an environment."""
    return [entry["pausedOutcome"], *(rule.get("outcome") for rule in entry["rules"]), entry["fallthrough"]]


def _check_outcome(outcome: Any, variants: Collection[str], where: str) -> None:
    kind = outcome.get("type") if isinstance(outcome, dict) else None
    checks: Mapping[str, Callable[[Any], tuple[list[Any], bool]]] = {
        "variant": lambda one: ([one.get("variantId")], True),
        "split": _split,
        "rollout": _rollout,
    }
    if not isinstance(kind, str) or kind not in checks:
        raise refuse(f"`{where}` has an outcome of a type that cannot be written.")
    named, sound = checks[kind](outcome)
    for variant in named:
        if variant not in variants:
            raise refuse(f"`{where}` names `{variant}`, which is no variant.")
    if not sound:
        raise refuse(f"`{where}` has a {kind} whose numbers do not fit.")


def _split(outcome: Any) -> tuple[list[Any], bool]:
    weights = outcome.get("weights")
    sound = isinstance(weights, dict) and all(_number(one) and one >= 0 for one in weights.values())
    named = [outcome.get("defaultVariantId"), *(weights if isinstance(weights, dict) else ())]
    return named, sound and sum(weights.values()) > 0 and _based(outcome)


def _rollout(outcome: Any) -> tuple[list[Any], bool]:
    slots = outcome.get("slots")
    sound = isinstance(slots, list) and all(
        isinstance(slot, dict)
        and _number(slot.get("promille"))
        and 0 <= slot["promille"] <= ALL
        and _number(slot.get("durationMs"))
        and slot["durationMs"] >= 0
        for slot in slots
    )
    named = [outcome.get(f"{name}VariantId") for name in ("default", "rollFrom", "rollTo")]
    return named, sound and _number(outcome.get("startTimestamp")) and _based(outcome)


def _based(outcome: Any) -> bool:
    base = outcome.get("base")
    return isinstance(base, dict) and base.get("type") == "entity" and {"kind", "attribute"} <= set(base)


def _number(one: Any) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool)


def check_conditions(rule: Any) -> None:
    """Raises :class:`Refused` for a rule without an id or with a condition the host does not know."""
    if not isinstance(rule, dict) or not rule.get("id") or not isinstance(rule.get("conditions"), list):
        raise refuse("a rule should have `id`, `conditions` and `outcome`.")
    for one in rule["conditions"]:
        left = one.get("lhs") if isinstance(one, dict) else None
        if not isinstance(left, dict) or left.get("type") not in ("entity", "segment"):
            raise refuse(f"a condition of rule `{rule['id']}` should have `lhs`.")
        if one.get("cmp") not in TESTS:
            raise refuse(f"rule `{rule['id']}` compares by {one.get('cmp')!r}, which there is not.")


def check_segment(data: Any) -> None:
    """Raises :class:`Refused` for rules that are none."""
    if not isinstance(data, dict):
        raise refuse("`data` should be an object.")
    for rule in data.get("rules") or ():
        check_conditions(rule)
        outcome = rule.get("outcome") or {}
        share = outcome.get("passPromille")
        sound = isinstance(share, int | float) and 0 <= share <= ALL and _based(outcome)
        if outcome.get("type") != "all" and not sound:
            raise refuse(f"rule `{rule['id']}` should let pass all, or a share.")
