"""Evidence that is kept with an incident, as events of its stream: pasted text, and plots pinned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from console.event import Event
from console.readings import Millis


class EvidencePasted(Event):
    """Text that somebody brought: lines of a log, the answer of a program. Control characters and what looks
    like a secret are not in it."""

    KIND = "incident.evidence_pasted"
    person: str
    title: str
    text: str
    given: int
    """Bytes that were given; what is kept may be fewer."""
    sha256: str
    """Of the text as it is kept, in UTF-8: of the one that was given it could give a short secret away."""
    hidden: int
    """How many secrets were hidden in it."""
    cut: int
    """Bytes at the end that were over the limit and are not kept."""


class PinnedLine(BaseModel):
    """One line of a pinned plot: what was measured of a deployment and when. Times rise."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    track: str
    """``canary``, ``baseline`` or ``production``."""
    deployment_id: str
    at: list[Millis]
    value: list[str]
    """Decimal numbers in the plot's unit, one for each moment."""

    @model_validator(mode="after")
    def _paired(self) -> PinnedLine:
        if len(self.at) != len(self.value):
            raise ValueError("a moment for each value")
        return self


class EvidencePinned(Event):
    """A plot as it stood at that moment: as text, and the numbers that it was drawn from."""

    KIND = "incident.evidence_pinned"
    person: str
    metric: str
    title: str
    unit: str
    source: str
    """Where the numbers come from, as the samples say."""
    start: Millis
    """The plot's time, both ends included; what was measured may begin later or end earlier."""
    end: Millis
    lines: list[PinnedLine]
    text: list[str]
    """The plot as text, from the uppermost line on."""


def _pasted(event: EvidencePasted, who: str) -> str:
    rows = event.text.count("\n") + 1 if event.text else 0
    more = f", secrets hidden: {event.hidden}" if event.hidden else ""
    more += f", bytes cut off: {event.cut}" if event.cut else ""
    return f"{event.person} pasted “{event.title}” (lines: {rows}{more})"


def _pinned(event: EvidencePinned, who: str) -> str:
    minutes = round((event.end - event.start) / 60_000)
    tracks = " and ".join(line.track for line in event.lines)
    return f"{event.person} pinned the plot of {event.title} ({tracks}, {minutes} min)"


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {EvidencePasted: _pasted, EvidencePinned: _pinned}
"""An event in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
