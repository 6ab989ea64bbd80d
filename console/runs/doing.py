"""What a step is handed when it is done, and what it answers: the seam between the driver and the hands.

A hand never writes to the run's own stream: the driver records what begins and what ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from console.playbooks.evaluate import Value
from console.playbooks.model import Plain, Step
from console.readings import Millis

Ended = Literal["succeeded", "failed", "no_data", "timed_out", "unknown", "ask"]
"""``unknown``: it was begun and nobody knows its end. ``ask``: a person has to say how it goes on."""


def _nobody(what: str) -> None:
    """Where nobody wants to know what is waited for."""


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt of one step, with everything filled in."""

    run_id: str
    step: Step
    fields: Mapping[str, Plain]
    """The step's own fields with every ``{{ name }}`` filled in; durations as they are written."""
    attempt: int
    """From 1."""
    names: Mapping[str, Value]
    """Parameters and what earlier steps captured, as expressions name them."""
    person: str
    """Who drives."""
    incident_id: str = ""
    deadline: Millis | None = None
    """When its time is over, absolute."""
    started_at: Millis = 0
    until: Millis | None = None
    """Of a timer: when it has run down, absolute."""
    waits: Callable[[str], None] = _nobody
    """To be told once that it waits from here on, and for what (``the approval of RB-7``): that is put down
    as waiting time, not as running time."""

    @property
    def key(self) -> str:
        """What makes its effect happen once: ``run-id/step-id/attempt``."""
        return f"{self.run_id}/{self.step.id}/{self.attempt}"


@dataclass(frozen=True, slots=True)
class Done:
    """How it ended. ``says``: for a person, one sentence."""

    ended: Ended
    says: str
    evidence: tuple[str, ...] = ()
    """Lines that are kept with it: numbers, answers, what a command said (secrets redacted already)."""
    captured: Mapping[str, Value] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    """What it made or touched: (``request``, ``RB-7``), (``flag``, key), (``message``, id)."""
    undo: str = ""
    """What would take it back, in words and with its command; offered, never done by itself."""


class StillWaits(Exception):
    """A person has to say something, and whoever drives does not stay for that: the step stays in hand, and
    is taken up again by whoever drives next. In words."""


Say = Callable[[str], None]
"""Takes a line of progress: what is waited for, which try it is. Not stored."""


class Hand(Protocol):
    """Does the steps of one kind."""

    async def would(self, task: Task) -> tuple[str, ...]:
        """What it would do, in words: every effect, who has to approve it, why not where it cannot.

        Reads only. Never raises for what a person can be told.
        """
        ...

    async def do(self, task: Task, say: Say) -> Done:
        """Do it once. May be cancelled; what it began is then looked at by :meth:`resume`."""
        ...

    async def resume(self, task: Task, say: Say) -> Done:
        """A driver died over it, or was cancelled: find out how it ended.

        An effect is never sent blindly again.
        """
        ...
