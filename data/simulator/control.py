"""The control interface: what really happened, what is really true, and how to make trouble."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from console.readings import Millis
from data.clock import ScaledClock
from data.simulator import answers, appmodel, scenario, shop, truths
from data.simulator.acting import perform
from data.simulator.faults import Faults, Handler
from data.simulator.flow import Stream
from data.simulator.refused import Refused
from data.simulator.serving import Journal, local_only
from data.simulator.telemetry import Share
from data.simulator.tokens import Tokens
from data.simulator.world import World

Asked = TypeVar("Asked", bound=BaseModel)


class _Bad(Exception):
    """A request the control interface cannot do."""


def control_app(
    world: World, clock: ScaledClock, journal: Journal, faults: Faults, tokens: Tokens
) -> web.Application:
    """The application that serves ``control_url``."""
    app = web.Application(middlewares=[local_only, _refusals])

    async def requests(request: web.Request) -> web.Response:
        kept = list(journal.entries)
        return _json(answers.Requests(dropped=journal.seen - len(kept), requests=kept))

    async def truth(request: web.Request) -> web.Response:
        return _json(truth_of(world, clock.speed))

    async def switch(request: web.Request) -> web.Response:
        asked = await _read(request, answers.ScenarioRequest)
        try:
            world.switch(asked.name)
        except scenario.BadScenario as err:
            raise _Bad(str(err)) from err
        running = world.running
        return _json(
            answers.ScenarioAnswer(name=running.name, title=running.scenario.title, since_ms=running.since)
        )

    async def advance(request: web.Request) -> web.Response:
        asked = await _read(request, answers.ClockRequest)
        clock.advance(asked.advance_s)
        return _json(answers.ClockAnswer(now_ms=world.advance()))

    async def fault(request: web.Request) -> web.Response:
        asked = await _read(request, answers.FaultRequest)
        if asked.kind != "stuck":
            return _json(answers.FaultAnswer(waiting=faults.add(asked)))
        stuck = world.project.stuck
        stuck[asked.path] = stuck.get(asked.path, 0) + asked.times
        return _json(answers.FaultAnswer(waiting=sum(stuck.values())))

    async def act(request: web.Request) -> web.Response:
        asked = await _read(request, answers.ActRequest)
        now = world.advance()
        try:
            done = perform(world.project, asked, now, tokens)
        except Refused as no:
            raise _Bad(no.message) from no
        return _json(
            answers.ActAnswer(did=done.said, at_ms=now, deployment_id=done.deployment_id, token=done.token)
        )

    routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]]] = [
        ("GET", "/requests", requests),
        ("GET", "/truth", truth),
        ("POST", "/scenario", switch),
        ("POST", "/clock", advance),
        ("POST", "/fault", fault),
        ("POST", "/act", act),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    return app


def truth_of(world: World, speed: float) -> answers.Truth:
    """How the world really is now."""
    now = world.advance()
    release = world.project.release
    percentage = world.canary_percentage(now)
    splitting = any(domain.split for domain in world.project.domains)
    baseline = release.base_id if release is not None and splitting else world.project.serving_id
    tracks: dict[str, answers.TrackTruth] = {}
    streams = world.streams(now)
    for stream in streams:
        if stream.track == "canary":
            tracks["canary"] = _track(world, stream, percentage, now)
        elif stream.deployment_id == baseline:  # while domains move there can be a third deployment
            tracks["baseline"] = _track(world, stream, 100 - percentage, now)
    return answers.Truth.model_validate(
        {
            "now_ms": now,
            "seed": world.seed,
            "speed": speed,
            "scenario": world.running.name,
            "scenario_since_ms": world.running.since,
            "share_percent": percentage,
            "tracks": tracks,
            "shared": truths.shared(_shares(world, streams, now)),
            "effects": _effects(world, streams, tracks, now),
            "domains": {domain.name: domain.deployment_id for domain in world.project.domains},
            "serving_id": world.project.serving_id,
            "release": _release(world),
            "visitors": world.population.size,
            "visitors_on_canary": world.population.below(percentage),
        }
    )


def _shares(world: World, streams: Sequence[Stream], now: Millis, *, sound: bool = False) -> list[Share]:
    """Each deployment's part; ``sound``: as if the canary were as the baseline is."""
    rate = world.flow.request_rate(now, world.running)
    baseline = next((world.condition(s, now) for s in streams if s.track == "baseline"), appmodel.HEALTHY)
    return [
        Share(rate * s.share, rate * s.share, baseline if sound else world.condition(s, now))
        for s in streams
        if s.share > 0
    ]


def _effects(
    world: World, streams: Sequence[Stream], tracks: Mapping[str, answers.TrackTruth], now: Millis
) -> dict[str, float | None]:
    if len(tracks) < 2:
        return {}
    canary, baseline = tracks["canary"].metrics, tracks["baseline"].metrics
    pairs = {name: (value, baseline[name]) for name, value in canary.items()}
    without = truths.shared(_shares(world, streams, now, sound=True))
    pairs |= {
        name: (value, without[name]) for name, value in truths.shared(_shares(world, streams, now)).items()
    }
    return {name: ours / theirs if theirs else None for name, (ours, theirs) in pairs.items()}


def _release(world: World) -> answers.ReleaseTruth | None:
    release = world.project.release
    if release is None:
        return None
    active = release.state == "ACTIVE"
    return answers.ReleaseTruth(
        state=release.state,
        active_stage_index=release.active_index if active else None,
        target_percentage=release.stages[release.active_index].percentage if active else None,
        base_id=release.base_id,
        canary_id=release.canary_id,
        started_at_ms=release.started_at,
        paused=release.paused_at is not None,
        queued_id=release.queued_id,
        gate_failing=release.gate_results,
        gate_tripped_at_ms=release.gate_tripped_at,
    )


def _track(world: World, stream: Stream, percentage: float, now: Millis) -> answers.TrackTruth:
    behaviour = world.behaviour(stream, now)
    condition, age_s = world.condition(stream, now), world.flow.age_s(stream.deployment_id, now)
    cold = world.flow.cold_share(stream.deployment_id, now)
    whole = world.flow.request_rate(now, world.running)
    metrics = truths.of_track(
        behaviour,
        condition,
        cold=cold,
        age_s=age_s,
        rate=whole * stream.share,
        busy=whole / shop.MEAN_RATE,
    )

    def counts(seconds: int) -> answers.Counts:
        requests, errors = world.counts(stream.deployment_id, now - seconds * 1000, now)
        return answers.Counts(requests=requests, errors=errors)

    return answers.TrackTruth(
        deployment_id=stream.deployment_id,
        percentage=percentage,
        request_rate=whole * stream.share,
        error_ratio=shop.true_error_share(behaviour),
        latency_p50_s=shop.true_quantile(behaviour, 0.5, cold),
        latency_p95_s=shop.true_quantile(behaviour, 0.95, cold),
        cold_share=cold,
        last_60_s=counts(60),
        last_300_s=counts(300),
        metrics=metrics,
        cells=truths.cells_of_track(behaviour, condition),
    )


async def _read(request: web.Request, model: type[Asked]) -> Asked:
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the body"
        raise _Bad(f"{key}: {first['msg']}") from err


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except _Bad as err:
        return _json(answers.ControlError(error=str(err)), status=400)
    except web.HTTPNotFound:
        return _json(answers.ControlError(error=f"There is no {request.path} here."), status=404)


def _json(answer: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=answer.model_dump_json(), status=status, content_type="application/json")
