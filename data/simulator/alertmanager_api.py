"""The stand-in for an Alertmanager: its API v2, as far as the console asks for it, over the shop's rules."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from console.alerts.model import BadMatcher, Matcher, matcher_of
from console.readings import Millis
from data.simulator.alert_rules import Firing, Rules
from data.simulator.faults import Fault, Faults
from data.simulator.serving import Journal, did, port_app
from data.simulator.world import World

VERSION = "0.25.0"
RECEIVER = "on-call"
RESENT_MS: Millis = 240_000
"""How far ahead of its last evaluation an alert that fires is said to end."""


@dataclass(slots=True)
class _Silence:
    id: str
    matchers: list[dict[str, Any]]
    starts_at: Millis
    ends_at: Millis
    updated_at: Millis
    by: str
    comment: str

    def state(self, now: Millis) -> str:
        if now >= self.ends_at:
            return "expired"
        return "active" if now >= self.starts_at else "pending"

    def covers(self, labels: dict[str, str]) -> bool:
        return all(_fits(one, labels) for one in self.matchers)


class _Bad(Exception):
    """A body that is no silence: the status and the text of the answer."""

    def __init__(self, status: int, said: object) -> None:
        super().__init__(str(said))
        self.status, self.said = status, said


def spoiled(fault: Fault) -> web.Response:
    """The error answer of a fault."""
    return web.Response(status=fault.status, text="the simulated Alertmanager was told to answer like this\n")


class AlertmanagerApi:
    """Handlers; silences are kept as long as the simulator runs."""

    def __init__(self, world: World) -> None:
        self._world, self._rules = world, Rules(world)
        self._silences: dict[str, _Silence] = {}

    def app(self, journal: Journal, faults: Faults) -> web.Application:
        app = port_app("alertmanager", self._world, journal, faults, spoiled)
        app.router.add_get("/api/v2/status", self._status)
        app.router.add_get("/api/v2/alerts", self._alerts)
        app.router.add_get("/api/v2/alerts/groups", self._groups)
        app.router.add_get("/api/v2/silences", self._listed)
        app.router.add_post("/api/v2/silences", self._silence)
        app.router.add_delete("/api/v2/silence/{id}", self._expire)
        app.router.add_get("/-/ready", self._ready)
        return app

    async def _ready(self, request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def _status(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "cluster": {"status": "disabled", "peers": []},
                "versionInfo": {
                    "version": VERSION,
                    "revision": "simulated",
                    "branch": "",
                    "buildUser": "",
                    "buildDate": "",
                    "goVersion": "",
                },
                "config": {"original": f"route: {{receiver: {RECEIVER}, group_by: [alertname]}}\n"},
                "uptime": _moment(self._world.epoch),
            }
        )

    # --- alerts ------------------------------------------------------------------------------

    async def _alerts(self, request: web.Request) -> web.Response:
        try:
            wanted = [_matcher(text) for text in request.query.getall("filter", [])]
        except _Bad as bad:
            return web.json_response(bad.said, status=bad.status)
        found = [self._told(one) for one in self._rules.firing()]
        return web.json_response(
            [one for one in found if all(_fits(matcher, one["labels"]) for matcher in wanted)]
        )

    async def _groups(self, request: web.Request) -> web.Response:
        groups: dict[str, list[dict[str, Any]]] = {}
        for one in self._rules.firing():
            groups.setdefault(one.labels["alertname"], []).append(self._told(one))
        return web.json_response(
            [
                {"labels": {"alertname": name}, "receiver": {"name": RECEIVER}, "alerts": alerts}
                for name, alerts in sorted(groups.items())
            ]
        )

    def _told(self, one: Firing) -> dict[str, Any]:
        now, labels = self._world.clock.now(), dict(one.labels)
        by = [s.id for s in self._silences.values() if s.state(now) == "active" and s.covers(labels)]
        return {
            "annotations": {"summary": one.summary},
            "endsAt": _moment(max(one.updated_at, now) + RESENT_MS),
            "fingerprint": one.fingerprint,
            "receivers": [{"name": RECEIVER}],
            "startsAt": _moment(one.since),
            "status": {"inhibitedBy": [], "silencedBy": by, "state": "suppressed" if by else "active"},
            "updatedAt": _moment(one.updated_at),
            "labels": labels,
        }

    # --- silences ----------------------------------------------------------------------------

    async def _listed(self, request: web.Request) -> web.Response:
        now = self._world.clock.now()
        order = {"active": 0, "pending": 1, "expired": 2}
        found = sorted(self._silences.values(), key=lambda one: order[one.state(now)])
        return web.json_response(
            [
                {
                    "id": one.id,
                    "status": {"state": one.state(now)},
                    "updatedAt": _moment(one.updated_at),
                    "comment": one.comment,
                    "createdBy": one.by,
                    "endsAt": _moment(one.ends_at),
                    "matchers": one.matchers,
                    "startsAt": _moment(one.starts_at),
                }
                for one in found
            ]
        )

    async def _silence(self, request: web.Request) -> web.Response:
        now = self._world.clock.now()
        try:
            made = self._made(await request.read(), now)
        except _Bad as bad:
            return web.json_response(bad.said, status=bad.status)
        self._silences[made.id] = made
        did(f"{made.by} silenced {len(made.matchers)} matchers as {made.id}")
        return web.json_response({"silenceID": made.id})

    def _made(self, body: bytes, now: Millis) -> _Silence:
        try:
            asked = json.loads(body)
        except ValueError:
            raise _Bad(400, {"code": 400, "message": "parsing silence body failed"}) from None
        for name in ("matchers", "startsAt", "endsAt", "createdBy", "comment"):
            if not isinstance(asked, dict) or asked.get(name) is None:
                raise _Bad(422, {"code": 602, "message": f"{name} in body is required"})
        matchers = [{"isEqual": True, **one} for one in asked["matchers"]]
        if not matchers:
            raise _Bad(422, {"code": 612, "message": "matchers in body should have at least 1 items"})
        for one in matchers:
            if one["isRegex"]:
                _expression(one["value"])
        starts, ends = _millis(asked["startsAt"]), _millis(asked["endsAt"])
        if ends <= starts or ends <= now:
            raise _Bad(400, "silence invalid: end time must not be before start time")
        if all(_fits(one, {}) for one in matchers):
            raise _Bad(400, "silence invalid: at least one matcher must not match the empty string")
        name = f"{self._world.seed}/{len(self._silences)}"
        made = str(uuid.uuid5(uuid.NAMESPACE_URL, f"coalmine silence {name}"))
        return _Silence(made, matchers, max(starts, now), ends, now, asked["createdBy"], asked["comment"])

    async def _expire(self, request: web.Request) -> web.Response:
        found = self._silences.get(request.match_info["id"])
        if found is None:
            return web.json_response("silence not found", status=500)
        now = self._world.clock.now()
        found.ends_at, found.updated_at = min(found.ends_at, now), now
        did(f"expired {found.id}")
        return web.Response(status=200)


def _matcher(text: str) -> dict[str, Any]:
    try:
        one: Matcher = matcher_of(text)
    except BadMatcher:
        raise _Bad(400, f"bad matcher format: {text}") from None
    if one.regex:
        _expression(one.value)
    return {"name": one.name, "value": one.value, "isRegex": one.regex, "isEqual": one.equal}


def _expression(text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise _Bad(400, f"error parsing regexp: {error}") from None


def _fits(matcher: dict[str, Any], labels: dict[str, str]) -> bool:
    value = labels.get(matcher["name"], "")
    if matcher["isRegex"]:
        same = re.fullmatch(matcher["value"], value) is not None
    else:
        same = value == matcher["value"]
    return bool(same == matcher["isEqual"])


def _millis(text: str) -> Millis:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _moment(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
