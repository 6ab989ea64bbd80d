"""Vercel's request logs as a source of measurements: free, by deployment, and without durations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from console.canary.catalogue import Metric
from console.canary.headline import HEADLINE
from console.canary.measures import Count, Measure, Point, Ratio, Window
from console.metric_sources import REQUEST_LOGS
from console.ports import Answered, Clock, NotOffered, Project, SourceError
from console.readings import Millis
from data.vercel.client import VercelClient
from data.vercel.observability import rows
from data.vercel.request_logs.models import Page
from data.vercel.request_logs.reading import Covered, Reading

D = TypeVar("D")

PATH = "/api/logs/request-logs"
SUBJECT = "the request logs"
PAGES = 10
"""Pages read of one deployment and window. Nobody says how often the logs may be asked."""
BETWEEN_S = 0.1
"""Vercel's own client pauses so long between pages."""
LOOK_BACK: Millis = 10 * rows.MINUTE
CACHE = "cache_hit_ratio"
NOT_READ = "it is not read from request logs"
NO_DURATIONS = "request logs hold no durations"
NOTE = (
    f"Of each deployment at most {PAGES} pages of requests a minute are read, the newest first; errors are "
    "counted in the time that these cover. They hold no durations, and no plot begins before the console "
    "did. The interface is Vercel's own client's and may change."
)
_UNSORTED = "Vercel's request logs did not come newest first: how much time they cover is not known."


class RequestLogs:
    """The :class:`console.ports.MetricsSource` on the request logs of one project.

    ``client`` asks the host that serves the logs, which is not the API's own.
    """

    name = REQUEST_LOGS
    note = NOTE

    def __init__(self, client: VercelClient, project: Callable[[], Awaitable[Project]], clock: Clock) -> None:
        self._client, self._project, self._clock = client, project, clock
        self._whose: tuple[tuple[str, str], ...] | None = None
        self._alive: tuple[Millis, Millis | None] | None = None
        """When the newest request of all was looked for, and when that was."""
        self._read: dict[str, tuple[Window, Covered | None, bool]] = {}
        self._reading: dict[str, asyncio.Lock] = {}

    def lacks(self, metric: Metric) -> str | None:
        if metric.id == CACHE and metric.kind == "ratio":
            return None
        if metric.id not in HEADLINE:
            return NOT_READ
        return NO_DURATIONS if metric.kind == "histogram" else None

    async def probe(self) -> None:
        now = self._clock.now()
        await self._page(None, Window(now - LOOK_BACK, now), 0)

    async def settled(self, deployment_ids: Sequence[str], now: Millis) -> Millis:
        """Up to the newest request logged of any deployment, or three minutes ago."""
        return rows.settled(await self._newest(), now)

    async def newest(self, deployment_ids: Sequence[str]) -> Answered[Millis | None]:
        """When the newest request of the project was: a deployment that gets no visitors is not silent."""
        at, now = self._alive, self._clock.now()
        fresh = at is not None and 0 <= now - at[0] < rows.LAG
        newest = at[1] if at is not None and fresh else await self._newest()
        return Answered(dict.fromkeys(deployment_ids, newest))

    async def measure(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window
    ) -> Answered[Measure | None]:
        """Of the newest part of the window that could be read whole: see :class:`Covered`.

        Of what informs only it is the window's last minute, which is read for the guards anyway.
        """
        ids = list(dict.fromkeys(deployment_ids))
        if not ids or self.lacks(metric) is not None:
            return Answered(dict.fromkeys(ids))
        newest = (await self.newest(ids))[ids[0]]
        if metric.id == CACHE:
            window = Window(max(window.start, window.end - rows.MINUTE), window.end)
        if newest is None or newest <= window.start:
            return Answered(dict.fromkeys(ids))  # nothing is logged at all: that is not "no requests"
        beside = metric.id == CACHE
        found = await asyncio.gather(*(self._window(one, window, beside=beside) for one in ids))
        measured = {one: _measure(metric, covered) for one, (covered, _) in zip(ids, found, strict=True)}
        unsorted = any(not ordered for _, ordered in found)
        instead = next((one.instead for one in metric.vercel if one.instead), "")
        return Answered(measured, (_UNSORTED,) if unsorted else (), instead)

    async def history(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window, step_s: int
    ) -> Answered[tuple[Point, ...]]:
        """None: an hour of requests is too much to read for a plot."""
        return Answered(dict.fromkeys(deployment_ids, ()))

    # --- reading --------------------------------------------------------------------------------------

    async def _newest(self) -> Millis | None:
        now = self._clock.now()
        page = await self._page(None, Window(now - LOOK_BACK, now), 0)
        newest = self._dated(lambda: max((row.at for row in page.rows), default=None))
        self._alive = now, newest
        return newest

    async def _window(self, one: str, window: Window, *, beside: bool = False) -> tuple[Covered | None, bool]:
        """What can be read of a window of a deployment, and whether its pages were in order.

        ``beside``: whatever was read for another metric up to the same moment will do.
        """
        async with self._reading.setdefault(one, asyncio.Lock()):  # its metrics are asked for at once
            kept = self._read.get(one)
            if kept is None or not (kept[0] == window or (beside and kept[0].end == window.end)):
                covered, ordered = await self._pages(one, window)
                kept = self._read[one] = window, covered, ordered
            return kept[1], kept[2]

    async def _pages(self, one: str, window: Window) -> tuple[Covered | None, bool]:
        reading, whole = Reading(window), False
        for number in range(PAGES):
            if number:
                await self._clock.sleep(BETWEEN_S)
            page = await self._page(one, window, number)
            foreign = [row for row in page.rows if row.deploymentId not in (None, one)]
            if foreign:
                detail = "rows of another deployment than was asked for"
                raise SourceError(self._client.garbage(SUBJECT, detail))
            new = self._dated(partial(reading.add, page.rows))
            whole = not page.hasMoreRows
            if whole or not new:  # the same page again: there is no end to wait for
                break
        return reading.covered(whole=whole), reading.ordered or whole

    async def _page(self, one: str | None, window: Window, number: int) -> Page:
        of_one = (("deploymentId", one),) if one is not None else (("environment", "production"),)
        params = (
            *await self._scope(),
            *of_one,
            ("startDate", str(window.start)),
            ("endDate", str(window.end)),
            ("page", str(number)),
        )
        try:
            return await self._client.get(PATH, Page, subject=SUBJECT, params=params)
        except SourceError as error:
            if error.problem.kind in ("not_found", "payment_required", "forbidden"):
                raise NotOffered(error.problem) from None
            raise

    async def _scope(self) -> tuple[tuple[str, str], ...]:
        if self._whose is None:
            project = await self._project()
            self._whose = ("projectId", project.id), ("ownerId", project.account_id)
        return self._whose

    def _dated(self, call: Callable[[], D]) -> D:
        try:
            return call()
        except ValueError as error:
            raise SourceError(self._client.garbage(SUBJECT, str(error))) from None


def _measure(metric: Metric, covered: Covered | None) -> Measure | None:
    if covered is None:
        return None
    if metric.id == CACHE:
        return Ratio(covered.cached, covered.looked_up) if covered.looked_up else None
    if metric.kind == "count":
        return Count(covered.total, covered.span.seconds)
    return Ratio(covered.failed, covered.total)
