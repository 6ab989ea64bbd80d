"""A real HTTP server on loopback whose misbehaviour each test scripts, and a clock that waits for nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from console.readings import Millis
from data.http import Call, Limits, Transport

EPOCH: Millis = 1_795_000_000_000


class StillClock:
    """Time passes only by sleeping, and sleeping takes none of the machine's."""

    def __init__(self, now: Millis = EPOCH) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> Millis:
        return self._now

    def monotonic(self) -> float:
        return (self._now - EPOCH) / 1000

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_(seconds)
        await asyncio.sleep(0)

    def pass_(self, seconds: float) -> None:
        self._now += round(seconds * 1000)


Step = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Host:
    """Answers request after request from ``script``; its last step answers all that follow."""

    url: str = ""
    script: list[Step] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    routes: dict[str, Step] = field(default_factory=dict)
    """By path, before the script."""

    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def arrived(self, requests: int) -> None:
        """Wait until that many requests have arrived."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= requests)

    def says(self, *steps: Step) -> None:
        self.script[:] = steps

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(
            Asked(request.method, request.path, dict(request.query), dict(request.headers), body)
        )
        async with self._news:
            self._news.notify_all()
        step = self.routes.get(request.path)
        if step is None:
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return await step(request)


@asynccontextmanager
async def host() -> AsyncIterator[Host]:
    """A host on a free loopback port."""
    made = Host()
    app = web.Application(client_max_size=2**20)
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


@asynccontextmanager
async def transport(
    clock: StillClock | None = None,
    limits: Limits | None = None,
    on_call: Callable[[Call], None] | None = None,
) -> AsyncIterator[Transport]:
    """A transport without randomness in its jitter (always the longest wait)."""
    made = Transport(clock or StillClock(), limits=limits, chance=lambda: 1.0, on_call=on_call)
    try:
        yield made
    finally:
        await made.aclose()


# --- steps of a script ---------------------------------------------------------------------------


def says(body: object = None, status: int = 200, headers: dict[str, str] | None = None) -> Step:
    """A JSON answer, or the bytes or text given."""

    async def step(request: web.Request) -> web.StreamResponse:
        if isinstance(body, bytes):
            return web.Response(body=body, status=status, headers=headers)
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers=headers)
        if body is None:
            return web.Response(status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    return step


async def drops(request: web.Request) -> web.StreamResponse:
    """The connection is cut before any answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def truncates(status: int = 200) -> Step:
    """The answer starts well and the connection is cut in the middle of it."""

    async def step(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            status=status, headers={"Content-Length": "1000", "Content-Type": "application/json"}
        )
        await response.prepare(request)
        await response.write(b'{"user": {"id": "u')
        assert request.transport is not None
        request.transport.close()
        return response

    return step


async def hangs(request: web.Request) -> web.StreamResponse:
    """No answer for as long as the client stays."""
    await asyncio.sleep(30)
    return web.Response()


def large(megabytes: int) -> Step:
    """An answer of that size without an announced length."""

    async def step(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        try:
            for _ in range(megabytes * 16):
                await response.write(b" " * 65536)
        except ConnectionError:
            pass
        return response

    return step
