"""The hash rule, and what a walk along the chain finds."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import unicodedata
from dataclasses import replace
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.envelope import (
    GENESIS,
    HASHED_FIELDS,
    MOST,
    SALT_KEY,
    Actor,
    Break,
    Head,
    Header,
    NewEvent,
    NotCanonical,
    Recorded,
    canonical,
    check_chain,
    digest,
    seal,
    without_salt,
)
from tests.ledgers import ANA, chained, note

GOLDEN = Path(__file__).parent.parent / "golden" / "chain.jsonl"

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WHOLE = st.integers(-MOST, MOST)
PLAIN = st.recursive(
    TEXT | WHOLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


@given(PLAIN)
def test_canonical_is_sorted_compact_json_and_loses_nothing(value: object) -> None:
    form = canonical(value)
    assert json.loads(form) == value
    expected = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert form == expected.encode()


@given(st.dictionaries(TEXT, WHOLE, min_size=2), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(fields: dict[str, int], random: Any) -> None:
    items = list(fields.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(fields)


def test_canonical_by_example() -> None:
    value = {"é": ["\u2028", 'a"\\\n\x01\x7f'], "e\u0301": -1, "a": {}, "Z": []}
    expected = '{"Z":[],"a":{},"e\u0301":-1,"é":["\u2028","a\\"\\\\\\n\\u0001\x7f"]}'
    assert canonical(value) == expected.encode()


def test_the_form_of_text_is_kept_and_counts() -> None:
    """Normalised away, a change from one form to another would not be found."""
    composed = "é"
    assert digest(composed) != digest(unicodedata.normalize("NFD", composed))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.0, r"^\$: 1.0"),
        ({"a": [1, None]}, r"^\$\.a\[1\]: None"),
        ({"a": {"b": True}}, r"^\$\.a\.b: True"),
        ({"a": float("nan")}, r"^\$\.a: nan"),
        ({"a": b"x"}, r"^\$\.a: bytes"),
        ({"a": {1: "x"}}, r"^\$\.a: keys are strings, not int"),
        ({"a": {1: "x", "b": 2}}, r"^\$\.a: keys are strings, not int"),
        ({"a": 2**53}, r"^\$\.a: 9007199254740992"),
        ([-(2**53)], r"^\$\[0\]"),
        ({"a": "\ud83d"}, r"^\$\.a: half a surrogate"),
        ({"\udc00": 1}, r"half a surrogate"),
    ],
)
def test_what_has_no_single_form_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(NotCanonical, match=place):
        canonical(value)


def test_nesting_has_an_end() -> None:
    value: object = "x"
    for _ in range(64):
        value = [value]
    assert json.loads(canonical(value))
    with pytest.raises(NotCanonical, match="nested deeper than 64"):
        canonical([value])


def test_enumerations_count_as_what_they_derive_from() -> None:
    class Name(StrEnum):
        A = "a"

    class Number(IntEnum):
        ONE = 1

    assert canonical({"x": Name.A, "y": [Number.ONE], "z": (1, 2)}) == b'{"x":"a","y":[1],"z":[1,2]}'


HEADERS = st.builds(
    Header,
    seq=WHOLE,
    id=TEXT,
    at=WHOLE,
    recorded_at=WHOLE,
    stream=TEXT,
    version=WHOLE,
    kind=TEXT,
    schema=WHOLE,
    actor=TEXT,
    payload_sha256=TEXT,
    prev_hash=TEXT,
    sig=TEXT | st.none(),
)


@given(HEADERS)
def test_a_header_is_hashed_as_the_object_of_its_fields(header: Header) -> None:
    """The short way to the header's bytes is the rule."""
    fields = {n: getattr(header, n) for n in HASHED_FIELDS if getattr(header, n) is not None}
    assert header.canonical() == canonical(fields)
    assert header.hash() == hashlib.sha256(canonical(fields)).hexdigest()


@given(HEADERS, st.sampled_from(HASHED_FIELDS), st.data())
def test_every_field_of_the_header_counts(header: Header, name: str, data: st.DataObject) -> None:
    old = getattr(header, name)
    other: Any = data.draw((WHOLE if isinstance(old, int) else TEXT).filter(lambda value: value != old))
    assert replace(header, **{name: other}).hash() != header.hash()


@pytest.mark.parametrize("value", [None, 1.5, True, b"x", [1]])
@pytest.mark.parametrize("name", ["seq", "stream"])
def test_a_header_of_wrong_types_has_no_hash_of_a_right_one(name: str, value: Any) -> None:
    event = chained([("s", note())])[0]
    wrong = replace(event.header, **{name: value})
    with contextlib.suppress(NotCanonical):
        assert wrong.hash() != event.hash


def test_the_golden_chain_never_changes() -> None:
    """These hashes were given out: the rule that made them can never become another."""
    lines = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    previous = GENESIS
    for line in lines:
        fields = {name: line[name] for name in HASHED_FIELDS if name in line}
        header = Header(**fields)
        assert hashlib.sha256(canonical(line["payload"])).hexdigest() == line["payload_sha256"]
        assert header.prev_hash == previous
        assert header.hash() == line["hash"]
        # Once more by nothing but the standard library: what any other program would do.
        plain = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(plain.encode()).hexdigest() == line["hash"]
        previous = line["hash"]
    assert previous == "7a876c54310957ac895095d9538a7f351800806335c7c1c0ef59deb53eb30111"


def test_the_salt_hides_short_payloads() -> None:
    one, two = (
        seal(
            note("yes"),
            seq=1,
            event_id="a",
            recorded_at=1,
            stream="s",
            version=1,
            prev_hash=GENESIS,
            salt=salt,
        )
        for salt in ("1" * 32, "2" * 32)
    )
    assert one.header.payload_sha256 != two.header.payload_sha256
    assert one.payload == two.payload == without_salt(one.payload_text) == {"text": "yes"}


@pytest.mark.parametrize(
    ("stream", "new"),
    [
        ("", note()),
        ("s\n", note()),
        ("s", replace(note(), kind="")),
        ("s", replace(note(), kind="a\x1b[31m")),
        ("s", replace(note(), actor=Actor("", "s1"))),
        ("s", replace(note(), actor=Actor("ana\x85", "s1"))),
        ("s", replace(note(), payload={SALT_KEY: "mine"})),
        ("s", replace(note(), payload={"share": 0.5})),
        ("s", replace(note(), at=2**60)),
    ],
)
def test_what_may_not_be_sealed(stream: str, new: NewEvent) -> None:
    with pytest.raises(NotCanonical):
        seal(
            new,
            seq=1,
            event_id="a",
            recorded_at=1,
            stream=stream,
            version=1,
            prev_hash=GENESIS,
            salt="0" * 32,
        )


def test_names_in_any_script_are_fine() -> None:
    event = chained([("release:дpl é", replace(note(), actor=Actor("ana@example.com", "s 1")))])[0]
    assert event.actor == Actor("ana@example.com", "s 1")


@pytest.mark.parametrize("fields", [("a/b", "s"), ("a", "s/console")])
def test_an_actor_cannot_pose_as_another(fields: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="no /"):
        Actor(*fields)


@given(st.text())
def test_any_text_parses_as_some_actor(text: str) -> None:
    assert Actor.parse(text).person == text.split("/")[0]


@given(st.text() | st.just("[" * 100_000))
def test_any_payload_text_is_read_or_is_none(text: str) -> None:
    assert without_salt(text) is None or isinstance(without_salt(text), dict)


# --- walking the chain ---


def breaks(events: list[Recorded], **more: Any) -> list[int]:
    return [found.seq for found in check_chain(events, **more) if isinstance(found, Break)]


def chain(n: int = 6) -> list[Recorded]:
    return chained([(f"s{i % 2}", note(str(i))) for i in range(n)])


def test_a_good_chain_has_no_breaks_and_all_events() -> None:
    assert list(check_chain(chain())) == chain()


@given(st.data())
def test_any_changed_column_is_found_at_its_place(data: st.DataObject) -> None:
    events = chain()
    at = data.draw(st.integers(0, len(events) - 1))
    name = data.draw(st.sampled_from([f.name for f in dataclasses.fields(Header)] + ["hash", "payload_text"]))
    old = (
        getattr(events[at], name, None)
        if name in ("hash", "payload_text")
        else getattr(events[at].header, name)
    )
    value: Any = data.draw(
        (st.integers() | TEXT | st.none() | st.binary() | st.floats()).filter(lambda v: v != old)
    )
    if name in ("hash", "payload_text"):
        events[at] = replace(events[at], **{name: value})
    else:
        events[at] = replace(events[at], header=replace(events[at].header, **{name: value}))
    if name == "seq" and not isinstance(value, int):
        return  # a row number is always whole in every store
    assert (value if name == "seq" else at + 1) in breaks(events)


def test_removed_swapped_inserted_and_doubled_events_are_found() -> None:
    good = chain()
    stranger = chained([("s0", note("forged"))])[0]
    assert breaks(good[:2] + good[3:]) == [4, 4, 5]  # number, hash; and the versions of its stream
    assert breaks([good[0], good[2], good[1], *good[3:]])[0] == 3
    assert 1 in breaks([*good[:3], stranger, *good[3:]])
    assert 3 in breaks([*good[:3], good[2], *good[3:]])
    assert breaks(good[1:])[0] == 2


def test_an_event_cut_from_the_end_cannot_be_seen_in_the_chain() -> None:
    """Only a head kept elsewhere shows it."""
    assert breaks(chain()[:-1]) == []


def test_a_missing_payload_needs_a_redaction() -> None:
    events = chain()
    events[2] = replace(events[2], payload_text=None, payload=None)
    assert breaks(events) == [3]
    assert breaks(events, redactions=frozenset({3})) == []


def test_a_walk_can_begin_behind_a_known_head() -> None:
    events = chain()
    known = Head(3, events[2].hash)
    assert breaks(events[3:], after=known, versions={"s0": 2, "s1": 1}) == []
    assert breaks(events[3:], after=Head(3, GENESIS), versions={"s0": 2, "s1": 1}) == [4]


def test_ana_is_told_from_her_session() -> None:
    assert ANA.text() == "ana/s1/console"
    assert Actor.parse("ana/s1/console") == ANA
