"""What the outside must offer the console: clock, ledger, samples, leases, traffic router, metrics.

Adapters live in ``data``; tests use the same protocols with the real adapters wherever those can run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from console.project import Account as Account
from console.project import AliasJob as AliasJob
from console.project import Project as Project
from console.project import ReleaseTemplate as ReleaseTemplate
from console.project import RolledBack as RolledBack
from console.project import Served as Served
from console.readings import Millis, Problem

if TYPE_CHECKING:
    from console.canary.catalogue import Metric
    from console.canary.measures import Measure, Point, Window
    from console.canary.stages import Deployment, Release
    from console.envelope import Head, NewEvent, Recorded, VerifyReport


V = TypeVar("V")


class Clock(Protocol):
    """Time, so that simulation, replay and tests can supply their own."""

    def now(self) -> Millis:
        """Milliseconds since the Unix epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, for durations."""
        ...

    async def sleep(self, seconds: float) -> None: ...


# --- the ledger and what stands beside it -----------------------------------------------------


class LedgerConflict(Exception):
    """Somebody else appended to the stream first. ``winner`` is the newest event of the stream."""

    def __init__(self, stream: str, expected: int, actual: int, winner: Recorded | None) -> None:
        super().__init__(f"stream {stream} is at version {actual}, not {expected}")
        self.stream, self.expected, self.actual, self.winner = stream, expected, actual, winner


class StoreUnusable(Exception):
    """The store cannot be read or written; ``problem`` says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.what} {problem.next}")
        self.problem = problem


class Ledger(Protocol):
    """The append-only, hash-chained ledger. Calls are synchronous and thread-safe.

    Raises :class:`StoreUnusable` from any call when the store fails (full disk, read-only, newer
    than the program, corrupt), with a sentence for a person.
    """

    @property
    def place(self) -> str:
        """Where it is, for the status line: a path or a URL without secrets."""
        ...

    def append(self, stream: str, expected_version: int, events: Sequence[NewEvent]) -> list[Recorded]:
        """Append ``events`` to ``stream`` (version 0 = empty) durably, all or none.

        Raises :class:`LedgerConflict` if the stream is not at ``expected_version``.
        """
        ...

    def read(
        self,
        *,
        stream: str | None = None,
        after_seq: int = 0,
        before_seq: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Recorded]:
        """Events by sequence number, of one stream or of all."""
        ...

    def version(self, stream: str) -> int: ...

    def streams(self, prefix: str) -> list[str]:
        """Names of the streams starting with ``prefix``."""
        ...

    def head(self) -> Head: ...

    def data_version(self) -> int:
        """A number that changes when another connection or process has written."""
        ...

    def verify(self, *, after_seq: int = 0) -> VerifyReport: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lease. ``token`` grows with every change of holder and fences late writers."""

    name: str
    holder: str
    token: int
    expires_at: Millis


class Leases(Protocol):
    """Leases in the ledger's store, outside the chain: who polls, which sessions are alive."""

    def acquire(self, name: str, holder: str, ttl_ms: Millis, now: Millis) -> Lease | None:
        """Take or renew ``name``; ``None`` while somebody else holds it and it has not expired."""
        ...

    def holder(self, name: str) -> Lease | None: ...

    def release(self, lease: Lease) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored reading: ``body`` is JSON; ``until`` the last time the same body was confirmed.

    ``body`` is ``None`` when the attempt failed; then ``problem`` says why.
    """

    key: str
    at: Millis
    until: Millis
    source: str
    body: str | None
    problem: Problem | None = None
    partial: bool = False


class Fenced(Exception):
    """The writer's lease token is older than the newest one seen: somebody else polls now."""


class Samples(Protocol):
    """Everything polled, pruned by age and size. Losing it loses no decision. Synchronous, thread-safe."""

    warning: Problem | None
    """Set when a damaged file was begun anew."""

    def record(self, samples: Sequence[Sample], fence: int | None = None) -> None:
        """Store samples. A body equal to the newest of its key only moves that one's ``until``.

        Raises :class:`Fenced` if ``fence`` is older than one already seen.
        """
        ...

    def latest(
        self, prefix: str = "", at: Millis | None = None
    ) -> Mapping[str, tuple[Sample | None, Sample | None]]:
        """Per key with that prefix, as of ``at``: the newest sample with a body, and the newest failure
        if that is newer."""
        ...

    def series(self, key: str, start: Millis, end: Millis) -> list[Sample]:
        """Samples of ``key`` with ``start < at <= end``, oldest first, failures left out."""
        ...

    def data_version(self) -> int: ...

    def prune(self, now: Millis) -> int:
        """Drop what is older than the retention or over the size cap; the number of rows dropped."""
        ...

    def close(self) -> None: ...


# --- the host and the metrics ------------------------------------------------------------------


class SourceError(Exception):
    """A source answered badly or not at all; nothing was changed by the call."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.what} {problem.next}")
        self.problem = problem


class NotOffered(SourceError):
    """The account cannot ask this source at all, or not until ``problem.retry_at``: another may do."""


class EffectRefused(Exception):
    """The host answered that it did not do what was asked. ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.what} {problem.next}")
        self.problem = problem


class EffectNotSent(EffectRefused):
    """The request never left (no connection): certainly nothing happened."""


class EffectUnknown(Exception):
    """The request went out and no (readable) answer came: it may or may not have happened."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.what} {problem.next}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry of the host's own activity list: also what others did, outside the console."""

    id: str
    kind: str
    at: Millis
    text: str
    principal_id: str | None


class TrafficRouter(Protocol):
    """The host that splits traffic. Vercel is the first; reads raise :class:`SourceError`.

    Effects are sent exactly once and never repeated by the adapter. They return when the host has
    accepted, and raise :class:`EffectRefused`, :class:`EffectNotSent` or :class:`EffectUnknown`.
    """

    async def account(self) -> Account: ...

    async def project(self) -> Project: ...

    async def release(self) -> Release | None:
        """The newest rolling release, running or ended; ``None`` if there never was one."""
        ...

    async def template(self) -> ReleaseTemplate | None: ...

    async def deployment(self, deployment_id: str) -> Deployment: ...

    async def activity(self, since: Millis) -> list[Activity]: ...

    async def advance(self, canary_id: str, next_stage_index: int) -> None: ...

    async def complete(self, canary_id: str) -> None: ...

    async def abort(self, baseline_id: str, reason: str) -> None:
        """Abort = roll back to the *baseline*; the host has no other call for it."""
        ...


class Answered(dict[str, V]):
    """What a source answered for each deployment, and what it warned of (parts missing, say).

    A reading made of an answer with warnings is partial.
    """

    def __init__(self, values: Mapping[str, V], warnings: Sequence[str] = (), instead: str = "") -> None:
        super().__init__(values)
        self.warnings = tuple(warnings)
        self.instead = instead
        """What was measured, where it only stands in for what was asked (INP for time to interactive)."""

    @property
    def partial(self) -> bool:
        return bool(self.warnings)


class MetricsSource(Protocol):
    """Where measurements of the tracks come from. Calls raise :class:`SourceError`.

    The mappings are :class:`Answered` where the source can warn that its answer is partial.
    """

    @property
    def name(self) -> str:
        """Which source really answers: a name of :mod:`console.metric_sources`."""
        ...

    @property
    def note(self) -> str:
        """What has to be known of its numbers, in sentences: why it is this one, what it cannot see."""
        ...

    def lacks(self, metric: Metric) -> str | None:
        """Why it can never measure ``metric``, in words; ``None`` if it can, or may."""
        ...

    async def settled(self, deployment_ids: Sequence[str], now: Millis) -> Millis:
        """Until when its counts of these deployments are complete: later ones are still coming in."""
        ...

    async def probe(self) -> None:
        """The cheapest question that shows the source is alive."""
        ...

    async def measure(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window
    ) -> Mapping[str, Measure | None]:
        """What each deployment did in the window; ``None`` where the source has no series for it.

        Of a metric that no label splits there is one, under :data:`console.canary.measures.SHARED`.
        """
        ...

    async def history(
        self, metric: Metric, deployment_ids: Sequence[str], window: Window, step_s: int
    ) -> Mapping[str, tuple[Point, ...]]:
        """The plotted line of each deployment (in the metric's unit), gaps left out."""
        ...

    async def newest(self, deployment_ids: Sequence[str]) -> Mapping[str, Millis | None]:
        """When each deployment's newest sample was taken: a silent target is seen here first."""
        ...


@runtime_checkable
class ManyAtOnce(Protocol):
    """A metrics source that is asked for many metrics with few questions."""

    async def measure_all(
        self, metrics: Sequence[Metric], deployment_ids: Sequence[str], window: Window
    ) -> Mapping[str, Mapping[str, Measure | None]]:
        """By metric what :meth:`MetricsSource.measure` gives of it.

        A metric without data, or whose own query the source cannot evaluate, has ``None`` throughout (the
        latter with a warning); it raises :class:`SourceError` where the source as a whole fails.
        """
        ...
