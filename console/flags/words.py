"""Rules, conditions and outcomes in plain words."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 60
COMPARATORS = {
    "eq": "is",
    "!eq": "is not",
    "oneOf": "is one of",
    "!oneOf": "is none of",
    "containsAllOf": "has all of",
    "containsAnyOf": "has any of",
    "containsNoneOf": "has none of",
    "startsWith": "begins with",
    "!startsWith": "does not begin with",
    "endsWith": "ends with",
    "!endsWith": "does not end with",
    "contains": "contains",
    "!contains": "does not contain",
    "ex": "exists",
    "!ex": "does not exist",
    "gt": "is greater than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "regex": "matches",
    "!regex": "does not match",
    "before": "is before",
    "after": "is after",
}


def shown(value: Any) -> str:
    """A value on one line, cut where it is long."""
    if isinstance(value, list) and len(value) > 3:
        return f"{shown(value[:3])} and {len(value) - 3} more"
    if isinstance(value, dict) and value.get("type") == "regex":
        return f"/{shown_text(value.get('pattern'))}/{shown_text(value.get('flags'))}"
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        text = "a value too deep to show"
    return shown_text(text)


def shown_text(value: Any) -> str:
    text = str(value)[: LONGEST + 1]
    safe = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
    return safe if len(safe) <= LONGEST else safe[: LONGEST - 1] + "…"


def condition_words(condition: Any) -> str:
    """``user.plan is "pro"``."""
    if not isinstance(condition, list) or len(condition) < 2:
        return "a malformed condition"
    path, comparator = condition[0], condition[1]
    left = ".".join(map(str, path)) if isinstance(path, list) else str(path)
    verb = COMPARATORS.get(comparator, f"{comparator} (never holds)") if isinstance(comparator, str) else "?"
    if comparator in ("ex", "!ex") or len(condition) < 3:
        return f"{shown_text(left)} {verb}"
    return f"{shown_text(left)} {verb} {shown(condition[2])}"


def rule_words(rule: Any) -> str:
    conditions = rule.get("conditions") if isinstance(rule, dict) else None
    if not isinstance(conditions, list):
        return "malformed"
    if not conditions:
        return "everyone"
    told = " and ".join(condition_words(one) for one in conditions[:4])
    return told + (f" and {len(conditions) - 4} more" if len(conditions) > 4 else "")


def variant_words(definition: Any, index: Any) -> str:
    """A variant by its id and value, or its place."""
    variants, ids = definition.get("variants"), definition.get("variantIds")
    if not isinstance(index, int) or not isinstance(variants, list) or not 0 <= index < len(variants):
        return f"variant {shown(index)}"
    name = ids[index] if isinstance(ids, list) and index < len(ids) else None
    return (
        f"{shown_text(name)} = {shown(variants[index])}" if isinstance(name, str) else shown(variants[index])
    )


def _slots(slots: Any) -> str:
    """`` (5 % for 6 h, 50 % for 12 h, then 100 %)``."""
    if not isinstance(slots, list) or not slots:
        return ""
    told = [f"{share / 1000:.4g} % for {duration_words(lasts)}" for share, lasts in slots[:4]]
    return f" ({', '.join(told)}{', …' if len(slots) > 4 else ''}, then 100 %)"


def duration_words(milliseconds: float) -> str:
    """``90 min``, ``6 h``, ``2 d``: the largest unit that leaves a whole number, or one decimal."""
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")):
        if milliseconds >= size and (milliseconds % size == 0 or unit == "s"):
            return f"{milliseconds / size:.4g} {unit}"
    return f"{milliseconds:.4g} ms"


def outcome_words(outcome: Any, definition: Any) -> str:
    """What a rule gives: one variant, shares by weight, or a timed rollout."""
    if not isinstance(outcome, dict):
        return variant_words(definition, outcome)
    base = ".".join(map(str, outcome["base"])) if isinstance(outcome.get("base"), list) else "its unit"
    if outcome.get("type") == "split":
        weights = outcome.get("weights") or []
        total = sum(weights) or 1
        shares = (
            f"{100 * weight / total:.4g} % {variant_words(definition, index)}"
            for index, weight in enumerate(weights[:6])
            if weight
        )
        return f"split by {shown_text(base)}: {', '.join(shares)}"
    if outcome.get("type") == "rollout":
        goal = variant_words(definition, outcome.get("rollToVariant"))
        return f"timed rollout by {shown_text(base)} to {goal}{_slots(outcome.get('slots'))}"
    return "by the experiment"
