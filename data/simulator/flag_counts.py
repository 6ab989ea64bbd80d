"""How often the shop asked for its flags, and what it got: each request asks for each flag once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from console.readings import Millis
from data.simulator.filters import Predicate, Row
from data.simulator.flag_store import FlagStore, KeptFlag
from data.simulator.obeying import WHERE, variants_served

Requests = Callable[[Millis, Millis], int]
"""How many the shop had between two moments."""


def counted(
    store: FlagStore, wanted: Predicate, requests: Requests, start: Millis, end: Millis
) -> Iterator[tuple[Row, list[int]]]:
    """Evaluations in production by flag and variant, each version for as long as it was in force.

    Only what ``wanted`` may keep is worked out.
    """
    for key, kept in store.flags.items():
        variants = ["", *(str(one["id"]) for one in kept.document["variants"])]
        rows = {one: {"environment": WHERE, "flag_key": key, "flag_variant": one} for one in variants}
        if not any(wanted(dict(row)) for row in rows.values()):
            continue
        found: dict[str, float] = {}
        for document, low, high in _in_force(kept, start, end):
            hits = requests(low, high)
            shares = variants_served(document, list(store.segments.values()), WHERE, low) if hits else {}
            for variant, share in shares.items():
                found[variant] = found.get(variant, 0.0) + hits * share
        for variant, times in found.items():
            if round(times):
                yield {**rows[variant]}, [round(times)]


def _in_force(
    kept: KeptFlag, start: Millis, end: Millis
) -> Iterator[tuple[Mapping[str, object], Millis, Millis]]:
    began = [one["createdAt"] for one in kept.versions]
    for one, (low, high) in zip(kept.versions, pairwise([*began, end]), strict=True):
        if max(low, start) < min(high, end):
            yield {**kept.document, **one["data"]}, max(low, start), min(high, end)
