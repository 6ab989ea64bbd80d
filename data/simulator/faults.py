"""Faults: bad answers on purpose, asked for by the control interface or by a scenario."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from console.readings import Millis
from data.simulator.answers import FaultKind, FaultRequest, PortName
from data.simulator.scenario import Running

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

GARBAGE = b"<html>\x00\xff\xfe{{{ this is not what you asked for"


@dataclass(slots=True)
class Fault:
    """A bad answer. ``done``: what the request asks for happens all the same."""

    kind: FaultKind
    done: bool
    status: int = 503
    seconds: float = 2.0
    retry_after: int | None = None


@dataclass(slots=True)
class _Waiting:
    path: str
    method: str | None
    times: int
    fault: Fault


class Faults:
    """The faults that wait for a request. The one asked for first is spent first."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    def add(self, asked: FaultRequest) -> int:
        """Let a fault wait; how many uses are waiting now in all. A stuck domain is no fault of an answer."""
        kind = asked.kind
        if kind == "stuck":
            raise ValueError("a domain that is stuck is the project's, not an answer's")
        done = asked.effect == "done" if asked.effect else kind != "status"
        fault = Fault(kind, done, asked.status, asked.seconds, asked.retry_after)
        self._waiting.append(_Waiting(asked.path, asked.method, asked.times, fault))
        return sum(waiting.times for waiting in self._waiting)

    def take(self, method: str, path: str) -> Fault | None:
        """Use up one fault that fits the request."""
        for waiting in self._waiting:
            if waiting.path in path and waiting.method in (None, method):
                waiting.times -= 1
                if waiting.times == 0:
                    self._waiting.remove(waiting)
                return waiting.fault
        return None


def of_scenario(running: Running, port: PortName, seed: int, at: Millis) -> Fault | None:
    """The fault that the scenario's effects on ``port`` bring upon its next request, if any.

    Whom a share falls on depends on the seed and on how many requests came before.
    """
    effects = running.endpoint_faults(port, at)
    if not effects:
        return None
    running.asked[port] = running.asked.get(port, 0) + 1
    rng = random.Random(f"coalmine fault {seed} {port} {running.asked[port]}")
    for effect in effects:
        if rng.random() < effect.share:
            done = effect.fault != "status"
            return Fault(effect.fault, done, effect.status, effect.seconds, effect.retry_after)
    return None


async def spoil(
    fault: Fault,
    request: web.Request,
    handler: Handler,
    refusal: Callable[[Fault], web.Response],
) -> web.StreamResponse:
    """Answer ``request`` with ``fault``; ``refusal`` makes the port's own kind of error answer."""
    answer = await handler(request) if fault.done else None
    if fault.kind == "status":
        return refusal(fault)
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
        return answer if answer is not None else refusal(fault)
    if fault.kind == "garbage":
        return web.Response(body=GARBAGE, content_type="application/json")
    if fault.kind == "truncate":
        return await _truncated(request, answer)
    _hang_up(request)
    return web.Response(status=503)  # goes nowhere: the connection is gone


async def _truncated(request: web.Request, answer: web.StreamResponse | None) -> web.StreamResponse:
    body = answer.body if isinstance(answer, web.Response) else None
    whole = body if isinstance(body, bytes) and body else b'{"pagination": {"count": 20, "next": 17'
    cut = web.StreamResponse(headers={"Content-Type": "application/json"})
    cut.content_length = len(whole) + 512
    await cut.prepare(request)
    await cut.write(whole[: max(1, len(whole) // 2)])
    _hang_up(request)
    return cut


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
