"""The host's request logs: single requests, newest first, drawn from what was really counted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from console.readings import Millis
from data.simulator import shop
from data.simulator.records import Project
from data.simulator.refused import Refused
from data.simulator.world import World

PAGE_ROWS = 50
SLOT_MS = 5_000
_SAMPLE = 3
"""Good answers of one kind in a slot that a search looks through: it would take seconds otherwise."""

_NAMES = ("blue-teapot", "oak-table", "wool-rug", "brass-lamp", "linen-sheets")
_ERRORS = {
    500: "TypeError: Cannot read properties of undefined (reading 'total')",
    503: "Error: upstream connect error: no healthy upstream",
    504: "Task timed out after 60.00 seconds",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client wants to see. ``statuses``: ranges of status codes, empty = all."""

    start: Millis
    end: Millis
    deployment_id: str | None = None
    statuses: tuple[range, ...] = ()
    levels: frozenset[str] | None = None
    search: str = ""
    page: int = 0


def statuses(text: str | None) -> tuple[range, ...]:
    """``500``, ``5xx`` or a list of them, as ranges."""
    ranges = []
    for part in text.split(",") if text else ():
        if len(part) == 3 and part[0].isdecimal() and part[1:].lower() == "xx":
            ranges.append(range(int(part[0]) * 100, int(part[0]) * 100 + 100))
        elif part.isdecimal():
            ranges.append(range(int(part), int(part) + 1))
        else:
            raise Refused(400, "bad_request", f"`statusCode` should be a number or like 5xx, not {part}.")
    return tuple(ranges)


def rows(world: World, project: Project, wanted: Wanted) -> tuple[list[dict[str, Any]], bool]:
    """One page of rows, newest first, and whether there are more."""
    first = wanted.page * PAGE_ROWS
    found: list[dict[str, Any]] = []
    for low, high in reversed(world.flow.snapshots.slots(wanted.start, wanted.end + SLOT_MS)):
        slot = _slot(world, project, wanted, low, high)
        found += sorted(slot, key=lambda row: int(row["timestamp"]), reverse=True)
        if len(found) > first + PAGE_ROWS:
            break
    return found[first : first + PAGE_ROWS], len(found) > first + PAGE_ROWS


def _slot(world: World, project: Project, wanted: Wanted, low: Millis, high: Millis) -> list[dict[str, Any]]:
    snapshots, width = world.flow.snapshots, shop.BUCKETS
    found = []
    for deployment_id in snapshots.deployments():
        if wanted.deployment_id not in (None, deployment_id):
            continue
        cells = snapshots.between(deployment_id, low, high)
        for place, (endpoint, status) in enumerate(shop.OUTCOMES):
            hits = sum(cells[place * width : (place + 1) * width])
            if not hits or not _may_fit(status, wanted):
                continue
            if status < 500 and wanted.search:
                hits = min(hits, _SAMPLE)
            # of its own, so that a row is the same whatever else is asked for
            rng = random.Random(f"coalmine logs {world.seed} {deployment_id} {low - world.epoch} {place}")
            for _ in range(hits):
                row = _row(rng, project, deployment_id, shop.ENDPOINTS[endpoint], status, low, high)
                if _fits(row, wanted):
                    found.append(row)
    return found


def _row(
    rng: random.Random,
    project: Project,
    deployment_id: str,
    endpoint: shop.Endpoint,
    status: int,
    low: Millis,
    high: Millis,
) -> dict[str, Any]:
    at = rng.randint(low + 1, high)
    path = endpoint.route.replace("[slug]", rng.choice(_NAMES))
    logs = []
    if status >= 500:
        logs.append({"level": "error", "message": _ERRORS[status], "messageTruncated": False})
    domain = rng.choices(project.domains, weights=[d.weight for d in project.domains])[0]
    return {
        "requestId": f"fra1::{rng.getrandbits(40):010x}-{at}-{rng.getrandbits(24):06x}",
        "timestamp": at,
        "deploymentId": deployment_id,
        "requestMethod": endpoint.method,
        "requestPath": path,
        "statusCode": status,
        "environment": "production",
        "branch": project.deployments[deployment_id].branch,
        "cache": "HIT" if status == 304 else "MISS",
        "cacheReason": None,
        "pprState": None,
        "traceId": None,
        "domain": domain.name,
        "logs": logs,
        "events": [{"source": "static" if status == 304 else "serverless"}],
    }


def _may_fit(status: int, wanted: Wanted) -> bool:
    level = "error" if status >= 500 else "info"
    return (not wanted.statuses or any(status in span for span in wanted.statuses)) and (
        wanted.levels is None or level in wanted.levels
    )


def _fits(row: dict[str, Any], wanted: Wanted) -> bool:
    return wanted.start < row["timestamp"] <= wanted.end and (
        not wanted.search
        or wanted.search in row["requestPath"]
        or any(wanted.search in log["message"] for log in row["logs"])
    )
