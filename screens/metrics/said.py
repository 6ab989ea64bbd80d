"""What the judge said of a metric, in a word. Pure."""

from __future__ import annotations

from console.canary.verdict import MetricState, MetricVerdict

WORDS: dict[MetricState, str] = {
    MetricState.OK: "ok",
    MetricState.EQUIVALENT: "no worse",
    MetricState.WORSE: "worse",
    MetricState.WARMING_UP: "warming up",
    MetricState.COLLECTING: "collecting",
    MetricState.INCONCLUSIVE: "undecided",
    MetricState.STALE: "stale",
    MetricState.NO_DATA: "no data",
}


def left_out(one: MetricVerdict) -> bool:
    """Whether the judge goes without this metric for now though it has values; its sentence says why."""
    valued = one.evidence is not None and "–" not in (one.canary, one.baseline)
    return one.state is MetricState.NO_DATA and (valued or one.sentence.startswith("left out"))
