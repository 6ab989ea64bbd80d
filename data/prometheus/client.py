"""Prometheus's query API: instant and range queries, and its errors in words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import ValidationError

from console.ports import SourceError
from console.readings import Millis, Problem
from data.http import Answer, Request, Secret, Service, Transport, TransportError
from data.http.failures import from_status
from data.http.secret import plain
from data.prometheus import models as wire

MOST_POINTS = 11_000
"""Steps a range query may have; Prometheus refuses more."""
_THREAD_FROM = 2**20
"""Answers larger than this are parsed beside the event loop."""
_RENEW = "Check the user, password or token configured for Prometheus."
_ADDRESS = "Check COALMINE_PROMETHEUS__URL: it should be the address below which /api/v1/query answers."


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its labels and (seconds, value) pairs; one pair for an instant vector."""

    labels: Mapping[str, str]
    pairs: list[wire.Pair]
    natives: tuple[tuple[float, wire.Native], ...] = ()
    """Samples of a native histogram, where the series is one."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave. ``warnings`` say that parts are missing; ``infos`` are hints about the query."""

    lines: list[Line]
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


class PrometheusClient:
    """One Prometheus, or what speaks like one. ``headers`` may hold a tenant (``X-Scope-OrgID``)."""

    def __init__(
        self,
        transport: Transport,
        url: str,
        *,
        bearer: Secret | None = None,
        basic: tuple[str, Secret] | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        timeout_s: int = 8,
    ) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        self._get_only = False
        """Learnt from a 405: some read-only proxies let nothing but GET through."""
        self.service = Service.at(
            "Prometheus",
            url,
            bearer=bearer,
            basic=basic,
            headers=headers,
            renew=_RENEW,
            setting="COALMINE_PROMETHEUS__URL",
        )

    async def instant(self, query: str, at: Millis | None = None) -> Result:
        """Evaluate ``query`` at a moment (the server's now, if not said). Raises :class:`SourceError`."""
        time = {} if at is None else {"time": seconds(at)}
        return await self._query("/api/v1/query", {"query": query, **time})

    async def range(self, query: str, start: Millis, end: Millis, step_s: int) -> Result:
        """Evaluate ``query`` at each step, both ends included. Raises :class:`SourceError`."""
        span = {"start": seconds(start), "end": seconds(end), "step": str(step_s)}
        return await self._query("/api/v1/query_range", {"query": query, **span})

    async def _query(self, path: str, fields: Mapping[str, str]) -> Result:
        form = (*fields.items(), ("timeout", f"{self._timeout_s}s"))
        answer = await self._send(path, form)
        if answer.status == 405 and not self._get_only:
            self._get_only = True
            answer = await self._send(path, form)
        if not 200 <= answer.status < 300:
            raise SourceError(self._problem(answer))
        if len(answer.body) > _THREAD_FROM:
            return await asyncio.to_thread(self._read, answer)
        return self._read(answer)

    async def _send(self, path: str, form: tuple[tuple[str, str], ...]) -> Answer:
        if self._get_only:
            request = Request("GET", path, form, retries=1)
        else:
            body = urlencode(form, errors="replace").encode()
            kind = "application/x-www-form-urlencoded"
            request = Request("POST", path, body=body, content_type=kind, safe=True, retries=1)
        try:
            return await self._transport.ask(self.service, request)
        except TransportError as error:
            raise SourceError(error.problem) from None

    def _read(self, answer: Answer) -> Result:
        try:
            success = wire.Success.model_validate_json(answer.body)
        except ValidationError as error:
            failure = _failure(answer.body)
            if failure is not None:
                raise SourceError(self._said(failure, answer)) from None
            raise SourceError(self.garbage(_first_fault(error))) from None
        return Result(_lines(success.data), tuple(success.warnings or ()), tuple(success.infos or ()))

    def garbage(self, detail: str) -> Problem:
        return Problem(
            "garbage", f"Prometheus's answer cannot be read: {self.service.clean(detail)}.", _ADDRESS
        )

    def _problem(self, answer: Answer) -> Problem:
        failure = _failure(answer.body)
        if failure is not None:
            return self._said(failure, answer)
        text = answer.body[:2000].decode("utf-8", "replace").strip()
        detail = "an HTML page" if text[:1] == "<" else self.service.clean(text)
        if answer.status == 422:
            return _broken(detail)
        found = from_status(self.service, answer.status, detail, "the query", answer.retry_at)
        if answer.status in (400, 404, 405):
            return Problem(found.kind, found.what, _ADDRESS)
        return found

    def _said(self, failure: wire.Failure, answer: Answer) -> Problem:
        """An error in the envelope. VictoriaMetrics answers 422 where Prometheus has words for the type."""
        detail = self.service.clean(failure.error or failure.errorType)
        late = failure.errorType == "timeout" or "timeout exceeded" in failure.error
        if late:
            what = f"Prometheus gave up on the query: {detail.rstrip('.')}."
            return Problem("timeout", what, "Coalmine tries again; ask for less at once if it stays.")
        if failure.errorType in ("bad_data", "execution") or answer.status in (400, 422):
            return _broken(detail)
        status = answer.status if answer.status >= 400 else 500
        return from_status(self.service, status, detail, "the query", answer.retry_at)


def seconds(at: Millis) -> str:
    """A moment as the API takes it: seconds with milliseconds behind the point."""
    return f"{at // 1000}.{at % 1000:03d}"


def _lines(data: wire.Vector | wire.Matrix | wire.Scalar | wire.Text) -> list[Line]:
    match data:
        case wire.Matrix():
            return [Line(line.metric, line.values, line.histograms) for line in data.result or ()]
        case wire.Vector():
            return [Line(one.metric, [one.value]) for one in data.result or () if one.value is not None]
        case wire.Scalar():
            return [Line({}, [data.result])]
        case wire.Text():
            return []


def _failure(body: bytes) -> wire.Failure | None:
    try:
        return wire.Failure.model_validate_json(body)
    except ValidationError:
        return None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "the answer"
    return f"{plain(place, 80)}: {plain(fault['msg'], 120).rstrip('.')}"


def _broken(detail: str) -> Problem:
    return Problem(
        "broken_query",
        f"Prometheus cannot evaluate the query: {detail.rstrip('.')}.",
        "It will not heal by itself: check the metric's selectors in the settings.",
    )
