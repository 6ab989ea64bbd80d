"""A door in front of a real server: its queries carry the world's time, and fail when a scenario says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from data.simulator.prometheus_api import spoiled_answer
from data.simulator.serving import port_app
from tests.simulated import Simulated


@asynccontextmanager
async def front(base: str, sim: Simulated) -> AsyncIterator[str]:
    """The address of the door before ``base``.

    A query that names no moment means now; the server's own now is hours after the world's.
    """

    async def forward(request: web.Request) -> web.Response:
        asked = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        if request.path == "/api/v1/query":
            asked.setdefault("time", f"{sim.world.advance() / 1000:.3f}")
        async with session.post(base + request.path, data=asked) as answer:
            body = await answer.read()
            return web.Response(status=answer.status, body=body, content_type=answer.content_type)

    app = port_app("prometheus", sim.world, sim.journal, sim.faults, spoiled_answer)
    app.router.add_post("/api/v1/{what}", forward)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    async with aiohttp.ClientSession() as session:
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
