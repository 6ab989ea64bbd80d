"""Whom a change moves: the share of people whose variant changes, exact where it can be, else a range."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from console.flags.evaluating import followed
from console.flags.hashing import SPACE, seed_of
from console.flags.javascript import is_number, text_of
from console.flags.many import OneByOne, Population, evaluate_all, ranges
from console.flags.patience import check


@dataclass(frozen=True)
class Share:
    """A share of people, 0 to 1: exact where both ends are one, else somewhere between."""

    low: float
    high: float
    basis: str
    """Where it comes from: hash ranges, population, or bounds."""

    @property
    def exact(self) -> bool:
        return self.low == self.high


Branch = tuple[Any, Any]
"""Who it holds, and their outcome."""
UNKNOWN = Share(0.0, 1.0, "bounds")


def changed_share(
    before: Any,
    after: Any,
    environment: str,
    *,
    now_ms: float,
    segments: Any = None,
    population: Population | None = None,
) -> Share:
    """The share of people who get another variant by ``after`` than by ``before`` (both packed).

    People are told apart by the hash of their unit, which spreads evenly over 2^32; people without a unit
    are not in the share. Who falls into which branch is known of a ``population`` only; without one it is
    bounded by the branch least and most moved, of those that anybody can meet.
    """
    if population is not None and len(population):
        one, other = (
            names(
                definition,
                evaluate_all(definition, environment, population, segments=segments, now_ms=now_ms),
            )
            for definition in (before, after)
        )
        moved = float(np.mean(one != other))
        return Share(moved, moved, "population")
    branches, others = branches_of(before, environment), branches_of(after, environment)
    if branches is None or others is None:
        return UNKNOWN
    pairs = pairs_met(branches, others)
    shares = [_share_of(before, one, after, other, now_ms) for one, other in pairs]
    if len(shares) == 1:
        return shares[0]
    if _dealt_by_segment(before, environment, segments) or _dealt_by_segment(after, environment, segments):
        return _whoever_is_where(before, after, pairs, now_ms)
    return Share(min(one.low for one in shares), max(one.high for one in shares), "bounds")


def _share_of(before: Any, outcome: Any, after: Any, other: Any, now_ms: float) -> Share:
    check()
    return outcome_share(before, outcome, after, other, now_ms)


def outcome_share(before: Any, outcome: Any, after: Any, other: Any, now_ms: float) -> Share:
    """The share inside of one branch whose outcome changes from ``outcome`` to ``other``."""
    try:
        indices, ends = ranges(outcome, now_ms)
        others, other_ends = ranges(other, now_ms)
        named, other_named = names_of(before, indices), names_of(after, others)
    except (OneByOne, KeyError, TypeError, IndexError):
        return UNKNOWN
    fixed = not ends or not other_ends
    same_hash = fixed or (outcome["base"] == other["base"] and seed_in(before) == seed_in(after))
    if same_hash:
        moved = _length(_moved(named, ends, other_named, other_ends))
        return Share(moved, moved, "hash ranges")
    one, another = _lengths(named, ends), _lengths(other_named, other_ends)
    least = 1 - sum(min(size, another.get(name, 0.0)) for name, size in one.items())
    kept = sum(max(0.0, size + another.get(name, 0.0) - 1) for name, size in one.items())
    return Share(max(0.0, least), 1 - kept, "bounds")


def moved_people(
    before: Any, after: Any, environment: str, *, now_ms: float, segments: Any = None
) -> list[str]:
    """The people listed by name in either whose variant changes, as ``user.id = vip``."""
    listed: dict[tuple[str, str, str], None] = {}
    for definition in (before, after):
        entry, _, _ = followed(definition, environment)
        for target in (entry.get("targets") or []) if isinstance(entry, dict) else []:
            for kind, attributes in target.items():
                listed |= {(kind, name, one): None for name, ones in attributes.items() for one in ones}
    people = Population([{kind: {name: value}} for kind, name, value in listed])
    one, other = (
        names(definition, evaluate_all(definition, environment, people, segments=segments, now_ms=now_ms))
        for definition in (before, after)
    )
    return [
        f"{kind}.{name} = {value}"
        for (kind, name, value), moves in zip(listed, one != other, strict=True)
        if moves
    ]


def moments(definition: Any, environment: str, now_ms: float) -> list[float]:
    """Now, and when each slot to come of a timed rollout ends: what a preview shows."""
    found = {now_ms}
    for _, outcome in branches_of(definition, environment) or []:
        if isinstance(outcome, dict) and outcome.get("type") == "rollout":
            at = outcome["startTimestamp"]
            for end in (0, *(slot[1] for slot in outcome["slots"])):
                at += end
                found |= {at} if at > now_ms else set()
    return sorted(found)


def names(definition: Any, indices: Any) -> Any:
    """Each variant by its id and value: what stays the same if the list of variants is put in order anew."""
    known = {int(index): name for index in np.unique(indices) for name in names_of(definition, [int(index)])}
    codes = {name: place for place, name in enumerate(known.values())}
    table = np.array(list(codes), object)
    return (
        table[np.array([codes[known[int(index)]] for index in indices], np.intp)] if len(indices) else table
    )


def names_of(definition: Any, indices: list[int]) -> list[str]:
    variants = definition["variants"]
    return [
        f"{index}" if index < 0 else repr((text_of(variants[index]), repr(variants[index])))
        for index in indices
    ]


def pairs_met(branches: list[Branch], others: list[Branch]) -> list[tuple[Any, Any]]:
    """The different pairs of outcomes that somebody can meet before and after.

    Who falls into a branch fits no earlier one. So whoever fits a branch that comes earlier in the other list
    never gets as far as here in it: such a pair is nobody's.
    """
    first, other_first = _firsts(branches), _firsts(others)
    named = [(repr(who), repr(one), one) for who, one in branches]
    other_named = [(repr(who), repr(other), other) for who, other in others]
    found: dict[tuple[str, str], tuple[Any, Any]] = {}
    for place, (who, name, one) in enumerate(named):
        check()
        for position, (whose, other_name, other) in enumerate(other_named):
            if other_first.get(who, position) >= position and first.get(whose, place) >= place:
                found.setdefault((name, other_name), (one, other))
    return list(found.values())


def _firsts(branches: list[Branch]) -> dict[str, int]:
    """Where each condition stands first."""
    return {repr(who): place for place, (who, _) in reversed(list(enumerate(branches)))}


def seed_in(definition: Any) -> int:
    return seed_of(definition.get("seed", 0))


def branches_of(definition: Any, environment: str) -> list[Branch] | None:
    """(who, outcome) of every branch in order; ``None`` where there is no entry."""
    if definition is None:
        return None
    entry, _, fault = followed(definition, environment)
    if fault:
        return None
    if is_number(entry):
        return [("everyone", entry)]
    targets = [(target, index) for index, target in enumerate(entry.get("targets") or []) if target]
    # Whom a segment's share holds depends on the flag's seed.
    rules = [
        ((rule["conditions"], seed_in(definition) if _asks_segment(rule) else None), rule["outcome"])
        for rule in entry.get("rules") or []
    ]
    return [*targets, *rules, ("everyone", entry["fallthrough"])]


def _asks_segment(rule: Any) -> bool:
    return any(condition[0] == "segment" for condition in rule["conditions"])


def _pieces(named: list[str], ends: list[float]) -> list[tuple[float, str]]:
    return list(zip([*ends, float(SPACE)], named, strict=True))


Range = tuple[float, float]


def _moved(named: list[str], ends: list[float], others: list[str], other_ends: list[float]) -> list[Range]:
    """The hash ranges whose variant differs."""
    cuts = sorted({0.0, float(SPACE), *ends, *other_ends})
    return [
        (low, high)
        for low, high in pairwise(cuts)
        if next(name for end, name in _pieces(named, ends) if low < end)
        != next(name for end, name in _pieces(others, other_ends) if low < end)
    ]


def _length(ranges: list[Range]) -> float:
    """The length of hash ranges, divided by 2^32."""
    return sum(high - low for low, high in ranges) / SPACE


def _dealt_by_segment(definition: Any, environment: str, segments: Any) -> bool:
    """Whether a rule asks for a segment that holds a share of people, which goes by the flag's own hash.

    Who is left for the branches after it is then no fair sample of all hashes.
    """
    entry, _, _ = followed(definition, environment)
    rules = entry.get("rules") or [] if isinstance(entry, dict) else []
    asked, known = [_segments_of(rule) for rule in rules], set[str]()
    keys = [key for found in asked for key in found]
    if keys and segments is None:
        return True
    while keys:
        key = keys.pop()
        if key in known:
            continue
        known.add(key)
        for rule in (segments.get(key) or {}).get("rules") or []:
            if isinstance(rule["outcome"], dict):
                return True
            keys += _segments_of(rule)
    return False


def _segments_of(rule: Any) -> list[str]:
    found: list[str] = []
    for condition in rule["conditions"]:
        if condition[0] == "segment" and len(condition) > 2:
            found += condition[2] if isinstance(condition[2], list) else [condition[2]]
    return found


def _whoever_is_where(before: Any, after: Any, pairs: list[tuple[Any, Any]], now_ms: float) -> Share:
    """Bounds that hold whoever falls into which branch: where every pair moves people, and where any does."""
    found: list[list[Range]] = []
    bases = list[Any]()
    try:
        for one, other in pairs:
            indices, ends = ranges(one, now_ms)
            others, other_ends = ranges(other, now_ms)
            found.append(_moved(names_of(before, indices), ends, names_of(after, others), other_ends))
            bases += [(one["base"], seed_in(before))] if ends else []
            bases += [(other["base"], seed_in(after))] if other_ends else []
    except (OneByOne, KeyError, TypeError, IndexError):
        return UNKNOWN
    if any(base != bases[0] for base in bases):
        return UNKNOWN
    cuts = sorted({0.0, float(SPACE), *(end for one in found for piece in one for end in piece)})
    least = most = 0.0
    for low, high in pairwise(cuts):
        moving = [any(start <= low < end for start, end in one) for one in found]
        least += (high - low) * all(moving)
        most += (high - low) * any(moving)
    return Share(least / SPACE, most / SPACE, "bounds")


def _lengths(named: list[str], ends: list[float]) -> dict[str, float]:
    found: dict[str, float] = {}
    low = 0.0
    for end, name in _pieces(named, ends):
        found[name] = found.get(name, 0.0) + (end - low) / SPACE
        low = end
    return found
