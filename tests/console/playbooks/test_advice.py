"""What is allowed and probably not meant: each warning, and where there is none."""

from __future__ import annotations

import pytest

from tests.console.playbooks.written import FRONT, MANUAL, METRIC, ROLLOUT, errors, warnings

HTTP = 'id: get\nkind: http\nrequest: {url: "https://%s"}\nassert: status == 200'
LOOP = HTTP % "example.com/" + "\non_fail: {goto: get%s}"
WAIT = "id: wait\nkind: timer\nfor: 5s\nnext: get"


@pytest.mark.parametrize(
    ("actions", "codes"),
    [
        ((f"{MANUAL}\nnext: end", METRIC), ["unreachable"]),
        ((LOOP % "",), ["endless"]),
        ((LOOP % ", at_most: 3",), []),
        ((LOOP.replace("get%s", "wait"), WAIT), []),
        ((ROLLOUT,), ["effect-unchecked"]),
        ((ROLLOUT, METRIC), []),
        ((ROLLOUT.replace("\nrole: ops_lead", ""), METRIC), ["effect-role"]),
        ((HTTP % "example.com/x",), []),
        ((HTTP % "{{ domain }}/x",), []),
        ((HTTP % "{{ domain }}:8443",), []),
        ((HTTP % "{{ domain }}{{ canary }}/x",), ["host"]),
        ((HTTP % "{{ canary }}/x",), ["host"]),
        ((HTTP % "example.com.evil.test/x",), ["host"]),
        ((HTTP % "example.com@evil.test/x",), ["host"]),
        ((HTTP % "example.com/?t={{ API_TOKEN }}",), ["secret-shown"]),
        (("id: s\nkind: message\ntemplate: t\nfields: {a: \"{{ API_TOKEN }}\"}",), ["secret-shown"]),
        ((METRIC.replace("error_rate", "eror_rate"),), ["metric-unknown"]),
        (("id: t\nkind: timer\nfor: 2h",), ["timers"]),
    ],
)  # fmt: skip
def test_a_warning_where_it_belongs(actions: tuple[str, ...], codes: list[str]) -> None:
    front = f"{FRONT}\ntimeout: 1h"
    assert errors(*actions, front=front) == []
    assert warnings(*actions, front=front) == codes


def test_an_answer_that_never_came_is_no_answer_for_an_effect() -> None:
    decision = (
        "id: d\nkind: decision\nprompt: x\ntimeout: 5m\non_timeout: {goto: abort}\n"
        "options: [{label: a, goto: abort}, {label: b, goto: look}]"
    )
    assert warnings(decision, ROLLOUT, METRIC) == ["timeout-effect"]


def test_a_secret_that_is_not_set() -> None:
    assert warnings(MANUAL, front=FRONT.replace("[API_TOKEN]", "[API_TOKEN, OTHER]")) == ["secret-missing"]


def test_a_misspelled_way_is_not_also_told_as_a_step_that_is_never_done() -> None:
    assert warnings(f"{MANUAL}\nnext: lok", f"{METRIC}\nnext: end") == []
    assert len(errors(f"{MANUAL}\nnext: lok", METRIC)) == 1
