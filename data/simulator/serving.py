"""What every port of the simulator does: keep the journal, spoil answers, tell the world's time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from data.simulator.answers import PortName, RequestEntry
from data.simulator.faults import Fault, Faults, Handler, of_scenario, spoil
from data.simulator.world import World

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
KEPT_REQUESTS = 20_000


_ENTRY: ContextVar[RequestEntry] = ContextVar("entry")
"""The journal's entry of the request at hand; every request has a context of its own."""


class Journal:
    """Every request that was asked, in the order of arrival. No headers: they hold the token."""

    def __init__(self) -> None:
        self.entries: deque[RequestEntry] = deque(maxlen=KEPT_REQUESTS)
        self.seen = 0

    def arrived(self, request: web.Request, port: PortName, at: int) -> RequestEntry:
        entry = RequestEntry(
            at_ms=at,
            port=port,
            method=request.method,
            path=request.path,
            query=dict(request.query),
            status=None,
            fault=None,
            did=None,
        )
        self.entries.append(entry)
        self.seen += 1
        return entry


def port_app(
    port: PortName,
    world: World,
    journal: Journal,
    faults: Faults,
    refusal: Callable[[Fault], web.Response],
) -> web.Application:
    """An application whose every answer passes the journal and the faults."""

    @web.middleware
    async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            await request.read()
        except ConnectionError:  # whoever sent it died over it: half a request is none
            return web.Response(status=400)
        now = world.advance()
        entry = journal.arrived(request, port, now)
        _ENTRY.set(entry)
        fault = faults.take(request.method, request.path) or of_scenario(world.running, port, world.seed, now)
        if fault is None:
            answer = await handler(request)
        else:
            entry.fault = fault.kind
            answer = await spoil(fault, request, handler, refusal)
        if fault is None or fault.kind not in ("drop", "truncate"):
            entry.status = answer.status
        return answer

    app = web.Application(middlewares=[local_only, watched])

    async def dated(request: web.Request, answer: web.StreamResponse) -> None:
        answer.headers["Date"] = http_date(world.clock.now())
        answer.headers["Server"] = "Vercel" if port == "vercel" else "simulator"

    app.on_response_prepare.append(dated)
    return app


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a page of the web sent here under another host name."""
    host = request.host.rsplit(":", 1)[0].strip("[]") if request.host else ""
    if host not in LOCAL_HOSTS:
        return web.Response(status=403, text="The simulator answers on this machine only.\n")
    return await handler(request)


def did(what: str) -> None:
    """Note in the journal what the request at hand changed."""
    entry = _ENTRY.get()
    entry.did = what if entry.did is None else f"{entry.did}; {what}"


def http_date(at_ms: int) -> str:
    """A ``Date`` header for a moment of the world."""
    return format_datetime(datetime.fromtimestamp(at_ms / 1000, UTC), usegmt=True)
