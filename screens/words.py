"""Verdicts and metric states as glyph, word and tone."""

from __future__ import annotations

from console.canary.verdict import MetricState, Word
from screens.paint import Tone

VERDICTS: dict[Word, tuple[str, str, Tone]] = {
    Word.PROMOTE: ("✓", "PROMOTE", "good"),
    Word.HOLD: ("●", "HOLD", "caution"),
    Word.ROLLBACK: ("▼", "ROLL BACK", "worse"),
    Word.NO_DATA: ("?", "NO DATA", "quiet"),
}

METRICS: dict[MetricState, tuple[str, Tone]] = {
    MetricState.OK: ("✓", "good"),
    MetricState.WORSE: ("!", "worse"),
    MetricState.EQUIVALENT: ("≈", "good"),
    MetricState.WARMING_UP: ("◔", "quiet"),
    MetricState.COLLECTING: ("…", "quiet"),
    MetricState.INCONCLUSIVE: ("∼", "quiet"),
    MetricState.STALE: ("⧗", "caution"),
    MetricState.NO_DATA: ("?", "quiet"),
}
