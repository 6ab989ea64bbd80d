"""Flags of which something is of no known form: told, previewed or refused, never a fault of ours."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from console.commands.flags_report import list_lines, list_report, show_lines, show_report
from console.flags.changing import Change, EditVariant, Give, Restore, Resume, ServeEveryone, changed
from console.flags.edits import Unfit
from console.flags.model import Flag
from console.flags.previewing import preview
from console.flags.provider import Held
from console.flags.rules import SetShare
from data.vercel.flags.models import FlagShape, fault
from tests.console.flags.raw_flags import NOW, USER, Raw, condition
from tests.console.flags.test_previewing import SEGMENTS, cart

JUNK: tuple[Any, ...] = (None, 1, -1, 1e300, "x", "", [], {}, True, [None], {"type": "split"}, ["on"], 10**30)


def whole() -> Raw:
    """A flag with something of everything in it."""
    raw = copy.deepcopy(dict(cart().raw))
    raw |= {"id": "flag_1", "revision": 2, "createdAt": NOW, "tags": ["a"], "description": "b"}
    rollout = {"type": "rollout", "base": USER, "startTimestamp": NOW, "rollFromVariantId": "off"}
    rollout |= {"rollToVariantId": "on", "defaultVariantId": "off"}
    rollout |= {"slots": [{"promille": 5000, "durationMs": 1000}]}
    listed = {"type": "list", "items": [{"value": "s1"}]}
    segment = {"lhs": {"type": "segment"}, "cmp": "oneOf", "rhs": listed}
    raw["environments"]["production"]["rules"] = [
        {"id": "r1", "conditions": [condition("DE"), segment], "outcome": rollout}
    ]
    raw["environments"]["production"]["targets"] = {"on": {"user": {"id": [{"value": "vip"}]}}}
    raw["environments"]["development"] |= {"active": False, "fallthrough": rollout}
    return copy.deepcopy(raw)  # its parts are the tests' own, and are going to be spoilt


def spoilt(rng: random.Random) -> Raw:
    """The flag with junk in one place, or a member taken away."""
    raw = whole()
    places: list[tuple[Any, Any]] = []

    def walk(part: Any) -> None:
        for key in part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ():
            places.append((part, key))
            walk(part[key])

    walk(raw)
    holder, key = rng.choice(places)
    if rng.random() < 0.2 and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = copy.deepcopy(rng.choice(JUNK))
    return raw


@pytest.mark.slow
def test_whatever_is_spoilt_is_told_or_refused_in_words() -> None:
    rng = random.Random(5)
    changes: list[Change] = [
        ServeEveryone("production", "off"),
        Resume("development"),
        SetShare("production", "on", 25),
        SetShare("development", "on", 25),
        Give("production", "off", "user", "id", ("vip",)),
        EditVariant("on", False),
        Restore("version 1", whole()),
    ]
    told = refused = 0
    for _ in range(700):
        raw = spoilt(rng)
        if fault(raw, FlagShape) is not None:
            continue
        flag = Flag(raw)
        document = show_report("p", Held(flag, "t"), (), SEGMENTS, NOW)
        assert show_lines(flag, document, "soon")
        assert list_report("p", [flag], (), NOW)["flags"]
        assert len(list_lines("p", [flag], "production", False, NOW)) == 2
        for change in changes:
            try:
                made = changed(flag, change)
            except Unfit:
                refused += 1
                continue
            told += 1
            assert preview(made, now_ms=NOW, segments=SEGMENTS).lines
    assert told > 300
    assert refused > 100
