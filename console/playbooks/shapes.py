"""What a field of a playbook may hold, as data: the validator and the JSON Schema are both made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

DURATION = r"^\d{1,9}(ms|s|m|h|d)$"
ID = r"^[a-z0-9-]{1,60}$"
NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,59}$"

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def milliseconds(text: str) -> int:
    """Of a duration such as ``90s``. Raises ``ValueError``."""
    found = re.fullmatch(r"(\d{1,9})(ms|s|m|h|d)", text, re.ASCII)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True)
class Text:
    """``fills``: whether ``{{ name }}`` is filled in. ``pattern``: what the whole has to match."""

    fills: bool = True
    pattern: str = ""
    says: str = ""
    """What the pattern wants, in words."""
    most: int = 4_000


@dataclass(frozen=True)
class Word:
    """One of ``choices``. ``instead``: what to say to a word that others use."""

    choices: tuple[str, ...]
    instead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Whole:
    least: int = 0
    most: int = 1_000_000_000


@dataclass(frozen=True)
class Number:
    pass


@dataclass(frozen=True)
class Truth:
    pass


@dataclass(frozen=True)
class Duration:
    pass


@dataclass(frozen=True)
class Condition:
    """An expression. ``value``: it need be no condition."""

    value: bool = False


@dataclass(frozen=True)
class Target:
    """The id of a step, or ``end``."""


@dataclass(frozen=True)
class Argv:
    """A command as a list; the first is never filled in."""


@dataclass(frozen=True)
class AnyValue:
    """A text, a number or a truth, filled in where it is a text."""


@dataclass(frozen=True)
class Later(AnyValue):
    """Any single value, which is checked once more is known: a default, by its parameter's type."""


@dataclass(frozen=True)
class ListOf:
    of: Shape
    least: int = 1
    single: bool = False
    """Whether one alone may stand without a list."""


@dataclass(frozen=True)
class Table:
    fields: Mapping[str, Field]
    instead: Mapping[str, str] = field(default_factory=dict)
    """What to say to a field that is none of these."""


@dataclass(frozen=True)
class Free:
    """Any names, each with the same shape."""

    of: Shape
    names: str = NAME


@dataclass(frozen=True)
class Action:
    """An action within an action: kind and fields, without an id and without ways to other steps."""


Shape = (
    Text
    | Word
    | Whole
    | Number
    | Truth
    | Duration
    | Condition
    | Target
    | Argv
    | AnyValue
    | ListOf
    | Table
    | Free
    | Action
)


@dataclass(frozen=True)
class Field:
    """``about``: its meaning, one line, for the docs and for editors."""

    shape: Shape
    about: str
    required: bool = False


def decimal_of(percent: str) -> str | None:
    """``0.02`` for ``2%``."""
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*", percent, re.ASCII)
    return format((Decimal(found[1]) / 100).normalize(), "f") if found else None
