"""Our own probes of both deployments: what is asked of them, and how the answers are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from console.canary.headline import PROBED
from console.canary.measures import Ratio
from console.canary.stages import Release
from console.engine import Job
from console.keeping import Alive, Measured, dump, metric_key
from console.ports import Clock, Sample
from console.readings import Millis

SOURCE = "probes"
"""The source's name, and the key under which it says that it lives."""
MAX_WINDOW_MS: Millis = 5 * 60_000


class Prober(Protocol):
    """Sends requests to single deployments, which only look."""

    async def probe(self, deployment_ids: Sequence[str]) -> Mapping[str, Ratio]:
        """How many of the requests to each failed. Raises :class:`console.ports.SourceError` where nobody
        answers at all (that says nothing about a deployment), or the requests are kept out."""
        ...


class ProbeJob:
    """Probes the tracks of the present release, and keeps what came of it as a metric of its own."""

    def __init__(
        self,
        prober: Prober,
        clock: Clock,
        scope: str,
        every_ms: Millis,
        release: Callable[[], Release | None],
    ) -> None:
        self._prober, self._clock, self._scope = prober, clock, scope
        self._every_ms, self._release = every_ms, release
        self._last_end: Millis | None = None

    def job(self) -> Job:
        return Job(SOURCE, SOURCE, self._every_ms, self._read)

    async def _read(self) -> Sequence[Sample]:
        release = self._release()
        tracks = (release.baseline, release.canary) if release is not None and release.active else ()
        ids = [one.id for one in tracks if one is not None]
        found = await self._prober.probe(ids) if ids else {}
        now, last = self._clock.now(), self._last_end
        start = last if last is not None and 0 < now - last <= MAX_WINDOW_MS else now - self._every_ms
        self._last_end = now
        alive = Sample(f"{self._scope}/{SOURCE}", now, now, SOURCE, dump(Alive, Alive()))
        return [
            *(
                Sample(
                    f"{self._scope}/{metric_key(PROBED, one)}",
                    now,
                    now,
                    SOURCE,
                    dump(Measured, Measured(start, now, now, ratio)),
                )
                for one, ratio in found.items()
            ),
            alive,
        ]
