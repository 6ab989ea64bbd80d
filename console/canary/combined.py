"""Both judges' words made one. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word

Kind = Literal["both", "statistical", "limits"]
LIMITS, STATISTICAL, BOTH = "limits", "statistical", "both"


def combined(statistical: Verdict, limits: Verdict, previous: Verdict | None) -> Verdict:
    """Rollback if either says so; everything else is the statistical judge's word.

    A rollback by the limits stays until the statistical judge finds the canary as good as the baseline, or a
    new epoch begins: checks that turn good again for a moment must not turn the verdict to and fro.
    """
    alarmed = limits.word is Word.ROLLBACK
    stands = not alarmed and _still_alarmed(statistical, previous)
    if statistical.word is Word.ROLLBACK:
        judge = BOTH if alarmed else STATISTICAL
        more = _named(limits.reasons, "limits") if alarmed else ()
        found = replace(statistical, judge=judge, reasons=(*statistical.reasons, *more))
        return _since(_marked(found, limits) if alarmed else found, previous)
    if alarmed:
        found = replace(
            statistical, word=Word.ROLLBACK, judge=LIMITS, reasons=_named(limits.reasons, "limits")
        )
        return _since(_marked(found, limits), previous)
    if stands and previous is not None:
        at = datetime.fromtimestamp(previous.since / 1000).astimezone()
        reason = (
            f"over the limits at {at:%H:%M}; that stands until the statistical judge finds the canary "
            "as good as the baseline"
        )
        found = replace(statistical, word=Word.ROLLBACK, judge=LIMITS, reasons=(reason, *statistical.reasons))
        return _since(found, previous)
    return _since(statistical, previous)


def unproven(limits: Verdict, previous: Verdict | None) -> Verdict:
    """The limits' word where the statistical judge has nothing yet: never a promotion."""
    if limits.word is not Word.PROMOTE:
        return limits
    reason = "the statistical judge has no poll of this release yet"
    return _since(replace(limits, word=Word.HOLD, reasons=(reason,)), previous)


def _still_alarmed(statistical: Verdict, previous: Verdict | None) -> bool:
    if previous is None or previous.word is not Word.ROLLBACK or previous.judge not in (LIMITS, BOTH):
        return False
    return previous.epoch == statistical.epoch and statistical.word is not Word.PROMOTE


def _named(reasons: tuple[str, ...], judge: str) -> tuple[str, ...]:
    return tuple(f"{reason} ({judge})" for reason in reasons)


def _marked(verdict: Verdict, limits: Verdict) -> Verdict:
    """With what the limits say of the metrics that are over them, first."""
    bad = {one.metric_id: one for one in limits.metrics if one.state is MetricState.WORSE}

    def shown(one: MetricVerdict) -> MetricVerdict:
        over = bad.get(one.metric_id)
        if over is None or one.state is MetricState.WORSE:
            return one
        return replace(one, state=MetricState.WORSE, sentence=f"{over.sentence} (limits)")

    known = {one.metric_id for one in verdict.metrics}
    metrics = [*map(shown, verdict.metrics), *(one for name, one in bad.items() if name not in known)]
    return replace(
        verdict, metrics=tuple(sorted(metrics, key=lambda one: one.state is not MetricState.WORSE))
    )


def _since(verdict: Verdict, previous: Verdict | None) -> Verdict:
    same = previous is not None and previous.word is verdict.word
    return replace(verdict, since=previous.since if same and previous is not None else verdict.judged_at)
