"""A new configuration out of the present one: what is not edited goes back as it came."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.ports import ReleaseTemplate
from data.vercel import configuring, translate
from data.vercel import models as wire
from data.vercel.configuring import Unfit, edited
from tests.data.vercel import documents_host as more

PRESENT: dict[str, Any] = more.CONFIG["rollingRelease"]


def read(present: dict[str, Any] | None) -> ReleaseTemplate:
    config = None if present is None else wire.ReleaseConfig.model_validate(present)
    return translate.template(wire.ConfigAnswer(rollingRelease=config)) or ReleaseTemplate(())


stages = st.lists(
    st.fixed_dictionaries(
        {"targetPercentage": st.integers(0, 99) | st.floats(0, 99)},
        optional={
            "duration": st.integers(1, 600) | st.floats(0.5, 600),
            "requireApproval": st.booleans(),
            "linearShift": st.booleans(),
            "new": st.text(max_size=3),
        },
    ),
    max_size=5,
).map(lambda found: [*sorted(found, key=lambda one: one["targetPercentage"]), {"targetPercentage": 100}])
gates = st.none() | st.fixed_dictionaries(
    {"enabled": st.booleans(), "action": st.sampled_from(["pause", "rollback"])},
    optional={
        "dryRun": st.booleans(),
        "failureThreshold": st.integers(1, 9),
        "windowSize": st.integers(1, 9),
        "checks": st.lists(st.just({"type": "error-rate-5xx"}), max_size=2),
        "new": st.text(max_size=3),
    },
)
documents = st.fixed_dictionaries(
    {"target": st.just("production"), "stages": stages},
    optional={"gate": gates, "canaryResponseHeader": st.booleans(), "new": st.text(max_size=3)},
)


@given(documents)
def test_an_edit_that_changes_nothing_sends_back_what_stands(present: dict[str, Any]) -> None:
    template = read(present)
    assume(all(later[0] > earlier[0] for earlier, later in pairwise(template.stages)))
    assert edited(copy.deepcopy(present), template) == present


@given(documents, st.sets(st.integers(1, 99), max_size=5), st.booleans(), st.booleans())
def test_what_is_read_back_is_what_was_asked_for(
    present: dict[str, Any], shares: set[int], gate: bool, dry_run: bool
) -> None:
    asked = replace(
        read(present),
        stages=(*((share, 5.0, False) for share in sorted(shares)), (100, None, True)),
        gate_enabled=gate,
        gate_action="rollback",
        gate_dry_run=dry_run,
    )
    document = edited(present, asked)
    assert read(document) == asked
    unmodelled = {"target", "canaryResponseHeader", "new"}
    assert {key: document.get(key) for key in unmodelled} == {key: present.get(key) for key in unmodelled}


def test_the_edited_stage_alone_changes() -> None:
    template = read(PRESENT)
    document = edited(PRESENT, replace(template, stages=((10, None, True), *template.stages[1:])))
    first, *others = document["stages"]
    assert first == {"targetPercentage": 10, "requireApproval": True, "note": "kept"}
    assert others == PRESENT["stages"][1:]
    assert {**document, "stages": None} == {**PRESENT, "stages": None}


def test_an_added_stage_has_nothing_of_the_others_and_a_dropped_one_is_gone() -> None:
    template = read(PRESENT)
    more_stages = ((5, None, True), (12, 7.5, False), (30, 4, False), (50, 10, False), (100, None, False))
    document = edited(PRESENT, replace(template, stages=more_stages))
    assert document["stages"][2] == {"targetPercentage": 30, "duration": 4, "requireApproval": False}
    assert [*document["stages"][:2], *document["stages"][3:]] == PRESENT["stages"]
    document = edited(PRESENT, replace(template, stages=template.stages[1:]))
    assert document["stages"] == PRESENT["stages"][1:]


def test_a_stage_that_only_moved_up_leaves_nothing_to_the_one_in_its_place() -> None:
    moved = replace(
        read(PRESENT), stages=((12, 7.5, False), (30, 4, False), (50, 10, False), (100, None, False))
    )
    document = edited(PRESENT, moved)
    assert document["stages"][:2] == [
        PRESENT["stages"][1],
        {"targetPercentage": 30, "duration": 4, "requireApproval": False},
    ]


def test_a_stage_made_manual_loses_its_duration() -> None:
    template = replace(read(PRESENT), stages=((5, None, True), (12, None, True), (100, None, False)))
    assert edited(PRESENT, template)["stages"][1] == {
        "targetPercentage": 12.5,
        "linearShift": True,
        "requireApproval": True,
    }


def test_the_first_configuration() -> None:
    template = ReleaseTemplate(((5, 10.0, False), (100, None, True)))
    assert edited(None, template) == {
        "target": "production",
        "stages": [
            {"targetPercentage": 5, "duration": 10, "requireApproval": False},
            {"targetPercentage": 100, "requireApproval": True},
        ],
    }


def test_vercels_gate_is_switched_without_losing_its_checks() -> None:
    template = read(PRESENT)
    off = edited(PRESENT, replace(template, gate_enabled=False))
    assert off["gate"] == {**PRESENT["gate"], "enabled": False}
    back = edited(off, replace(read(off), gate_enabled=True, gate_action="rollback", gate_window_size=9))
    assert back["gate"] == {**PRESENT["gate"], "action": "rollback", "windowSize": 9}


def test_a_gate_switched_on_evaluates_something() -> None:
    template = ReleaseTemplate(((5, None, True), (100, None, False)), gate_enabled=True, gate_action="pause")
    assert edited(None, template)["gate"]["checks"] == [{"type": "error-rate-5xx"}]
    empty = {"gate": {"enabled": False, "action": "pause", "checks": []}}
    assert edited(empty, template)["gate"]["checks"] == [{"type": "error-rate-5xx"}]


def test_a_gate_that_is_on_keeps_what_it_evaluates_and_what_is_not_said() -> None:
    stages = ((5, None, True), (100, None, False))
    gate = {"enabled": True, "action": "pause", "checks": [], "windowSize": 6}
    same = ReleaseTemplate(stages, gate_enabled=True)
    assert edited({"gate": gate}, same)["gate"] == gate
    assert edited({"gate": gate}, replace(same, gate_dry_run=True))["gate"] == {**gate, "dryRun": True}


@pytest.mark.parametrize("action", [None, "explode"])
def test_a_gate_without_an_action_is_refused(action: str | None) -> None:
    template = ReleaseTemplate(((100, None, False),), gate_enabled=True, gate_action=action)
    with pytest.raises(Unfit):
        edited(None, template)


@pytest.mark.parametrize(
    "shares", [(), (50,), (5, 99), (5, 5, 100), (25, 5, 100), (100, 100), (-1, 100), (5, 100, 101), (100, 5)]
)
def test_stages_that_are_none_are_refused(shares: tuple[int, ...]) -> None:
    with pytest.raises(Unfit) as raised:
        configuring.check(ReleaseTemplate(tuple((share, None, False) for share in shares)))
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf")])
def test_a_duration_that_is_none_is_refused(minutes: float) -> None:
    with pytest.raises(Unfit):
        configuring.check(ReleaseTemplate(((5, minutes, False), (100, None, False))))


def test_nobody_in_the_first_stage_is_allowed() -> None:
    configuring.check(ReleaseTemplate(((0, None, True), (100, None, False))))
