"""Alertmanager's API v2: what fires, in which groups, silences; and its errors in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from console.alerts import model
from console.ports import EffectNotSent, EffectRefused, EffectUnknown, SourceError
from console.readings import Millis, Problem
from data.alertmanager import models as wire
from data.http import Answer, Request, Secret, Service, Transport, TransportError
from data.http.failures import from_status
from data.http.secret import plain

T = TypeVar("T")

NAME = "Alertmanager"
_SETTING = "COALMINE_ALERTMANAGER__URL"
_ADDRESS = f"Check {_SETTING}: it should be the address below which /api/v2/alerts answers."
_GONE = "silence not found"

_ALERTS, _GROUPS = TypeAdapter(list[wire.Alert]), TypeAdapter(list[wire.Group])
_SILENCES = TypeAdapter(list[wire.Silence])
_STATUS, _MADE = TypeAdapter(wire.Status), TypeAdapter(wire.Made)


class AlertmanagerClient:
    """Implements :class:`console.alerts.port.Alertmanager`."""

    def __init__(
        self,
        transport: Transport,
        url: str,
        *,
        bearer: Secret | None = None,
        basic: tuple[str, Secret] | None = None,
    ) -> None:
        self._transport = transport
        renew = "Check the user, password or token configured for the Alertmanager."
        self.service = Service.at(NAME, url, bearer=bearer, basic=basic, renew=renew, setting=_SETTING)

    @property
    def place(self) -> str:
        return self.service.base_url

    # --- looking -----------------------------------------------------------------------------

    async def status(self) -> model.Status:
        return (await self._get("/api/v2/status", _STATUS)).told()

    async def alerts(self, matchers: Sequence[model.Matcher] = ()) -> tuple[model.Alert, ...]:
        filters = tuple(("filter", one.text) for one in matchers)
        return tuple(one.told() for one in await self._get("/api/v2/alerts", _ALERTS, filters))

    async def groups(self) -> tuple[model.Group, ...]:
        return tuple(one.told() for one in await self._get("/api/v2/alerts/groups", _GROUPS))

    async def silences(self) -> tuple[model.Silence, ...]:
        return tuple(one.told() for one in await self._get("/api/v2/silences", _SILENCES))

    async def _get(self, path: str, form: TypeAdapter[T], params: tuple[tuple[str, str], ...] = ()) -> T:
        try:
            answer = await self._transport.ask(self.service, Request("GET", path, params, retries=1))
        except TransportError as error:
            raise SourceError(error.problem) from None
        if not 200 <= answer.status < 300:
            raise SourceError(self._problem(answer))
        try:
            return form.validate_json(answer.body)
        except ValidationError as error:
            raise SourceError(self._garbage(error)) from None

    # --- silencing ---------------------------------------------------------------------------

    async def silence(
        self,
        matchers: Sequence[model.Matcher],
        starts_at: Millis,
        ends_at: Millis,
        by: str,
        comment: str,
    ) -> str:
        body = {
            "matchers": [
                {"name": one.name, "value": one.value, "isRegex": one.regex, "isEqual": one.equal}
                for one in matchers
            ],
            "startsAt": _moment(starts_at),
            "endsAt": _moment(ends_at),
            "createdBy": by,
            "comment": comment,
        }
        answer = await self._effect(
            Request(
                "POST", "/api/v2/silences", body=json.dumps(body).encode(), content_type="application/json"
            )
        )
        try:
            return _MADE.validate_json(answer.body).silenceID
        except ValidationError as error:
            raise _unknown(self._garbage(error)) from None

    async def expire(self, silence_id: str) -> None:
        await self._effect(Request("DELETE", f"/api/v2/silence/{quote(silence_id, safe='')}"))

    async def _effect(self, request: Request) -> Answer:
        try:
            answer = await self._transport.effect(self.service, request)
        except TransportError as error:
            if not error.sent:
                raise EffectNotSent(error.problem) from None
            raise _unknown(error.problem) from None
        if 200 <= answer.status < 300:
            return answer
        problem = self._problem(answer)
        # version 0.25 answers 500 for a silence that it does not know
        clear = 400 <= answer.status < 500 and answer.status != 408
        if clear or (answer.status == 500 and _GONE in problem.what):
            raise EffectRefused(problem)
        raise _unknown(problem)

    # --- errors ------------------------------------------------------------------------------

    def _problem(self, answer: Answer) -> Problem:
        detail = self.service.clean(_said(answer.body))
        if answer.status in (400, 422):
            what = f"Alertmanager refused what it was asked ({answer.status}): {detail.rstrip('.')}."
            return Problem("refused", what, "Check the matchers: regular expressions are those of RE2.")
        found = from_status(self.service, answer.status, detail, "the alerts", answer.retry_at)
        if answer.status in (404, 405, 410):
            return Problem(found.kind, found.what, _ADDRESS)
        return found

    def _garbage(self, error: ValidationError) -> Problem:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the answer"
        detail = f"{plain(place, 80)}: {plain(fault['msg'], 120).rstrip('.')}"
        what = f"Alertmanager's answer cannot be read: {self.service.clean(detail)}."
        return Problem("garbage", what, _ADDRESS)


def _said(body: bytes) -> str:
    """Its error in either of its two forms: a bare string, or an object with a message."""
    text = body[:2000].decode("utf-8", "replace").strip()
    try:
        told = json.loads(text)
    except ValueError:
        return "an HTML page" if text[:1] == "<" else text
    if isinstance(told, dict):
        return str(told.get("message", ""))
    return told if isinstance(told, str) else ""


def _unknown(problem: Problem) -> EffectUnknown:
    return EffectUnknown(Problem(problem.kind, problem.what, "The Alertmanager is asked what it has."))


def _moment(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
