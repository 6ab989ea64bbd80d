"""The Observability query interface: the schema, queries, and what its refusals mean.

This is the documented generation (``/v2/observability``), whose filters are OData. The newer
``/metrics/v1`` is the command-line client's own and is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from console.canary.measures import Window
from console.ports import NotOffered, SourceError
from console.readings import Millis, Problem
from data.http import Answer
from data.http.secret import plain
from data.vercel.client import VercelClient, first_fault, segment
from data.vercel.observability import models as wire

SUBJECT = "the Observability metrics"
LIMIT = 100
"""Groups asked for in a time bucket; Vercel's own default is 10."""
DAY: Millis = 86_400_000
FREE = (
    'Free instead: Vercel\'s request logs ([metrics] source = "request-logs"), or a Prometheus of your own.'
)
_CHANGED = "Coalmine reads the schema anew and tries again; please report it if it stays."
_DRIFTED = frozenset(
    {
        "unknown_metric",
        "metric_not_queryable",
        "invalid_aggregation",
        "invalid_dimension",
        "invalid_filter_dimension",
    }
)


class Drifted(SourceError):
    """The schema is not what it was: a metric or a dimension that it listed is refused."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose metrics: the owner (a team, or the account itself) and one project."""

    owner_id: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Question:
    """One query. ``span`` lies on whole buckets of ``bucket_s`` (60 at least)."""

    metric: str
    aggregation: str
    span: Window
    group_by: tuple[str, ...]
    filter: str | None = None
    bucket_s: int = 60
    limit: int = LIMIT

    def body(self, scope: Scope) -> dict[str, object]:
        """What is sent."""
        minutes = max(1, self.bucket_s // 60)
        body: dict[str, object] = {
            "metric": self.metric,
            "aggregation": self.aggregation,
            "scope": {"type": "project", "ownerId": scope.owner_id, "projectIds": [scope.project_id]},
            "startTime": iso(self.span.start),
            "endTime": iso(self.span.end),
            "granularity": {"minutes": minutes} if minutes < 60 else {"hours": minutes // 60},
            "groupBy": list(self.group_by),
            "limit": self.limit,
        }
        return body if self.filter is None else {**body, "filter": self.filter}


class ObservabilityClient:
    """Asks with the token and scope of a :class:`VercelClient`. Calls raise :class:`SourceError`."""

    def __init__(self, client: VercelClient) -> None:
        self._client = client

    async def known(self) -> frozenset[str]:
        """The ids of all metrics of the account. Raises :class:`NotOffered` where there is no schema."""
        path = "/v2/observability/schema"
        try:
            answer = await self._client.get(path, wire.KnownAnswer, subject=f"the schema of {SUBJECT}")
        except SourceError as error:
            if error.problem.kind in ("not_found", "payment_required"):
                raise NotOffered(Problem(error.problem.kind, error.problem.what, FREE)) from None
            raise
        return frozenset(one.id for one in answer.metrics)

    async def described(self, prefix: str) -> Sequence[wire.Described]:
        """The metrics whose ids begin with ``prefix``, with aggregations and dimensions."""
        subject = f"the schema of {plain(prefix, 60)}"
        body = await self._client.read(
            f"/v2/observability/schema/{segment(prefix, 'metric id')}",
            subject=subject,
            bucket="/v2/observability/schema",
        )
        try:
            found = wire.Descriptions.validate_json(body)
        except ValidationError as error:
            raise SourceError(self.garbage(first_fault(error))) from None
        return found if isinstance(found, list) else [found]

    async def query(self, scope: Scope, question: Question) -> wire.QueryAnswer:
        """Raises :class:`NotOffered` (not paid for, or the day's quota is used up), :class:`Drifted`."""
        answer = await self._client.post("/v2/observability/query", question.body(scope), subject=SUBJECT)
        if not 200 <= answer.status < 300:
            raise self._refused(answer, question)
        return self._client.parsed(answer.body, wire.QueryAnswer, SUBJECT)

    def garbage(self, detail: str) -> Problem:
        """An answer that cannot be read."""
        return self._client.garbage(SUBJECT, detail)

    def _refused(self, answer: Answer, question: Question) -> SourceError:
        found, said = self._client.problem(answer, SUBJECT), _refusal(answer.body)
        if answer.status == 402:
            what = "Vercel's Observability metrics need Observability Plus, which is not bought here (402)."
            return NotOffered(Problem("payment_required", what, FREE))
        if answer.status == 403:
            return NotOffered(found)
        if answer.status == 429 and any(
            word in said.message.lower() for word in ("quota", "daily", "per day")
        ):
            midnight = (answer.at // DAY + 1) * DAY
            what = "The day's quota of Observability queries is used up (429); it begins anew at 00:00 UTC."
            return NotOffered(Problem("rate_limited", what, FREE, midnight))
        if said.code in _DRIFTED:
            allowed = ", ".join(plain(str(one), 40) for one in (said.allowedValues or ())[:12])
            what = f"Vercel does not take {question.metric} as it is asked for ({said.code})"
            what += f"; it would take {allowed}." if allowed else "."
            return Drifted(Problem("broken_query", what, _CHANGED))
        if answer.status in (413, 504):
            return SourceError(
                Problem("timeout", found.what, "Coalmine asks for less at once; it tries again.")
            )
        return SourceError(found)


def _refusal(body: bytes) -> wire.Refusal:
    try:
        return wire.RefusalAnswer.model_validate_json(body).error
    except ValidationError:
        return wire.Refusal()


def iso(at: Millis) -> str:
    """A moment as the interface takes it: UTC, to the millisecond."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def one_of(dimension: str, values: Sequence[str]) -> str:
    """An OData filter for exactly these values."""
    return " or ".join(f"{dimension} eq {quoted(value)}" for value in values)


def quoted(text: str) -> str:
    """``text`` as an OData string."""
    return "'" + text.replace("'", "''") + "'"
