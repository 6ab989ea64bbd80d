"""A flag and a segment as the host's API has them, kept whole, and their packed form for evaluation.

Names are OpenFeature's: key, variant, state. The raw object is never changed: what is written back is it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class BadFlag(Exception):
    """The object is no flag or segment of the host's API; the text says what is missing."""


@dataclass(frozen=True)
class Flag:
    """One flag."""

    raw: Mapping[str, Any]
    """As it was read, unknown fields included."""

    @property
    def key(self) -> str:
        return str(self.raw["slug"])

    @property
    def archived(self) -> bool:
        """Archived flags are in no data file: every caller uses its code's default."""
        return self.raw.get("state") == "archived"

    @property
    def variant_ids(self) -> list[str]:
        return [one["id"] for one in self.raw["variants"]]

    def written(self) -> dict[str, Any]:
        """A copy of the object to change and send."""
        return copy.deepcopy(dict(self.raw))

    def packed(self) -> dict[str, Any] | None:
        """The definition applications evaluate; ``None`` for an archived flag. Raises :class:`BadFlag`."""
        if self.archived:
            return None
        try:
            places = {one["id"]: place for place, one in enumerate(self.raw["variants"])}
            packed = {
                "variantIds": list(places),
                "variants": [one.get("value") for one in self.raw["variants"]],
                "seed": self.raw.get("seed", 0),
                "environments": {
                    name: _environment(entry, places) for name, entry in self.raw["environments"].items()
                },
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise BadFlag(f"The flag cannot be read: {error} is missing or refers to nothing.") from error
        if "experiment" in self.raw:
            packed["experiment"] = self.raw["experiment"]
        return packed


def packed_segments(segments: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Segments by id, in the packed form. Raises :class:`BadFlag`."""
    try:
        return {one["id"]: _segment(one["data"]) for one in segments}
    except (KeyError, TypeError, AttributeError) as error:
        raise BadFlag(f"A segment cannot be read: {error} is missing.") from error


def _environment(entry: Any, places: Mapping[str, int]) -> Any:
    if not entry["active"]:
        return places[entry["pausedOutcome"]["variantId"]]
    reuse = entry.get("reuse") or {}
    if reuse.get("active"):
        return {"reuse": reuse["environment"]}
    packed: dict[str, Any] = {}
    if targets := entry.get("targets"):
        packed["targets"] = [_listed(targets.get(variant) or {}) for variant in places]
    if rules := entry.get("rules"):
        packed["rules"] = [
            {"conditions": packed_conditions(one), "outcome": packed_outcome(one["outcome"], places)}
            for one in rules
        ]
    return packed | {"fallthrough": packed_outcome(entry["fallthrough"], places)}


def _listed(target: Any) -> Any:
    return {
        kind: {name: [one["value"] for one in values] for name, values in attributes.items()}
        for kind, attributes in target.items()
    }


def packed_conditions(rule: Any) -> list[Any]:
    """A rule's conditions, packed."""
    return [_condition(one) for one in rule["conditions"]]


def _condition(one: Any) -> list[Any]:
    left, right = one["lhs"], one.get("rhs")
    path = "segment" if left["type"] == "segment" else [left["kind"], left["attribute"]]
    packed = [path, one["cmp"]]
    if "rhs" in one:
        many = isinstance(right, dict) and right.get("type") in ("list", "list/inline")
        packed.append([item["value"] for item in right["items"]] if many else right)
    if (one.get("cmpOptions") or {}).get("ignoreCase"):
        packed += [None] * (3 - len(packed)) + ["i"]
    return packed


def _base(outcome: Any) -> list[str]:
    return [outcome["base"]["kind"], outcome["base"]["attribute"]]


def packed_outcome(outcome: Any, places: Mapping[str, int]) -> Any:
    """An outcome, packed; ``places``: each variant's index by its id."""
    kind = outcome["type"]
    if kind == "variant":
        return places[outcome["variantId"]]
    if kind == "experiment":
        return {"type": "experiment"}
    packed = {"type": kind, "base": _base(outcome), "defaultVariant": places[outcome["defaultVariantId"]]}
    if kind == "split":
        return packed | {"weights": [outcome["weights"].get(variant, 0) for variant in places]}
    return packed | {
        "startTimestamp": outcome["startTimestamp"],
        "rollFromVariant": places[outcome["rollFromVariantId"]],
        "rollToVariant": places[outcome["rollToVariantId"]],
        "slots": [[slot["promille"], slot["durationMs"]] for slot in outcome["slots"]],
    }


def _segment(data: Any) -> dict[str, Any]:
    packed: dict[str, Any] = {name: _listed(data[name]) for name in ("include", "exclude") if data.get(name)}
    if rules := data.get("rules"):
        packed["rules"] = [
            {"conditions": packed_conditions(one), "outcome": _share(one["outcome"])} for one in rules
        ]
    return packed


def _share(outcome: Any) -> Any:
    if outcome["type"] == "all":
        return 1
    return {"type": "split", "base": _base(outcome), "passPromille": outcome["passPromille"]}
