"""What differs between two states of a flag, in lines for a person.

Nothing that differs is left out but what the host counts by itself: revisions, and who changed it when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.flags.edits import ABSENT, UNREADABLE, differences, same
from console.flags.model import Flag, packed_conditions, packed_outcome
from console.flags.words import outcome_words, rule_words, shown, shown_text

MOST = 40
"""Lines for the people of one list; the rest are counted."""


COUNTED = ("revision", "updatedAt", "updatedBy", "metadata")


def difference_lines(before: Flag, after: Flag) -> tuple[str, ...]:
    """``production: 10 % on → 25 % on`` and the like, environments first as the flag has them."""
    places = dict.fromkeys(
        edit.path[:3] if edit.path[0] == "environments" else edit.path[:1]
        for edit in differences(before.raw, after.raw)
        if edit.path[0] not in COUNTED and not (len(edit.path) == 3 and edit.path[2] == "revision")
    )
    lines: list[str] = []
    for path in places:
        old, new = _at(before.raw, path), _at(after.raw, path)
        lines += _lines(path, old, new, before, after)
    return tuple(lines)


def _at(raw: Any, path: Sequence[str]) -> Any:
    for key in path:
        raw = raw.get(key, ABSENT) if isinstance(raw, Mapping) else ABSENT
    return raw


def _lines(path: Sequence[str], old: Any, new: Any, before: Flag, after: Flag) -> Iterable[str]:
    try:
        if path[0] == "variants":
            return list(_variant_lines(old, new))
        if path[0] == "environments" and len(path) == 3:
            return list(_environment_lines(path[1], path[2], old, new, before, after))
    except UNREADABLE:
        pass  # of no form that is known: shown as it is
    return [f"{shown_text('.'.join(path))}: {_plain(old)} → {_plain(new)}"]


def _plain(value: Any) -> str:
    return "nothing" if value is ABSENT else shown(value)


def _environment_lines(
    name: str, member: str, old: Any, new: Any, before: Flag, after: Flag
) -> Iterable[str]:
    where = shown_text(name)
    if member == "active":
        if new:
            return [f"{where}: the rules decide again"]
        everyone = after.raw["environments"][name]["pausedOutcome"]["variantId"]
        return [f"{where}: static: {_variant(everyone, after)} for everyone, the rules rest"]
    if member == "pausedOutcome":
        told = " → ".join(_variant(one["variantId"], flag) for one, flag in ((old, before), (new, after)))
        return [f"{where}: when static: {told}"]
    if member == "fallthrough":
        return [f"{where}: everyone else: {outcome_text(old, before)} → {outcome_text(new, after)}"]
    if member == "reuse":
        was, now = (bool(one is not ABSENT and one.get("active")) for one in (old, new))
        if now:
            return [f"{where}: copies {shown_text(new['environment'])}"]
        return [
            f"{where}: copies {shown_text(old['environment'])} no longer"
            if was
            else f"{where}: copies nothing, as before"
        ]
    if member == "rules":
        return [f"{where}: {line}" for line in _rule_lines(old, new, before, after)]
    if member == "targets":
        return _target_lines(where, old, new, before, after)
    raise ValueError(member)


def _variant(key: str, flag: Flag) -> str:
    for one in flag.raw["variants"]:
        if one["id"] == key:
            return f"{shown_text(key)} = {shown(one.get('value'))}"
    return f"{shown_text(key)} (no such variant)"


def outcome_text(outcome: Any, flag: Flag) -> str:
    """An outcome in words, with the values of its variants."""
    places = {one["id"]: place for place, one in enumerate(flag.raw["variants"])}
    return outcome_words(
        packed_outcome(outcome, places),
        {"variants": [one.get("value") for one in flag.raw["variants"]], "variantIds": list(places)},
    )


def conditions_text(rule: Any, segments: Mapping[str, str] | None = None) -> str:
    """Whom a rule of the host's form holds, in words. ``segments``: what each is called, by its id."""
    conditions = packed_conditions(rule)
    for one in conditions if segments else ():
        if one[0] == "segment" and len(one) > 2:
            one[2] = _called(one[2], segments or {})
    return rule_words({"conditions": conditions})


def _called(right: Any, names: Mapping[str, str]) -> Any:
    if isinstance(right, list):
        return [_called(one, names) for one in right]
    return names.get(right, right) if isinstance(right, str) else right


def _rule_lines(old: Any, new: Any, before: Flag, after: Flag) -> Iterable[str]:
    was, now = {one["id"]: one for one in old}, {one["id"]: one for one in new}
    for key, one in was.items():
        if key not in now:
            yield f"rule removed: {conditions_text(one)}: {outcome_text(one['outcome'], before)}"
    for place, (key, one) in enumerate(now.items(), start=1):
        text = f"{conditions_text(one)}: {outcome_text(one['outcome'], after)}"
        if key not in was:
            yield f"rule {place} added: {text}"
        elif not same(was[key], one):
            told = f"{conditions_text(was[key])}: {outcome_text(was[key]['outcome'], before)}"
            yield f"rule {place}: {told} → {text}"
    stayed = [key for key in was if key in now]
    if stayed != [key for key in now if key in was]:
        yield f"rules in another order: {', '.join(shown_text(key) for key in now)}"


def _target_lines(where: str, old: Any, new: Any, before: Flag, after: Flag) -> list[str]:
    was, now = _listed(old), _listed(new)
    gone = [(key, "−", before) for key in was if key not in now]
    come = [(key, "+", after) for key in now if key not in was]
    lines = [
        f"{where}: {sign} {kind}.{name} = {shown_text(value)} gets {_variant(variant, flag)}"
        for (variant, kind, name, value), sign, flag in [*gone, *come][:MOST]
    ]
    if len(gone) + len(come) > MOST:
        lines.append(f"{where}: and {len(gone) + len(come) - MOST} more people listed otherwise")
    return lines or [f"{where}: the notes beside the people listed by name"]


def _listed(targets: Any) -> dict[tuple[str, str, str, str], None]:
    if targets is ABSENT:
        return {}
    return {
        (variant, kind, name, one["value"]): None
        for variant, kinds in targets.items()
        for kind, attributes in kinds.items()
        for name, values in attributes.items()
        for one in values
    }


def _variant_lines(old: Any, new: Any) -> list[str]:
    was, now = {one["id"]: one for one in old}, {one["id"]: one for one in new}
    lines = [f"variant removed: {shown_text(key)}" for key in was if key not in now]
    for key, one in now.items():
        if key not in was:
            lines.append(f"variant added: {shown_text(key)} = {shown(one.get('value'))}")
        elif not same(was[key].get("value"), one.get("value")):
            values = f"{shown(was[key].get('value'))} → {shown(one.get('value'))}"
            lines.append(f"variant {shown_text(key)}: {values}")
        elif not same(was[key], one):
            lines.append(f"variant {shown_text(key)}: another label or description")
    if [key for key in was if key in now] != [key for key in now if key in was]:
        lines.append(f"variants in another order: {', '.join(map(shown_text, now))}")
    return lines
