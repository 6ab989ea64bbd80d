"""Whom a change moves, by what applications got of late, where the branches of a flag alone say less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from console.flags.blast import Share, branches_of, names_of, pairs_met, seed_in
from console.flags.evaluating import followed
from console.flags.hashing import SPACE
from console.flags.many import OneByOne, ranges
from console.flags.patience import check

BASIS = "evaluations"


def counted_share(
    before: Any, after: Any, environment: str, shares: Mapping[str, float], now_ms: float
) -> Share | None:
    """The share of evaluations that get another variant, of which ``shares`` (by variant id) got which.

    Each variant's share moves wholly where nobody can keep it, not at all where everybody does, else perhaps.
    ``None`` where the shares say nothing of how it is now: a timed rollout has moved on since.
    """
    _entry, _, fault = followed(before, environment)
    one, other = branches_of(before, environment), branches_of(after, environment)
    if fault or one is None or other is None or any(_timed(outcome) for _, outcome in one):
        return None
    ids = before.get("variantIds") or []
    names = dict(zip(ids, names_of(before, list(range(len(ids)))), strict=True))
    kept, moved = set[str](), set[str]()
    try:
        for outcome, following in pairs_met(one, other):
            check()
            for was, now in _ways(before, outcome, after, following, now_ms):
                (kept if was == now else moved).add(was)
    except (OneByOne, KeyError, TypeError, IndexError):
        return None
    low = high = 0.0
    for variant, share in shares.items():
        name = names.get(variant)
        low += share * (name in moved and name not in kept)
        high += share * (name in moved or name not in kept)  # what nothing is known of may move
    return Share(min(low, 1.0), min(high, 1.0), BASIS)


def _ways(before: Any, outcome: Any, after: Any, following: Any, now_ms: float) -> Iterator[tuple[str, str]]:
    """Each (variant before, variant after) that somebody of a branch can have, those without a unit, too."""
    one, other = _pieces(before, outcome, now_ms), _pieces(after, following, now_ms)
    yield _without_unit(before, outcome), _without_unit(after, following)
    together = (
        len(one) == 1
        or len(other) == 1
        or (outcome["base"] == following["base"] and seed_in(before) == seed_in(after))
    )
    for low, high, was in one:
        for start, end, now in other:
            if not together or (low < end and start < high):
                yield was, now


def _pieces(definition: Any, outcome: Any, now_ms: float) -> list[tuple[float, float, str]]:
    """The hash ranges that are not empty, and whose they are."""
    indices, ends = ranges(outcome, now_ms)
    cuts = pairwise([0.0, *ends, float(SPACE)])
    whose = names_of(definition, indices)
    return [(low, high, name) for (low, high), name in zip(cuts, whose, strict=True) if low < high]


def _without_unit(definition: Any, outcome: Any) -> str:
    index = outcome["defaultVariant"] if isinstance(outcome, dict) else outcome
    return names_of(definition, [index])[0]


def _timed(outcome: Any) -> bool:
    return isinstance(outcome, dict) and outcome.get("type") == "rollout"
