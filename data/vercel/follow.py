"""Follow a promote or rollback to its end, as the project's ``lastAliasRequest`` tells it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from console.ports import AliasJob, Clock, Project, SourceError
from console.readings import Problem

ENDED = frozenset({"succeeded", "failed", "skipped"})


class OfProject(Protocol):
    """Whatever reads the project: the router itself, or what a session hands out."""

    async def project(self) -> Project: ...


async def progress(
    router: OfProject,
    clock: Clock,
    target_id: str,
    *,
    before: AliasJob | None = None,
    deadline_s: float = 180.0,
    every_s: float = 1.5,
) -> AsyncGenerator[AliasJob, None]:
    """Yield the job that moves the domains to ``target_id`` each time its status changed, to its end.

    ``before`` is the project's job as it was before the effect: it is not taken for the new one.
    A failed poll is repeated. Raises :class:`SourceError` at the deadline (``timeout``, or what the
    last poll failed with), and at once when another job took this one's place (``refused``).
    """
    end = clock.monotonic() + deadline_s
    shown: AliasJob | None = None
    failure: Problem | None = None
    while True:
        try:
            job = (await router.project()).alias_job
            failure = None
        except SourceError as error:
            job, failure = None, error.problem
        if job is not None and job != before and job != shown:
            _check_ours(job, target_id, before, shown)
            if job.to_deployment_id == target_id:
                shown = job
                yield job
                if job.status in ENDED:
                    return
        if clock.monotonic() >= end:
            raise SourceError(failure or _too_slow(target_id, shown))
        await clock.sleep(every_s)


async def to_the_end(
    router: OfProject,
    clock: Clock,
    target_id: str,
    *,
    before: AliasJob | None = None,
    deadline_s: float = 180.0,
    every_s: float = 1.5,
) -> AliasJob:
    """The job as it ended; errors as of :func:`progress`."""
    steps = progress(router, clock, target_id, before=before, deadline_s=deadline_s, every_s=every_s)
    last: AliasJob | None = None
    async with aclosing(steps) as jobs:
        async for job in jobs:
            last = job
    if last is None:
        raise AssertionError("progress ends with a job or raises")
    return last


def _check_ours(job: AliasJob, target_id: str, before: AliasJob | None, shown: AliasJob | None) -> None:
    """Raise if a job newer than what we knew goes somewhere else."""
    known = shown or before
    if job.to_deployment_id == target_id or known is None or job.requested_at <= known.requested_at:
        return
    raise SourceError(
        Problem(
            "refused",
            f"Another {job.kind}, to {job.to_deployment_id}, took the place of the one to {target_id}.",
            "Look at the activity of the project, then decide again.",
        )
    )


def _too_slow(target_id: str, shown: AliasJob | None) -> Problem:
    stands = f"it is {shown.status}" if shown else "Vercel shows no such job"
    return Problem(
        "timeout",
        f"The move to {target_id} has not ended in time: {stands}.",
        "Look at the project in Vercel's dashboard; Coalmine keeps reading its state.",
    )
