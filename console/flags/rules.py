"""Changes of who falls where: shares, weights, rules and their outcomes."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.flags.changing import environment_of, need_variant
from console.flags.edits import Raw, Unfit
from console.flags.words import shown_text

USER_ID = ("user", "id")


@dataclass(frozen=True)
class SetShare:
    """A percentage for one variant; the others share the rest as they did.

    ``rule``: whose outcome; ``None``: of everyone no rule holds. A fixed variant becomes a split with the
    variant it was; a timed rollout ends at that share.
    """

    environment: str
    variant: str
    percent: float
    rule: str | None = None
    base: tuple[str, str] = USER_ID
    """By what people are told apart, where there was no split before."""

    @property
    def words(self) -> str:
        return f"{self.percent:.6g} % {shown_text(self.variant)} {_where(self.environment, self.rule)}"

    def on(self, raw: Raw) -> None:
        need_variant(raw, self.variant)
        if not 0 <= self.percent <= 100:
            raise Unfit(f"{self.percent:.6g} % is no share of people.")
        place = _place(raw, self.environment, self.rule)
        before = place.outcome
        split = _as_split(raw, before, self.variant, self.base)
        weights = dict(split["weights"])
        others = {key: weight for key, weight in weights.items() if key != self.variant}
        total = sum(weights.values()) or 100
        rest, shared = total * (100 - self.percent) / 100, sum(others.values())
        if not shared and rest:
            if len(others) == 1:
                others, shared = dict.fromkeys(others, 1), 1
            elif split["defaultVariantId"] == self.variant:
                raise Unfit("It is not clear who gets the rest: set the weights instead.")
            else:
                others, shared = {**others, split["defaultVariantId"]: 1}, 1
        if not total < float("inf"):
            raise Unfit("The weights that are there cannot be added up: set the weights instead.")
        weights |= {key: _neat(weight * rest / shared if shared else 0) for key, weight in others.items()}
        weights[self.variant] = _neat(total * self.percent / 100)
        place.serve({**split, "weights": weights})


@dataclass(frozen=True)
class SetWeights:
    """The weights of a split, by variant; they are relative."""

    environment: str
    weights: Mapping[str, float]
    rule: str | None = None
    base: tuple[str, str] = USER_ID

    @property
    def words(self) -> str:
        told = ", ".join(f"{shown_text(key)} {weight:.6g}" for key, weight in self.weights.items())
        return f"weights {told} {_where(self.environment, self.rule)}"

    def on(self, raw: Raw) -> None:
        for variant in self.weights:
            need_variant(raw, variant)
        sound = all(weight >= 0 and weight != float("inf") for weight in self.weights.values())
        if not sound or not sum(self.weights.values()) > 0:
            raise Unfit("Weights are 0 or more, and not all of them 0.")
        place = _place(raw, self.environment, self.rule)
        split = _as_split(raw, place.outcome, next(iter(self.weights)), self.base)
        place.serve({**split, "weights": {key: _whole(weight) for key, weight in self.weights.items()}})


@dataclass(frozen=True)
class SetOutcome:
    """Any outcome, as the host writes it: a variant, a split, a timed rollout."""

    environment: str
    outcome: Mapping[str, Any]
    rule: str | None = None

    @property
    def words(self) -> str:
        kind = shown_text(self.outcome.get("variantId") or f"a {self.outcome.get('type')}")
        return f"serve {kind} {_where(self.environment, self.rule)}"

    def on(self, raw: Raw) -> None:
        if self.outcome.get("type") not in ("variant", "split", "rollout"):
            raise Unfit("An outcome is a variant, a split or a timed rollout.")
        _place(raw, self.environment, self.rule).serve(copy.deepcopy(dict(self.outcome)))


@dataclass(frozen=True)
class AddRule:
    """A new rule, as the host writes it; first of all unless ``at`` says which place."""

    environment: str
    rule: Mapping[str, Any]
    at: int = 0

    @property
    def words(self) -> str:
        return f"add rule {shown_text(self.rule.get('id'))} in {shown_text(self.environment)}"

    def on(self, raw: Raw) -> None:
        rules = environment_of(raw, self.environment)["rules"]
        if any(one["id"] == self.rule.get("id") for one in rules) or not self.rule.get("id"):
            raise Unfit("A rule has an id of its own.")
        rules.insert(min(self.at, len(rules)), copy.deepcopy(dict(self.rule)))


@dataclass(frozen=True)
class RemoveRule:
    """One rule fewer."""

    environment: str
    rule: str

    @property
    def words(self) -> str:
        return f"remove rule {shown_text(self.rule)} in {shown_text(self.environment)}"

    def on(self, raw: Raw) -> None:
        rules = environment_of(raw, self.environment)["rules"]
        rules.remove(_rule(rules, self.rule))


@dataclass(frozen=True)
class MoveRule:
    """A rule earlier or later: the first that holds decides."""

    environment: str
    rule: str
    to: int

    @property
    def words(self) -> str:
        return f"move rule {shown_text(self.rule)} to place {self.to + 1} in {shown_text(self.environment)}"

    def on(self, raw: Raw) -> None:
        rules = environment_of(raw, self.environment)["rules"]
        moved = _rule(rules, self.rule)
        rules.remove(moved)
        rules.insert(max(0, min(self.to, len(rules))), moved)


@dataclass(frozen=True)
class _Place:
    """Where an outcome stands."""

    holder: Raw
    key: str

    @property
    def outcome(self) -> Raw:
        found: Raw = self.holder[self.key]
        return found

    def serve(self, outcome: Raw) -> None:
        self.holder[self.key] = outcome


def _place(raw: Raw, environment: str, rule: str | None) -> _Place:
    entry = environment_of(raw, environment)
    return _Place(entry, "fallthrough") if rule is None else _Place(_rule(entry["rules"], rule), "outcome")


def _rule(rules: Sequence[Raw], key: str) -> Raw:
    for one in rules:
        if one["id"] == key:
            return one
    there = ", ".join(shown_text(one["id"]) for one in rules) or "none"
    raise Unfit(f"There is no rule {shown_text(key)}; there are: {there}.")


def _as_split(raw: Raw, outcome: Raw, variant: str, base: tuple[str, str]) -> Raw:
    """The outcome as a split that moves nobody."""
    kind = outcome["type"]
    if kind == "split":
        return outcome
    if kind == "rollout":
        return {
            "type": "split",
            "base": outcome["base"],
            "weights": {outcome["rollFromVariantId"]: 100, outcome["rollToVariantId"]: 0},
            "defaultVariantId": outcome["defaultVariantId"],
        }
    if kind != "variant":
        raise Unfit("An experiment's shares are set in the experiment.")
    kept = outcome["variantId"]
    if kept == variant:
        others = [one["id"] for one in raw["variants"] if one["id"] != variant]
        if len(others) != 1:
            raise Unfit("It is not clear who gets the rest: set the weights instead.")
        weights, otherwise = {variant: 100, others[0]: 0}, others[0]
    else:
        weights, otherwise = {kept: 100, variant: 0}, kept
    return {
        "type": "split",
        "base": {"type": "entity", "kind": base[0], "attribute": base[1]},
        "weights": weights,
        "defaultVariantId": otherwise,
    }


def _neat(weight: float) -> float:
    """A weight without the noise of the arithmetic; whole where it is whole."""
    return _whole(round(float(weight), 9))


def _whole(weight: float) -> float:
    return int(weight) if float(weight).is_integer() else weight


def _where(environment: str, rule: str | None) -> str:
    of = f"by rule {shown_text(rule)} " if rule is not None else ""
    return f"{of}in {shown_text(environment)}"
