"""What an Alertmanager must offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from console.alerts.model import Alert, Group, Matcher, Silence, Status
from console.readings import Millis

SOURCE = "alertmanager"


class Alertmanager(Protocol):
    """One Alertmanager. Reading raises :class:`console.ports.SourceError`."""

    @property
    def place(self) -> str:
        """Its address, without secrets."""
        ...

    async def status(self) -> Status: ...

    async def alerts(self, matchers: Sequence[Matcher] = ()) -> tuple[Alert, ...]:
        """The alerts that fire, silenced and inhibited ones among them, that fit every one of ``matchers``
        as the Alertmanager itself reads them."""
        ...

    async def groups(self) -> tuple[Group, ...]: ...

    async def silences(self) -> tuple[Silence, ...]:
        """All that it keeps, those that are over among them."""
        ...

    async def silence(
        self, matchers: Sequence[Matcher], starts_at: Millis, ends_at: Millis, by: str, comment: str
    ) -> str:
        """Silence them, once; the silence's id. Raises the three ``Effect…`` exceptions."""
        ...

    async def expire(self, silence_id: str) -> None:
        """End a silence, once. Raises the three ``Effect…`` exceptions."""
        ...
