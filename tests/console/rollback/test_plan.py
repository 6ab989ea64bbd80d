"""A plan's digest stands for every member of every step, and smaller levers come first."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions import Abort, Configure, Promote, Rollback, StagePlan
from console.flags.changing import ServeEveryone, changed
from console.flags.provider import Plan as FlagPlan
from console.rollback.plan import FlagStep, HostStep, Plan, Unreadable, ordered, plan_of
from console.rollback.store_step import StoreStep
from tests.console.flags.raw_flags import flags

IDS = st.sampled_from(["dpl_a", "dpl_b", "dpl_c"])
HOST_STEPS = st.one_of(
    st.builds(lambda a, b: HostStep(Abort(a, b)), IDS, IDS),
    st.builds(lambda a, b, c: HostStep(Rollback("prj", a, b, c)), IDS, IDS, IDS),
    st.builds(lambda a, b: HostStep(Promote("prj", a, b, "all")), IDS, IDS),
    st.builds(
        lambda a: HostStep(Configure("prj", (StagePlan(a, 0, 1), StagePlan(100, 0, 0)), ())),
        st.integers(1, 99),
    ),
)


@st.composite
def flag_steps(draw: st.DrawFn) -> FlagStep:
    from console.flags.edits import Unfit
    from console.flags.model import Flag

    raw = draw(flags())
    raw["environments"]["production"]["active"] = True
    try:
        made = changed(Flag(raw), ServeEveryone("production", "v0"))
    except Unfit as error:  # pragma: no cover
        raise AssertionError(error) from error
    return FlagStep(FlagPlan("Vercel Flags", "checkout", made, draw(st.text(max_size=5)), {"a": 1.5}), "off")


STORE_STEPS = st.builds(
    lambda backup, before: StoreStep("ecfg_1", "shop-config", backup, before, "bb"), IDS, st.text(max_size=4)
)
STEPS = HOST_STEPS | flag_steps() | STORE_STEPS
PLANS = st.builds(lambda steps: Plan("prj", tuple(steps)), st.lists(STEPS, max_size=4))


@given(PLANS)
def test_what_is_recorded_is_read_back_to_the_last_byte(plan: Plan) -> None:
    again = plan_of(plan.as_json())
    assert again.sha256 == plan.sha256
    assert again.as_json() == plan.as_json()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [one for place, inner in enumerate(value) for one in leaves(inner, (*path, place))]
    return [path]


@given(PLANS, st.data())
def test_whatever_is_changed_of_it_it_is_another_plan_or_none(plan: Plan, data: st.DataObject) -> None:
    recorded = copy.deepcopy(plan.as_json())
    path = data.draw(st.sampled_from(leaves(recorded)))
    place: Any = recorded
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = data.draw(
        st.sampled_from(["other", 7, "dpl_z"]).filter(lambda new: new != place[path[-1]])
    )
    try:
        found = plan_of(recorded)
    except Unreadable:
        return
    assert found.sha256 != plan.sha256


def test_members_nobody_knows_are_refused() -> None:
    recorded = Plan("prj", (HostStep(Abort("dpl_a", "dpl_b")),)).as_json()
    with pytest.raises(Unreadable):
        plan_of({**recorded, "more": 1})
    with pytest.raises(Unreadable):
        plan_of({**recorded, "version": 2})


@given(st.lists(STEPS, min_size=1, max_size=5))
def test_smaller_levers_come_first_and_what_stops_harm_is_said(steps: list[Any]) -> None:
    plan = ordered("prj", steps)
    order = [("feature", "code", "configuration", "database").index(step.level) for step in plan.steps]
    assert order == sorted(order)
    assert plan.stops_harm == all(
        isinstance(step, FlagStep) or (isinstance(step, HostStep) and isinstance(step.action, Abort))
        for step in steps
    )
