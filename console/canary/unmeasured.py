"""Metrics that the source in use can never give: said in the verdict, and never passed over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from console.canary.catalogue import Metric
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word


def with_unmeasured(
    verdict: Verdict, lacking: Sequence[tuple[Metric, str]], before: Verdict | None
) -> Verdict:
    """``verdict`` with the required metrics that are not measured, each with the reason.

    The others may still say ``rollback``. Without one that is required nothing says ``promote``: then it is
    ``hold``, and a person decides.
    """
    needed = [(metric, why) for metric, why in lacking if metric.required]
    if not needed:
        return verdict
    blind = tuple(
        MetricVerdict(metric.id, metric.title, MetricState.NO_DATA, "–", "–", "", f"not measured: {why}")
        for metric, why in needed
    )
    verdict = replace(verdict, metrics=(*verdict.metrics, *blind))
    if verdict.word is not Word.PROMOTE:
        return verdict
    held = before.since if before is not None and before.word is Word.HOLD else verdict.judged_at
    names = " and ".join(metric.title for metric, _ in needed)
    reason = f"{names} cannot be measured by this source, so that nothing here says promote: you decide"
    return replace(verdict, word=Word.HOLD, since=held, reasons=(*verdict.reasons, reason))
