"""The shop as its visitors meet it: each name answers as the deployment behind it does at that moment.

A production domain answers as canary or baseline, by their shares. An address of its own that a deployment
has answers as that one; of a preview only where previews are not protected.
"""

from __future__ import annotations

import random

from aiohttp import web

from console.readings import Millis
from data.simulator import shop
from data.simulator.flow import Stream
from data.simulator.world import World

HEALTH = "/api/health"
PAGE = "<!doctype html><title>shop</title>"
SICK = 0.25
"""From this share of failing requests on the health page says that the application does not work."""


def site_app(world: World) -> web.Application:
    """Every path of every name of the project; the name is the request's ``Host``."""
    chance = random.Random(world.seed)

    async def answer(request: web.Request) -> web.Response:
        now = world.advance()
        name = request.host.partition(":")[0]
        stream = _behind(world, name, now, chance)
        if isinstance(stream, web.Response):
            return stream
        behaviour = world.behaviour(stream, now)
        headers = {"x-vercel-id": f"sim1::{stream.deployment_id[4:12]}", "server": "Vercel"}
        if request.path == HEALTH:
            failing = sum(e.weight * share for e, (share, _) in zip(shop.ENDPOINTS, behaviour, strict=True))
            well = failing < SICK
            said = {"ok": well, "deployment": stream.deployment_id}
            return web.json_response(said, status=200 if well else 503, headers=headers)
        place = _endpoint(request.path, request.method)
        if place is None:
            return web.Response(status=404, text="This page could not be found.", headers=headers)
        if chance.random() < behaviour[place][0]:
            return web.Response(status=500, text="Internal Server Error", headers=headers)
        return web.Response(
            text="<!doctype html><title>shop</title>", content_type="text/html", headers=headers
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


def _behind(world: World, name: str, now: Millis, chance: random.Random) -> Stream | web.Response:
    project = world.project
    domain = next((one for one in project.domains if one.name == name), None)
    streams = world.streams(now)
    if domain is not None:
        if not domain.split or not streams:
            return Stream(domain.deployment_id, "baseline", 1.0)
        return chance.choices(streams, [one.share for one in streams])[0]
    deployment = next((one for one in project.deployments.values() if one.url == name), None)
    if deployment is None:
        return web.Response(status=404, text="DEPLOYMENT_NOT_FOUND", headers={"x-vercel-error": "NOT_FOUND"})
    if deployment.target != "production" and project.previews_protected:
        return web.Response(status=401, text="Authentication Required")
    known = next((one for one in streams if one.deployment_id == deployment.id), None)
    return known or Stream(deployment.id, "baseline", 0.0)


def _endpoint(path: str, method: str) -> int | None:
    """The place in :data:`shop.ENDPOINTS` of what a path leads to."""
    parts = path.rstrip("/").split("/")
    for place, one in enumerate(shop.ENDPOINTS):
        pattern = one.route.rstrip("/").split("/")
        fits = len(pattern) == len(parts) and all(
            want.startswith("[") or want == got for want, got in zip(pattern, parts, strict=True)
        )
        if fits and (one.method == method or method in ("GET", "HEAD")):
            return place
    return None
