"""Projections: the same from the start, from any moment, and from a kept state."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console import events, folds
from console import ledger as projections
from console.envelope import Actor, Head, Json, NewEvent, Recorded
from console.intents import open_intents
from console.ledger import Fold, Kept, Projection, project
from data.sqlite.ledger import SqliteLedger
from data.sqlite.projections import SqliteShelf
from tests.ledgers import ANA, HandClock, chained

FOLDS: list[Fold[Any]] = [
    folds.OpenIntents(),
    folds.Armings(),
    folds.LatestVerdict(),
    folds.PolicyInForce(),
    folds.BlockedStreams(),
]
T = 1_760_000_000_000


class Dictionary:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    def get(self, key: str) -> Kept | None:
        return self.kept.get(key)

    def put(self, key: str, kept: Kept) -> None:
        self.kept[key] = kept


def intended(action_id: str, at: int = T) -> tuple[str, NewEvent]:
    event = events.ActionIntended(
        action_id=action_id,
        action={
            "action": "complete",
            "canary_deployment_id": "b",
            "baseline_deployment_id": "a",
            "from_stage_index": 0,
            "from_percentage": 5,
        },
        plan_sha256="c",
        person="ana",
        reason="r",
        rule="any",
        policy_sha256="d",
        preview=[],
        arming="",
    )
    return "release:b", event.new(ANA, at)


def ended(action_id: str, outcome: Any, how: Any = "answered") -> tuple[str, NewEvent]:
    return "release:b", events.ActionEnded(action_id=action_id, outcome=outcome, how=how, says="x").new(
        ANA, T
    )


def armed(session: str, until: int, at: int = T) -> tuple[str, NewEvent]:
    return f"session:{session}", events.SessionArmed(person="ana", reason="r", until=until).new(ANA, at)


def disarmed(session: str, at: int = T) -> tuple[str, NewEvent]:
    return f"session:{session}", events.SessionDisarmed(person="ana", why="done").new(ANA, at)


def verdict(stream: str, word: Any, at: int = T) -> tuple[str, NewEvent]:
    event = events.VerdictChanged(
        canary_id="b", word=word, before="none", since=at, reasons=["x"], judge="limits"
    )
    return stream, event.new(ANA, at)


def adopted(digest: str) -> tuple[str, NewEvent]:
    event = events.PolicyAdopted(policy_sha256=digest, people_sha256="p", policy="", people="", why="w")
    return "policy", event.new(ANA, T)


def future(stream: str) -> tuple[str, NewEvent]:
    return stream, NewEvent("future.kind", {"x": 1}, ANA, T)


def newer(stream: str) -> tuple[str, NewEvent]:
    return stream, NewEvent("session.armed", {"x": 1}, ANA, T, schema=99)


def state(fold: Fold[Any], *story: tuple[str, NewEvent], redacted: int = 0) -> Any:
    result = fold.initial()
    for event in chained(story):
        if event.seq == redacted:
            event = replace(event, payload=None, payload_text=None)
        result = fold.apply(result, event)
    return result


# --- what each fold says ---


def test_an_intent_is_open_until_it_is_settled() -> None:
    fold = folds.OpenIntents()
    assert list(state(fold, intended("1"), intended("2"), ended("1", "done"))) == ["2"]
    assert state(fold, intended("1"), ended("1", "not_sent")) == {}
    assert state(fold, intended("1"), ended("1", "refused")) == {}


def test_an_unknown_outcome_stays_open_until_the_host_was_asked() -> None:
    fold = folds.OpenIntents()
    opened = state(fold, intended("1"), ended("1", "unknown"))
    assert opened["1"].unknown
    assert state(fold, intended("1"), ended("1", "unknown"), ended("1", "done", "asked_host")) == {}
    assert state(fold, intended("1"), ended("1", "unknown"), ended("1", "unknown", "asked_host")) == {}


def test_an_end_without_its_intent_changes_nothing() -> None:
    assert state(folds.OpenIntents(), ended("1", "done"), future("release:b")) == {}


def test_armings_run_out_and_end() -> None:
    fold = folds.Armings()
    assert list(state(fold, armed("x", T + 100), armed("y", T + 50))) == ["x", "y"]
    assert state(fold, armed("x", T + 100), disarmed("x")) == {}
    assert list(state(fold, armed("x", T + 100), armed("y", T + 500, at=T + 100))) == ["y"]
    assert state(fold, armed("x", T + 100), armed("x", T + 300))["x"] == folds.Armament("ana", "r", T + 300)


@pytest.mark.parametrize("strange", [future("session:x"), newer("session:x")])
def test_what_cannot_be_read_disarms(strange: tuple[str, NewEvent]) -> None:
    assert state(folds.Armings(), armed("x", T + 100), strange) == {}


def test_the_latest_verdict_of_each_stream() -> None:
    found = state(
        folds.LatestVerdict(),
        verdict("release:b", "hold"),
        verdict("release:c", "promote"),
        verdict("release:b", "rollback"),
    )
    assert {stream: word.word for stream, word in found.items()} == {
        "release:b": "rollback",
        "release:c": "promote",
    }


def test_the_policy_in_force() -> None:
    fold = folds.PolicyInForce()
    assert state(fold) == folds.Policy()
    assert state(fold, adopted("one"), adopted("two")).policy_sha256 == "two"
    for strange in (future("policy"), newer("policy")):
        found = state(fold, adopted("one"), strange)
        assert found.policy_sha256 is None
        assert found.unreadable
    assert state(fold, adopted("one"), redacted=1).policy_sha256 is None
    assert state(fold, adopted("one"), future("elsewhere")).policy_sha256 == "one"


def test_streams_with_something_unreadable_are_blocked() -> None:
    found = state(
        folds.BlockedStreams(), adopted("one"), future("release:b"), newer("session:x"), intended("1")
    )
    assert list(found) == ["release:b", "session:x"]
    assert "does not know the kind future.kind" in found["release:b"]
    assert state(folds.BlockedStreams(), adopted("one"), redacted=1) == {}


# --- the same from anywhere ---

IDS = st.sampled_from(["1", "2", "3"])
STORY = st.lists(
    st.one_of(
        IDS.map(intended),
        st.builds(
            ended,
            IDS,
            st.sampled_from(["done", "refused", "not_sent", "unknown"]),
            st.sampled_from(["answered", "asked_host"]),
        ),
        st.builds(armed, IDS, st.integers(T, T + 50), st.integers(T, T + 50)),
        st.builds(disarmed, IDS),
        st.builds(verdict, st.sampled_from(["release:b", "release:c"]), st.sampled_from(["hold", "promote"])),
        st.builds(adopted, IDS),
        st.builds(future, st.sampled_from(["release:b", "session:1", "policy", "sources"])),
        st.builds(newer, st.sampled_from(["release:b", "session:1", "policy"])),
    ),
    max_size=25,
)


class Listed:
    """As much of a ledger as projections read, in memory."""

    def __init__(self, story: list[Recorded]) -> None:
        self.events = story
        self.reads = 0

    def read(
        self, *, after_seq: int = 0, before_seq: int | None = None, limit: int | None = None
    ) -> list[Recorded]:
        self.reads += 1
        return [e for e in self.events if e.seq > after_seq and (before_seq is None or e.seq < before_seq)][
            :limit
        ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORY, cuts=st.tuples(st.integers(0, 25), st.integers(0, 25)), page=st.integers(1, 9))
def test_kept_states_equal_a_rebuild(
    monkeypatch: pytest.MonkeyPatch, story: list[tuple[str, NewEvent]], cuts: tuple[int, int], page: int
) -> None:
    monkeypatch.setattr(projections, "KEEP_AFTER", 1)
    monkeypatch.setattr(projections, "PAGE", page)
    ledger: Any = Listed(chained(story))
    first, second = sorted(cuts)
    for fold in FOLDS:
        rebuilt = project(ledger, fold)
        shelf = Dictionary()
        early = project(ledger, fold, upto=first, shelf=shelf)
        assert project(ledger, fold, upto=second, shelf=shelf) == project(ledger, fold, upto=second)
        assert project(ledger, fold, shelf=shelf) == rebuilt
        assert project(ledger, fold, since=early) == rebuilt
        assert project(ledger, fold, upto=first, shelf=shelf) == early
        assert fold.load(json.loads(json.dumps(fold.dump(rebuilt.state)))) == rebuilt.state


@given(STORY)
def test_the_fold_and_the_gate_agree_on_what_is_open(story: list[tuple[str, NewEvent]]) -> None:
    recorded = chained([one for one in story if one[0] == "release:b"])
    found = state(folds.OpenIntents(), *[one for one in story if one[0] == "release:b"])
    mine = {(i.action_id, i.seq, i.unknown, i.person, i.session) for i in found.values()}
    theirs = {(i.action_id, i.seq, i.unknown, i.person, i.session) for i in open_intents(recorded).open}
    assert mine == theirs


# --- kept states are only a shortcut ---


class Counting:
    """Counts events; refuses to load what it did not dump."""

    name = "counting"

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.applied = 0

    def initial(self) -> int:
        return 0

    def apply(self, state: int, event: Recorded) -> int:
        self.applied += 1
        return state + 1

    def dump(self, state: int) -> Json:
        return {"count": state}

    def load(self, kept: Json) -> int:
        return int(kept["count"])


STORY_OF_300 = [("s", NewEvent("test.noted", {"n": n}, ANA, n)) for n in range(300)]


@pytest.fixture(scope="module")
def long() -> Any:
    return Listed(chained(STORY_OF_300))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[SqliteShelf]:
    with closing(SqliteShelf(tmp_path / "projections.db")) as shelf:
        yield shelf


def test_a_kept_state_saves_the_way(long: Any, shelf: SqliteShelf) -> None:
    first, again = Counting(), Counting()
    assert project(long, first, shelf=shelf).state == project(long, again, shelf=shelf).state == 300
    assert (first.applied, again.applied) == (300, 0)


def test_another_version_of_the_fold_begins_anew(long: Any, shelf: SqliteShelf) -> None:
    project(long, Counting(), shelf=shelf)
    other = Counting(version=2)
    assert project(long, other, shelf=shelf).state == 300
    assert other.applied == 300


def test_a_program_that_knows_other_kinds_begins_anew(
    long: Any, shelf: SqliteShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What blocked a stream for the old program may be plain to the new one."""
    project(long, Counting(), shelf=shelf)
    monkeypatch.setitem(events.KINDS, "test.noted", events.SourceChanged)
    other = Counting()
    project(long, other, shelf=shelf)
    assert other.applied == 300


def test_a_state_of_another_ledger_does_not_count(long: Any, shelf: SqliteShelf) -> None:
    project(long, Counting(), shelf=shelf)
    elsewhere: Any = Listed(chained([("t", new) for _, new in STORY_OF_300]))
    shorter: Any = Listed(chained(STORY_OF_300[:250]))
    for ledger, size in ((elsewhere, 300), (shorter, 250)):
        fold = Counting()
        assert project(ledger, fold, shelf=shelf).state == size
        assert fold.applied == size


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"count": "x"}', '{"other": 1}'])
def test_a_kept_state_that_is_none_is_rebuilt(long: Any, text: str) -> None:
    shelf = Dictionary()
    project(long, Counting(), shelf=shelf)
    shelf.kept = {key: Kept(kept.head, text) for key, kept in shelf.kept.items()}
    assert project(long, Counting(), shelf=shelf).state == 300


def test_a_shelf_that_is_damaged_or_deleted_is_made_anew(long: Any, tmp_path: Path) -> None:
    path = tmp_path / "projections.db"
    for harm in (lambda: path.write_bytes(b"garbage " * 1000), path.unlink, lambda: None):
        with closing(SqliteShelf(path)) as shelf:
            assert project(long, Counting(), shelf=shelf).state == 300
            assert project(long, Counting(), shelf=shelf).state == 300
        harm()
    fold = Counting()
    with closing(SqliteShelf(path)) as shelf:
        project(long, fold, shelf=shelf)
    assert fold.applied == 0


def test_rows_of_wrong_types_on_the_shelf_do_not_count(long: Any, tmp_path: Path) -> None:
    path = tmp_path / "projections.db"
    with closing(SqliteShelf(path)) as shelf:
        project(long, Counting(), shelf=shelf)
    for change in ("seq = 'x'", "hash = x'00'", "state = x'00'", "seq = -5", "seq = 9999999"):
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute(f"UPDATE projections SET {change}")
        with closing(SqliteShelf(path)) as shelf:
            assert project(long, Counting(), shelf=shelf).state == 300


@pytest.mark.parametrize("place", [".", "file/projections.db"])
def test_a_shelf_that_cannot_be_had_costs_only_time(long: Any, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with closing(SqliteShelf(tmp_path / place)) as shelf:
        assert project(long, Counting(), shelf=shelf).state == 300


def test_another_programs_file_is_not_taken_for_a_shelf(long: Any, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(SqliteLedger(path, HandClock())) as ledger:
        ledger.append("s", 0, [NewEvent("x.y", {}, Actor("ana", "s"), 1)])
        with closing(SqliteShelf(path)) as shelf:
            assert project(long, Counting(), shelf=shelf).state == 300
        assert ledger.verify().ok


def test_a_real_ledger_is_folded_page_by_page(tmp_path: Path) -> None:
    with closing(SqliteLedger(tmp_path / "ledger.db", HandClock())) as ledger:
        done = ledger.append("s", 0, [new for _, new in STORY_OF_300] * 4)
        assert project(ledger, Counting()) == Projection(1200, Head(1200, done[-1].hash))
        assert project(ledger, Counting(), upto=7).head == Head(7, done[6].hash)
