"""What is asked of the host and of the metrics source, and how the answers are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.canary.catalogue import Catalogue, Metric
from console.canary.measures import SHARED, Measure, Window
from console.canary.stages import Deployment, Release
from console.engine import Job
from console.host import Candidate, Happened, Host, Listed, Slots
from console.keeping import (
    ACTIVITY,
    CANDIDATES,
    METRICS,
    NOTHING,
    PROJECT,
    RELEASE,
    SLOTS,
    TEMPLATE,
    Alive,
    Line,
    Measured,
    deployment_key,
    dump,
    line_key,
    metric_key,
)
from console.metric_rhythm import seldom_ms
from console.metric_sources import TITLES
from console.ports import (
    Answered,
    Clock,
    ManyAtOnce,
    MetricsSource,
    Project,
    ReleaseTemplate,
    Sample,
    SourceError,
)
from console.readings import CLOCK_TOLERANCE_MS, Millis, Problem, Reading
from console.series import KEEP_MS

HISTORY_STEP_S = 15
LISTED = 30
"""How many deployments and activities are kept of each list."""

ACTIVITY_MS: Millis = 3 * 86_400_000
"""How far back the host's activity is asked for."""

HISTORIES_A_POLL = 3

MAX_WINDOW_MS: Millis = 5 * 60_000
"""After a longer silence a new window begins: the line shows the hole instead of an average over it."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often each thing is asked, in milliseconds of the clock."""

    release: Millis
    project: Millis
    metrics: Millis
    scrape: Millis


MOVING_MS: Millis = 2_000
"""How often the project is asked for while its domains move."""
BUILDING_MS: Millis = 5_000
"""How often the deployments are asked for while one builds or is checked."""
_UNDER_WAY = frozenset({"QUEUED", "INITIALIZING", "BUILDING"})


class HostJobs:
    """The host's side: project, release, template, and the deployments of the release."""

    def __init__(self, router: Host, clock: Clock, scope: str) -> None:
        self._router, self._clock, self._scope = router, clock, scope
        self._known: set[str] = set()
        self._moving = self._building = False
        self.reading: Reading[Release] = Reading.missing("vercel")
        """The newest release read by this process, and when."""
        self.project: Project | None = None
        """The project as this process read it last."""
        self.listed: tuple[Candidate, ...] = ()
        """The newest production deployments, as this process read them last."""

    @property
    def release(self) -> Release | None:
        return self.reading.value

    def jobs(self, every: Intervals, changed: Callable[[Release], Awaitable[None]]) -> list[Job]:
        """The jobs; ``changed`` is called with the release after each good reading of it."""

        async def after_release() -> None:
            if self.release is not None:
                await changed(self.release)

        slow = max(60_000, every.project)
        return [
            Job(RELEASE, "vercel", every.release, self._read_release, after_release),
            Job(
                PROJECT,
                "vercel",
                every.project,
                self._one(PROJECT, Project, self._project),
                lively_ms=lambda: MOVING_MS if self._moving else 2 * BUILDING_MS if self._building else None,
            ),
            Job(TEMPLATE, "vercel", slow, self._one(TEMPLATE, ReleaseTemplate, self._router.template)),
            Job(
                CANDIDATES,
                "vercel",
                every.project,
                self._one(CANDIDATES, Listed, self._list),
                lively_ms=lambda: BUILDING_MS if self._building else None,
            ),
            Job(ACTIVITY, "vercel", every.project, self._one(ACTIVITY, Happened, self._happened)),
            Job(SLOTS, "vercel", 10 * 60_000, self._one(SLOTS, Slots, self._router.slots)),
        ]

    async def _list(self) -> Listed:
        listed = Listed(tuple(await self._router.candidates(limit=LISTED)))
        self.listed = listed.candidates
        self._building = any(_under_way(one) for one in listed.candidates)
        return listed

    async def _project(self) -> Project:
        project = self.project = await self._router.project()
        job = project.alias_job
        self._moving = job is not None and job.status in ("pending", "in-progress")
        return project

    async def _happened(self) -> Happened:
        entries = await self._router.activity(self._clock.now() - ACTIVITY_MS)
        return Happened(tuple(sorted(entries, key=lambda entry: entry.at))[-LISTED:])

    def _one(
        self, key: str, kind: Any, ask: Callable[[], Awaitable[object | None]]
    ) -> Callable[[], Awaitable[Sequence[Sample]]]:
        async def run() -> Sequence[Sample]:
            return [self._sample(key, kind, await ask())]

        return run

    async def _read_release(self) -> Sequence[Sample]:
        release = await self._router.release()
        self.reading = Reading(release, self._clock.now(), "vercel")
        samples = [self._sample(RELEASE, Release, release)]
        for deployment in (release.baseline, release.canary) if release else ():
            if deployment is not None and deployment.id not in self._known:
                detail = await self._router.deployment(deployment.id)
                samples.append(self._sample(deployment_key(deployment.id), Deployment, detail))
                self._known.add(deployment.id)
        return samples

    def _sample(self, key: str, kind: Any, value: object | None) -> Sample:
        now = self._clock.now()
        body = NOTHING if value is None else dump(kind, value)
        return Sample(f"{self._scope}/{key}", now, now, "vercel", body)


def _under_way(one: Candidate) -> bool:
    """Whether its state is about to change: it builds, or its checks run."""
    if one.deployment.ready_state in _UNDER_WAY:
        return True
    checked = one.checks_state in ("registered", "running") or one.checks_alias_state == "pending"
    return one.deployment.ready_state == "READY" and checked


@dataclass(slots=True)
class _Turn:
    """Metrics that are asked for together, and how far their windows have come."""

    metrics: tuple[Metric, ...]
    every: Millis
    last_end: Millis | None = None

    def fell_behind(self, now: Millis) -> bool:
        return self.last_end is not None and now - self.last_end > MAX_WINDOW_MS


class MetricJob:
    """The metrics' side: counts of both tracks over windows that follow one another without overlap.

    The guards are asked for at every poll; what only informs, once a minute or every fourth poll.
    """

    def __init__(
        self,
        source: MetricsSource,
        clock: Clock,
        scope: str,
        every: Intervals,
        release: Callable[[], Release | None],
        catalogue: Catalogue,
    ) -> None:
        self._source, self._clock, self._scope, self._every = source, clock, scope, every
        self._release = release
        self._turns = (
            _Turn(catalogue.often, every.metrics),
            _Turn(catalogue.seldom, seldom_ms(every.metrics)),
        )
        self._drawn = catalogue.headline
        self._asked = catalogue.asked
        self._others = tuple(one for one in self._asked if one not in self._drawn)
        self._history_of: tuple[str, ...] = ()
        self._tried = False
        self._silent: dict[str, bool] = {}
        """By metric whether the source had it of no track when it was asked last."""
        self._undrawn: list[Metric] = []
        """Metrics whose lines of before are still to be asked for, a few at each poll."""

    def job(self, judged: Callable[[], Awaitable[None]]) -> Job:
        return Job(METRICS, lambda: self._source.name, self._every.metrics, self._read, judged)

    def unanswered(self) -> tuple[Metric, ...]:
        """What the source cannot have, or did not have when it was asked last; nothing before that."""
        return tuple(
            metric
            for metric in self._asked
            if self._source.lacks(metric) or (self._tried and self._silent.get(metric.id, True))
        )

    async def _read(self) -> Sequence[Sample]:
        ids = _tracks(self._release())
        now = self._clock.now()
        if not ids:
            await self._source.probe()
            return [self._alive(now)]
        self._tried = True
        settled = await self._source.settled(ids, now)
        due = [
            (turn, metrics, window)
            for turn in self._turns
            if (metrics := self._offered(turn.metrics)) and (window := self._window(turn, now, settled))
        ]
        samples: list[Sample] = []
        if ids != self._history_of or self._turns[0].fell_behind(now):
            samples += await self._history(self._offered(self._drawn), ids, now)
            self._undrawn = list(self._offered(self._others))
        elif self._undrawn:
            samples += await self._more_history(ids, now)
        if not due:
            return [*samples, self._alive(now)]
        newest, measured = await asyncio.gather(
            self._source.newest(ids),
            asyncio.gather(*(measure_all(self._source, metrics, ids, window) for _, metrics, window in due)),
        )
        _same_time(TITLES[self._source.name], newest, self._clock.now())
        for (turn, metrics, window), found in zip(due, measured, strict=True):
            for metric in metrics:
                one = found[metric.id]
                samples += self._kept(metric, ids, window, one, newest)
                self._silent[metric.id] = all(one.get(each) is None for each in places(metric, ids))
            turn.last_end = window.end
        self._history_of = ids
        return [*samples, self._alive(now)]

    def _offered(self, metrics: Sequence[Metric]) -> tuple[Metric, ...]:
        """Those that the source in use may have; which these are can change while it runs."""
        return tuple(metric for metric in metrics if self._source.lacks(metric) is None)

    def _window(self, turn: _Turn, now: Millis, settled: Millis) -> Window | None:
        """From the last window's end to the newest moment of which everything has arrived.

        Whole scrape intervals only: a shorter window may hold no sample at all. ``None``: none is over yet,
        or it is not this turn's time.
        """
        scrape = self._every.scrape
        end = min(now - scrape, settled) // scrape * scrape
        start = turn.last_end
        least = scrape if turn.every <= self._every.metrics else turn.every
        if start is not None and start <= end < start + least:
            return None
        if start is None or end - start > MAX_WINDOW_MS or start > end:
            start = end - max(1, round(turn.every / scrape)) * scrape
        return Window(start, end)

    async def _history(self, metrics: Sequence[Metric], ids: Sequence[str], now: Millis) -> list[Sample]:
        window = Window(now - KEEP_MS, now)
        lines = await asyncio.gather(
            *(self._source.history(metric, ids, window, HISTORY_STEP_S) for metric in metrics)
        )
        return [
            Sample(
                f"{self._scope}/{line_key(metric.id, one)}",
                now,
                now,
                self._source.name,
                dump(Line, Line(found.get(one, ()))),
            )
            for metric, found in zip(metrics, lines, strict=True)
            for one in places(metric, ids)
        ]

    async def _more_history(self, ids: Sequence[str], now: Millis) -> list[Sample]:
        """Some of the lines that nobody waits for. One that fails must not take the poll with it."""
        some, self._undrawn = self._undrawn[:HISTORIES_A_POLL], self._undrawn[HISTORIES_A_POLL:]
        try:
            return await self._history(some, ids, now)
        except SourceError:
            self._undrawn += some
            return []

    def _kept(
        self,
        metric: Metric,
        ids: Sequence[str],
        window: Window,
        found: Mapping[str, Measure | None],
        newest: Mapping[str, Millis | None],
    ) -> list[Sample]:
        partial = isinstance(found, Answered) and found.partial
        instead = found.instead if isinstance(found, Answered) else ""
        return [
            Sample(
                f"{self._scope}/{metric_key(metric.id, one)}",
                window.end,
                window.end,
                self._source.name,
                dump(
                    Measured,
                    Measured(window.start, window.end, newest.get(one), found.get(one), partial, instead),
                ),
                partial=partial,
            )
            for one in places(metric, ids)
        ]

    def _alive(self, now: Millis) -> Sample:
        lacks = {metric.id: why for metric in self._asked if (why := self._source.lacks(metric))}
        body = dump(Alive, Alive(self._source.note, lacks))
        return Sample(f"{self._scope}/{METRICS}", now, now, self._source.name, body)


async def measure_all(
    source: MetricsSource, metrics: Sequence[Metric], ids: Sequence[str], window: Window
) -> Mapping[str, Mapping[str, Measure | None]]:
    """What the source has of all ``metrics``, with few questions where it can."""
    if isinstance(source, ManyAtOnce):
        return await source.measure_all(metrics, ids, window)
    found = await asyncio.gather(*(source.measure(metric, ids, window) for metric in metrics))
    return {metric.id: one for metric, one in zip(metrics, found, strict=True)}


def places(metric: Metric, ids: Sequence[str]) -> Sequence[str]:
    """Under which names a metric's measures are kept: the deployments', or one for all of them."""
    return ids if metric.split else (SHARED,)


def _same_time(source: str, newest: Mapping[str, Millis | None], now: Millis) -> None:
    """Refuse old data that pass for present ones because our clock is behind.

    (A clock of ours that is ahead shows by itself: everything is stale.) Raises :class:`SourceError`.
    """
    ahead = max((at for at in newest.values() if at is not None), default=now) - now
    if ahead > CLOCK_TOLERANCE_MS:
        raise SourceError(
            Problem(
                "clock",
                f"{source} has data from {ahead // 1000} s after this machine's time: the clocks disagree.",
                "Set this machine's clock (NTP); nothing is judged until then.",
            )
        )


def _tracks(release: Release | None) -> tuple[str, ...]:
    if release is None or release.baseline is None or release.canary is None:
        return ()
    return (release.baseline.id, release.canary.id)
