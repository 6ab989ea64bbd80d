"""Each metric's part of the answer: state, evidence, size of the effect, time to a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from console.canary.effect import Size
from console.canary.pace import polls_left
from console.canary.recording import AnyMetric, Recording
from console.canary.statistical import Judge, JudgeState, Outlook
from console.canary.words import said
from console.envelope import Json

VerdictWord = Literal["promote", "hold", "rollback", "no_data"]
State = Literal["warming_up", "no_data", "collecting", "worse", "equivalent", "inconclusive"]


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """One metric at the end of the recording."""

    state: State
    evidence: float
    """log10 of its e-value against "not worse than tolerated"; of a culprit the highest of its epoch."""
    evidence_equal: float
    """log10 of its e-value against "worse by the margin"; a promotion needs ``log10(1 / alpha_promote)``."""
    effect: float | None
    """Canary against baseline: a factor; for a gauge the difference in its unit."""
    interval: tuple[float | None, float | None] | None
    """At all looks together, with a level of 1 - alpha."""
    eta_polls: int | None
    """Polls until a decision at this pace; ``None`` where none is in sight or it is made."""
    dispersion: float
    """phi: how much noisier than chance the tracks are taken to be."""
    sentence: str = ""

    def as_json(self) -> Json:
        """Its part of the answer's line."""
        return {
            "state": self.state,
            "evidence": round(self.evidence, 4),
            "evidence_equal": round(self.evidence_equal, 4),
            "effect": _rounded(self.effect),
            "interval": None if self.interval is None else [_rounded(one) for one in self.interval],
            "eta_polls": self.eta_polls,
            "dispersion": round(self.dispersion, 3),
            "sentence": self.sentence,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def metric_answers(
    judge: Judge, state: JudgeState, outlook: Outlook, recording: Recording
) -> dict[str, MetricAnswer]:
    """Every metric of the one release, as it stands at the end of ``outlook``."""
    return {
        metric.id: _answer(judge, state, outlook, recording, place, metric)
        for place, metric in enumerate(recording.metrics)
    }


def _answer(
    judge: Judge, state: JudgeState, outlook: Outlook, recording: Recording, place: int, metric: AnyMetric
) -> MetricAnswer:
    size, dispersion = _size(judge, state, outlook, place, recording.alpha)
    what = _state(state, outlook, place)
    left = None
    if what in ("collecting", "inconclusive"):
        share = np.log(judge.guard.sum()) if judge.guard[place] else 0.0
        line = float(outlook.line[0] + share)
        rows = state.pace[:, :, place]
        promote_line = float(np.log(1 / recording.alpha_promote))
        left = polls_left(rows, line, promote_line, _floors_left(state, recording, place))
    column = outlook.metric_worse[:, place]
    evidence = float(column.max() if what == "worse" else column[-1]) / float(np.log(10))
    interval = None if size.low is None and size.high is None else (size.low, size.high)
    sentence = said(metric, what, size, left, recording.poll_seconds, _missing(state, recording, place))
    equal = float(outlook.metric_promote[-1, place]) / float(np.log(10))
    return MetricAnswer(what, evidence, equal, size.value, interval, left, dispersion, sentence)


def _state(state: JudgeState, outlook: Outlook, place: int) -> State:
    if state.worse[place]:
        return "worse"
    if outlook.no_data[-1, place]:
        return "no_data"
    if outlook.warming[-1, 0]:
        return "warming_up"
    if outlook.equivalent[-1, place] and not outlook.gap[-1, place]:
        return "equivalent"
    return "inconclusive" if outlook.floors[-1, place] else "collecting"


def _size(judge: Judge, state: JudgeState, outlook: Outlook, place: int, alpha: float) -> tuple[Size, float]:
    """Of the metric's first lane; of several categories the one whose ratio is the largest."""
    found = []
    for family, one, phi in zip(judge.families, state.lanes, outlook.dispersion, strict=True):
        for i, lane in enumerate(family.lanes):
            if lane.metric == place and lane.whole:
                found.append((family.size(i, one.effect, one.extra, float(phi[i]), alpha), float(phi[i])))
    return max(found, key=lambda each: -np.inf if each[0].value is None else abs(each[0].value))


def _floors_left(state: JudgeState, recording: Recording, place: int) -> float:
    seen = max(1, int(state.age[0]) - recording.warmup_polls)
    left = 0.0
    for have, least in (
        (state.requests[place], recording.floors.canary_requests),
        (state.expected[place], recording.floors.expected_events),
    ):
        if have < least:
            left = max(left, (least - have) / (have / seen) if have > 0 else np.inf)
    return left


def _missing(state: JudgeState, recording: Recording, place: int) -> str:
    floors = recording.floors
    if state.requests[place] < floors.canary_requests:
        return f"{state.requests[place]:,.0f} of {floors.canary_requests:,.0f} requests on the canary"
    return f"{state.expected[place]:.1f} of {floors.expected_events:g} events to be expected on the canary"
