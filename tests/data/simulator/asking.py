"""Asking a simulator in tests, in few words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from data.simulator.answers import Truth
from tests.simulated import Simulated, simulated

STILL = 1e-9
"""A speed at which the world stands still until a test moves its clock."""


class Asking:
    """A simulator and a client for each of its ports."""

    def __init__(self, sim: Simulated, http: httpx.AsyncClient) -> None:
        self.sim, self.http = sim, http

    async def vercel(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A call to the host, as the team's member behind the token unless the test says otherwise."""
        params = {"teamId": self.sim.team_id, **more.pop("params", {})}
        headers = more.pop("headers", self.sim.auth)
        return await self.http.request(
            method, self.sim.vercel_url + path, params=params, headers=headers, **more
        )

    async def release(self) -> dict[str, Any]:
        answer = await self.vercel("GET", f"/v1/projects/{self.sim.project_id}/rolling-release")
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()["rollingRelease"]
        return document

    async def project(self) -> dict[str, Any]:
        answer = await self.vercel(
            "GET", f"/v9/projects/{self.sim.project_id}", params={"rollbackInfo": "true"}
        )
        assert answer.status_code == 200
        body: dict[str, Any] = answer.json()
        return body

    async def rolling(self, verb: str, **body: Any) -> httpx.Response:
        return await self.vercel(
            "POST", f"/v1/projects/{self.sim.project_id}/rolling-release/{verb}", json=body
        )

    async def control(self, method: str, path: str, /, **body: Any) -> httpx.Response:
        return await self.http.request(
            method, f"{self.sim.control_url}/{path}", json=body if method == "POST" else None
        )

    async def act(self, action: str, **more: Any) -> dict[str, Any]:
        """Somebody else acts from the dashboard."""
        answer = await self.control("POST", "act", action=action, **more)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def deployments(self) -> dict[str, dict[str, Any]]:
        """All deployments by id, newest first."""
        answer = await self.vercel(
            "GET", "/v7/deployments", params={"projectId": self.sim.project_id, "limit": "100"}
        )
        return {item["uid"]: item for item in answer.json()["deployments"]}

    async def staged(self) -> str:
        """A production build that waits to be released."""
        return next(
            key for key, d in (await self.deployments()).items() if d.get("readySubstate") == "STAGED"
        )

    async def promote(self, deployment_id: str) -> httpx.Response:
        return await self.vercel("POST", f"/v10/projects/shop/promote/{deployment_id}", json={})

    async def rollback(self, deployment_id: str) -> httpx.Response:
        return await self.vercel("POST", f"/v1/projects/shop/rollback/{deployment_id}")

    async def truth(self) -> Truth:
        answer = await self.control("GET", "truth")
        assert answer.status_code == 200
        return Truth.model_validate_json(answer.text)

    async def query(self, query: str, **more: Any) -> httpx.Response:
        params = {"query": query, **{key: str(value) for key, value in more.items()}}
        path = "query_range" if "step" in more else "query"
        return await self.http.get(f"{self.sim.prometheus_url}/api/v1/{path}", params=params)

    async def values(self, query: str, *labels: str, **more: Any) -> dict[tuple[str, ...], float]:
        """An instant vector: values by the labels named."""
        answer = (await self.query(query, **more)).json()
        assert answer["status"] == "success", answer
        assert answer["data"]["resultType"] == "vector"
        return {
            tuple(item["metric"].get(label, "") for label in labels): float(item["value"][1])
            for item in answer["data"]["result"]
        }


@asynccontextmanager
async def asking(**how: Any) -> AsyncIterator[Asking]:
    """A still simulator (unless ``speed`` says otherwise) and somebody to ask it."""
    async with (
        simulated(**{"speed": STILL, **how}) as sim,
        httpx.AsyncClient(trust_env=False, timeout=10) as http,
    ):
        yield Asking(sim, http)
