"""The shop obeys its flags: which share of its visitors gets which variant in production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.flags.evaluating import evaluate
from console.flags.model import BadFlag, Flag, packed_segments
from console.readings import Millis
from data.simulator.flag_checks import outcomes
from data.simulator.flag_store import FlagStore

VISITORS = 400
"""So many stand for all: the share is in steps of a quarter of a per cent."""
AGAIN_MS: Millis = 15_000
"""A timed rollout moves by itself and segments change, so the same revision is looked at again."""
WHERE = "production"
Shares = Mapping[str, float]
"""By the id of a variant, the share (0 to 1) of visitors with it; none where the code decides."""


@dataclass(slots=True)
class _Look:
    etag: str
    at: Millis
    shares: Shares
    moves: bool
    """Whether it may move without another revision."""


@dataclass(slots=True)
class Served:
    """What was seen last of each flag that the world depends on."""

    _looks: dict[str, _Look] = field(default_factory=dict)

    def look(self, store: FlagStore, key: str, at: Millis) -> None:
        """See whether the flag has another revision, and what it gives then."""
        kept, last = store.flags.get(key), self._looks.get(key)
        etag = "" if kept is None else kept.etag
        if last is not None and last.etag == etag and (not last.moves or at - last.at < AGAIN_MS):
            return
        if kept is None:
            self._looks[key] = _Look(etag, at, {}, False)
            return
        shares = _shares(kept.document, list(store.segments.values()), at)
        self._looks[key] = _Look(etag, at, shares, _moves(kept.document))

    def shares(self, key: str) -> Shares:
        """By variant; nothing of a flag that there is not."""
        found = self._looks.get(key)
        return {} if found is None else found.shares

    def share(self, key: str, variant: str) -> float:
        """The share of visitors (0 to 1) with the variant; none of a flag that there is not."""
        return self.shares(key).get(variant, 0.0)


def _shares(document: Mapping[str, Any], segments: list[Mapping[str, Any]], at: Millis) -> Shares:
    """Of an archived flag the code's default is served, which is the shop without the feature."""
    served = variants_served(document, segments, WHERE, at)
    return {variant: share for variant, share in served.items() if variant}


def variants_served(
    document: Mapping[str, Any], segments: list[Mapping[str, Any]], where: str, at: Millis
) -> dict[str, float]:
    """The share of visitors (0 to 1) with each variant; ``""``: the default in the code."""
    try:
        flag = Flag(dict(document))
        packed, held = flag.packed(), packed_segments(segments)
    except BadFlag:
        packed, held = None, {}
    if packed is None:
        return {"": 1.0}
    found = Counter(
        evaluate(packed, where, visitor(number), segments=held, now_ms=at).variant_id or ""
        for number in range(VISITORS)
    )
    return {variant: hits / VISITORS for variant, hits in found.items()}


def visitor(number: int) -> dict[str, Any]:
    """Who asks for flags: one of the few that stand for all."""
    return {"user": {"id": f"visitor-{number}", "country": ("DE", "PL", "SE")[number % 3]}}


def _moves(document: Mapping[str, Any]) -> bool:
    """Whether any environment has a timed rollout, or asks for a segment."""
    entries = document["environments"].values()
    rolled = any(one.get("type") == "rollout" for entry in entries for one in outcomes(entry))
    conditions = (one for entry in entries for rule in entry["rules"] for one in rule["conditions"])
    return rolled or any(one["lhs"]["type"] == "segment" for one in conditions)
