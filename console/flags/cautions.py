"""What a person should know before a flag is changed, and cannot see in the difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from console.flags.changing import Changed
from console.flags.edits import UNREADABLE, differences, same
from console.flags.evaluating import rolled_share
from console.flags.hashing import ALL
from console.flags.model import Flag, packed_outcome
from console.flags.words import shown_text
from console.readings import Millis


def cautions(change: Changed, segments: Sequence[Mapping[str, Any]], now_ms: Millis) -> tuple[str, ...]:
    """Warnings, the gravest first; empty where there is nothing to say."""
    before, after = change.before, change.after
    touched = [
        name
        for name, entry in after.raw["environments"].items()
        if not same(entry, before.raw["environments"].get(name, {}))
    ]
    found = [*_of_the_flag(before, after)]
    for name in touched:
        try:
            found += _of_an_environment(name, before, after, now_ms)
        except UNREADABLE:
            found.append(
                f"{shown_text(name)} has parts of no form that is known: what they do cannot be said."
            )
    found += segment_cautions(touched, after, segments)
    return tuple(dict.fromkeys(found))


def _of_the_flag(before: Flag, after: Flag) -> Iterator[str]:
    if after.archived and not before.archived:
        yield (
            "Archived, the flag is served to nobody: every caller gets the default in its code, and callers "
            "without one raise."
        )
    elif after.archived:
        yield "The flag is archived: nobody is served by it, whatever is changed."
    if before.raw.get("seed") != after.raw.get("seed"):
        yield "The seed changes: in every split, rollout and segment share people are dealt anew."
    was = [one for one in before.variant_ids if one in after.variant_ids]
    now = [one for one in after.variant_ids if one in before.variant_ids]
    if was != now:
        yield "The variants change their order, which is the order of the buckets: people are dealt anew."


def _of_an_environment(name: str, before: Flag, after: Flag, now_ms: Millis) -> Iterator[str]:
    where, entry = shown_text(name), after.raw["environments"][name]
    was = before.raw["environments"].get(name, {})
    if not entry["active"] and _resting(was, entry):
        served = shown_text(entry["pausedOutcome"]["variantId"])
        yield f"{where} is static: everyone keeps {served}, and what changes here rests until it is resumed."
    reuse, old = entry.get("reuse") or {}, was.get("reuse") or {}
    if entry["active"] and reuse.get("active"):
        yield f"{where} copies {shown_text(reuse.get('environment'))}: its own rules are not asked."
    if old.get("active") and not reuse.get("active"):
        yield f"{where} copied {shown_text(old.get('environment'))}; that link is cut."
    linked = [
        other
        for other, one in after.raw["environments"].items()
        if one["active"] and (one.get("reuse") or {}).get("active") and one["reuse"]["environment"] == name
    ]
    if linked:
        yield f"{', '.join(map(shown_text, linked))} copies {where} and changes with it."
    places = {one["id"]: place for place, one in enumerate(after.raw["variants"])}
    for outcome in outcomes(entry):
        if outcome.get("type") == "experiment":
            yield f"{where} has an experiment, which the host does not take back: it cannot be written."
        if outcome.get("type") == "rollout" and outcome not in outcomes(was):
            yield from _of_a_rollout(where, outcome, rolled_share(packed_outcome(outcome, places), now_ms))


def _of_a_rollout(where: str, outcome: Mapping[str, Any], share: float) -> Iterator[str]:
    if share >= ALL:
        goal = shown_text(outcome["rollToVariantId"])
        yield f"The timed rollout in {where} is over already: {goal} goes to everyone at once."
    elif outcome["startTimestamp"] > 0 and share > 0:
        began = datetime.fromtimestamp(outcome["startTimestamp"] / 1000, UTC)
        since = f"{began:%Y-%m-%d %H:%M} UTC"
        yield f"The timed rollout in {where} counts from {since}: it is at {share / 1000:g} % now."


def _resting(was: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Whether something changes that a static environment does not ask."""
    keys = {edit.path[0] for edit in differences(was, entry)}
    return bool(keys & {"rules", "fallthrough", "targets"})


def outcomes(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The outcomes of the rules and of everyone else."""
    found = [rule["outcome"] for rule in entry.get("rules", ())]
    return [*found, *([entry["fallthrough"]] if "fallthrough" in entry else [])]


def segment_cautions(
    touched: Iterable[str], after: Flag, segments: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """What has become of the segments that these environments ask for since the flag was changed."""
    known = {one["id"]: one for one in segments}
    changed_at = after.raw.get("updatedAt", 0)
    for key in dict.fromkeys(one for name in touched for one in asked_segments(after, name)):
        segment = known.get(key)
        if segment is None:
            yield (
                f"A rule asks for the segment {shown_text(key)}, which there is not: neither “is” nor "
                "“is not” holds for anybody."
            )
        elif segment.get("updatedAt", 0) > changed_at:
            yield (
                f"The segment {shown_text(segment.get('slug', key))} was changed after this flag was: a rule "
                "that asks for it holds others than it did then. Segments have no history."
            )


def asked_segments(flag: Flag, environment: str) -> list[str]:
    """The ids of the segments that an environment's rules ask for."""
    found: list[str] = []
    for rule in flag.raw["environments"][environment].get("rules", ()):
        for condition in rule["conditions"]:
            left = condition.get("lhs")
            if not isinstance(left, dict) or left.get("type") != "segment":
                continue
            right = condition.get("rhs")
            items = right.get("items") if isinstance(right, dict) else None
            listed = items if isinstance(items, list) else [{"value": right}]
            keys = [one.get("value") for one in listed if isinstance(one, dict)]
            found += [key for key in keys if isinstance(key, str)]
    return found
