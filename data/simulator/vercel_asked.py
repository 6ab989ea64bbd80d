"""Reading what a client asked of the host: bodies, page sizes, moments. All refuse in the host's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from console.readings import Millis
from data.simulator.refused import Refused

PAGE, PAGE_MAX = 20, 100

Query = Mapping[str, str]


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object that came with a request; ``{}`` for none."""
    try:
        read = json.loads(await request.text() or "{}")
    except ValueError as err:
        raise Refused(400, "bad_request", "The body is not valid JSON.") from err
    if not isinstance(read, dict):
        raise Refused(400, "bad_request", "The body should be an object.")
    return read


def required(sent: dict[str, Any], key: str, kind: type) -> Any:
    """A member of the body that has to be there."""
    value = sent.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        word = {str: "string", int: "number"}[kind]
        raise Refused(400, "bad_request", f"Invalid request: `{key}` should be {word}.")
    return value


def limit(query: Query) -> int:
    """How many items a page may have."""
    number = moment(query, "limit")
    if number is None:
        return PAGE
    if not 1 <= number <= PAGE_MAX:
        raise Refused(400, "bad_request", f"`limit` should be between 1 and {PAGE_MAX}.")
    return number


def moment(query: Query, key: str) -> int | None:
    """A whole number of the query: milliseconds since the epoch, mostly."""
    text = query.get(key)
    if text is None:
        return None
    if not text.isdecimal():
        raise Refused(400, "bad_request", f"`{key}` should be a number.")
    return int(text)


def iso_moment(query: Query, key: str) -> Millis | None:
    """A moment of the query in ISO 8601, as milliseconds since the epoch."""
    text = query.get(key)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as err:
        raise Refused(400, "bad_request", f"`{key}` should be an ISO date.") from err
    if at.tzinfo is None:
        raise Refused(400, "bad_request", f"`{key}` should have a time zone.")
    return round(at.timestamp() * 1000)
