"""The difference between two JSON objects as edits that can be made, shown and taken back."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from console.flags.evaluating import MALFORMED
from console.flags.javascript import Raised

Raw = dict[str, Any]
UNREADABLE = (*MALFORMED, Raised, RecursionError, OSError)
"""What may be raised where a flag has parts of no known form; the last by moments that are no dates."""


class _Absent(Enum):
    """In place of a value: the member is not there."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent.ABSENT


class Unfit(Exception):
    """The change cannot be made of this flag; the text says why, for a person."""


@dataclass(frozen=True)
class Edit:
    """One member set anew. Lists are one value: what is between two of them is not guessed."""

    path: tuple[str, ...]
    old: Any
    new: Any

    @property
    def back(self) -> Edit:
        return Edit(self.path, self.new, self.old)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: ``True`` is not 1, the order of members says nothing."""
    if one is ABSENT or other is ABSENT:
        return one is other
    return canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """One text for each JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The fewest edits that make ``after`` of ``before``."""
    return tuple(_differences(before, after, ()))


def _differences(before: Any, after: Any, path: tuple[str, ...]) -> Iterable[Edit]:
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        if not same(before, after):
            yield Edit(path, copy.deepcopy(before), copy.deepcopy(after))
        return
    for key in dict.fromkeys([*before, *after]):
        yield from _differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))


def edited(raw: Mapping[str, Any], edits: Iterable[Edit]) -> Raw:
    """A copy of ``raw`` with the edits made.

    Raises :class:`Unfit` where a member is no longer what the edit was made for.
    """
    found = copy.deepcopy(dict(raw))
    for edit in edits:
        place: Any = found
        for key in edit.path[:-1]:
            place = place.get(key) if isinstance(place, dict) else None
        last = edit.path[-1]
        if not isinstance(place, dict) or not same(place.get(last, ABSENT), edit.old):
            raise Unfit(f"{'.'.join(edit.path)} is no longer what it was: somebody else changed it.")
        if edit.new is ABSENT:
            del place[last]
        else:
            place[last] = copy.deepcopy(edit.new)
    return found
