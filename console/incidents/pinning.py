"""A plot pinned to an incident: of which deployments, and the event that keeps it. Pure but for reading the
samples, which loses and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console import events
from console.canary.catalogue import Metric
from console.canary.stages import Release
from console.envelope import Recorded
from console.incidents.evidence_happened import EvidencePinned
from console.incidents.incident import Incident
from console.incidents.plot_numbers import kept_line, plotted_of
from console.incidents.plot_text import plot_text
from console.incidents.rules import refused
from console.keeping import metric_key
from console.outcome import Outcome
from console.ports import Samples
from console.readings import Millis
from console.series import MeasuredSeries

MOST_MINUTES = 60
"""So far back a plot reaches: as far as lines are kept parsed."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """Which deployments a plot compares: (``canary``, its id) and so on."""

    named: tuple[tuple[str, str], ...]


def tracks_of(incident: Incident, release: Release | None, story: Sequence[Recorded]) -> Tracks:
    """Canary and baseline of the release that is linked to the incident, else of the newest one.

    ``story``: the stream of the linked release, which knows the baseline of one that is over.
    """
    linked = incident.linked("release")
    newest = release.canary.id if release is not None and release.canary is not None else ""
    canary = linked[-1] if linked else newest
    baseline = ""
    if release is not None and canary == newest and release.baseline is not None:
        baseline = release.baseline.id
    else:
        baseline = _baseline_of(canary, story)
    named = (("canary", canary), ("baseline", baseline))
    return Tracks(tuple((track, name) for track, name in named if name))


def _baseline_of(canary: str, story: Sequence[Recorded]) -> str:
    for one in reversed(story):
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.ReleaseSeen) and event.canary_id == canary:
            return event.baseline_id
    return ""


def pinned(
    samples: Samples,
    scope: str,
    person: str,
    metric: Metric,
    tracks: Tracks,
    start: Millis,
    end: Millis,
) -> EvidencePinned | Outcome:
    """What was measured from ``start`` to ``end``, as an event with its text; refused where nothing was."""
    series = MeasuredSeries(samples, scope)
    lines, sources = [], set()
    for track, deployment_id in tracks.named:
        points = [one for one in series.line(metric, deployment_id, end) if start <= one.at <= end]
        lines.append(kept_line(track, deployment_id, points))
        key = f"{scope}/{metric_key(metric.id, deployment_id)}"
        sources |= {one.source for one in samples.series(key, start - 1, end)}
    if not any(line.at for line in lines):
        return refused(
            f"Nothing of {metric.title} was measured in that time.",
            "A console or `coalmine watch` has to be looking while it happens; --until looks further back.",
        )
    event = EvidencePinned(
        person=person,
        metric=metric.id,
        title=metric.title,
        unit=metric.unit,
        source=", ".join(sorted(sources)),
        start=start,
        end=end,
        lines=lines,
        text=[],
    )
    return event.model_copy(update={"text": plot_text(plotted_of(event))})
