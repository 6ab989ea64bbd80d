"""What every kind of event is made of."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from console.envelope import Actor, NewEvent
from console.readings import Millis


class Event(BaseModel):
    """A typed payload. Subclasses name their ``KIND`` and present ``SCHEMA``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    KIND: ClassVar[str]
    SCHEMA: ClassVar[int] = 1

    def new(self, actor: Actor, at: Millis) -> NewEvent:
        """This payload as an event to append; fields that are ``None`` are left out."""
        return NewEvent(self.KIND, self.model_dump(exclude_none=True, mode="json"), actor, at, self.SCHEMA)
