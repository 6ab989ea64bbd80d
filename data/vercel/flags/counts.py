"""How often applications asked for a flag, and which variant they got: Vercel's Observability counts it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from console.canary.measures import Window
from console.flags.counts import Counts
from console.ports import Clock, SourceError
from console.readings import Millis
from data.vercel.observability import rows
from data.vercel.observability.client import ObservabilityClient, Question, Scope, quoted

METRIC = "vercel.flag_evaluation.count"
MINUTE: Millis = 60_000
HOUR: Millis = 60 * MINUTE
SPAN_MS: Millis = 24 * HOUR
VARIANT, WHERE = "flag_variant", "environment"


class FlagCounts:
    """Of one project. A count is of evaluations; an empty variant is the default in the code."""

    def __init__(
        self, client: ObservabilityClient, whose: Callable[[], Awaitable[Scope]], clock: Clock
    ) -> None:
        self._client, self._whose, self._clock = client, whose, clock
        self._scope: Scope | None = None

    async def of(self, key: str, since: Millis | None = None) -> Counts:
        """The last day's, or those ``since`` a moment in it; on whole buckets that lie after it.

        Raises :class:`SourceError`, also where they are not offered.
        """
        if self._scope is None:
            self._scope = await self._whose()
        now = self._clock.now()
        lately = since is not None and now - since < SPAN_MS
        bucket = MINUTE if lately else HOUR
        end = (now // bucket + 1) * bucket
        start = -(-since // bucket) * bucket if lately and since is not None else end - SPAN_MS
        if start >= end:
            return Counts(0)
        span = Window(start, end)
        asked = Question(METRIC, "sum", span, (WHERE, VARIANT), f"flag_key eq {quoted(key)}", bucket // 1000)
        answer = await self._client.query(self._scope, asked)
        column = rows.rollup(METRIC, "sum")
        found: dict[str, dict[str, int]] = {}
        for row in answer.summary:
            value = rows.value(row, column)
            if value is None or value < 0:
                raise SourceError(self._client.garbage(f"a count of {key} is {value}"))
            where, variant = str(row.get(WHERE) or ""), str(row.get(VARIANT) or "")
            of = found.setdefault(where, {})
            of[variant] = of.get(variant, 0) + round(value)
        return Counts(end - start, found)
