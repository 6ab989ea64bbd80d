"""Who gets what: one flag for one context, as ``@vercel/flags-core`` 1.8 decides it, and by which step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from console.flags.comparing import holds
from console.flags.hashing import ALL, boundaries, boundary, bucket
from console.flags.javascript import (
    UNDEFINED,
    Inherited,
    Raised,
    double,
    is_number,
    keys_of,
    member,
    read,
    text_of,
    truthy,
)
from console.flags.words import outcome_words, rule_words

OPEN_FEATURE = {
    "paused": "STATIC",
    "fallthrough": "DEFAULT",
    "target_match": "TARGETING_MATCH",
    "rule_match": "TARGETING_MATCH",
    "error": "ERROR",
}
"""The reference's reasons → OpenFeature's, as the host's own provider has them."""
MALFORMED = (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError)
"""What Python raises where a definition is of no known form."""
DEEPEST = 60
"""Segments within segments that are followed."""


@dataclass(frozen=True)
class Evaluated:
    """What one context gets."""

    value: Any
    """:data:`UNDEFINED` where there is none at all."""
    variant_id: str | None
    reason: str | None
    """paused, target_match, rule_match, fallthrough or error; ``None`` where the reference raises."""
    outcome: str | None
    """``value``, ``split``, ``rollout`` or ``experiment``."""
    index: int | None
    """The variant's place in the flag; ``None`` where the caller's default is given."""
    error: str | None = None
    """The error's code, or the class the reference raises."""
    message: str = ""
    words: Callable[[], str] = str
    """Makes :attr:`step`: of a million people nobody reads it."""
    doubts: tuple[str, ...] = ()
    """Why the answer may differ from the reference's; empty where it is exact."""
    experiment: Mapping[str, Any] | None = None

    @property
    def step(self) -> str:
        """The step that decided, in plain words. That it cannot be said changes no answer."""
        try:
            return self.words()
        except (*MALFORMED, RecursionError):
            return "The step that decided cannot be put into words: the definition is malformed."

    @property
    def open_feature_reason(self) -> str:
        return OPEN_FEATURE.get(self.reason or "error", "ERROR")


def evaluate(
    definition: Any,
    environment: str,
    context: Any,
    *,
    segments: Any = None,
    now_ms: float = 0,
    default: Any = UNDEFINED,
    flag: str = "",
) -> Evaluated:
    """Evaluate a packed ``definition``, ``None`` for a flag that is not there. Never raises.

    ``now_ms`` is the clock in milliseconds since 1970, which timed rollouts go by.
    """
    if definition is None:
        words = (
            f'There is no flag "{flag}" (an archived flag counts as none): the code\'s own default is given.'
        )
        return Evaluated(default, None, "error", None, None, "FLAG_NOT_FOUND", words, lambda: words)
    one = Evaluation(definition, {} if context is None else context, segments, now_ms)
    try:
        return one.whole(environment, default)
    except Raised as error:
        name, text = error.name, str(error)
    except RecursionError:
        name, text = "RangeError", "Maximum call stack size exceeded"
        one.doubt("too deeply nested to be followed here")
    except MALFORMED as error:
        name, text = "TypeError", f"the definition is malformed: {error}"
        one.doubt("a malformed definition")
    raises = f"The evaluation raises {name}: {text}"
    return Evaluated(UNDEFINED, None, None, None, None, name, text, lambda: raises, one.doubts)


@dataclass
class Evaluation:
    """One definition for one context."""

    definition: Any
    context: Any
    segments: Any
    now_ms: float
    _doubts: list[str] = field(default_factory=list)
    _members: dict[str, bool] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)

    @property
    def doubts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._doubts))

    def doubt(self, why: str) -> None:
        self._doubts.append(why)

    def whole(self, environment: str, default: Any) -> Evaluated:
        entry, environment, fault = followed(self.definition, environment)
        if fault:
            words = f"{fault}: the code's own default is given."
            return Evaluated(default, None, "error", None, None, None, fault, lambda: words, self.doubts)
        where = f"in {environment}"
        if is_number(entry):
            return self._served(entry, "paused", lambda: f"Static {where}: everyone gets")
        targets = member(entry, "targets")
        if truthy(targets):
            if not isinstance(targets, list):
                raise Raised("TypeError", "envConfig.targets.findIndex is not a function")
            for index, target in enumerate(targets):
                if who := self._listed(target):
                    named = partial("{} is listed {}:".format, who, where)
                    return self._served(index, "target_match", named, "targeted")
        rules = member(entry, "rules")
        if truthy(rules):
            if not isinstance(rules, list):
                raise Raised("TypeError", "envConfig.rules.find is not a function")
            for number, rule in enumerate(rules, start=1):
                if self.all_hold(member(rule, "conditions")):
                    ruled = partial(_rule_fits, number, where, rule)
                    return self._served(member(rule, "outcome"), "rule_match", ruled)
        return self._served(
            member(entry, "fallthrough"), "fallthrough", lambda: f"No target and no rule fits {where}:"
        )

    def _served(self, outcome: Any, reason: str, why: Callable[[], str], assigned: str = "") -> Evaluated:
        index, kind, how = self.resolve(outcome)
        value, variant_id = self.variant(index)
        place = int(index) if is_number(index) else None
        details = self._experiment(variant_id, assigned or how)
        words = partial(_told, why, outcome, self.definition)
        return Evaluated(value, variant_id, reason, kind, place, None, "", words, self.doubts, details)

    def _experiment(self, variant_id: str | None, how: str) -> Mapping[str, Any] | None:
        experiment = member(self.definition, "experiment")
        if not isinstance(experiment, dict) or variant_id is None:
            return None
        return {
            "id": experiment.get("id"),
            "variantId": variant_id,
            "base": experiment.get("base"),
            "rampId": experiment.get("rampId"),
            "rampPercentage": experiment.get("rampPercentage"),
            "assignmentReason": how,
        }

    def variant(self, index: Any) -> tuple[Any, str | None]:
        """Value and id of the variant at ``index``. Raises :class:`Raised` outside of the list."""
        variants, ids = member(self.definition, "variants"), member(self.definition, "variantIds")
        count = member(variants, "length")
        if is_number(index) and (index < 0 or (is_number(count) and index >= count)):
            text = f"Invalid variant index {text_of(index)}, variants length is {text_of(count)}"
            raise Raised("Error", f"@vercel/flags-core: {text}")
        found = member(ids, index) if isinstance(ids, list) and is_number(index) else None
        return member(variants, index), None if found is UNDEFINED else found

    def attribute(self, path: Any) -> Any:
        if isinstance(path, list):
            return read(self.context, path)
        raise Raised("Error", "Unexpected segment" if path == "segment" else "Accessor not implemented")

    def _listed(self, target: Any) -> str:
        """Who of the context is in a list of targets, in words; empty if nobody is."""
        for kind in keys_of(target):
            attributes = member(target, kind)
            for name in keys_of(attributes):
                value = self.attribute([kind, name])
                if isinstance(value, str):
                    listed = member(attributes, name)
                    if not isinstance(listed, list | str):
                        raise Raised("TypeError", "attributes[attribute].includes is not a function")
                    if value in listed:
                        return f"{kind}.{name} = {value!r}"
        return ""

    def all_hold(self, conditions: Any) -> bool:
        if not isinstance(conditions, list):
            member(conditions, "every")
            raise Raised("TypeError", "conditions.every is not a function")
        return all(self._holds(condition) for condition in conditions)

    def _holds(self, condition: Any) -> bool:
        if not isinstance(condition, list | str):
            raise Raised("TypeError", f"{text_of(condition)} is not iterable")
        path, comparator, right, options = [*condition, *[UNDEFINED] * 4][:4]
        if path == "segment":
            return truthy(right) and self._segment_condition(comparator, right)
        return holds(self.attribute(path), comparator, right, options, self.doubt)

    def _segment_condition(self, comparator: Any, right: Any) -> bool:
        if comparator in ("eq", "!eq"):
            inside = self.in_segment(right)
            return inside is not None and inside is (comparator == "eq")
        if comparator not in ("oneOf", "!oneOf"):
            raise Raised("Error", f"Comparator {text_of(comparator)} not implemented for segment")
        if not isinstance(right, list):
            if comparator == "oneOf":
                return False
            raise Raised("TypeError", "segmentIds.every is not a function")
        for one in right:
            inside = self.in_segment(one)
            if comparator == "oneOf" and inside:
                return True
            if comparator == "!oneOf" and inside is not False:
                return False
        return bool(comparator == "!oneOf")

    def in_segment(self, key: Any) -> bool | None:
        """Whether the context is in a segment; ``None`` if there is no such segment.

        Each is asked once an evaluation: asked again it would say the same, and asked by itself never end.
        """
        if not isinstance(self.segments, dict | list):
            return None
        name = text_of(key)
        segment = member(self.segments, name)
        if not truthy(segment):
            return None
        if name in self._asked:
            raise Raised("RangeError", f"Maximum call stack size exceeded: segment {name!r} asks for itself")
        if name not in self._members:
            if len(self._asked) >= DEEPEST:
                self.doubt(f"segments are nested more than {DEEPEST} deep")
                raise Raised("RangeError", f"segments are nested more than {DEEPEST} deep")
            self._asked.append(name)
            self._members[name] = self._inside(segment)
            self._asked.pop()
        return self._members[name]

    def _inside(self, segment: Any) -> bool:
        if isinstance(segment, Inherited):
            return False
        if truthy(include := member(segment, "include")) and self._listed(include):
            return True
        if truthy(exclude := member(segment, "exclude")) and self._listed(exclude):
            return False
        rules = member(segment, "rules")
        if not isinstance(rules, list):
            return False
        for rule in rules:
            if self.all_hold(member(rule, "conditions")):
                return self._passes(member(rule, "outcome"))
        return False

    def _passes(self, outcome: Any) -> bool:
        if is_number(outcome) and outcome == 1:
            return True
        if member(outcome, "type") != "split":
            raise Raised("Error", "Exhaustiveness check failed")
        value, share = self.attribute(member(outcome, "base")), member(outcome, "passPromille")
        if not isinstance(value, str):
            return False
        if not is_number(share):
            self.doubt("a segment's share is no number")
            return False
        if share <= 0 or share >= ALL:
            return bool(share > 0)
        inside: bool = bucket(value, self.seed) < boundary(share, ALL)
        return inside

    @property
    def seed(self) -> Any:
        return member(self.definition, "seed")

    def resolve(self, outcome: Any) -> tuple[Any, str, str]:
        """The variant's index, the outcome's kind, and how an experiment would call it."""
        if is_number(outcome):
            return outcome, "value", "variant"
        kind = member(outcome, "type")
        if kind == "split":
            return self._weighted(outcome, self.seed), "split", "split"
        if kind == "rollout":
            return self._rolled(outcome), "rollout", "rollout"
        if kind == "experiment":
            return self._enrolled()
        raise Raised("Error", "Exhaustiveness check failed")

    def _weighted(self, outcome: Any, seed: Any) -> Any:
        value = self.attribute(member(outcome, "base"))
        if isinstance(value, str):
            place = bucket(value, seed)
            for index, end in enumerate(boundaries(member(outcome, "weights"))):
                if place < end:
                    return index
        return member(outcome, "defaultVariant")

    def _enrolled(self) -> tuple[Any, str, str]:
        experiment = member(self.definition, "experiment")
        if not truthy(experiment):
            raise Raised("Error", "@vercel/flags-core: Experiment not found")
        unit = self.attribute(member(experiment, "base"))
        otherwise = member(experiment, "defaultVariant")
        self.variant(otherwise)
        ramp = member(experiment, "rampPercentage")
        ramp = 100 if ramp is None or ramp is UNDEFINED else ramp
        if not isinstance(unit, str):
            return otherwise, "experiment", "not-enrolled"
        seed = member(experiment, "enrollmentSeed")
        if ramp < 100 and not (ramp > 0 and bucket(unit, seed) < boundary(ramp, 100)):
            return otherwise, "experiment", "not-enrolled"
        return self._weighted(experiment, self.seed), "experiment", "experiment"

    def _rolled(self, outcome: Any) -> Any:
        value, otherwise = self.attribute(member(outcome, "base")), member(outcome, "defaultVariant")
        self.variant(otherwise)
        if not isinstance(value, str):
            return otherwise
        origin, goal = member(outcome, "rollFromVariant"), member(outcome, "rollToVariant")
        self.variant(origin)
        share = rolled_share(outcome, self.now_ms)
        if share <= 0:
            return origin
        self.variant(goal)
        if share >= ALL:
            return goal
        place = bucket(value, self.seed)
        if goal < origin:
            return goal if place < boundary(share, ALL) else origin
        return origin if place < boundary(ALL - share, ALL) else goal


def _rule_fits(number: int, where: str, rule: Any) -> str:
    return f"Rule {number} {where} ({rule_words(rule)}):"


def _told(why: Callable[[], str], outcome: Any, definition: Any) -> str:
    return f"{why()} {outcome_words(outcome, definition)}"


def rolled_share(outcome: Any, now_ms: float) -> float:
    """How many of 100 000 a timed rollout gives its goal at ``now_ms``; may be below 0 or above."""
    slots, elapsed = member(outcome, "slots"), now_ms - double(member(outcome, "startTimestamp"))
    if elapsed < 0 or not slots:
        return 0
    spent = 0.0
    for share, duration in slots:
        spent += double(duration)
        if spent > elapsed:
            return double(share)
    return ALL


def followed(definition: Any, environment: str) -> tuple[Any, str, str]:
    """The entry that decides for ``environment`` after its links, whose it is, and why there is none."""
    environments, left = member(definition, "environments"), set[str]()
    entry = member(environments, environment)
    while True:
        if is_number(entry):
            return entry, environment, ""
        if not truthy(entry):
            return None, environment, f'Could not find envConfig for "{environment}"'
        if not isinstance(entry, dict | list | Inherited):
            raise Raised("TypeError", f"Cannot use 'in' operator to search for 'reuse' in {text_of(entry)}")
        if not (isinstance(entry, dict) and "reuse" in entry):
            return entry, environment, ""
        link = text_of(entry["reuse"])
        target = member(environments, link)
        if target is UNDEFINED:
            raise Raised("Error", f'Could not find envConfig for "{link}" when reusing')
        if link in left:
            return None, environment, f'Circular environment reuse detected: "{link}"'
        left.add(environment)
        environment, entry = link, target
