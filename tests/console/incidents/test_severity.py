"""What is suggested: by the numbers, with reasons, and never downward."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.incidents.severity import ESCALATE_MS, Signals, Suggestion, escalated, suggested, upward
from console.incidents.terms import SEVERITIES, Severity, rank

SHARES = st.floats(0, 1)
SIGNALS = st.builds(
    Signals,
    errors=st.none() | SHARES,
    baseline_errors=SHARES,
    exposed=st.none() | SHARES,
    requests=st.none() | st.integers(0, 10_000),
    journey=st.sampled_from(["", "/api/checkout"]),
    data=st.sampled_from(["yes", "no", "unknown"]),
    worse=st.booleans(),
)


@pytest.mark.parametrize(
    ("signals", "severity"),
    [
        (Signals(data="yes"), "SEV1"),
        (Signals(errors=0.6, journey="/api/checkout"), "SEV1"),
        (Signals(errors=0.6), "SEV2"),
        (Signals(errors=0.2, exposed=0.1, journey="/api/checkout"), "SEV2"),
        (Signals(journey="/api/checkout"), "SEV2"),
        (Signals(errors=0.2, exposed=0.1), "SEV3"),
        (Signals(errors=0.02, exposed=0.05, worse=True), "SEV3"),
        (Signals(errors=0.02, exposed=0.05), "SEV4"),
        (Signals(), "undetermined"),
        (Signals(errors=1.0, requests=99), "undetermined"),
        (Signals(errors=1.0, requests=100), "SEV2"),
    ],
)
def test_the_first_rule_from_the_worst_down_that_fits(signals: Signals, severity: Severity) -> None:
    found = suggested(signals)
    assert found.severity == severity
    assert found.rule
    assert found.reasons


def test_a_canary_shrinks_how_many_and_both_numbers_are_said() -> None:
    reasons = suggested(Signals(errors=0.2, exposed=0.1)).reasons
    assert reasons == ("20 % of the exposed requests fail", "exposed: 10 %", "about 2 % of users")


@given(SIGNALS, SHARES)
def test_more_errors_never_suggest_less(signals: Signals, more: float) -> None:
    if signals.errors is None:
        return
    worse = replace(signals, errors=max(signals.errors, more))
    assert rank(suggested(worse).severity) <= rank(suggested(signals).severity)


@given(st.sampled_from(SEVERITIES), SIGNALS)
def test_a_suggestion_only_goes_up(now: Severity, signals: Signals) -> None:
    found = upward(now, suggested(signals))
    if found is None:
        return
    assert found.severity != "undetermined"
    assert now == "undetermined" or rank(found.severity) < rank(now)
    assert upward(found.severity, found) is None


@given(st.sampled_from(SEVERITIES), st.integers(0, 10 * ESCALATE_MS))
def test_what_lasts_suggests_one_more(severity: Severity, ms: int) -> None:
    found = escalated(severity, 0, ms)
    if ms < ESCALATE_MS or severity in ("SEV1", "SEV4"):
        assert found is None
    else:
        assert isinstance(found, Suggestion)
        assert upward(severity, found) is found
