"""The door of the host's API: who may ask, how often, and the envelope of every refusal."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from data.simulator.faults import Fault, Handler
from data.simulator.refused import Refused
from data.simulator.tokens import Tokens
from data.simulator.vercel_scope import GRANT
from data.simulator.world import World

RATE_LIMIT = 3_000
"""Requests a minute of the world's time."""

_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    429: "rate_limited",
    500: "internal_server_error",
}


def error_answer(status: int, code: str, message: str, **more: Any) -> web.Response:
    """The host's error envelope."""
    return web.json_response({"error": {"code": code, "message": message, **more}}, status=status)


def spoiled_answer(fault: Fault) -> web.Response:
    """The error answer of a fault on the host's port."""
    code = _CODES.get(fault.status, "service_unavailable" if fault.status >= 500 else "bad_request")
    answer = error_answer(fault.status, code, "The simulated host was told to answer like this.")
    retry_after = fault.retry_after if fault.retry_after is not None else 1 if fault.status == 429 else None
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


class Gate:
    """Checks the token, counts requests against the minute's limit, and puts headers on all answers."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self._world = world
        self._tokens = tokens
        self._minute, self._used, self._answered = -1, 0, 0

    def guard(self, app: web.Application) -> None:
        """Stand before all handlers of ``app``."""
        app.middlewares.append(self._checked)
        app.on_response_prepare.append(self._headers)

    @web.middleware
    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._count()
            self._authenticate(request)
            return await handler(request)
        except Refused as no:
            answer = error_answer(no.status, no.code, no.message, **no.more)
            if no.status == 429:
                answer.headers["Retry-After"] = str(max(1, self._reset() - self._world.clock.now() // 1000))
            return answer
        except web.HTTPNotFound:
            return error_answer(404, "not_found", f"The path {request.path} does not exist.")
        except web.HTTPMethodNotAllowed:
            return error_answer(
                405, "method_not_allowed", f"{request.method} is not allowed on {request.path}."
            )

    def _count(self) -> None:
        minute = self._world.clock.now() // 60_000
        if minute != self._minute:
            self._minute, self._used = minute, 0
        self._used += 1
        if self._used > RATE_LIMIT:
            raise Refused(429, "rate_limited", "Rate limit exceeded.")

    def _authenticate(self, request: web.Request) -> None:
        header = request.headers.get("Authorization", "")
        if not header:
            raise Refused(401, "unauthorized", "The request is missing an authentication token.")
        scheme, _, given = header.partition(" ")
        grant = self._tokens.grant(given.strip()) if scheme.lower() == "bearer" else None
        if grant is None:
            raise Refused(403, "forbidden", "Not authorized: the token is not valid.", invalidToken=True)
        GRANT.set(grant)

    async def _headers(self, request: web.Request, answer: web.StreamResponse) -> None:
        self._answered += 1
        now = self._world.clock.now()
        answer.headers["X-RateLimit-Limit"] = str(RATE_LIMIT)
        answer.headers["X-RateLimit-Remaining"] = str(max(0, RATE_LIMIT - self._used))
        answer.headers["X-RateLimit-Reset"] = str(self._reset())
        answer.headers["x-vercel-id"] = (
            f"fra1::iad1::{self._answered:05d}-{now}-{self._world.seed & 0xFFFFFF:06x}"
        )

    def _reset(self) -> int:
        """When the next minute begins, in Unix seconds."""
        return (self._world.clock.now() // 60_000 + 1) * 60
