"""Vercel as the host that splits traffic."""

from __future__ import annotations

from datetime import UTC, datetime

from console.canary.stages import Deployment, Release
from console.ports import Account, Activity, EffectNotSent, Project, ReleaseTemplate, SourceError
from console.readings import Millis, Problem
from data.http.secret import plain
from data.vercel import models as wire
from data.vercel import translate
from data.vercel.client import VercelClient, segment

DESCRIPTION_LIMIT = 250
"""Characters Vercel keeps of the reason of a rollback."""
_PAGE = 100
_PAGES = 5


class ReleaseDocument(wire.Wire):
    """What start, approve-stage and complete answer: a release, never ``null``."""

    rollingRelease: wire.RollingRelease  # noqa: N815


class VercelRouter:
    """The :class:`console.ports.TrafficRouter` for one project (its id or name)."""

    def __init__(self, client: VercelClient, project_id: str) -> None:
        self._client = client
        self._configured = project_id
        self._id: str | None = None
        """The project's id as Vercel says it, once read: some calls take no name."""

    async def account(self) -> Account:
        return translate.account(await self._client.get("/v2/user", wire.UserAnswer, subject="the account"))

    async def project(self) -> Project:
        """Raises :class:`SourceError` (forbidden) also when the project is not the configured team's."""
        answer = await self._client.get(
            f"/v9/projects/{self._segment()}",
            wire.ProjectAnswer,
            subject=self._subject(),
            params=[("rollbackInfo", "true")],
        )
        team = self._client.team_id
        if team is not None and answer.accountId != team:
            raise SourceError(_foreign(answer, team))
        self._id = answer.id
        return translate.project(answer)

    async def release(self) -> Release | None:
        return translate.release(
            await self._client.get(
                f"/v1/projects/{self._segment()}/rolling-release",
                wire.ReleaseAnswer,
                subject=f"the rolling release of {self._subject()}",
            )
        )

    async def template(self) -> ReleaseTemplate | None:
        return translate.template(
            await self._client.get(
                f"/v1/projects/{self._segment()}/rolling-release/config",
                wire.ConfigAnswer,
                subject=f"the rolling release configuration of {self._subject()}",
            )
        )

    async def deployment(self, deployment_id: str) -> Deployment:
        try:
            place = segment(deployment_id, "deployment id")
        except ValueError as error:
            raise SourceError(self._client.misnamed(error)) from None
        answer = await self._client.get(
            f"/v13/deployments/{place}",
            wire.DeploymentAnswer,
            subject=f"deployment {plain(deployment_id, 60)}",
            bucket="/v13/deployments",
        )
        return translate.deployment(answer)

    async def activity(self, since: Millis) -> list[Activity]:
        """What happened in the project after ``since``, oldest first; at most the newest 500 entries."""
        seen: dict[str, wire.Event] = {}
        until: Millis | None = None
        for _ in range(_PAGES):
            page = await self._events(since, until)
            fresh = [event for event in page if event.id not in seen and event.createdAt > since]
            seen |= {event.id: event for event in fresh}
            if len(page) < _PAGE or not fresh:
                break
            until = min(event.createdAt for event in page)
        return [translate.activity(event) for event in sorted(seen.values(), key=lambda one: one.createdAt)]

    async def _events(self, since: Millis, until: Millis | None) -> list[wire.Event]:
        params = [
            ("projectIds", self._id or self._configured),
            ("since", _iso(since)),
            ("limit", str(_PAGE)),
        ]
        if until is not None:
            params.append(("until", _iso(until)))
        answer = await self._client.get(
            "/v3/events", wire.EventsAnswer, subject=f"the activity of {self._subject()}", params=params
        )
        return answer.events

    async def advance(self, canary_id: str, next_stage_index: int) -> None:
        await self._client.effect(
            f"/v1/projects/{self._segment(effect=True)}/rolling-release/approve-stage",
            subject=f"the rolling release of {self._subject()}",
            body={"nextStageIndex": next_stage_index, "canaryDeploymentId": canary_id},
            answers=ReleaseDocument,
        )

    async def complete(self, canary_id: str) -> None:
        await self._client.effect(
            f"/v1/projects/{self._segment(effect=True)}/rolling-release/complete",
            subject=f"the rolling release of {self._subject()}",
            body={"canaryDeploymentId": canary_id},
            answers=ReleaseDocument,
        )

    async def abort(self, baseline_id: str, reason: str) -> None:
        """Roll back to the baseline. The reason travels as ``description``, cut to 250 characters."""
        await self._roll_back(self._segment(effect=True), baseline_id, reason)

    async def _roll_back(self, project: str, target_id: str, reason: str) -> None:
        try:
            target = segment(target_id, "deployment id")
        except ValueError as error:
            raise EffectNotSent(self._client.misnamed(error)) from None
        described = [("description", _cut(reason))] if reason.strip() else []
        await self._client.effect(
            f"/v1/projects/{project}/rollback/{target}",
            subject=f"the rollback of {self._subject()} to {plain(target_id, 60)}",
            params=described,
        )

    def _segment(self, *, effect: bool = False) -> str:
        try:
            return segment(self._id or self._configured, "project id")
        except ValueError as error:
            problem = self._client.misnamed(error)
            raise (EffectNotSent if effect else SourceError)(problem) from None

    def _subject(self) -> str:
        return f"project {plain(self._configured, 60)}"


def _cut(reason: str) -> str:
    text = " ".join(reason.split())
    return text if len(text) <= DESCRIPTION_LIMIT else text[: DESCRIPTION_LIMIT - 1] + "…"


def _iso(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _foreign(answer: wire.ProjectAnswer, team: str) -> Problem:
    return Problem(
        "forbidden",
        f"Project {plain(answer.name, 60)} belongs to {plain(answer.accountId, 60)}, "
        f"not to the configured team {plain(team, 60)}.",
        "Set COALMINE_VERCEL__TEAM_ID to its owner, or choose another project.",
    )
