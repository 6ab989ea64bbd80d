"""The engine: poll → judge → record. One process among several polls, by a lease with fencing.

Each job is asked in its own loop, one request at a time, so that a slow source piles nothing up and
a dead one slows no other. Nothing here changes production.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from console.effect import Offload
from console.ports import Clock, Fenced, Lease, Leases, Sample, Samples, SourceError, StoreUnusable
from console.readings import Millis, Problem
from console.schedule import Pace

log = logging.getLogger("coalmine.engine")

LEASE_MS: Millis = 5_000
SHORTEST_LEASE_MS: Millis = 1_000
RENEWALS = 3.5
"""How often a lease is renewed in its time: a renewal may come late, or fail, without losing it."""


def lease_for(every_ms: Millis) -> Millis:
    """A lease so short that a lost holder is replaced before a poll every ``every_ms`` is missed."""
    return max(SHORTEST_LEASE_MS, min(LEASE_MS, every_ms * 2 // 3))


def own_fault(doing: str, error: Exception) -> Problem:
    """A fault of the program itself, said as such; the trace is in the log."""
    return Problem(
        "internal",
        f"A fault in Coalmine itself while {doing}: {type(error).__name__}.",
        "The log file has the details; please report it.",
    )


@dataclass(frozen=True, slots=True)
class Job:
    """One thing asked again and again. ``run`` returns what to keep; ``key`` also keeps its failures."""

    key: str
    source: str | Callable[[], str]
    """Who is asked; where that may change, who it is now."""
    every_ms: Millis
    run: Callable[[], Awaitable[Sequence[Sample]]]
    then: Callable[[], Awaitable[None]] | None = None
    """Called after each attempt whose result was kept, e.g. to judge: silence has to be judged too."""
    watching_only: bool = False
    """Left to those who watch: a command that looks once does not ask it."""
    lively_ms: Callable[[], Millis | None] | None = None
    """A shorter interval while something is under way, asked for after each attempt; else ``None``."""

    @property
    def asked(self) -> str:
        """Who is asked now."""
        return self.source if isinstance(self.source, str) else self.source()


class Engine:
    """Runs the jobs while this process holds the poller's lease; stands by while another does."""

    def __init__(
        self,
        jobs: Sequence[Job],
        samples: Samples,
        leases: Leases,
        clock: Clock,
        scope: str,
        session: str,
        offload: Offload,
        rng: random.Random,
        lease_ms: Millis = LEASE_MS,
        taking_over: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``taking_over`` is awaited before this process asks anything as the one that polls."""
        self._jobs, self._samples, self._leases, self._clock = jobs, samples, leases, clock
        self._lease_ms, self._taking_over = lease_ms, taking_over
        self._scope, self._session, self._offload, self._rng = scope, session, offload, rng
        self._lease: Lease | None = None
        self._holding = asyncio.Event()
        self._wake: dict[str, asyncio.Event] = {job.key: asyncio.Event() for job in jobs}
        self._faults: dict[str, Problem] = {}

    @property
    def fault(self) -> Problem | None:
        """Why nothing can be kept or judged, if so: said until the same thing has gone well again."""
        return next(iter(self._faults.values()), None)

    @property
    def jobs(self) -> Sequence[Job]:
        """What is asked again and again."""
        return self._jobs

    @property
    def polling(self) -> bool:
        """Whether this process is the one that polls."""
        return self._holding.is_set()

    @property
    def fence(self) -> int | None:
        """The lease's token, under which samples are written."""
        return self._lease.token if self._lease else None

    def refresh(self) -> None:
        """Ask everything now."""
        for event in self._wake.values():
            event.set()

    def wake(self, key: str) -> None:
        """Ask one thing now."""
        if key in self._wake:
            self._wake[key].set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_lease())
            for job in self._jobs:
                group.create_task(self._loop(job))

    async def once(self, *keys: str) -> None:
        """Ask everything once (or only ``keys``) but for what is left to those who watch, unless another
        process polls: then its readings are as good."""
        await self._renew()
        if self._lease is None:
            return
        keeping = asyncio.create_task(self._keep_lease())  # asking everything may outlast one lease
        try:
            for job in self._jobs:
                if job.key in keys if keys else not job.watching_only:
                    await self._once(job)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def stop(self) -> None:
        """Give the lease back, so that another takes over at once."""
        if self._lease is not None:
            lease, self._lease = self._lease, None
            self._holding.clear()
            await self._offload(lambda: self._leases.release(lease))

    async def _keep_lease(self) -> None:
        while True:
            await self._renew()
            await self._clock.sleep(self._lease_ms / 1000 / RENEWALS)

    async def _renew(self) -> None:
        name, now = f"poller:{self._scope}", self._clock.now()
        try:
            lease = await self._offload(
                lambda: self._leases.acquire(name, self._session, self._lease_ms, now)
            )
            if lease is not None and self._taking_over is not None and not self._holding.is_set():
                await self._taking_over()
            self._faults.pop(name, None)
            if lease is None:
                self._faults.clear()  # another process polls: what failed here is not its fault
        except StoreUnusable as error:
            lease, self._faults[name] = None, error.problem
        self._lease = lease
        if lease is None:
            self._holding.clear()
        elif not self._holding.is_set():
            self._holding.set()
            self.refresh()

    async def _loop(self, job: Job) -> None:
        pace = Pace(job.every_ms)
        wake = self._wake[job.key]
        while True:
            await self._holding.wait()
            wake.clear()
            problem = await self._once(job)
            pace = pace.failed() if problem else pace.succeeded()
            sooner = job.lively_ms() if job.lively_ms is not None else None
            next_pace = pace if sooner is None else replace(pace, every_ms=min(sooner, job.every_ms))
            delay = next_pace.delay_ms(self._rng, self._clock.now(), problem)
            await self._wait(wake, delay / 1000)

    async def _wait(self, wake: asyncio.Event, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    async def _once(self, job: Job) -> Problem | None:
        problem: Problem | None = None
        kept: Sequence[Sample] = ()
        try:
            kept = await job.run()
        except SourceError as error:
            problem = error.problem
        except Exception as error:  # one job's fault must not stop the others
            log.exception("job %s", job.key)
            problem = own_fault(f"reading {job.key}", error)
        if problem is not None:
            now = self._clock.now()
            kept = [Sample(f"{self._scope}/{job.key}", now, now, job.asked, None, problem)]
        stored = await self._keep(kept)
        if stored and job.then is not None:
            await self._then(job.key, job.then)
        return problem

    async def _then(self, key: str, then: Callable[[], Awaitable[None]]) -> None:
        name = f"after:{key}"
        try:
            await then()
        except StoreUnusable as error:
            self._faults[name] = error.problem
        except Exception as error:  # as above: watching goes on
            log.exception("after a poll")
            self._faults[name] = own_fault("judging what was read", error)
        else:
            self._faults.pop(name, None)

    async def _keep(self, kept: Sequence[Sample]) -> bool:
        fence = self.fence
        if fence is None:
            return False
        try:
            await self._offload(lambda: self._samples.record(kept, fence))
        except Fenced:
            self._lease = None
            self._holding.clear()
            return False
        except StoreUnusable as error:
            self._faults["samples"] = error.problem
            return False
        self._faults.pop("samples", None)
        return True
