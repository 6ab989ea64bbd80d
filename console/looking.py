"""One deployment looked at closely: its detail, its checks and its build's log, read while somebody looks.

Nothing of it is kept: whoever looks owns a :class:`Looking`, and the asking ends with the looking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from console.host import BuildLine, Check, Detail, Host
from console.ports import Clock, SourceError
from console.readings import Millis, Problem, Reading

SOURCE = "vercel"
LIVELY_S, CALM_S = 5.0, 30.0
"""How often a deployment is asked about: while it builds or is checked, and when nothing is expected."""
AGAIN_S = 15.0
"""After so long a log that could not be read is tried again by itself."""
SETTLED = frozenset({"READY", "ERROR", "CANCELED", "BLOCKED", "DELETED"})
PASSES = frozenset({"unreachable", "timeout", "server_error", "rate_limited", "garbage"})
"""Kinds of problems after which asking again can help."""


class LogState(StrEnum):
    """How far a log has been read."""

    ASKING = "asking"  # no answer yet
    FOLLOWING = "following"  # the build goes on, and so does the log
    ENDED = "ended"  # all of it is here
    FAILED = "failed"  # it could not be read (to its end); the problem says why


@dataclass(slots=True)
class BuildLog:
    """A log as far as it was read; ``lines`` only grows until ``epoch`` changes, when it begins anew."""

    lines: list[BuildLine] = field(default_factory=list)
    errors: int = 0
    """How many of the lines are errors."""
    state: LogState = LogState.ASKING
    since: Millis = 0
    """When it came into this state."""
    heard_at: Millis | None = None
    """When the host last answered."""
    problem: Problem | None = None
    epoch: int = 0


class Looking:
    """Readings of one deployment, brought up to date by :meth:`run` until that is cancelled."""

    def __init__(self, host: Host, clock: Clock, deployment_id: str) -> None:
        self._host, self._clock, self.deployment_id = host, clock, deployment_id
        self.detail: Reading[Detail] = Reading.missing(SOURCE)
        self.checks: Reading[tuple[Check, ...]] = Reading.missing(SOURCE)
        self.log = BuildLog(since=clock.now())
        self.since = clock.now()
        """When the looking began."""
        self._wakes = (asyncio.Event(), asyncio.Event())

    @property
    def every_s(self) -> float:
        """How often detail and checks are asked for now."""
        return CALM_S if self._settled() else LIVELY_S

    def again(self) -> None:
        """Ask everything now, also a log that could not be read."""
        for wake in self._wakes:
            wake.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Ask, and call ``changed`` after each answer. Never ends by itself; raises nothing of the host's."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._facts(changed))
            group.create_task(self._read_log(changed))

    # --- detail and checks -----------------------------------------------------------------------

    async def _facts(self, changed: Callable[[], None]) -> None:
        while True:
            self._wakes[0].clear()
            await asyncio.gather(self._read_detail(changed), self._read_checks(changed))
            await self._pause(self._wakes[0], self.every_s)

    async def _read_detail(self, changed: Callable[[], None]) -> None:
        try:
            found = await self._host.detail(self.deployment_id)
        except SourceError as error:
            self.detail = self.detail.failed(error.problem)
        else:
            self.detail = Reading(found, self._clock.now(), SOURCE)
        changed()

    async def _read_checks(self, changed: Callable[[], None]) -> None:
        try:
            found = tuple(await self._host.checks(self.deployment_id))
        except SourceError as error:
            self.checks = self.checks.failed(error.problem)
        else:
            self.checks = Reading(found, self._clock.now(), SOURCE)
        changed()

    def _settled(self) -> bool:
        detail, checks = self.detail.value, self.checks.value
        if detail is None:
            return self.detail.problem is not None
        over = all(check.status == "completed" for check in checks or ())
        return detail.candidate.deployment.ready_state in SETTLED and over

    # --- the log ---------------------------------------------------------------------------------

    async def _read_log(self, changed: Callable[[], None]) -> None:
        while True:
            self._wakes[1].clear()
            wait_s: float | None = None
            try:
                await self._follow(changed)
            except SourceError as error:
                self.log.problem = error.problem
                self._turn(LogState.FAILED)
                wait_s = AGAIN_S if error.problem.kind in PASSES else None
            else:
                self._turn(LogState.ENDED)
            changed()
            await self._pause(self._wakes[1], wait_s)
            if self.log.state is LogState.FAILED:
                self._turn(LogState.ASKING)
                changed()

    async def _follow(self, changed: Callable[[], None]) -> None:
        """Read to the end of the build. What an earlier attempt read stays until this one has an answer."""
        fresh = True
        async for batch in self._host.build_log(self.deployment_id, follow=True):
            if fresh:
                fresh = False
                self.log.lines, self.log.errors = [], 0
                self.log.epoch += 1
                self.log.problem = None
                self._turn(LogState.FOLLOWING)
            self.log.lines.extend(batch)
            self.log.errors += sum(line.error for line in batch)
            self.log.heard_at = self._clock.now()
            changed()

    def _turn(self, state: LogState) -> None:
        if state is not self.log.state:
            self.log.state, self.log.since = state, self._clock.now()

    async def _pause(self, wake: asyncio.Event, seconds: float | None) -> None:
        """Until somebody asks for more, or ``seconds`` have passed (``None``: never by themselves)."""
        waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(wake.wait())]
        if seconds is not None:
            waiting.append(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
