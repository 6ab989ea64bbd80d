"""A change of a flag as what follows ``coalmine flags``: the command that makes the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from console.flags.changing import (
    AddVariant,
    Change,
    EditVariant,
    Give,
    RemoveVariant,
    Restore,
    Resume,
    ServeEveryone,
    SetState,
    TakeBack,
)
from console.flags.rules import AddRule, MoveRule, RemoveRule, SetShare, SetWeights


def arguments(change: Change, key: str, environment: str) -> list[str]:
    """``set new-cart --environment production --share on 25``; of an old version ``restore``."""
    if isinstance(change, Restore):
        where = [word for name in change.environments for word in ("--environment", name)]
        return ["restore", key, change.version.removeprefix("version "), *where]
    return ["set", key, "--environment", environment, *_options(change)]


def _options(change: Change) -> list[str]:
    made = OPTIONS.get(type(change))
    if made is None:
        raise TypeError(f"no command makes {change.words}")
    return made(change)


def _named(change: Give | TakeBack) -> list[str]:
    return [f"{change.kind}.{change.attribute}={one}" for one in change.values]


def _weights(weights: Mapping[str, float]) -> list[str]:
    return [word for one, weight in weights.items() for word in ("--weight", one, f"{weight:.12g}")]


def _rule(rule: str | None) -> list[str]:
    return [] if rule is None else ["--rule", rule]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


OPTIONS: dict[type, Callable[[Any], list[str]]] = {
    ServeEveryone: lambda one: ["--serve", one.variant],
    Resume: lambda one: ["--resume"],
    SetShare: lambda one: ["--share", one.variant, f"{one.percent:.12g}", *_rule(one.rule)],
    SetWeights: lambda one: [*_weights(one.weights), *_rule(one.rule)],
    Give: lambda one: [
        *(word for who in _named(one) for word in ("--give", one.variant, who)),
        *(["--note", one.note] if one.note else []),
    ],
    TakeBack: lambda one: [word for who in _named(one) for word in ("--forget", who)],
    EditVariant: lambda one: ["--value", one.variant, _json(one.value)],
    AddVariant: lambda one: [
        *("--add-variant", one.variant, _json(one.value)),
        *(["--label", one.label] if one.label else []),
    ],
    RemoveVariant: lambda one: ["--remove-variant", one.variant],
    AddRule: lambda one: ["--add-rule", str(one.at + 1), _json(dict(one.rule))],
    MoveRule: lambda one: ["--move-rule", one.rule, str(one.to + 1)],
    RemoveRule: lambda one: ["--remove-rule", one.rule],
    SetState: lambda one: ["--archive" if one.archived else "--unarchive"],
}
