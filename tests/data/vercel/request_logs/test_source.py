"""Request logs as a source: what they cover is counted, what they do not is not guessed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from console.canary.catalogue import CATALOGUE, ERROR_RATE, LATENCY_P95, REQUEST_RATE
from console.canary.measures import Count, Ratio, Window
from console.ports import NotOffered, SourceError
from data.http import Limits, Secret, Transport
from data.simulator.account import Account
from data.vercel.client import API_URL, LOGS_URL, VercelClient
from data.vercel.host import VercelHost
from data.vercel.request_logs.models import Page, Row
from data.vercel.request_logs.reading import Reading
from data.vercel.request_logs.source import PAGES, PATH, RequestLogs
from tests.data.hosts import EPOCH, Host, StillClock, host, says, transport, truncates
from tests.data.vercel.observability.observed import BASE, CANARY, STILL, shop
from tests.simulated import Simulated, simulated

MINUTE = 60_000
END = EPOCH // MINUTE * MINUTE
WINDOW = Window(END - MINUTE, END)
FREE = Account(without=frozenset({"prometheus", "observability"}))


@asynccontextmanager
async def logged(scenario: str = "healthy") -> AsyncIterator[tuple[Simulated, RequestLogs, tuple[str, str]]]:
    async with simulated(scenario, speed=STILL, account=FREE) as sim:
        asking = Transport(sim.clock, limits=Limits(retries=0))
        try:
            client = VercelClient(
                asking, token=Secret(sim.token), team_id=sim.team_id, api_url=sim.vercel_url
            )
            release = sim.world.project.release
            assert release is not None
            project = VercelHost(client, sim.project_id, sim.clock).project
            source = RequestLogs(client.of_the_logs(), project, Sleepless(sim))
            yield sim, source, (release.base_id, release.canary_id)
        finally:
            await asking.aclose()


class Sleepless:
    """The simulator's time, with pauses that take none: the world of these tests stands still."""

    def __init__(self, sim: Simulated) -> None:
        self._sim = sim

    def now(self) -> int:
        return self._sim.clock.now()

    def monotonic(self) -> float:
        return self._sim.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        pass


@asynccontextmanager
async def scripted() -> AsyncIterator[tuple[Host, RequestLogs, StillClock]]:
    clock = StillClock(END + 70_000)
    async with host() as there, transport(clock, Limits(retries=0)) as asking:
        there.says(says({"error": {"code": "not_found", "message": "no such path"}}, status=404))
        client = VercelClient(asking, token=Secret("tok_secret"), team_id="team_1", api_url=there.url)
        yield there, RequestLogs(client, shop, clock), clock


def row(at: object, one: str = BASE, status: object = 200, name: str | None = None) -> dict[str, Any]:
    return {
        "requestId": name or f"{one}-{at}-{status}",
        "timestamp": at,
        "deploymentId": one,
        "statusCode": status,
        "logs": [],
    }


def past(sim: Simulated) -> Window:
    end = (sim.world.advance() - MINUTE) // MINUTE * MINUTE
    return Window(end - MINUTE, end)


# --- on the simulator ------------------------------------------------------------------------------


async def test_the_canary_is_counted_whole_and_production_as_far_as_it_was_read() -> None:
    async with logged("error-spike") as (sim, source, (base, canary)):
        sim.clock.advance(900)
        window = past(sim)
        assert await source.settled((base, canary), sim.world.advance()) >= window.end
        found = await source.measure(ERROR_RATE, (base, canary), window)
        rates = await source.measure(REQUEST_RATE, (base, canary), window)
        total, bad = sim.world.counts(canary, window.start, window.end)
        ours, theirs = found[canary], found[base]
        assert isinstance(ours, Ratio)
        assert ours.bad / ours.total == pytest.approx(bad / total, abs=0.01)
        counted = rates[canary]
        assert isinstance(counted, Count)
        assert counted.events == ours.total
        assert counted.seconds == pytest.approx(60, abs=5)
        assert isinstance(theirs, Ratio)
        count = rates[base]
        assert isinstance(count, Count)
        assert 400 < theirs.total <= PAGES * 50  # the newest pages only, and so few seconds
        assert count.seconds < 10
        true_rate = sim.world.counts(base, window.start, window.end)[0] / 60
        assert count.per_second == pytest.approx(true_rate, rel=0.25)
        pages = [e for e in sim.journal.entries if e.path == PATH]
        assert len(pages) <= 1 + 2 * PAGES


async def test_cached_answers_are_counted_from_pages_that_are_read_anyway() -> None:
    async with logged() as (sim, source, ids):
        sim.clock.advance(900)
        window, cached = past(sim), CATALOGUE["cache_hit_ratio"]
        assert await source.settled(ids, sim.world.advance()) >= window.end
        seldom = Window(window.end - 4 * MINUTE, window.end)
        rates, found = await asyncio.gather(
            source.measure(REQUEST_RATE, ids, window), source.measure(cached, ids, seldom)
        )
        assert sum(e.path == PATH for e in sim.journal.entries) <= 1 + 2 * PAGES
        assert found.instead == "requests that the edge answered from its cache"
        for one in ids:
            ratio, count = found[one], rates[one]
            assert isinstance(ratio, Ratio)
            assert isinstance(count, Count)
            assert ratio.total == count.events
            assert 0 < ratio.bad < 0.15 * ratio.total


async def test_what_it_cannot_know_is_said() -> None:
    async with logged() as (sim, source, ids):
        sim.clock.advance(300)
        await source.probe()
        assert [source.lacks(metric) is None for metric in CATALOGUE.headline] == [True, False, True]
        others = [metric for metric in CATALOGUE if metric not in CATALOGUE.headline]
        assert [metric.id for metric in others if source.lacks(metric) is None] == ["cache_hit_ratio"]
        assert "no durations" in source.note
        window = past(sim)
        assert await source.measure(LATENCY_P95, ids, window) == dict.fromkeys(ids)
        assert await source.history(ERROR_RATE, ids, window, 15) == dict.fromkeys(ids, ())
        # another ratio is not the one that can be read
        for other in (CATALOGUE["conversion_rate"], CATALOGUE["client_errors"]):
            assert await source.measure(other, ids, window) == dict.fromkeys(ids), (
                "another ratio is not this one"
            )


# --- beside a scripted server ------------------------------------------------------------------------


def paged(pages: list[list[dict[str, Any]]], newest: int = END + 1_000) -> Any:
    """Pages for a deployment; whoever asks without one sees that something newer was logged."""

    async def step(request: web.Request) -> web.StreamResponse:
        if "deploymentId" not in request.query:
            return web.json_response({"rows": [row(newest)], "hasMoreRows": False})
        page = int(request.query["page"])
        found = pages[page] if page < len(pages) else []
        return web.json_response({"rows": found, "hasMoreRows": page + 1 < len(pages)})

    return step


async def test_all_pages_make_a_whole_window() -> None:
    async with scripted() as (there, source, _):
        first = [row(END - n, status=503 if n % 4 == 0 else 200) for n in range(8)]
        second = [row(END - 8 - n) for n in range(8)]
        outside = [row(END - MINUTE, status=500), row(END - MINUTE - 5, status=500)]
        there.routes[PATH] = paged([first, [*first[-1:], *second], outside])
        found = await source.measure(ERROR_RATE, [BASE], WINDOW)
        assert found == {BASE: Ratio(2, 16)}
        assert not found.partial
        asked = there.asked[-1].query
        assert (asked["projectId"], asked["ownerId"], asked["deploymentId"]) == ("prj_1", "team_1", BASE)
        assert (asked["startDate"], asked["endDate"]) == (str(WINDOW.start), str(WINDOW.end))


async def test_where_the_pages_run_out_only_the_time_they_cover_counts() -> None:
    async with scripted() as (there, source, _):
        pages = [
            [row(END - 100 * page - n, status=500 if n == 0 else 200) for n in range(50)]
            for page in range(40)
        ]
        there.routes[PATH] = paged(pages)
        found = await source.measure(ERROR_RATE, [BASE], WINDOW)
        rates = await source.measure(REQUEST_RATE, [BASE], WINDOW)
        assert found == {BASE: Ratio(PAGES, PAGES * 50 - 1)}  # those of the oldest millisecond may go on
        assert rates == {BASE: Count(PAGES * 50 - 1, (100 * (PAGES - 1) + 49) / 1000)}
        assert sum("deploymentId" in one.query for one in there.asked) == PAGES


async def test_a_deployment_without_visitors_had_none_and_silent_logs_say_nothing() -> None:
    async with scripted() as (there, source, _):
        there.routes[PATH] = paged([[]])
        assert await source.measure(ERROR_RATE, [BASE, CANARY], WINDOW) == {
            BASE: Ratio(0, 0),
            CANARY: Ratio(0, 0),
        }
    async with scripted() as (there, source, clock):
        there.routes[PATH] = paged([[]], newest=WINDOW.start - 500_000)
        assert await source.measure(ERROR_RATE, [BASE], WINDOW) == {BASE: None}
        assert await source.newest([BASE]) == {BASE: WINDOW.start - 500_000}
        assert await source.settled([BASE], clock.now()) <= clock.now() - 180_000


async def test_pages_out_of_order_cover_no_known_time() -> None:
    async with scripted() as (there, source, _):
        pages = [[row(END - 5_000 + 100 * page + n) for n in range(50)] for page in range(40)]
        there.routes[PATH] = paged(pages)
        found = await source.measure(ERROR_RATE, [BASE], WINDOW)
        assert found == {BASE: None}
        assert found.partial


async def test_the_same_page_for_ever_comes_to_an_end() -> None:
    async with scripted() as (there, source, _):
        there.routes[PATH] = says({"rows": [row(END - 10), row(END - 20)], "hasMoreRows": True})
        found = await source.measure(ERROR_RATE, [BASE], WINDOW)
        assert found == {BASE: Ratio(0, 1)}


@pytest.mark.parametrize(
    "answer",
    [
        {"rows": "none"},
        {"rows": [{}]},
        {"rows": [row("yesterday")]},
        {"rows": [row(-1)]},
        {"rows": [row(END - 1, status="many")]},
        {"rows": [row(END - 1, CANARY)]},
        {"hasMoreRows": True},
        b"<html>sign in</html>",
        b"",
    ],
)
async def test_garbage_is_an_error_and_never_a_number(answer: object) -> None:
    async with scripted() as (there, source, _):
        there.routes[PATH] = says(answer)
        with pytest.raises(SourceError) as caught:
            await source.measure(ERROR_RATE, [BASE], WINDOW)
        assert caught.value.problem.kind == "garbage"


async def test_refusals() -> None:
    async with scripted() as (there, source, _):
        there.routes[PATH] = says({"error": {"code": "forbidden", "message": "no"}}, status=403)
        with pytest.raises(NotOffered):
            await source.probe()
        there.routes[PATH] = truncates()
        with pytest.raises(SourceError):
            await source.probe()
        there.routes[PATH] = says({"error": {"message": "slow"}}, status=429, headers={"Retry-After": "30"})
        with pytest.raises(SourceError) as caught:
            await source.probe()
        assert caught.value.problem.kind == "rate_limited"
        assert caught.value.problem.retry_at is not None


async def test_the_real_hosts_logs_are_elsewhere_and_a_simulators_are_its_own() -> None:
    async with transport() as asking:
        real = VercelClient(asking, token=Secret("tok_secret"), team_id="team_1", api_url=API_URL + "/")
        assert real.of_the_logs().service.base_url == LOGS_URL
        assert real.of_the_logs().team_id == "team_1"
        own = VercelClient(asking, token=Secret("tok_secret"), api_url="http://127.0.0.1:9")
        assert own.of_the_logs().service.base_url == "http://127.0.0.1:9"


# --- properties --------------------------------------------------------------------------------------

requests = st.lists(
    st.tuples(st.integers(WINDOW.start - 50, WINDOW.end + 50), st.sampled_from([200, 404, 500, 503, None])),
    max_size=60,
)


@given(requests, st.integers(1, 7), st.integers(0, 12))
def test_a_prefix_of_the_pages_counts_exactly_what_lies_in_the_time_it_covers(
    found: list[tuple[int, int | None]], size: int, read: int
) -> None:
    rows = [
        Row(requestId=str(n), timestamp=at, statusCode=status, cache=("HIT", "MISS", None, "STALE")[n % 4])
        for n, (at, status) in enumerate(sorted(found, key=lambda one: -one[0]))
    ]
    pages = [rows[at : at + size] for at in range(0, len(rows), size)] or [[]]
    reading = Reading(WINDOW)
    for page in pages[:read]:
        reading.add(page)
    covered = reading.covered(whole=read >= len(pages))
    if covered is None:
        assert read < len(pages)
        return
    inside = [one for one in rows if covered.span.start < one.at <= covered.span.end]
    assert covered.total == len(inside)
    assert covered.failed == sum((one.statusCode or 0) >= 500 for one in inside)
    assert covered.looked_up == sum(one.cache is not None for one in inside)
    assert covered.cached == sum(one.cache in ("HIT", "STALE") for one in inside)
    assert WINDOW.start <= covered.span.start < covered.span.end == WINDOW.end
    if read >= len(pages):
        assert covered.span == WINDOW


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["rows", "requestId", "timestamp", "hasMoreRows"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_any_document_is_a_page_or_refused(document: object) -> None:
    try:
        page = Page.model_validate_json(json.dumps(document))
        moments = [one.at for one in page.rows]
    except (ValidationError, ValueError):
        return
    assert all(isinstance(at, int) for at in moments)
