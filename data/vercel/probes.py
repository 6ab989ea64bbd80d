"""Synthetic requests to single deployments, through the production address.

Skew protection answers a request with the header ``x-deployment-id`` from that deployment, while it is
younger than the project's maximum age; whether it did cannot be seen in the answer. Protected deployments
let in who knows the project's bypass secret, which goes out in its header only, and to this address only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from console.canary.measures import Ratio
from console.ports import Clock, SourceError
from console.readings import Problem
from data.http import Answer, Limits, Request, Secret, Service, Transport, TransportError

PIN, BYPASS = "x-deployment-id", "x-vercel-protection-bypass"
NEVER = 10**9
_KEPT_OUT = frozenset({401, 403, 407})

_TOO_OFTEN = Problem(
    "rate_limited",
    "The application wants fewer requests (429): no probe says anything.",
    "Let probes pass where requests are limited, or raise probes.every_s.",
)


class VercelProbes:
    """The :class:`console.probing.Prober` at one address. Close it with :meth:`aclose`.

    A request failed if it was answered with a 5xx, or not answered while others were. Redirects and 4xx
    are answers: whether a page is the right one is not looked at. What the application wants to be asked
    less often counts for nothing.
    """

    def __init__(
        self,
        clock: Clock,
        url: str,
        paths: Sequence[str] = ("/",),
        bypass: Secret | None = None,
        limits: Limits | None = None,
    ) -> None:
        # of its own: failing answers are what is looked for, so that no circuit may hold requests back
        own = limits or Limits(
            retries=0, read_s=10.0, whole_s=15.0, open_after_failures=NEVER, open_after_timeouts=NEVER
        )
        self._transport = Transport(clock, limits=own)
        self._url, self._paths, self._bypass = url, tuple(paths), bypass
        self._services: dict[str, Service] = {}

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def probe(self, deployment_ids: Sequence[str]) -> Mapping[str, Ratio]:
        """One request for each path to each deployment, all at once. Raises :class:`SourceError`."""
        asked = [(one, path) for one in dict.fromkeys(deployment_ids) for path in self._paths]
        answers = await asyncio.gather(*(self._send(one, path) for one, path in asked))
        problems = [said for said in answers if isinstance(said, Problem)]
        if answers and len(problems) == len(answers):
            raise SourceError(problems[0])
        shut = next((said for said in answers if isinstance(said, Answer) and said.status in _KEPT_OUT), None)
        if shut is not None:
            raise SourceError(self._kept_out(shut.status))
        results: dict[str, list[bool]] = {}
        for (one, _), said in zip(asked, answers, strict=True):
            if not _held_back(said):
                results.setdefault(one, []).append(isinstance(said, Problem) or said.status >= 500)
        if asked and not results:
            raise SourceError(_TOO_OFTEN)
        return {one: Ratio(sum(failed), len(failed)) for one, failed in results.items()}

    async def _send(self, one: str, path: str) -> Answer | Problem:
        # a limit of its own for each deployment: one that is busy must not hold back the other's
        request = Request("GET", path, bucket=f"{one} {path}", retries=0)
        try:
            return await self._transport.ask(self._service(one), request)
        except TransportError as error:
            return error.problem

    def _service(self, one: str) -> Service:
        if one not in self._services:
            headers: dict[str, str | Secret] = {PIN: one, "Accept": "*/*"}
            if self._bypass:
                headers[BYPASS] = self._bypass
            self._services[one] = Service.at(
                "The application", self._url, headers=headers, setting="probes.url"
            )
        return self._services[one]

    def _kept_out(self, status: int) -> Problem:
        given = "the bypass secret was not taken" if self._bypass else "no bypass secret is set"
        return Problem(
            "forbidden",
            f"The application's address is protected ({status}): {given}. No probe says anything.",
            "Set COALMINE_PROBES__BYPASS_SECRET to the project's secret for automation, or probe open paths.",
        )


def _held_back(said: Answer | Problem) -> bool:
    """Whether the application asked us to stay away: that is no failure of a deployment."""
    if isinstance(said, Problem):
        return said.kind == "rate_limited"
    return said.status == 429
