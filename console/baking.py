"""Watches production against its own past after a change: asks, keeps, judges, records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from console import events
from console.bake import HOUR_MS, Bake, BakeTerms, Baking, hours_of
from console.bake_begin import changed, is_new, last_begun, last_word, stream_of
from console.canary.catalogue import Catalogue, Metric
from console.canary.measures import SHARED, Measure, Window
from console.canary.own_past import Piece, Span
from console.effect import Offload
from console.engine import Job
from console.envelope import Actor
from console.keeping import BAKE, bake_past_key, bake_seen_key, dump, load
from console.polling import HostJobs, Intervals, measure_all
from console.ports import (
    Clock,
    Fenced,
    Ledger,
    LedgerConflict,
    ManyAtOnce,
    MetricsSource,
    Sample,
    Samples,
)
from console.readings import Millis, Rhythm

PAST_PIECE_MS: Millis = 5 * 60_000
COARSE_PIECE_MS: Millis = 15 * 60_000
"""Of a source that answers one question at a time, which may have a quota."""
RUN_UP, RUN_UP_MS, RUN_UP_PIECE_MS = "run-up", 6 * HOUR_MS, HOUR_MS // 2
PIECES_A_POLL = 6
"""Pieces of the past asked for at each poll: nobody should wait for them."""
LONGEST_MS: Millis = 5 * 60_000
MOST_AT_ONCE = 12
"""After a silence: so many windows of the time since the change are caught up with at each poll."""


@dataclass(frozen=True, slots=True)
class PastPiece:
    """A piece of the past, of the span called ``name``."""

    name: str
    piece: Piece


@dataclass(frozen=True, slots=True)
class BakePast:
    """What was read of a bake's past so far."""

    of: Baking
    pieces: tuple[PastPiece, ...] = ()


@dataclass(slots=True)
class _Carried:
    """One bake's pieces, each read from the store once."""

    of: Baking
    seen: list[Piece] = field(default_factory=list)
    past: list[PastPiece] = field(default_factory=list)


class BakeJob:
    """Asks for production as a whole: the parts of all its deployments together."""

    def __init__(
        self,
        source: MetricsSource,
        samples: Samples,
        ledger: Ledger,
        clock: Clock,
        scope: str,
        actor: Actor,
        offload: Offload,
        fence: Callable[[], int | None],
        every: Intervals,
        host: HostJobs,
        catalogue: Catalogue,
        terms: BakeTerms,
    ) -> None:
        self._source, self._samples, self._ledger, self._clock = source, samples, ledger, clock
        self._scope, self._actor, self._offload, self._fence = scope, actor, offload, fence
        self._every, self._host, self._terms = every, host, terms
        self._rhythm = Rhythm.of(every.metrics, sample_every_ms=every.scrape)
        self._catalogue = catalogue
        self._carried: _Carried | None = None
        self._ended: Baking | None = None
        """The bake whose last word has been said."""

    def job(self) -> Job:
        """For those who watch: a command that looks once reads what they found."""
        every, name = self._every.metrics, self._source
        return Job(BAKE, lambda: name.name, every, self._read, self._judge, watching_only=True)

    # --- asking ----------------------------------------------------------------------------------

    async def _read(self) -> Sequence[Sample]:
        now = self._clock.now()
        baking = await self._offload(lambda: self._baking(now))
        if baking is None or baking == self._ended:
            self._carried = None
            return ()
        if self._carried is None or self._carried.of != baking:
            self._carried = await self._offload(lambda: self._kept(baking))
        ids = self._deployments(baking)
        return [*await self._since(self._carried, ids, now), *await self._past(self._carried, ids)]

    def _baking(self, now: Millis) -> Baking | None:
        """The bake in force; one that begins now is recorded. Blocking."""
        project = self._host.project
        if project is None or project.serving_id is None or not self._terms.length_ms:
            return None
        release = self._host.release
        if release is not None and release.active:
            return None
        change = changed(project, release, self._host.listed, self._terms.length_ms)
        stream = stream_of(project.serving_id)
        story = self._ledger.read(stream=stream)
        before = last_begun(story)
        if change is None or not is_new(change, before):
            return before
        if now >= change.until or self._fence() is None:
            return None  # over before anybody looked
        event = events.BakeBegan(
            deployment_id=change.deployment_id,
            since=change.since,
            until=change.until,
            how=change.how,
            past_until=change.past_until,
        )
        try:
            self._ledger.append(stream, story[-1].version if story else 0, [event.new(self._actor, now)])
        except LedgerConflict:
            return None  # the next poll looks again
        return change

    def _kept(self, baking: Baking) -> _Carried:
        """What an earlier process had of it. Blocking."""
        carried, name = _Carried(baking), baking.deployment_id
        key = f"{self._scope}/{bake_seen_key(name)}"
        for sample in self._samples.series(key, baking.since, self._clock.now()):
            piece = load(Piece, sample.body)
            if piece is not None and piece.start >= baking.since:
                carried.seen.append(piece)
        key = f"{self._scope}/{bake_past_key(name)}"
        good, _ = self._samples.latest(key).get(key, (None, None))
        past = load(BakePast, good.body) if good else None
        if past is not None and past.of == baking:
            carried.past += past.pieces
        return carried

    def _deployments(self, baking: Baking) -> tuple[str, ...]:
        """All that may have been production: those listed, of the last release, and of the last move."""
        release, project = self._host.release, self._host.project
        job = project.alias_job if project is not None else None
        moved = (job.from_deployment_id, job.to_deployment_id) if job is not None else ()
        tracks = (release.baseline, release.canary) if release is not None else ()
        listed = (one.deployment.id for one in self._host.listed)
        named = (baking.deployment_id, *(one.id for one in tracks if one is not None), *moved, *listed)
        return tuple(dict.fromkeys(one for one in named if one))

    async def _since(self, carried: _Carried, ids: Sequence[str], now: Millis) -> list[Sample]:
        """What production did since the last piece, in pieces that are not too long."""
        scrape = self._every.scrape
        settled = min(now - scrape, await self._source.settled(ids, now), carried.of.until)
        start = carried.seen[-1].end if carried.seen else -(-carried.of.since // scrape) * scrape
        end = settled // scrape * scrape
        found: list[Sample] = []
        while start < end and len(found) < MOST_AT_ONCE:
            stop = min(end, start + LONGEST_MS)
            piece = await self._piece(ids, Window(start, stop), self._metrics())
            carried.seen.append(piece)
            key = f"{self._scope}/{bake_seen_key(carried.of.deployment_id)}"
            found.append(Sample(key, stop, stop, self._source.name, dump(Piece, piece)))
            start = stop
        return found

    async def _past(self, carried: _Carried, ids: Sequence[str]) -> list[Sample]:
        """A few more pieces of the past."""
        done = {(one.name, one.piece.start) for one in carried.past}
        missing = [one for one in self._plan(carried.of) if (one[0], one[1].start) not in done]
        for name, window in missing[:PIECES_A_POLL]:
            metrics = self._burning() if name == RUN_UP else self._metrics()
            carried.past.append(PastPiece(name, await self._piece(ids, window, metrics)))
        if not missing:
            return []
        now, key = self._clock.now(), f"{self._scope}/{bake_past_key(carried.of.deployment_id)}"
        body = dump(BakePast, BakePast(carried.of, tuple(carried.past)))
        return [Sample(key, now, now, self._source.name, body)]

    def _plan(self, baking: Baking) -> list[tuple[str, Window]]:
        """The past in the order in which it is asked for: the hour before comes first."""
        size = PAST_PIECE_MS if isinstance(self._source, ManyAtOnce) else COARSE_PIECE_MS
        spans = [(name, *span, size) for name, span in hours_of(baking).items()]
        spans.append((RUN_UP, baking.since - RUN_UP_MS, baking.since, RUN_UP_PIECE_MS))
        return [
            (name, Window(begin, begin + size))
            for name, start, end, size in spans
            for begin in range(start, end, size)
        ]

    def _metrics(self) -> tuple[Metric, ...]:
        from console.canary.bake_judge import compared

        asked = self._catalogue.asked if isinstance(self._source, ManyAtOnce) else self._catalogue.headline
        return tuple(one for one in compared(asked) if self._source.lacks(one) is None)

    def _burning(self) -> tuple[Metric, ...]:
        return tuple(one for one in self._metrics() if one.required and one.kind == "ratio")

    async def _piece(self, ids: Sequence[str], window: Window, metrics: Sequence[Metric]) -> Piece:
        whole = [replace(metric, split=False, by=None) for metric in metrics]
        found = await measure_all(self._source, whole, ids, window)
        measures: dict[str, Measure | None] = {one.id: found[one.id].get(SHARED) for one in whole}
        return Piece(window.start, window.end, measures)

    # --- judging ---------------------------------------------------------------------------------

    async def _judge(self) -> None:
        carried, fence = self._carried, self._fence()
        if carried is None or fence is None:
            return
        key = f"{self._scope}/{BAKE}"
        before = await self._offload(lambda: self._before(key))
        now = self._clock.now()
        bake = await asyncio.to_thread(self._judged, carried, now, before)
        sample = Sample(key, now, now, "judge", dump(Bake, bake))
        try:
            await self._offload(lambda: self._samples.record([sample], fence))
        except Fenced:
            return
        await self._offload(lambda: self._record(bake))
        if bake.over(now) and bake.read >= bake.to_read and self._up_to_date(carried, now):
            self._ended = carried.of

    def _judged(self, carried: _Carried, now: Millis, before: Bake | None) -> Bake:
        from console.canary.bake_judge import Seen, judged

        plan = self._plan(carried.of)
        spans = {name: list[Piece]() for name in hours_of(carried.of)}
        run_up = []
        for one in carried.past:
            if one.name == RUN_UP:
                run_up.append(one.piece)
            elif any(measure is not None for measure in one.piece.measures.values()):
                spans[one.name].append(one.piece)
        seen = Seen(
            carried.seen,
            [Span(name, pieces) for name, pieces in spans.items()],
            run_up,
            self._up_to_date(carried, now),
            len(carried.past),
            len(plan),
            sum(one.name != RUN_UP for one in carried.past) == sum(name != RUN_UP for name, _ in plan),
        )
        return judged(carried.of, seen, self._metrics(), self._terms, now, before)

    def _up_to_date(self, carried: _Carried, now: Millis) -> bool:
        """Whether the newest piece is as new as it should be; its first one may still be coming."""
        end = carried.seen[-1].end if carried.seen else carried.of.since
        return min(now, carried.of.until) - end <= self._rhythm.stale_after_ms

    def _before(self, key: str) -> Bake | None:
        good, _ = self._samples.latest(key).get(key, (None, None))
        return load(Bake, good.body) if good else None

    def _record(self, bake: Bake) -> None:
        stream, verdict = stream_of(bake.of.deployment_id), bake.verdict
        story = self._ledger.read(stream=stream)
        before = last_word(story, bake.of.since)
        if verdict.word.value in (before, "hold" if before == "none" else before):
            return  # that it began to bake has been recorded
        event = events.BakeJudged(
            deployment_id=bake.of.deployment_id,
            word=verdict.word.value,
            before=before,
            since=verdict.since,
            reasons=list(verdict.reasons),
        )
        try:
            new = event.new(self._actor, self._clock.now())
            self._ledger.append(stream, story[-1].version if story else 0, [new])
        except LedgerConflict:
            return  # the next poll records it
