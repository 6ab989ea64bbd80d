"""What is asked of the Alertmanager again and again, and how it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from console.alerts.model import Alerting
from console.alerts.port import SOURCE, Alertmanager
from console.engine import Job
from console.keeping import dump
from console.ports import Clock, Sample
from console.readings import Millis

ALERTS = "alerts"
"""The key under which the newest look is kept."""


class AlertJob:
    """Keeps what fires; one that is gone from the answer is resolved."""

    def __init__(self, alertmanager: Alertmanager, clock: Clock, scope: str, every_ms: Millis) -> None:
        self._at, self._clock, self._scope, self._every_ms = alertmanager, clock, scope, every_ms

    def job(self) -> Job:
        return Job(ALERTS, SOURCE, self._every_ms, self._read)

    async def _read(self) -> Sequence[Sample]:
        seen = Alerting(await self._at.alerts(), await self._at.groups())
        now = self._clock.now()
        return [Sample(f"{self._scope}/{ALERTS}", now, now, SOURCE, dump(Alerting, seen))]
