"""The transport against a real server: what leaves, what is repeated, what is sent once."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from data.http import Limits, Request, Service, TransportError
from tests.data.hosts import EPOCH, StillClock, drops, hangs, host, says, transport, truncates
from tests.data.http.asking import GET, POST, TOKEN, closed_port, service

# --- what is sent -----------------------------------------------------------------------------


async def test_sends_the_token_its_name_and_keeps_the_base_path() -> None:
    async with host() as there, transport() as asking:
        there.says(says({"ok": 1}))
        answer = await asking.ask(
            service(there.url + "/base/"), Request("GET", "/v2/user", (("teamId", "a b&c"),))
        )
    assert answer.status == 200
    assert answer.body == b'{"ok": 1}'
    [asked] = there.asked
    assert asked.path == "/base/v2/user"
    assert asked.query == {"teamId": "a b&c"}
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["User-Agent"].startswith("coalmine/")


async def test_credentials_in_the_address_are_used_but_never_shown() -> None:
    async with host() as there, transport() as asking:
        there.says(says("no", 401))
        where = Service.at("Prometheus", there.url.replace("http://", "http://bob:hunter2@"))
        await asking.ask(where, GET)
    assert there.asked[0].headers["Authorization"] == "Basic Ym9iOmh1bnRlcjI="
    assert "hunter2" not in repr(where)
    assert "hunter2" not in where.base_url


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", closed_port())
    monkeypatch.setenv("ALL_PROXY", closed_port())
    async with host() as there, transport() as asking:
        there.says(says({}))
        assert (await asking.ask(service(there.url), GET)).status == 200


async def test_a_redirect_is_an_answer_not_followed() -> None:
    async with host() as there, transport() as asking:
        there.says(says(None, 302, {"Location": "/elsewhere"}))
        assert (await asking.ask(service(there.url), GET)).status == 302
    assert [asked.path for asked in there.asked] == ["/v2/user"]


# --- repeating --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first", [drops, truncates(), says("x", 500), says("x", 502), says("x", 503), says("x", 504)]
)
async def test_a_read_is_repeated_after_a_passing_failure(first: web.Request) -> None:
    clock = StillClock()
    async with host() as there, transport(clock) as asking:
        there.says(first, says({"ok": 1}))  # type: ignore[arg-type]
        assert (await asking.ask(service(there.url), GET)).body == b'{"ok": 1}'
    assert len(there.asked) == 2
    assert len(clock.slept) == 1


async def test_repeats_are_bounded_and_wait_longer_each_time() -> None:
    clock = StillClock()
    async with (
        host() as there,
        transport(clock, Limits(retries=3, backoff_s=1.0, backoff_cap_s=3.0)) as asking,
    ):
        there.says(says("x", 503))
        assert (await asking.ask(service(there.url), GET)).status == 503
    assert len(there.asked) == 4
    assert clock.slept == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422])
async def test_a_clear_no_is_not_repeated(status: int) -> None:
    async with host() as there, transport() as asking:
        there.says(says({"error": {}}, status))
        assert (await asking.ask(service(there.url), GET)).status == status
    assert len(there.asked) == 1


async def test_only_what_is_safe_to_repeat_may_be_asked() -> None:
    async with host() as there, transport() as asking:
        there.says(says("x", 503), says({}))
        with pytest.raises(ValueError, match="not safe to repeat"):
            await asking.ask(service(there.url), POST)
        assert not there.asked
        query = Request("POST", "/api/v1/query", body=b"query=1", safe=True)
        assert (await asking.ask(service(there.url), query)).status == 200
    assert len(there.asked) == 2


# --- effects ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [drops, hangs])
async def test_an_effect_without_an_answer_went_out_once_and_is_unknown(fault: web.Request) -> None:
    async with host() as there, transport(limits=Limits(read_s=0.2)) as asking:
        there.says(fault, says({}))  # type: ignore[arg-type]
        with pytest.raises(TransportError) as raised:
            await asking.effect(service(there.url), POST)
    assert raised.value.sent
    assert len(there.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_effect_is_not_repeated_whatever_the_answer(status: int) -> None:
    async with host() as there, transport() as asking:
        there.says(says("x", status), says({}))
        assert (await asking.effect(service(there.url), POST)).status == status
    assert len(there.asked) == 1


async def test_an_effect_whose_answer_was_cut_off_still_tells_its_status() -> None:
    async with host() as there, transport() as asking:
        there.says(truncates(201))
        answer = await asking.effect(service(there.url), POST)
    assert answer.status == 201
    assert answer.fault is not None


async def test_an_effect_that_found_no_connection_was_never_sent() -> None:
    async with transport() as asking:
        with pytest.raises(TransportError) as raised:
            await asking.effect(service(closed_port()), POST)
    assert not raised.value.sent
    assert raised.value.problem.kind == "unreachable"


async def test_an_open_circuit_says_that_the_effect_was_not_sent() -> None:
    async with host() as there, transport(limits=Limits(retries=0)) as asking:
        there.says(says("x", 500))
        for _ in range(5):
            await asking.ask(service(there.url), GET)
        with pytest.raises(TransportError) as raised:
            await asking.effect(service(there.url), POST)
    assert not raised.value.sent
    assert raised.value.problem.retry_at == EPOCH + 10_000
    assert all(asked.method == "GET" for asked in there.asked)


async def test_effects_leave_on_connections_of_their_own() -> None:
    ports: list[tuple[str, int]] = []

    async def step(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        ports.append((request.method, request.transport.get_extra_info("peername")[1]))
        return web.json_response({})

    async with host() as there, transport() as asking:
        there.says(step)
        where = service(there.url)
        for _ in range(2):
            await asking.ask(where, GET)
            await asking.effect(where, POST)
    assert len({port for method, port in ports if method == "GET"}) == 1, "reads keep their connection"
    assert len({port for _, port in ports}) == 3, "an effect never meets a connection that went stale"


async def test_effects_do_not_wait_behind_reads() -> None:
    released = asyncio.Event()

    async def stuck(request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.json_response({})

    async with host() as there, transport() as asking:
        there.routes = {f"/{n}": stuck for n in range(4)}
        there.says(says({"done": 1}))
        where = service(there.url)
        reads = [asyncio.create_task(asking.ask(where, Request("GET", f"/{n}"))) for n in range(4)]
        await there.arrived(4)
        assert (await asking.effect(where, POST)).status == 200
        released.set()
        await asyncio.gather(*reads)


# --- sharing --------------------------------------------------------------------------------------


async def test_equal_reads_under_way_become_one() -> None:
    released = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.json_response({"n": len(there.asked)})

    async with host() as there, transport() as asking:
        there.says(slow)
        where = service(there.url)
        tasks = [asyncio.create_task(asking.ask(where, GET)) for _ in range(5)]
        await there.arrived(1)
        tasks[0].cancel()
        released.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert len({id(answer) for answer in answers[1:]}) == 1
        assert len(there.asked) == 1
        await asking.ask(where, GET)
        assert len(there.asked) == 2


async def test_no_more_than_four_at_once_at_one_host() -> None:
    now, most = 0, 0

    async def counted(request: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.json_response({})

    async with host() as there, transport() as asking:
        there.says(counted)
        where = service(there.url)
        await asyncio.gather(*(asking.ask(where, Request("GET", f"/{n}")) for n in range(12)))
    assert most == 4
