"""The simulator's Alertmanager answers as the real one does, as far as the console asks."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.clock import SystemClock
from tests.data.alertmanager.test_client import post
from tests.servers import alertmanager
from tests.simulated import simulated

pytestmark = pytest.mark.slow


@asynccontextmanager
async def served(which: str, folder: Path) -> AsyncIterator[tuple[str, datetime]]:
    """The base address of one of both with the two alerts of the scenario, and its time."""
    if which == "real":
        with alertmanager(folder) as base:
            for name in ("HighErrorRate", "RouteFailing"):
                post(base, {"alertname": name, "severity": "page"})
            yield base, datetime.now(UTC)
    else:
        now = SystemClock().now()
        async with simulated("error-spike", speed=1e-9, origin=now) as sim:
            for _ in range(16):
                sim.clock.advance(15)
                sim.world.advance()
            yield sim.alertmanager_url, datetime.fromtimestamp(sim.clock.now() / 1000, UTC)


async def ask(base: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    return await asyncio.to_thread(_ask, base, method, path, body)


def _ask(base: str, method: str, path: str, body: object) -> tuple[int, Any]:
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{base}/api/v2{path}", data, {"Content-Type": "application/json"}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, _json(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _json(error.read())


def _json(body: bytes) -> Any:
    return json.loads(body) if body.strip() else None


def shape(value: Any) -> Any:
    """Names and types, whatever the values."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def body(now: datetime, **changes: Any) -> Mapping[str, Any]:
    whole = {
        "matchers": [{"name": "alertname", "value": "HighErrorRate", "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(minutes=10)).isoformat(),
        "createdBy": "ana",
        "comment": "known",
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


async def story(base: str, now: datetime) -> list[tuple[str, int, Any]]:
    """One of everything that is asked; what each step answered, in its form."""
    told = []

    async def step(name: str, method: str, path: str, sent: object = None) -> Any:
        status, answer = await ask(base, method, path, sent)
        if isinstance(answer, list):
            answer.sort(key=lambda one: one.get("labels", {}).get("alertname", ""))
        form = shape(answer) if status < 400 else None  # the words of errors are nobody's interface
        told.append((name, status, form))
        return answer

    await step("ready", "GET", "/status")
    alert = high(await step("alerts", "GET", "/alerts"))
    picked = [len(await step(text, "GET", f"/alerts?filter={text}")) for text in FILTERS]
    told.append(("picked", 0, picked))
    await step("a broken expression", "GET", "/alerts?filter=alertname%3D~%22(%22")
    await step("groups", "GET", "/alerts/groups")
    told.append(("state", 0, alert["status"]))
    made = await step("silence", "POST", "/silences", body(now))
    quiet = high(await step("silenced", "GET", "/alerts"))
    told.append(("state", 0, quiet["status"]["state"]))
    told.append(("by it", 0, quiet["status"]["silencedBy"] == [made["silenceID"]]))
    [listed] = await step("silences", "GET", "/silences")
    told.append(("kept", 0, [listed[name] for name in ("matchers", "createdBy", "comment", "status")]))
    await step("end it", "DELETE", f"/silence/{made['silenceID']}")
    [over] = await step("over", "GET", "/silences")
    told.append(("state", 0, over["status"]))
    again = high(await step("alerts again", "GET", "/alerts"))
    told.append(("state", 0, again["status"]))
    await step("end what is not there", "DELETE", "/silence/7d8a0a3e-0c29-4b1c-9b9d-6f3a5c2f3d10")
    for name in ("matchers", "startsAt", "endsAt", "createdBy", "comment"):
        await step(f"without {name}", "POST", "/silences", body(now, **{name: None}))
    await step("no matchers", "POST", "/silences", body(now, matchers=[]))
    await step("no JSON", "POST", "/silences", "{")
    await step("backwards", "POST", "/silences", body(now, endsAt=(now - timedelta(minutes=1)).isoformat()))
    everything = [{"name": "a", "value": ".*", "isRegex": True, "isEqual": True}]
    await step("everything", "POST", "/silences", body(now, matchers=everything))
    broken = [{"name": "a", "value": "(", "isRegex": True, "isEqual": True}]
    await step("a broken matcher", "POST", "/silences", body(now, matchers=broken))
    return told


def high(alerts: list[dict[str, Any]]) -> dict[str, Any]:
    [one] = [each for each in alerts if each["labels"]["alertname"] == "HighErrorRate"]
    return one


FILTERS = (
    "alertname%3D%22HighErrorRate%22",
    "alertname%3DHighErrorRate",
    "alertname%3D~%22High.*%22",
    "alertname%21%3D%22HighErrorRate%22",
    "alertname%21~%22High.*%22",
    "severity%3D%22page%22&filter=alertname%3D%22Other%22",
    "nothing%3D%22%22",
)


async def test_both_answer_alike(tmp_path: Path) -> None:
    told = {}
    for which in ("real", "simulated"):
        async with served(which, tmp_path / which) as (base, now):
            told[which] = await story(base, now)
    for real, ours in zip(told["real"], told["simulated"], strict=True):
        assert _without(ours) == _without(real)


def _without(step: tuple[str, int, Any]) -> tuple[str, int, Any]:
    """Labels and annotations are the rule's own."""
    return (step[0], step[1], _pruned(step[2]))


def _pruned(form: Any) -> Any:
    if isinstance(form, dict):
        return {
            name: _pruned(one)
            for name, one in form.items()
            if name not in ("labels", "annotations", "generatorURL")
        }
    return [_pruned(one) for one in form] if isinstance(form, list) else form
