"""Vercel's REST API: scope, error envelope, and what an answer means for a read and for an effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from console.ports import EffectNotSent, EffectRefused, EffectUnknown, SourceError
from console.readings import Problem
from data.http import Answer, Request, Secret, Service, Transport, TransportError
from data.http.failures import from_status, unconfigured
from data.http.secret import plain

API_URL = "https://api.vercel.com"
LOGS_URL = "https://vercel.com"
"""Vercel serves its request logs there, to the same token."""
_CREATE = "create one at https://vercel.com/account/tokens and set COALMINE_VERCEL__TOKEN."
_RENEW = f"Renew it: {_CREATE}"
_ASKED = "It may or may not have happened: Coalmine asks Vercel before anything else is sent."
_LOOK_WHO_ANSWERS = "Check COALMINE_VERCEL__API_URL, and whether something else answers in Vercel's place."

M = TypeVar("M", bound=BaseModel)


class Said(NamedTuple):
    """The useful part of an error envelope."""

    message: str
    bad_token: bool = False
    sign_in_again: bool = False


def read_error(body: bytes) -> Said:
    """The error of an answer: under ``error``, under ``err``, in the whole body, or no JSON at all."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        text = body[:2000].decode("utf-8", "replace").strip()
        return Said("an HTML page" if text[:1] == "<" else text)
    if not isinstance(document, dict):
        return Said("" if document is None else str(document))
    error = document.get("error") or document.get("err") or document
    if not isinstance(error, dict):
        return Said(str(error))
    message, code = error.get("message"), error.get("code")
    words = [part for part in (message, code) if isinstance(part, str) and part]
    said = f"{words[0]} ({words[1]})" if len(words) == 2 else "".join(words)
    return Said(said, error.get("invalidToken") is True, error.get("saml") is True)


def segment(text: str, what: str) -> str:
    """``text`` as one segment of a path, whatever is in it. Raises ``ValueError`` if it cannot be one."""
    if text in ("", ".", ".."):
        raise ValueError(f"“{text}” is no {what}")
    return quote(text, safe="")


def first_fault(error: ValidationError) -> str:
    """Where an answer is wrong, and how: ``rollingRelease.stages.0.index: input should be …``."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "the answer"
    return f"{plain(place, 80)}: {plain(fault['msg'], 120).rstrip('.')}"


class VercelClient:
    """One token, one scope. ``team_id`` goes with every request when configured."""

    def __init__(
        self,
        transport: Transport,
        *,
        token: Secret | None,
        team_id: str | None = None,
        api_url: str = API_URL,
    ) -> None:
        self._transport = transport
        self._team_id, self._api_url = team_id, api_url.rstrip("/")
        self._logs: VercelClient | None = None
        self.use(token)

    def use(self, token: Secret | None) -> None:
        """Ask with ``token`` from now on; what is under way ends with the one before."""
        self._token = token
        self.service = Service.at(
            "Vercel", self._api_url, bearer=token, renew=_RENEW, setting="COALMINE_VERCEL__API_URL"
        )
        if self._logs is not None:
            self._logs.use(token)

    def of_the_logs(self) -> VercelClient:
        """The same token and scope at the host of the request logs; a simulator's or a proxy's is its own."""
        if self._api_url != API_URL:
            return self
        if self._logs is None:
            self._logs = VercelClient(
                self._transport, token=self._token, team_id=self._team_id, api_url=LOGS_URL
            )
        return self._logs

    def with_token(self, token: Secret) -> VercelClient:
        """Another client that differs in its token alone."""
        return VercelClient(self._transport, token=token, team_id=self._team_id, api_url=self._api_url)

    @property
    def token(self) -> Secret | None:
        return self._token

    @property
    def team_id(self) -> str | None:
        return self._team_id

    async def get(
        self,
        path: str,
        model: type[M],
        *,
        subject: str,
        params: Iterable[tuple[str, str]] = (),
        bucket: str | None = None,
    ) -> M:
        """Read ``path`` as ``model``. ``subject`` names it in errors. Raises :class:`SourceError`."""
        body = await self.read(path, subject=subject, params=params, bucket=bucket)
        return self.parsed(body, model, subject)

    async def read(
        self, path: str, *, subject: str, params: Iterable[tuple[str, str]] = (), bucket: str | None = None
    ) -> bytes:
        """The body of what ``path`` answers with a 2xx. Raises :class:`SourceError`."""
        return (await self.ask(path, subject=subject, params=params, bucket=bucket)).body

    async def ask(
        self, path: str, *, subject: str, params: Iterable[tuple[str, str]] = (), bucket: str | None = None
    ) -> Answer:
        """What ``path`` answers with a 2xx, headers and all. Raises :class:`SourceError`."""
        try:
            self._need_token()
            request = Request("GET", path, self._scoped(params), bucket=bucket)
            answer = await self._transport.ask(self.service, request)
        except TransportError as error:
            raise SourceError(error.problem) from None
        if not 200 <= answer.status < 300:
            raise SourceError(self.problem(answer, subject))
        return answer

    async def post(self, path: str, body: object, *, subject: str) -> Answer:
        """Ask ``path`` what takes a body and changes nothing; whatever it answers.

        Raises :class:`SourceError` where no (whole) answer comes; ``subject`` names it in errors.
        """
        request = Request(
            "POST",
            path,
            self._scoped(()),
            body=json.dumps(body).encode(),
            content_type="application/json",
            safe=True,
            retries=1,
        )
        try:
            self._need_token()
            return await self._transport.ask(self.service, request)
        except TransportError as error:
            raise SourceError(error.problem) from None

    def parsed(self, body: bytes, model: type[M], subject: str) -> M:
        """``body`` as ``model``. Raises :class:`SourceError` (``garbage``)."""
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            raise SourceError(self.garbage(subject, first_fault(error))) from None

    async def effect(
        self,
        path: str,
        *,
        subject: str,
        params: Iterable[tuple[str, str]] = (),
        body: object | None = None,
        answers: type[BaseModel] | None = None,
        method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST",
        headers: Iterable[tuple[str, str]] = (),
        already: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """Send once. ``answers`` is the document a success comes with; without it any 2xx is a success.

        ``already`` tells a refusal that is returned, since it means "it is so already" or is the caller's
        to understand, from a real one.
        Raises :class:`EffectNotSent`, :class:`EffectRefused` (a 4xx) or :class:`EffectUnknown`
        (no answer, an unreadable one where a document belongs, a redirect or a 5xx).
        """
        content = None if body is None else json.dumps(body).encode()
        request = Request(
            method,
            path,
            self._scoped(params),
            body=content,
            content_type=None if content is None else "application/json",
            headers=tuple(headers),
        )
        try:
            self._need_token()
            answer = await self._transport.effect(self.service, request)
        except TransportError as error:
            if not error.sent:
                raise EffectNotSent(error.problem) from None
            raise EffectUnknown(_unknown(error.problem)) from None
        if 200 <= answer.status < 300:
            self._check_document(answer, subject, answers)
        elif already is not None and already(answer):
            return answer
        elif 400 <= answer.status < 500 and answer.status != 408:
            raise EffectRefused(self.problem(answer, subject))
        else:
            raise EffectUnknown(_unknown(self.problem(answer, subject)))
        return answer

    def problem(self, answer: Answer, subject: str) -> Problem:
        """What an answer other than 2xx says, with Vercel's own words in it."""
        said = read_error(answer.body)
        status = 401 if said.bad_token and answer.status == 403 else answer.status
        found = from_status(self.service, status, self.service.clean(said.message), subject, answer.retry_at)
        if said.sign_in_again and status in (401, 403):
            return Problem(
                found.kind,
                found.what,
                "The team wants single sign-on: authorise the token for it again in Vercel's dashboard.",
            )
        if found.kind in ("forbidden", "not_found"):
            return Problem(found.kind, found.what, self._scope_hint())
        return found

    def garbage(self, subject: str, detail: str) -> Problem:
        return Problem(
            "garbage",
            f"Vercel's answer about {subject} cannot be read: {self.service.clean(detail)}.",
            _LOOK_WHO_ANSWERS,
        )

    def misnamed(self, error: ValueError) -> Problem:
        """An id that cannot stand in a path."""
        return unconfigured(self.service, self.service.clean(str(error))).problem

    def _check_document(self, answer: Answer, subject: str, answers: type[BaseModel] | None) -> None:
        if answers is None:
            return
        if answer.fault is not None:
            raise EffectUnknown(_unknown(answer.fault))
        try:
            answers.model_validate_json(answer.body)
        except ValidationError as error:
            raise EffectUnknown(_unknown(self.garbage(subject, first_fault(error)))) from None

    def _scope_hint(self) -> str:
        scope = (
            f"team {plain(self._team_id, 60)}"
            if self._team_id
            else "your personal account (no team is configured)"
        )
        return (
            f"Coalmine looked in {scope}: check COALMINE_VERCEL__TEAM_ID and COALMINE_VERCEL__PROJECT_ID, "
            "and that the token is valid and reaches that team."
        )

    def _scoped(self, params: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        scope = (("teamId", self._team_id),) if self._team_id else ()
        return (*params, *scope)

    def _need_token(self) -> None:
        if not self._token:
            problem = Problem(
                "unconfigured",
                "There is no token for Vercel.",
                f"To get one: {_CREATE}",
            )
            raise TransportError(problem, sent=False)


def _unknown(problem: Problem) -> Problem:
    return Problem(problem.kind, problem.what, _ASKED)
