"""By what a release is judged, as the settings say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from console.canary.catalogue import Metric
from console.canary.limits import Rules
from console.readings import Millis

if TYPE_CHECKING:
    from console.canary.live_recording import Terms

JudgeKind = Literal["both", "statistical", "limits"]


@dataclass(frozen=True, slots=True)
class JudgingTerms:
    """Which judge decides (see ``[judge]``), and the terms of both."""

    kind: JudgeKind
    rules: Rules
    alpha: float = 0.05
    alpha_promote: float = 0.05
    warmup_s: float = 180.0

    def statistical(self, metrics: Iterable[Metric], poll_ms: Millis) -> Terms:
        """The statistical judge's terms; the absolute limits hold for it, too."""
        from console.canary.live_recording import Terms

        most = {}
        for metric in metrics:
            limit = self.rules.limits.get(metric.id)
            if limit is not None and limit.max is not None:
                most[metric.id] = limit.max / metric.factor
        return Terms(self.alpha, self.alpha_promote, round(self.warmup_s * 1000), poll_ms, most)
