"""The share a change moves, against counting it over 200 000 people."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.flags.blast import changed_share, moments, moved_people
from console.flags.hashing import bucket
from console.flags.many import Population
from console.flags.model import Flag, packed_segments
from tests.console.flags.test_vectors import REST

PEOPLE = Population([{"user": {"id": f"user-{number}"}} for number in range(200_000)])


def flag(outcome: Any, seed: int = 7, **more: Any) -> Any:
    entry = {"fallthrough": outcome, **more}
    return {"variants": ["a", "b", "c"], "seed": seed, "environments": {"p": entry}}


def split(*weights: float) -> Any:
    return {"type": "split", "base": ["user", "id"], "weights": weights, "defaultVariant": 0}


CHANGES = {
    "5 to 25 %": (flag(split(95, 5)), flag(split(75, 25)), 0.2),
    "an early weight": (flag(split(50, 25, 25)), flag(split(34, 33, 33)), None),
    "off": (flag(split(75, 25)), flag(0), 0.25),
    "nothing": (flag(split(1, 1)), flag(split(50, 50)), 0.0),
}


@pytest.mark.parametrize("name", CHANGES)
def test_hash_ranges_give_what_is_counted(name: str) -> None:
    before, after, known = CHANGES[name]
    told = changed_share(before, after, "p", now_ms=0)
    counted = changed_share(before, after, "p", now_ms=0, population=PEOPLE)
    assert told.exact
    assert told.basis == "hash ranges"
    assert told.low == pytest.approx(counted.low, abs=0.001)
    if known is not None:
        assert told.low == pytest.approx(known, abs=1e-9)


def test_the_count_is_exact_to_the_person() -> None:
    counted = changed_share(flag(split(95, 5)), flag(split(75, 25)), "p", now_ms=0, population=PEOPLE)
    ends = [int(share * 2**32) for share in (0.75, 0.95)]
    moved = sum(ends[0] <= bucket(f"user-{number}", 7) < ends[1] for number in range(200_000))
    assert counted.low == moved / 200_000


def test_another_seed_is_a_range_that_holds_what_is_counted() -> None:
    before, after = flag(split(50, 50)), flag(split(50, 50), seed=8)
    told = changed_share(before, after, "p", now_ms=0)
    counted = changed_share(before, after, "p", now_ms=0, population=PEOPLE)
    assert told.low <= counted.low <= told.high
    assert not told.exact
    assert told.basis == "bounds"


def test_people_listed_by_name_are_told() -> None:
    before = flag(0, targets=[{}, {"user": {"id": ["vip", "kept"]}}])
    after = flag(0, targets=[{}, {"user": {"id": ["kept"]}}])
    assert moved_people(before, after, "p", now_ms=0) == ["user.id = vip"]


def test_a_rollout_is_shown_now_and_after_each_slot() -> None:
    rollout = {"type": "rollout", "startTimestamp": 100, "slots": [[5, 10], [50, 20]]}
    assert moments(flag(rollout), "p", 105) == [105, 110, 130]


@pytest.mark.parametrize("raw", REST["flags"], ids=lambda raw: raw["slug"])
def test_a_flag_packs_as_the_host_packs_it_and_is_kept_whole(raw: Any) -> None:
    one = Flag(raw | {"unknown": {"kept": 1}})
    assert one.packed() == REST["packed"]["definitions"].get(one.key)
    assert json.dumps(one.written()) == json.dumps(raw | {"unknown": {"kept": 1}})


def test_segments_pack_as_the_host_packs_them() -> None:
    assert packed_segments(REST["segments"]) == REST["packed"]["segments"]
