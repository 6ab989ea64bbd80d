"""A whole recording judged: the incremental judge, fed to the recording's end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from console.canary.answers import MetricAnswer, State, VerdictWord, metric_answers
from console.canary.recording import Recording
from console.canary.statistical import NO_DATA, PROMOTE, ROLLBACK, Judge, JudgeState, Outlook
from console.canary.words import lasting
from console.envelope import Json

WORDS: tuple[VerdictWord, ...] = ("promote", "hold", "rollback", "no_data")

__all__ = ["Answer", "MetricAnswer", "State", "VerdictWord", "judge_recording"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on a recording; the JSON answer of ``coalmine judge``."""

    id: str
    verdict: VerdictWord
    decided_at: int | None
    """The first poll with ``rollback``; or, if the verdict is ``promote``, the first with that."""
    evidence: float
    """log10 of the e-value against "nothing is worse": the highest of the epoch in which it was decided."""
    line: float
    """The decision line of that epoch."""
    culprits: tuple[str, ...]
    reasons: tuple[str, ...]
    flags: tuple[str, ...]
    metrics: Mapping[str, MetricAnswer]
    trace: tuple[VerdictWord, ...] | None = None
    """The verdict at every poll, where it was asked for."""
    trace_evidence: tuple[float, ...] | None = None

    def as_json(self) -> Json:
        """The answer's line."""
        found: Json = {
            "id": self.id,
            "verdict": self.verdict,
            "decided_at": self.decided_at,
            "evidence": round(self.evidence, 4),
            "line": round(self.line, 4),
            "culprits": list(self.culprits),
            "reasons": list(self.reasons),
            "flags": list(self.flags),
            "metrics": {name: one.as_json() for name, one in self.metrics.items()},
        }
        if self.trace is not None and self.trace_evidence is not None:
            found["trace"] = list(self.trace)
            found["trace_evidence"] = [round(one, 4) for one in self.trace_evidence]
        return found


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One epoch: from which poll on, what the judge made of it, and what it knew at its end."""

    start: int
    outlook: Outlook
    state: JudgeState


def judge_recording(recording: Recording, *, trace: bool = False) -> Answer:
    """Judge ``recording`` to its end, poll by poll. Raises :class:`BadRecording` where it contradicts itself.

    ``rollback`` if any poll gave it, else the verdict of the last poll; ``no_data`` without polls.
    """
    judge = Judge([recording])
    if recording.polls == 0:
        nothing: tuple[()] | None = () if trace else None
        return Answer(
            recording.id, "no_data", None, 0.0, 0.0, (), ("there is no poll",), (), {}, nothing, nothing
        )
    stretches = list(_stretches(judge, recording))
    verdicts = np.concatenate([one.outlook.verdict[:, 0] for one in stretches])
    evidence = np.concatenate([one.outlook.evidence[:, 0] for one in stretches]) / np.log(10)
    bad = next((one for one in stretches if (one.outlook.verdict[:, 0] == ROLLBACK).any()), None)
    final = ROLLBACK if bad is not None else int(verdicts[-1])
    telling = bad if bad is not None else stretches[-1]
    decided = int(np.argmax(verdicts == final)) if final in (ROLLBACK, PROMOTE) else None
    shown = telling.outlook.evidence[:, 0]
    metrics = metric_answers(judge, stretches[-1].state, stretches[-1].outlook, recording)
    names = [metric.id for metric in recording.metrics]
    blamed = {name for one in stretches for name, worse in zip(names, one.state.worse, strict=True) if worse}
    culprits = tuple(name for name in names if name in blamed) if final == ROLLBACK else ()
    return Answer(
        id=recording.id,
        verdict=WORDS[final],
        decided_at=decided,
        evidence=float(shown.max() if final == ROLLBACK else shown[-1]) / float(np.log(10)),
        line=float(telling.outlook.line[0]) / float(np.log(10)),
        culprits=culprits,
        reasons=_reasons(judge, recording, stretches, final, decided, culprits, metrics),
        flags=_flags(stretches),
        metrics=metrics,
        trace=tuple(WORDS[int(one)] for one in verdicts) if trace else None,
        trace_evidence=tuple(float(one) for one in evidence) if trace else None,
    )


def _stretches(judge: Judge, recording: Recording) -> Iterator[_Stretch]:
    state, whole = judge.begin(), judge.block([recording])
    cuts = sorted({epoch.poll for epoch in recording.epochs if 0 < epoch.poll < recording.polls})
    for start, stop in zip([0, *cuts], [*cuts, recording.polls], strict=True):
        state, outlook = judge.step(state, whole.part(start, stop, np.array([start > 0])))
        yield _Stretch(start, outlook, state)


def _reasons(
    judge: Judge, recording: Recording, stretches: list[_Stretch], final: int, decided: int | None,
    culprits: tuple[str, ...], metrics: Mapping[str, MetricAnswer],
) -> tuple[str, ...]:  # fmt: skip
    last = stretches[-1]
    guards = [m.id for m in recording.metrics if m.role == "guard"]
    if final == ROLLBACK and decided is not None:
        found = [f"{name}: {metrics[name].sentence}" for name in culprits if metrics[name].state == "worse"]
        when = lasting(decided + 1, recording.poll_seconds)
        found.append(f"{', '.join(culprits)} worse beyond doubt {when} after the start, at poll {decided}")
        if not last.state.crossed[0]:
            why = next((e.why for e in recording.epochs if e.poll == last.start), "")
            found.append(
                f"a new epoch began at poll {last.start}{f' ({why})' if why else ''}: not seen worse since"
            )
        return tuple(found)
    if final == NO_DATA:
        blind = [name for name in guards if metrics[name].state == "no_data"]
        return tuple(f"{name}: {metrics[name].sentence}" for name in blind) or ("no metric may decide",)
    if final == PROMOTE:
        return tuple(f"{name}: {metrics[name].sentence}" for name in guards)
    return _holding(judge, last, guards, metrics)


def _holding(
    judge: Judge, last: _Stretch, guards: list[str], metrics: Mapping[str, MetricAnswer]
) -> tuple[str, ...]:
    found = [f"{name}: {metrics[name].sentence}" for name in guards if metrics[name].state != "equivalent"]
    for bound, values in zip(judge.bounds, last.outlook.bounds, strict=True):
        value, guard = values[-1], bound.guard
        if np.isnan(value):
            found.append(f"{guard.metric}: its absolute guard has no data")
        elif guard.max is not None and value > guard.max:
            found.append(
                f"{guard.metric}: {value:.4g} on the canary, over its absolute guard of {guard.max:g}"
            )
        elif guard.min is not None and value < guard.min:
            found.append(
                f"{guard.metric}: {value:.4g} on the canary, under its absolute guard of {guard.min:g}"
            )
    if bool(last.outlook.gap[-1].any()):
        found.append("the newest poll is missing: nothing is promoted on what is not known")
    return tuple(found) or ("not long enough at this stage",)


def _flags(stretches: list[_Stretch]) -> tuple[str, ...]:
    for one in stretches:
        if one.outlook.split.any():
            at = one.start + int(np.argmax(one.outlook.split[:, 0]))
            return (
                f"the traffic is not split as configured (seen at poll {at}): skew, bots, sticky visitors?",
            )
    return ()
