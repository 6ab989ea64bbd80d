"""What a console knew when it was last open: drawn at once by the next, before anything heavy is loaded.

Disposable: the stores hold the truth, and take over as soon as they are open. Every value keeps the
moment at which it was true, so that the screens show its age. Who used the console, what it was
allowed to do and what it was waiting for are not kept. What was measured stands in a line of its own,
which :mod:`console.measured_last` reads after that paint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.canary.stages import Deployment, Release
from console.canary.verdict import Verdict
from console.metric_sources import the_metrics
from console.plain import made, plain
from console.readings import Millis, Reading
from console.silence import silenced
from console.world import Mode, Seen, SourceHealth, SourceState, StageMark, World


@dataclass(frozen=True, slots=True)
class LastKnown:
    """The part of a world that is worth showing again."""

    project_label: str
    ledger_place: str
    release: Reading[Release]
    deployments: Mapping[str, Deployment]
    marks: tuple[StageMark, ...]
    verdict: Verdict | None
    sources: tuple[SourceHealth, ...]
    seen: Seen | None
    """How far the ledger had been seen: what came after it is told on the return."""


def written(world: World) -> str:
    """``world`` as text to keep: a line for the first paint, and one with what was measured."""
    from console import measured_last

    kept = LastKnown(
        world.project_label,
        world.ledger_place,
        world.release,
        world.deployments,
        world.marks,
        world.verdict,
        world.sources,
        Seen(world.now, world.ledger_size) if world.ledger_size else world.seen,
    )
    return f"{json.dumps(plain(kept), separators=(',', ':'))}\n{measured_last.written(world.metrics)}"


def read(text: str, now: Millis) -> World | None:
    """The world at ``now`` as far as it was kept, but for what was measured.

    ``None`` if ``text`` is nothing this version wrote.
    """
    try:
        kept = made(LastKnown, json.loads(text.partition("\n")[0]))
    except (ValueError, KeyError, RecursionError):
        return None
    release = kept.release.value
    source = the_metrics(kept.sources)
    rhythm = None if source is None else source.rhythm
    return replace(
        nothing_known(now, Mode.READ_ONLY, kept.project_label, kept.ledger_place),
        release=kept.release,
        deployments=kept.deployments,
        marks=kept.marks,
        verdict=kept.verdict and silenced(kept.verdict, release, rhythm, now),
        sources=tuple(_asked_again(one) for one in kept.sources),
        seen=kept.seen,
    )


def _asked_again(health: SourceHealth) -> SourceHealth:
    """A source of which this console has not heard yet, whatever the last one heard."""
    if health.state is SourceState.OFF:
        return health
    return replace(health, state=SourceState.STARTING, problem=None, retry_at=None)


def nothing_known(
    now: Millis, mode: Mode, project_label: str, ledger_place: str, speed: float = 1.0
) -> World:
    """The picture of a console that has never asked anybody."""
    return World(
        now=now,
        mode=mode,
        project_label=project_label,
        ledger_place=ledger_place,
        person=Reading.missing("vercel"),
        armed=None,
        account=Reading.missing("vercel"),
        project=Reading.missing("vercel"),
        release=Reading.missing("vercel"),
        template=Reading.missing("vercel"),
        speed=speed,
    )
