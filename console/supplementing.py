"""What stands in for the metrics that nobody measures by deployment: asked seldom, and kept apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from console.canary.catalogue import Metric
from console.canary.stages import Release
from console.engine import Job
from console.keeping import Alive, dump, together_key
from console.metric_sources import SUPPLEMENTS_EVERY_MS
from console.ports import Clock, Sample
from console.readings import Problem
from console.together import Supplement, Together, spans_of

NOT_NEEDED = "not asked: what it could say is measured by deployment already"
NO_RELEASE = "not asked: there is no release whose context it could be"
TOO_EARLY = "not asked yet: the release began less than two minutes ago"


class SupplementJob:
    """Asks one supplement for the metrics that ``unanswered`` names. It fails by itself."""

    def __init__(
        self,
        supplement: Supplement,
        clock: Clock,
        scope: str,
        release: Callable[[], Release | None],
        unanswered: Callable[[], Iterable[Metric]],
    ) -> None:
        self._supplement, self._clock, self._scope = supplement, clock, scope
        self._release, self._unanswered = release, unanswered
        self._asked: frozenset[str] = frozenset()
        self.answered: frozenset[str] = frozenset()
        """The metrics that it had when it was asked last."""

    @property
    def name(self) -> str:
        return self._supplement.name

    @property
    def behind(self) -> bool:
        """Whether there is a metric to ask for that was not asked for last time."""
        return not self._asked.issuperset(one.id for one in self._wanted())

    def job(self) -> Job:
        return Job(self.name, self.name, SUPPLEMENTS_EVERY_MS, self._read, watching_only=True)

    def _wanted(self) -> list[Metric]:
        return [one for one in self._unanswered() if self._supplement.gives(one)]

    async def _read(self) -> Sequence[Sample]:
        wanted, release, now = self._wanted(), self._release(), self._clock.now()
        canary = release.canary if release is not None else None
        self._asked = frozenset(one.id for one in wanted)
        if not wanted:
            return [self._alive(NOT_NEEDED)]
        if release is None or canary is None:
            self._asked = frozenset()
            return [self._alive(NO_RELEASE)]
        spans = spans_of(release, now)
        if spans is None:
            self._asked = frozenset()
            return [self._alive(TOO_EARLY)]
        found = await self._supplement.together(wanted, spans)
        lacks = {name: one.what for name, one in found.items() if isinstance(one, Problem)}
        kept = [
            Sample(
                f"{self._scope}/{together_key(canary.id, name)}",
                one.since.end,
                now,
                self.name,
                dump(Together, one),
            )
            for name, one in found.items()
            if isinstance(one, Together)
        ]
        self.answered = frozenset(name for name, one in found.items() if isinstance(one, Together))
        return [*kept, self._alive("", lacks)]

    def left(self, metrics: Iterable[Metric]) -> list[Metric]:
        """Those of ``metrics`` that it did not have."""
        return [one for one in metrics if one.id not in self.answered]

    def _alive(self, note: str, lacks: dict[str, str] | None = None) -> Sample:
        now = self._clock.now()
        body = dump(Alive, Alive(note, lacks or {}))
        return Sample(f"{self._scope}/{self.name}", now, now, self.name, body)
