"""Properties of reading rows: nothing invented, nothing lost, errors never more than requests."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from console.canary.measures import Ratio, Window
from data.vercel.observability import rows
from data.vercel.observability.models import Descriptions, KnownAnswer, QueryAnswer, RefusalAnswer
from data.vercel.observability.offered import Lacking, choose
from data.vercel.observability.rows import MINUTE, Counts

IDS = ("dpl_a", "dpl_b")
COLUMN = "vercel_request_count_sum"
SPAN = Window(100 * MINUTE, 110 * MINUTE)

good = st.fixed_dictionaries(
    {
        "timestamp": st.integers(100, 109).map(lambda minute: minute * MINUTE),
        "deployment_id": st.sampled_from([*IDS, "dpl_other"]),
        "http_status": st.one_of(st.integers(100, 599), st.integers(100, 599).map(str), st.none()),
        COLUMN: st.one_of(st.integers(0, 10**9), st.none()),
    }
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def counted(found: list[dict[str, object]]) -> Counts:
    now = 120 * MINUTE
    return rows.counts(found, COLUMN, "deployment_id", "http_status", frozenset(IDS), SPAN, now, 100)


@given(st.lists(good, max_size=40))
def test_every_request_is_counted_once_and_no_error_without_a_request(found: list[dict[str, object]]) -> None:
    made = counted(found)
    for one in IDS:
        own = [r for r in found if r["deployment_id"] == one]
        ratios = list(made.minutes[one].values())
        assert sum(r.total for r in ratios) == sum(int(str(r[COLUMN] or 0)) for r in own)
        assert all(0 <= r.bad <= r.total for r in ratios)
        whole = made.within(one, SPAN)
        assert whole is None or whole.total == sum(r.total for r in ratios)
    if made.newest is not None:
        assert SPAN.start <= made.newest < SPAN.end


@given(st.lists(good, max_size=20), st.integers(100, 109), st.integers(1, 10))
def test_windows_that_touch_add_up(found: list[dict[str, object]], cut: int, more: int) -> None:
    made = counted(found)
    left, right = Window(SPAN.start, cut * MINUTE), Window(cut * MINUTE, SPAN.end)
    parts = [made.within("dpl_a", left), made.within("dpl_a", right)]
    whole = made.within("dpl_a", SPAN)
    if whole is not None and None not in parts:
        assert whole == Ratio(sum(p.bad for p in parts if p), sum(p.total for p in parts if p))


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["timestamp", "deployment_id", "http_status", COLUMN, "x"]), anything)
    )
)
def test_garbage_raises_or_gives_finite_counts(found: list[dict[str, object]]) -> None:
    try:
        made = counted(found)
    except ValueError:
        return
    for line in made.minutes.values():
        assert all(0 <= one.bad <= one.total < float("inf") for one in line.values())


@given(st.one_of(st.none(), st.integers(0, 10**6).map(lambda m: m * MINUTE)), st.integers(0, 10**11))
def test_the_newest_half_minute_is_never_settled_and_old_minutes_always_are(
    newest: int | None, now: int
) -> None:
    until = rows.settled(newest, now)
    assert until <= now - rows.LAG
    assert until % MINUTE == 0
    assert until >= (now - rows.SILENCE) // MINUTE * MINUTE or now < rows.SILENCE
    if newest is not None and newest > now - rows.SILENCE:
        assert until <= newest  # what holds the newest counts may still grow


@given(anything)
def test_models_take_what_is_right_and_refuse_the_rest(document: object) -> None:
    body = json.dumps(document)
    for model in (KnownAnswer, QueryAnswer, RefusalAnswer):
        try:
            model.model_validate_json(body)
        except ValidationError:
            continue
    try:
        found = Descriptions.validate_json(body)
    except ValidationError:
        return
    with contextlib.suppress(Lacking):
        offered = choose(found if isinstance(found, list) else [found])
        assert offered.counts.deployment


@given(st.data())
def test_a_truncated_answer_is_refused(data: st.DataObject) -> None:
    whole = b'{"data": [{"timestamp": 6000000, "deployment_id": "dpl_a", "vercel_request_count_sum": 3}]}'
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(ValidationError):
        QueryAnswer.model_validate_json(cut)


@pytest.mark.parametrize("name", ["deployment_id", "http_status", "route"])
def test_both_spellings_of_a_dimension(name: str) -> None:
    assert rows.snake(rows.camel(name)) == name
