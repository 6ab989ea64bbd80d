"""What was known when something was asked for, in lines that the request keeps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.canary.values import value_of
from console.canary.verdict import Word
from console.traffic import per_minute
from console.trend import trend
from console.world import MetricView, World

CELLS = 30
"""Of a plot in one line: half a minute each."""
MET = " requests a minute met "
WORDS = {"promote": "promote", "hold": "hold", "rollback": "ROLL BACK", "no_data": "no data"}


def plotted(view: MetricView) -> list[str]:
    """The last quarter of an hour of one metric, both tracks on one scale; nothing where nothing is known."""
    metric, found = view.metric, []
    for name, reading, line, other in (
        ("canary", view.canary, view.canary_line, view.baseline_line),
        ("baseline", view.baseline, view.baseline_line, view.canary_line),
    ):
        value = value_of(metric, reading.value)
        if value is None or not line:
            continue
        found.append(f"  {metric.title} {name:<8} {value:10.3g} {metric.unit:<3} {trend(line, other, CELLS)}")
    return found


def _met(world: World) -> list[str]:
    """How many requests whatever is complained of meets, where that is known."""
    release, rate = world.release.value, per_minute(world)
    if rate is None:
        return []
    if release is not None and release.active and release.percentage is not None:
        return [f"about {rate * release.percentage / 100:,.0f}{MET}the canary"]
    return [f"about {rate:,.0f}{MET}what serves"]


def waiting_costs(evidence: Sequence[str]) -> str:
    """What goes on while nobody answers, of a request with this evidence; empty where it is not known."""
    known = next((one for one in evidence if MET in one), "")
    return known.replace(MET, " requests a minute go on to meet ")


def evidence_of(world: World) -> tuple[str, ...]:
    """The verdict with its reasons, or that there was none; a bake's where production is watched alone."""
    release, bake, lines = world.release.value, world.bake, list[str]()
    alone = bake is not None and (release is None or not release.active)
    verdict = bake.verdict if bake is not None and alone else world.verdict
    if verdict is not None:
        against = ", against its own past" if alone else ""
        lines.append(f"the verdict: {WORDS[verdict.word.value]}{against}")
        lines += [f"  {reason}" for reason in verdict.reasons]
    if release is not None and release.active and release.percentage is not None:
        lines.append(f"the canary had {release.percentage:g} % of visitors")
    lines += _met(world)
    stale = [source.name for source in world.sources if source.state.value in ("stale", "lost")]
    if stale:
        lines.append(f"not fresh at that moment: {', '.join(stale)}")
    if verdict is None:
        lines.append("no verdict was given at that moment")
    for view in world.metrics:
        lines += plotted(view)
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Harm:
    """What the judge wants to end, and how: what it proposes."""

    deployment_id: str
    """The one that does harm."""
    verb: str
    """``abort`` while it is a canary, ``rollback`` once it serves everyone."""
    target_id: str | None = None
    """What should serve instead; the abort knows it by itself."""


def harm_of(world: World) -> Harm | None:
    """The canary that rolls, where the judge wants it to end; or what a release left, worse than its past.

    A deployment that came to serve in another way has nothing beside it that is known to be better: there a
    person chooses. Nor is one proposed that a rollback has brought back.
    """
    release, verdict, bake = world.release.value, world.verdict, world.bake
    if release is None or release.canary is None or world.release.problem is not None:
        return None
    canary = release.canary.id
    if release.active:
        wanted = verdict is not None and verdict.word is Word.ROLLBACK
        return Harm(canary, "abort") if wanted else None
    if bake is None or release.baseline is None or bake.over(world.now) or not bake.worse:
        return None
    left = bake.of.how == "completion" and bake.of.deployment_id == canary
    return Harm(canary, "rollback", release.baseline.id) if left else None
