"""Vercel as the whole host: candidates, preflight, start, configuration, promote, instant rollback."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from console.host import AliasMove, BuildLine, Candidate, Check, Detail, Slots, Variables
from console.ports import Clock, EffectNotSent, EffectRefused, ReleaseTemplate, SourceError
from console.readings import Millis, Problem
from data.http import Answer
from data.http.secret import plain
from data.vercel import build_log, configuring, translate_host
from data.vercel import models as wire
from data.vercel import models_host as more
from data.vercel.client import VercelClient, first_fault, read_error, segment
from data.vercel.paging import collect
from data.vercel.router import ReleaseDocument, VercelRouter

_ABSENT = frozenset({"not_found", "forbidden"})
_ALREADY = re.compile(r"already the (current )?production deployment", re.IGNORECASE)

T = TypeVar("T")


class _Configured(wire.Wire):
    """What a change of the configuration answers: the new one, never ``null``."""

    rollingRelease: wire.ReleaseConfig  # noqa: N815


class VercelHost(VercelRouter):
    """The :class:`console.host.Host` for one project (its id or name)."""

    def __init__(self, client: VercelClient, project_id: str, clock: Clock) -> None:
        super().__init__(client, project_id)
        self._clock = clock

    # --- deployments -------------------------------------------------------------------------------

    async def candidates(self, *, target: str = "production", limit: int = 30) -> list[Candidate]:
        return await self._deployments(("target", target), limit, f"the {plain(target, 40)} deployments")

    async def rollback_candidates(self, limit: int = 30) -> list[Candidate]:
        return await self._deployments(("rollbackCandidate", "true"), limit, "the rollback candidates")

    async def _deployments(self, wanted: tuple[str, str], limit: int, what: str) -> list[Candidate]:
        found = await collect(
            self._client,
            "/v7/deployments",
            more.DeploymentsAnswer,
            lambda page: page.deployments,
            subject=f"{what} of {self._subject()}",
            params=[("projectId", await self._project_id()), wanted],
            limit=limit,
        )
        return [translate_host.candidate(one) for one in found]

    async def detail(self, deployment_id: str) -> Detail:
        answer = await self._client.get(
            f"/v13/deployments/{self._place(deployment_id)}",
            more.FullDeployment,
            subject=f"deployment {plain(deployment_id, 60)}",
            bucket="/v13/deployments",
        )
        return translate_host.detail(answer)

    async def checks(self, deployment_id: str) -> list[Check]:
        """Raises :class:`SourceError` unless at least one kind answers; a kind that the account does not
        have (404, 410, 403) has no checks."""
        place, subject = self._place(deployment_id), f"the checks of {plain(deployment_id, 60)}"
        old, new = await asyncio.gather(
            self._client.get(
                f"/v1/deployments/{place}/checks",
                more.ChecksAnswer,
                subject=subject,
                bucket="/v1/deployments/checks",
            ),
            self._client.get(
                f"/v2/deployments/{place}/check-runs",
                more.CheckRunsAnswer,
                subject=subject,
                bucket="/v2/deployments/check-runs",
            ),
            return_exceptions=True,
        )
        first, runs = _had(old), _had(new)
        if first is None and runs is None and isinstance(old, BaseException):
            raise old
        found = [translate_host.check(one) for one in first.checks] if first else []
        return found + (translate_host.check_runs(runs.runs) if runs else [])

    def build_log(self, deployment_id: str, *, follow: bool) -> AsyncIterator[Sequence[BuildLine]]:
        return self._log(deployment_id, follow)

    async def _log(self, deployment_id: str, follow: bool) -> AsyncGenerator[Sequence[BuildLine], None]:
        place, subject = self._place(deployment_id), f"the build log of {plain(deployment_id, 60)}"

        async def read(since: Millis | None, limit: int) -> list[more.LogItem]:
            params = [("direction", "forward"), ("follow", "0"), ("limit", str(limit))]
            if since is not None:
                params.append(("since", str(since)))
            body = await self._client.read(
                f"/v3/deployments/{place}/events",
                subject=subject,
                params=params,
                bucket="/v3/deployments/events",
            )
            try:
                return build_log.parse(body)
            except ValidationError as error:
                raise SourceError(self._client.garbage(subject, first_fault(error))) from None

        async def state() -> str:
            return (await self.deployment(deployment_id)).ready_state

        if follow:
            async with aclosing(build_log.follow(read, state, self._clock)) as batches:
                async for batch in batches:
                    yield batch
        elif lines := await build_log.Reader(read).news():
            yield lines

    # --- plan and project --------------------------------------------------------------------------

    async def slots(self) -> Slots:
        answer = await self._client.get(
            f"{self._rolling()}/billing", more.BillingAnswer, subject=f"the plan of {self._subject()}"
        )
        return translate_host.slots(answer)

    async def skew_protection_s(self) -> int | None:
        answer = await self._client.get(
            f"/v9/projects/{self._segment()}",
            more.SkewAnswer,
            subject=self._subject(),
            params=[("rollbackInfo", "true")],
        )
        return translate_host.skew_protection_s(answer)

    async def variables(self) -> Variables:
        """Vercel says nothing of how to ask for more of them: where there are, the list is not whole."""
        answer = await self._client.get(
            f"/v10/projects/{self._segment()}/env",
            more.EnvAnswer,
            subject=f"the environment variables of {self._subject()}",
        )
        return translate_host.variables(answer)

    # --- domains -------------------------------------------------------------------------------------

    async def moving_aliases(self, deployment_id: str) -> list[str]:
        found = await collect(
            self._client,
            "/v4/aliases",
            more.AliasesAnswer,
            lambda page: page.aliases,
            subject=f"the domains that would move to {plain(deployment_id, 60)}",
            params=[("rollbackDeploymentId", deployment_id), ("projectId", await self._project_id())],
        )
        return list(dict.fromkeys(one.alias for one in found))

    async def alias_moves(self, kind: Literal["promote", "rollback"], failed_only: bool) -> list[AliasMove]:
        found = await collect(
            self._client,
            f"/v9/projects/{await self._project_place()}/{kind}/aliases",
            more.MovesAnswer,
            lambda page: page.aliases,
            subject=f"the domains of the {kind} of {self._subject()}",
            params=[("failedOnly", "true")] if failed_only else [],
        )
        moves: dict[str, AliasMove] = {}
        for item in found:
            moves.setdefault(item.name, translate_host.move(item))
        return [one for one in moves.values() if not failed_only or one.status == "failed"]

    async def serving(self, domain: str) -> str | None:
        """``None`` for a domain that only redirects; an unknown one raises (``not_found``)."""
        answer = await self._client.get(
            f"/v4/aliases/{self._place(domain, 'domain')}",
            more.AliasAnswer,
            subject=f"domain {plain(domain, 100)}",
            bucket="/v4/aliases/one",
        )
        return answer.deploymentId

    # --- effects -------------------------------------------------------------------------------------

    async def start(self, canary_id: str) -> None:
        """Starting the canary that is rolling already changes nothing."""
        await self._client.effect(
            f"{self._rolling(effect=True)}/start",
            subject=f"the start of {plain(canary_id, 60)} in {self._subject()}",
            body={"canaryDeploymentId": canary_id},
            answers=ReleaseDocument,
        )

    async def configure(self, template: ReleaseTemplate | None) -> None:
        """The present configuration is read first, so that what Coalmine does not know goes back with it.

        Raises :class:`EffectRefused` for a configuration that cannot be one (nothing is sent then) and
        :class:`EffectNotSent` when the present one cannot be read.
        """
        path = f"{self._rolling(effect=True)}/config"
        subject = f"the rolling release configuration of {self._subject()}"
        if template is None:
            await self._client.effect(path, subject=subject, method="DELETE")
            return
        try:
            configuring.check(template)
            document = configuring.edited(await self._present_config(path, subject), template)
        except SourceError as error:
            raise EffectNotSent(error.problem) from None
        except configuring.Unfit as error:
            problem = Problem("refused", str(error), "Nothing was sent; correct it and try again.")
            raise EffectRefused(problem) from None
        await self._client.effect(path, subject=subject, method="PATCH", body=document, answers=_Configured)

    async def _present_config(self, path: str, subject: str) -> dict[str, Any] | None:
        body = await self._client.read(path, subject=subject)
        self._client.parsed(body, wire.ConfigAnswer, subject)
        present: dict[str, Any] | None = json.loads(body)["rollingRelease"]
        return present

    async def promote(self, deployment_id: str) -> Literal["accepted", "queued"]:
        """ "Queued" waits for the end of the release that runs. What is production already is accepted.

        Promoting the canary that is rolling completes its release, without the stages left.
        """
        try:
            project = await self._project_place()
            target = self._place(deployment_id)
        except SourceError as error:
            raise EffectNotSent(error.problem) from None
        answer = await self._client.effect(
            f"/v10/projects/{project}/promote/{target}",
            subject=f"the promotion of {plain(deployment_id, 60)} in {self._subject()}",
            body={},
            already=_already_current,
        )
        return "queued" if answer.status == 202 else "accepted"

    async def rollback(self, deployment_id: str, reason: str) -> None:
        """The reason travels as ``description``, cut to 250 characters. Aborts a release that runs."""
        try:
            project = await self._project_place()
        except SourceError as error:
            raise EffectNotSent(error.problem) from None
        await self._roll_back(project, deployment_id, reason)

    # --- names and places ----------------------------------------------------------------------------

    async def _project_id(self) -> str:
        """The project's id: where Vercel takes no name, and for effects also a check of the team."""
        if self._id is None and self._configured.startswith("prj_"):
            return self._configured
        return self._id or (await self.project()).id

    async def _project_place(self) -> str:
        await self._project_id()
        return self._segment()

    def _rolling(self, *, effect: bool = False) -> str:
        return f"/v1/projects/{self._segment(effect=effect)}/rolling-release"

    def _place(self, text: str, what: str = "deployment id") -> str:
        try:
            return segment(text, what)
        except ValueError as error:
            raise SourceError(self._client.misnamed(error)) from None


def _had(answer: T | BaseException) -> T | None:
    """The answer; ``None`` if the account has no such thing. Other failures are raised."""
    if not isinstance(answer, BaseException):
        return answer
    if isinstance(answer, SourceError) and answer.problem.kind in _ABSENT:
        return None
    raise answer


def _already_current(answer: Answer) -> bool:
    """Vercel's 409: "The provided deploymentId (dpl_…) is already the current production deployment."."""
    return answer.status == 409 and bool(_ALREADY.search(read_error(answer.body).message))
