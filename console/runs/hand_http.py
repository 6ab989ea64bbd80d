"""The hand of ``http``: a request to an allowed host, and whether its answer is as it should be.

Where it goes on to another address, that one has to be allowed as well, and gets none of the headers.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from console.playbooks.evaluate import NO_DATA, Value
from console.playbooks.model import Plain
from console.playbooks.shapes import milliseconds
from console.runs.doing import Done, Say, Task
from console.runs.holding import conditions, judged

MOST = 1024 * 1024
"""Bytes of an answer that are read."""
SHOWN = 500
HOPS = 5
TIMEOUT_MS = 10_000
"""Where the step names none."""
READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Reply:
    """``headers``: by lower-case name. ``cut``: there was more than was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int
    cut: bool = False


class NoReply(Exception):
    """No answer came. ``sent``: whether the host may have got the request; ``late``: its time was over."""

    def __init__(self, why: str, *, sent: bool, late: bool = False) -> None:
        super().__init__(why)
        self.sent, self.late = sent, late


class Web(Protocol):
    """Sends one request, follows nothing. Raises :class:`NoReply`."""

    async def ask(self, request: Request, most: int) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Asking:
    """``domains``: those of the project, asked for where the playbook itself does not name the host.
    ``objection``: why the policy keeps whoever drives from changing anything by it, if so."""

    web: Web
    hosts: Callable[[str], Collection[str]]
    """By a run's id: the hosts that its playbook and its parameters name."""
    domains: Callable[[], Awaitable[Collection[str]]]
    objection: Callable[[], Awaitable[str | None]]

    async def would(self, task: Task) -> tuple[str, ...]:
        request = _request(task)
        line = f"would send {request.method} {request.url} and want {' and '.join(conditions(task.fields))}"
        wrong = await self._stranger(task, request.url)
        if wrong is None and task.step.effect:
            wrong = await self.objection()
        return (line, f"could not now: {wrong}") if wrong else (line,)

    async def do(self, task: Task, say: Say) -> Done:
        request = _request(task)
        wrong = await self._stranger(task, request.url)
        if wrong is None and task.step.effect:
            wrong = await self.objection()
        if wrong is not None:
            return Done("ask", f"{wrong} Nothing was sent.")
        return await self._answered(task, request)

    async def resume(self, task: Task, say: Say) -> Done:
        if task.step.effect:
            return Done(
                "unknown", "The driver ended while it was sent: whether it was received is not known."
            )
        return await self.do(task, say)

    async def _answered(self, task: Task, request: Request) -> Done:
        for _ in range(HOPS + 1):
            try:
                reply = await self.web.ask(request, MOST)
            except NoReply as error:
                if task.step.effect and error.sent:
                    return Done("unknown", f"It was sent, and no answer came: {error}")
                return Done("timed_out" if error.late else "failed", str(error))
            onward = _onward(task, request, reply)
            if onward is None:
                return _judged(task, request, reply)
            wrong = await self._stranger(task, onward.url)
            if wrong is not None:
                return Done("failed", f"{request.url} sends on to another place. {wrong}")
            request = onward
        return Done("failed", f"It was sent on more than {HOPS} times.")

    async def _stranger(self, task: Task, url: str) -> str | None:
        """Why nothing is asked there."""
        host = host_of(url)
        if host is None:
            return f"{url} is no address of a web page."
        either = {host, host.partition(":")[0]}
        if either & {one.lower() for one in self.hosts(task.run_id)}:
            return None
        if either & {one.lower() for one in await self.domains()}:
            return None
        return f"{host} is neither among the `hosts` that this playbook may ask nor a domain of the project."


def host_of(url: str) -> str | None:
    """The host of an address, with its port where one is named; ``None`` of anything that is none, or that
    carries a login."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    odd = any(not char.isprintable() or char.isspace() or char == "\\" for char in url)
    if odd or parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    host = parts.hostname.lower()
    return f"{host}:{port}" if port is not None else host


def _request(task: Task) -> Request:
    asked = task.fields.get("request")
    fields: Mapping[str, Plain] = asked if isinstance(asked, dict) else {}
    headers = fields.get("headers")
    limit = task.fields.get("timeout")
    return Request(
        str(fields.get("method", "GET")),
        str(fields.get("url", "")),
        {key: str(value) for key, value in headers.items()} if isinstance(headers, dict) else {},
        str(fields["body"]) if "body" in fields else None,
        milliseconds(limit) if isinstance(limit, str) else TIMEOUT_MS,
    )


def _onward(task: Task, request: Request, reply: Reply) -> Request | None:
    """Where the answer sends on to, if that is to be followed."""
    aim = reply.headers.get("location")
    wanted = task.fields.get("follow_redirects") is True
    if (
        not wanted
        or aim is None
        or reply.status not in (301, 302, 303, 307, 308)
        or request.method not in READS
    ):
        return None
    url = urljoin(request.url, aim)
    same = host_of(url) == host_of(request.url) and url.startswith(request.url.partition(":")[0] + ":")
    return Request(request.method, url, request.headers if same else {}, None, request.timeout_ms)


def _judged(task: Task, request: Request, reply: Reply) -> Done:
    text = reply.body.decode("utf-8", "replace")
    values: dict[str, Value] = {
        "status": reply.status,
        "header": dict(reply.headers),
        "body": NO_DATA if reply.cut else text,
        "latency_ms": reply.latency_ms,
        "json": NO_DATA if reply.cut else _json(text),
    }
    shown = " ".join(text.split())[:SHOWN]
    evidence = [f"{request.method} {request.url}: {reply.status} in {reply.latency_ms} ms"]
    if reply.cut:
        evidence.append(
            f"The answer is longer than {MOST // 1024} KiB: its rest was not read, and it counts as no data."
        )
    if shown:
        evidence.append(f"begins: {shown}")
    return judged(task, values, tuple(evidence))


def _json(text: str) -> Value:
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return NO_DATA
