"""The transport's decisions without a network: circuit, limits, and what text may show."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.http.circuit import Circuit, CircuitState
from data.http.quota import LONGEST_WAIT_MS, allowance, blocked_until, retry_after_ms
from data.http.secret import Secret, plain, scrub
from data.http.service import Service

NOW = 1_795_000_000_000
SECOND = NOW // 1000


# --- the circuit ------------------------------------------------------------------------------


@given(events=st.lists(st.sampled_from(["ok", "fail", "timeout", "wait", "ask", "give up"]), max_size=60))
def test_a_circuit_never_lets_two_probes_out_and_never_stays_shut(events: list[str]) -> None:
    circuit, now, probes, row, timeouts = Circuit(), 0.0, 0, 0, 0
    for event in events:
        now += 31.0 if event == "wait" else 0.01
        before = circuit.state
        if event == "ask":
            admitted = circuit.admit(now)
            assert admitted or before is not CircuitState.CLOSED
            probes += admitted and before is not CircuitState.CLOSED
            assert probes <= 1
        elif event == "ok":
            circuit.answered()
            probes = row = timeouts = 0
            assert circuit.state is CircuitState.CLOSED
        elif event in ("fail", "timeout"):
            circuit.failed(now, timeout=event == "timeout")
            probes, row, timeouts = 0, row + 1, timeouts + (event == "timeout")
            assert (circuit.state is CircuitState.CLOSED) == (row < 5 and timeouts < 3)
        elif event == "give up":
            circuit.abandoned()
            probes = 0
    now += 31.0
    assert circuit.admit(now) or circuit.state is CircuitState.HALF_OPEN


# --- limits -----------------------------------------------------------------------------------

HEADER = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.integers(0, 4_000_000_000).map(lambda at: formatdate(at, usegmt=True)),
)


@given(
    status=st.integers(100, 599),
    headers=st.dictionaries(
        st.sampled_from(
            ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-limit", "date"]
        ),
        HEADER,
    ),
)
def test_whatever_the_headers_say_no_wait_is_long_or_in_the_past(
    status: int, headers: dict[str, str]
) -> None:
    until = blocked_until(status, headers, NOW)
    assert until is None or NOW <= until <= NOW + LONGEST_WAIT_MS
    said = allowance(headers, NOW)
    assert said is None or said.reset_at is None or NOW <= said.reset_at <= NOW + LONGEST_WAIT_MS
    if status == 429:
        assert until is not None


@pytest.mark.parametrize("clock_off_s", [-3600, 0, 3600])
def test_a_wrong_clock_on_either_side_does_not_change_the_wait(clock_off_s: int) -> None:
    host = SECOND + clock_off_s
    headers = {"x-ratelimit-reset": str(host + 45), "x-ratelimit-remaining": "0"}
    headers["date"] = formatdate(host, usegmt=True)
    assert blocked_until(200, headers, NOW) == NOW + 45_000
    moment = {"retry-after": formatdate(host + 45, usegmt=True), "date": formatdate(host, usegmt=True)}
    assert retry_after_ms(moment, NOW) == 45_000


def test_a_date_that_contradicts_the_reset_is_not_followed() -> None:
    headers = {"x-ratelimit-reset": str(SECOND + 45), "x-ratelimit-remaining": "0"}
    for date in (SECOND - 86_400, SECOND + 86_400):
        assert blocked_until(200, {**headers, "date": formatdate(date, usegmt=True)}, NOW) == NOW + 45_000


# --- text -------------------------------------------------------------------------------------


@given(text=st.text(max_size=400))
def test_foreign_text_is_one_printable_bounded_line(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown) <= 200


@pytest.mark.parametrize("char", ["\x1b", "\x00", "\x9b", "\u202e", "\u200b", "\ud800", "\ue000", "\x7f"])
def test_what_moves_the_terminal_is_shown_not_done(char: str) -> None:
    shown = plain(f"a{char}b")
    assert char not in shown
    assert shown.startswith("a\\")
    assert shown.endswith("b")


TOKENS = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="*"), min_size=6)


@given(token=TOKENS, around=st.text())
def test_no_spelling_of_a_token_survives(token: str, around: str) -> None:
    service = Service.at("Vercel", "http://127.0.0.1", bearer=Secret(token))
    echoed = [f"{around}{token}", f"header: 'Bearer {token}'", repr(token), f"b'{token}'"]
    for text in echoed:
        assert token not in scrub(text, service.secrets)


def test_a_service_shows_where_but_not_with_what() -> None:
    service = Service.at("Vercel", "http://127.0.0.1", bearer=Secret("tok_s3cr3t"))
    assert "127.0.0.1" in repr(service)
    assert "tok_s3cr3t" not in repr(service)
