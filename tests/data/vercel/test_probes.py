"""Probes of single deployments: pinned, let in by the secret's header alone, and never a guess."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from console.canary.measures import Ratio
from console.ports import SourceError
from data.http import Limits, Secret
from data.vercel.probes import BYPASS, NEVER, PIN, VercelProbes
from tests.data.hosts import Host, Step, StillClock, drops, hangs, host, says

BASE, CANARY = "dpl_base", "dpl_canary"
QUICK = Limits(retries=0, read_s=1.0, open_after_failures=NEVER, open_after_timeouts=NEVER)


def by_pin(steps: Mapping[str, Step]) -> Step:
    """What each deployment answers."""

    async def step(request: web.Request) -> web.StreamResponse:
        return await steps[request.headers[PIN]](request)

    return step


@asynccontextmanager
async def probing(
    base: Step, canary: Step, *, paths: tuple[str, ...] = ("/",), bypass: str | None = None
) -> AsyncIterator[tuple[Host, VercelProbes]]:
    async with host() as there:
        there.says(by_pin({BASE: base, CANARY: canary}))
        secret = Secret(bypass) if bypass else None
        probes = VercelProbes(StillClock(), there.url, paths, secret, QUICK)
        try:
            yield there, probes
        finally:
            await probes.aclose()


async def test_each_deployment_is_asked_for_every_path() -> None:
    paths = ("/", "/api/cart?x=1")
    async with probing(says("ok"), says("no", status=500), paths=paths) as (there, probes):
        assert await probes.probe([BASE, CANARY]) == {BASE: Ratio(0, 2), CANARY: Ratio(2, 2)}
        asked = sorted((one.headers[PIN], one.path) for one in there.asked)
        assert asked == sorted((one, path) for one in (BASE, CANARY) for path in ("/", "/api/cart"))
        assert {one.method for one in there.asked} == {"GET"}


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (says("moved", status=308, headers={"Location": "http://elsewhere.invalid/"}), 0),
        (says("no such page", status=404), 0),
        (says("oops", status=503), 1),
        (drops, 1),
        (hangs, 1),
    ],
)
@pytest.mark.slow
async def test_what_counts_as_failed(answer: Step, failed: int) -> None:
    async with probing(says("ok"), answer) as (there, probes):
        for _ in range(8):  # whatever failed before, the next one is sent
            assert await probes.probe([BASE, CANARY]) == {BASE: Ratio(0, 1), CANARY: Ratio(failed, 1)}
        assert sum(one.headers[PIN] == CANARY for one in there.asked) == 8


async def test_who_wants_fewer_requests_is_left_alone_and_nothing_is_counted() -> None:
    async with probing(says("ok"), says("slow down", status=429)) as (there, probes):
        for _ in range(3):
            assert await probes.probe([BASE, CANARY]) == {BASE: Ratio(0, 1)}
        assert sum(one.headers[PIN] == CANARY for one in there.asked) == 1
    busy = says("busy", status=503, headers={"Retry-After": "60"})
    async with probing(says("ok"), busy) as (_, probes):
        assert await probes.probe([BASE, CANARY]) == {BASE: Ratio(0, 1), CANARY: Ratio(1, 1)}
        assert await probes.probe([BASE, CANARY]) == {BASE: Ratio(0, 1)}
    async with probing(says("slow", status=429), says("slow", status=429)) as (_, probes):
        with pytest.raises(SourceError) as caught:
            await probes.probe([BASE, CANARY])
        assert caught.value.problem.kind == "rate_limited"


async def test_nobody_answering_says_nothing_about_a_deployment() -> None:
    async with probing(drops, drops) as (_, probes):
        with pytest.raises(SourceError):
            await probes.probe([BASE, CANARY])
    async with probing(says("ok"), says("ok")) as (_, probes):
        assert await probes.probe([]) == {}


@pytest.mark.parametrize("secret", [None, "by-pass-secret"])
async def test_a_protected_address_is_said_and_not_counted(secret: str | None) -> None:
    async with probing(says("ok"), says("sign in", status=401), bypass=secret) as (there, probes):
        with pytest.raises(SourceError) as caught:
            await probes.probe([BASE, CANARY])
        assert caught.value.problem.kind == "forbidden"
        assert "BYPASS_SECRET" in caught.value.problem.next
        assert ("not taken" in caught.value.problem.what) is (secret is not None)
        assert "by-pass-secret" not in str(caught.value)
        assert {one.headers.get(BYPASS) for one in there.asked} == {secret}
        assert all("by-pass-secret" not in str(one.query) + one.path for one in there.asked)
