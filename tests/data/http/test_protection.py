"""The transport against a host that limits, fails, floods or leaks: what it does for both sides."""

from __future__ import annotations

import asyncio
import gzip
from email.utils import formatdate

import pytest
from aiohttp import web

from data.http import Call, Limits, Request, Secret, Service, TransportError
from data.http.circuit import CircuitState
from tests.data.hosts import EPOCH, StillClock, drops, hangs, host, large, says, transport
from tests.data.http.asking import GET, POST, TOKEN, problem_of, service

# --- the host's own limits --------------------------------------------------------------------


async def test_a_short_retry_after_is_sat_out() -> None:
    clock = StillClock()
    async with host() as there, transport(clock) as asking:
        there.says(says("x", 429, {"Retry-After": "1"}), says({}))
        assert (await asking.ask(service(there.url), GET)).status == 200
    assert clock.monotonic() >= 1


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_long_retry_after_holds_the_next_request_back(form: str) -> None:
    clock = StillClock()
    date = formatdate(EPOCH / 1000 + 120, usegmt=True)
    headers = {
        "Retry-After": "120" if form == "seconds" else date,
        "Date": formatdate(EPOCH / 1000, usegmt=True),
    }
    async with host() as there, transport(clock) as asking:
        there.says(says("x", 429, headers), says({}))
        answer = await asking.ask(service(there.url), GET)
        assert (answer.status, answer.retry_at) == (429, EPOCH + 120_000)
        clock.pass_(100)
        problem = await problem_of(asking, service(there.url))
        assert (problem.kind, problem.retry_at) == ("rate_limited", EPOCH + 120_000)
        assert len(there.asked) == 1
        clock.pass_(21)
        assert (await asking.ask(service(there.url), GET)).status == 200


async def test_a_used_up_limit_is_waited_out_by_the_hosts_own_clock() -> None:
    clock = StillClock()
    hour_off = EPOCH // 1000 + 3600
    headers = {
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(hour_off + 45),
        "Date": formatdate(hour_off, usegmt=True),
    }
    async with host() as there, transport(clock) as asking:
        there.says(says({}, 200, headers), says({}))
        where = service(there.url)
        assert (await asking.ask(where, GET)).status == 200
        problem = await problem_of(asking, where)
        assert problem.retry_at == EPOCH + 45_000
        assert asking.health()[0].remaining == 0
        assert abs((asking.skew_ms(where) or 0) - 3_600_500) < 5_000
        # another kind of request has its own limit, and an effect may be urgent: both go out
        assert (await asking.ask(where, Request("GET", "/v3/events"))).status == 200
        assert (await asking.effect(where, Request("POST", "/v2/user"))).status == 200
        clock.pass_(46)
        assert (await asking.ask(where, GET)).status == 200


@pytest.mark.parametrize(
    ("off_s", "words"),
    [(0, None), (3600, "60 min ahead of"), (-3600, "60 min behind"), (300, "5 min ahead of")],
)
async def test_a_clock_that_is_off_is_said(off_s: int, words: str | None) -> None:
    async with host() as there, transport() as asking:
        there.says(says({}, 200, {"Date": formatdate(EPOCH // 1000 + off_s, usegmt=True)}))
        await asking.ask(service(there.url), GET)
        problem = asking.health()[0].clock_problem()
    if words is None:
        assert problem is None
    else:
        assert problem is not None
        assert problem.kind == "clock"
        assert words in problem.what


async def test_no_host_makes_us_wait_longer_than_a_quarter_of_an_hour() -> None:
    async with host() as there, transport() as asking:
        there.says(says("x", 429, {"Retry-After": "999999999"}))
        answer = await asking.ask(service(there.url), GET)
    assert answer.retry_at == EPOCH + 15 * 60_000


# --- the circuit ------------------------------------------------------------------------------


async def test_the_circuit_opens_probes_and_closes() -> None:
    clock = StillClock()
    async with host() as there, transport(clock, Limits(retries=0)) as asking:
        there.says(says("x", 500))
        where = service(there.url)
        for _ in range(5):
            assert (await asking.ask(where, GET)).status == 500
        assert asking.health()[0].circuit is CircuitState.OPEN
        problem = await problem_of(asking, where)
        assert problem.kind == "unreachable"
        assert problem.retry_at == EPOCH + 10_000
        assert len(there.asked) == 5
        clock.pass_(31)
        assert (await asking.ask(where, GET)).status == 500
        await problem_of(asking, where)
        assert len(there.asked) == 6
        there.says(says({}))
        clock.pass_(31)
        assert (await asking.ask(where, GET)).status == 200
        assert asking.health()[0].circuit is CircuitState.CLOSED
        assert asking.health()[0].last_ok_at == clock.now()


async def test_three_timeouts_open_it() -> None:
    async with host() as there, transport(limits=Limits(read_s=0.05)) as asking:
        there.says(hangs)
        where = service(there.url)
        for _ in range(3):
            assert (await problem_of(asking, where)).kind == "timeout"
        assert asking.health()[0].circuit is CircuitState.OPEN
    assert len(there.asked) == 3, "a timeout is not repeated inside one call"


@pytest.mark.parametrize("status", [401, 402, 403, 404, 429])
async def test_a_clear_no_does_not_open_it(status: int) -> None:
    async with host() as there, transport() as asking:
        there.says(says("x", status, {"Retry-After": "0"} if status == 429 else None))
        for _ in range(8):
            await asking.ask(service(there.url), GET)
        assert asking.health()[0].circuit is CircuitState.CLOSED


async def test_one_hosts_failure_is_not_anothers() -> None:
    async with host() as bad, host() as good, transport(limits=Limits(retries=0)) as asking:
        bad.says(drops)
        good.says(says({}))
        for _ in range(6):
            await problem_of(asking, service(bad.url))
        assert (await asking.ask(service(good.url), GET)).status == 200
        assert [health.circuit for health in asking.health()] == [CircuitState.OPEN, CircuitState.CLOSED]


# --- answers that are not ones ------------------------------------------------------------------


async def test_reading_stops_at_the_size_cap() -> None:
    async with host() as there, transport() as asking:
        there.says(large(10))
        problem = await problem_of(asking, service(there.url))
    assert problem.kind == "too_large"
    assert "8 MiB" in problem.what
    assert len(there.asked) == 1


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_stopped_too() -> None:
    packed = gzip.compress(b" " * 50_000_000)
    async with host() as there, transport() as asking:
        there.says(says(packed, 200, {"Content-Encoding": "gzip"}))
        assert (await problem_of(asking, service(there.url))).kind == "too_large"
        there.says(says(gzip.compress(b"{}"), 200, {"Content-Encoding": "gzip"}))
        assert (await asking.ask(service(there.url), GET)).body == b"{}"


async def test_a_dripping_host_is_not_waited_for_forever() -> None:
    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    async with host() as there, transport(limits=Limits(whole_s=0.2)) as asking:
        there.says(drips)
        assert (await problem_of(asking, service(there.url))).kind == "timeout"


async def test_an_answer_in_a_broken_encoding_is_garbage() -> None:
    async with host() as there, transport(limits=Limits(retries=0)) as asking:
        there.says(says(b"not gzip", 200, {"Content-Encoding": "gzip"}))
        assert (await problem_of(asking, service(there.url))).kind == "garbage"


# --- secrets ------------------------------------------------------------------------------------


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(TOKEN)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>5}",
        f"{secret!r}",
        repr({"a": secret}),
    ]
    assert all(TOKEN not in text and "***" in text for text in shown)
    assert secret == Secret(TOKEN)
    assert secret != Secret("other")
    assert not Secret("")


@pytest.mark.parametrize("token", ["tok_with\nnewline", "tok_mit_ümlaut", "tok_nul\0byte"])
async def test_a_token_that_cannot_be_a_header_is_said_without_showing_it(token: str) -> None:
    async with host() as there, transport() as asking:
        there.says(says({}))
        with pytest.raises(TransportError) as raised:
            await asking.effect(Service.at("Vercel", there.url, bearer=Secret(token)), POST)
    assert raised.value.problem.kind == "unconfigured"
    assert not raised.value.sent
    assert token[:7] not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["", "nowhere", "ftp://x", "http://", "http://[::1", "http://a:b", "http://h:99999"]
)
async def test_an_address_that_is_none_is_said(url: str) -> None:
    async with transport() as asking:
        assert (await problem_of(asking, service(url))).kind == "unconfigured"


async def test_the_call_log_has_no_query_and_no_secret() -> None:
    calls: list[Call] = []
    async with host() as there, transport(on_call=calls.append) as asking:
        there.says(says({}), says({}, 404), drops)
        where = service(there.url)
        await asking.ask(where, Request("GET", "/a", (("q", TOKEN),)))
        await asking.ask(where, Request("GET", "/b"))
        with pytest.raises(TransportError):
            await asking.effect(where, POST)
    assert [(call.method, call.path, call.status) for call in calls] == [
        ("GET", "/a", 200),
        ("GET", "/b", 404),
        ("POST", "/v1/act", None),
    ]
    assert calls[2].problem is not None
    assert TOKEN not in repr(calls)


async def test_a_call_log_that_breaks_does_not_break_the_call(caplog: pytest.LogCaptureFixture) -> None:
    def broken(call: Call) -> None:
        raise RuntimeError("disk full")

    async with host() as there, transport(on_call=broken) as asking:
        there.says(says({}))
        assert (await asking.effect(service(there.url), POST)).status == 200
    assert "call log failed" in caplog.text
