"""One flag for a whole population at once, with the answers of the evaluator that asks one by one.

Each attribute is kept as its different values and which of them each person has; a condition is decided once
for each different value, by the same comparators.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from console.flags.comparing import holds
from console.flags.evaluating import evaluate, followed, rolled_share
from console.flags.hashing import ALL, boundaries, boundary, bytes_of, seed_of
from console.flags.javascript import Raised, is_number, read
from console.flags.patience import check

Mask = NDArray[np.bool_]
Path = tuple[Any, ...]
DEFAULT, RAISES = -1, -2
"""In place of a variant's index: the code's own default; the evaluation raises."""


class OneByOne(Exception):
    """This definition or this population is none of the usual ones."""


@dataclass
class Column:
    """An attribute of everyone."""

    values: list[Any]
    """The different values."""
    codes: NDArray[np.intp]
    """For each person, which of them."""
    _buckets: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def per_person(self, test: Callable[[Any], bool]) -> Mask:
        return np.fromiter(map(test, self.values), bool, len(self.values))[self.codes]

    def texts(self) -> Mask:
        return self.per_person(lambda value: isinstance(value, str))

    def buckets(self, seed: Any) -> NDArray[np.float64]:
        """Each person's place among 2^32, computed once a seed; -1 where the value is no text."""
        number, digest = seed_of(seed), xxhash.xxh32_intdigest
        if number not in self._buckets:
            places = (digest(bytes_of(one), number) if isinstance(one, str) else -1 for one in self.values)
            self._buckets = {number: np.fromiter(places, np.float64, len(self.values))}
        return self._buckets[number][self.codes]


class Population:
    """Contexts of people. Attributes are gathered when a flag first asks for them, and kept."""

    def __init__(self, contexts: Sequence[Mapping[str, Any]]) -> None:
        self.contexts = contexts
        self._columns: dict[Path, Column] = {}

    def __len__(self) -> int:
        return len(self.contexts)

    def column(self, path: Any) -> Column:
        """Raises :class:`OneByOne` where the path cannot be read of everyone."""
        if not isinstance(path, list) or not all(isinstance(key, str) for key in path):
            raise OneByOne
        if tuple(path) not in self._columns:
            try:
                self._columns[tuple(path)] = _encoded(read(one, path) for one in self.contexts)
            except Raised as error:
                raise OneByOne from error
        return self._columns[tuple(path)]


def _encoded(values: Iterable[Any]) -> Column:
    places: dict[Any, int] = {}
    different, codes = list[Any](), list[int]()
    for value in values:
        key = value if isinstance(value, str) else (type(value), _key(value))
        place = places.setdefault(key, len(different))
        if place == len(different):
            different.append(value)
        codes.append(place)
    return Column(different, np.array(codes, np.intp))


def _key(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def evaluate_all(
    definition: Any, environment: str, people: Population, *, segments: Any = None, now_ms: float = 0
) -> NDArray[np.int64]:
    """Each person's variant index, or :data:`DEFAULT` or :data:`RAISES`. Raises :class:`TooLong`."""
    if not len(people):
        return np.empty(0, np.int64)
    try:
        return _Together(definition, people, segments, now_ms).whole(environment)
    except (OneByOne, Raised, TypeError, KeyError, AttributeError, ValueError, IndexError, RecursionError):
        return _one_by_one(definition, environment, people, segments, now_ms)


def _one_by_one(
    definition: Any, environment: str, people: Population, segments: Any, now_ms: float
) -> NDArray[np.int64]:
    found = np.empty(len(people), np.int64)
    for place, context in enumerate(people.contexts):
        check()
        one = evaluate(definition, environment, context, segments=segments, now_ms=now_ms)
        otherwise = RAISES if one.reason is None else DEFAULT
        found[place] = otherwise if one.index is None else one.index
    return found


@dataclass
class _Together:
    definition: Any
    people: Population
    segments: Any
    now_ms: float
    _members: dict[str, Mask] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)

    def whole(self, environment: str) -> NDArray[np.int64]:
        entry, _, fault = followed(self.definition, environment)
        found = np.full(len(self.people), DEFAULT, np.int64)
        if fault:
            return found
        if is_number(entry):
            return found * 0 + self._checked(entry)
        left = np.ones(len(self.people), bool)
        for index, target in enumerate(entry.get("targets") or []):
            here = left & self._listed(target)
            if here.any():
                found[here] = self._checked(index)
                left &= ~here
        for rule in entry.get("rules") or []:
            here = left & self._all_hold(rule["conditions"])
            if here.any():
                self._serve(rule["outcome"], here, found)
                left &= ~here
        if left.any():
            self._serve(entry["fallthrough"], left, found)
        return found

    def _checked(self, index: Any) -> int:
        if (
            not isinstance(index, int)
            or isinstance(index, bool)
            or not 0 <= index < len(self.definition["variants"])
        ):
            raise OneByOne
        return index

    def _none(self) -> Mask:
        return np.zeros(len(self.people), bool)

    def _listed(self, target: Any) -> Mask:
        found = self._none()
        for kind, attributes in (target or {}).items():
            for name, listed in attributes.items():
                if not isinstance(listed, list):
                    raise OneByOne
                wanted = {one for one in listed if isinstance(one, str)}
                found |= self.people.column([kind, name]).per_person(
                    lambda value, wanted=wanted: isinstance(value, str) and value in wanted  # type: ignore[misc]
                )
        return found

    def _all_hold(self, conditions: list[Any]) -> Mask:
        found = ~self._none()
        for condition in conditions:
            check()
            if found.any():
                found &= self._holds(condition)
        return found

    def _holds(self, condition: Any) -> Mask:
        path, comparator, right, options = [*condition, None, None][:4]
        if len(condition) < 3 and comparator not in ("ex", "!ex"):
            raise OneByOne
        if path == "segment":
            return self._segment_condition(comparator, right)
        return self.people.column(path).per_person(
            lambda value: holds(value, comparator, right, options, lambda _: None)
        )

    def _segment_condition(self, comparator: str, right: Any) -> Mask:
        if not right and right != []:
            return self._none()
        keys = right if comparator in ("oneOf", "!oneOf") else [right]
        if (
            comparator not in ("eq", "!eq", "oneOf", "!oneOf")
            or not isinstance(keys, list)
            or not all(isinstance(key, str) for key in keys)
        ):
            raise OneByOne
        negated = comparator.startswith("!")
        found = ~self._none() if negated else self._none()
        for key in keys:
            inside = self._segment(key)
            if negated:
                found &= self._none() if inside is None else ~inside
            elif inside is not None:
                found |= inside
        return found

    def _segment(self, key: str) -> Mask | None:
        segment = (self.segments or {}).get(key)
        if not segment:
            return None
        if key in self._asked:
            raise OneByOne
        if key not in self._members:
            self._asked.append(key)
            self._members[key] = self._inside(segment)
            self._asked.pop()
        return self._members[key]

    def _inside(self, segment: Any) -> Mask:
        found = self._listed(segment.get("include"))
        left = ~found & ~self._listed(segment.get("exclude"))
        for rule in segment.get("rules") or []:
            here = left & self._all_hold(rule["conditions"])
            left &= ~here
            if here.any():
                found |= here & self._passes(rule["outcome"])
        return found

    def _passes(self, outcome: Any) -> Mask:
        if is_number(outcome) and outcome == 1:
            return ~self._none()
        if outcome["type"] != "split":
            raise OneByOne
        column, share = self.people.column(outcome["base"]), outcome["passPromille"]
        if share <= 0 or share >= ALL:
            return column.texts() if share > 0 else self._none()
        places = column.buckets(self.definition.get("seed", 0))
        passing: Mask = (places >= 0) & (places < boundary(share, ALL))
        return passing

    def _serve(self, outcome: Any, here: Mask, found: NDArray[np.int64]) -> None:
        if is_number(outcome):
            found[here] = self._checked(outcome)
            return
        if outcome["type"] not in ("split", "rollout"):
            raise OneByOne
        column = self.people.column(outcome["base"])
        places = column.buckets(self.definition.get("seed", 0))[here]
        indices, ends = ranges(outcome, self.now_ms)
        chosen = np.array(indices)[np.searchsorted(ends, places, side="right")]
        chosen[places < 0] = outcome["defaultVariant"]
        reached = (
            [*indices, outcome["rollFromVariant"]]
            if outcome["type"] == "rollout"
            else np.unique(chosen).tolist()
        )
        for index in {*reached, outcome["defaultVariant"]}:
            self._checked(index)
        found[here] = chosen


def ranges(outcome: Any, now_ms: float) -> tuple[list[int], list[float]]:
    """The variants along the 2^32 places of the hash, and where each but the last ends."""
    if is_number(outcome):
        return [outcome], []
    if outcome["type"] == "split":
        ends = boundaries(outcome["weights"])
        if any(end != end for end in ends) or ends != sorted(ends):
            return [outcome["defaultVariant"]], []
        return [*range(len(ends)), outcome["defaultVariant"]], ends
    if outcome["type"] != "rollout":
        raise OneByOne
    origin, goal = outcome["rollFromVariant"], outcome["rollToVariant"]
    share = rolled_share(outcome, now_ms)
    if share <= 0 or share >= ALL:
        return [goal if share > 0 else origin], []
    if goal < origin:
        return [goal, origin], [boundary(share, ALL)]
    return [origin, goal], [boundary(ALL - share, ALL)]
