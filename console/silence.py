"""A verdict that nobody renews: it says so instead of repeating itself. Pure."""

from __future__ import annotations

from dataclasses import replace

from console.canary.stages import Release
from console.canary.verdict import MetricState, Verdict, Word
from console.readings import Millis, Rhythm


def silenced(verdict: Verdict, release: Release | None, rhythm: Rhythm | None, now: Millis) -> Verdict:
    """The judge's last word at ``now``; once nobody has judged a running release for longer than
    ``rhythm`` (the metrics source's) allows, it is ``no data``, with the last word as the reason."""
    if rhythm is None or release is None or not release.active:
        return verdict
    silent = now - verdict.judged_at
    if silent <= rhythm.stale_after_ms:
        return verdict
    said = verdict.word.value.replace("_", " ")
    reason = f"nobody has judged for {silent // 1000} s; the last word was {said}"
    stale = tuple(
        replace(m, state=MetricState.STALE, sentence="not judged any more") for m in verdict.metrics
    )
    return replace(verdict, word=Word.NO_DATA, since=verdict.judged_at, reasons=(reason,), metrics=stale)
