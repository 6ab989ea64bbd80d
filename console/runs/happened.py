"""What happens in the run of a playbook, as events. Their stream is ``run:ID``.

The playbook itself is kept once under its digest, on a stream of its own (``playbook:SHA256``): a run needs
no file any more, and a hundred runs of one playbook keep one copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field

from console.event import Event
from console.readings import Millis

STREAM = "run:"
PINNED = "playbook:"

EndWord = Literal["succeeded", "failed", "no_data", "timed_out", "unknown", "ask"]


def stream_of(run_id: str) -> str:
    """The stream on which all meet who have to do with one run: exactly one of several gets a step begun."""
    return f"{STREAM}{run_id}"


def pinned_at(sha256: str) -> str:
    """The stream that holds the text of one playbook, in one event."""
    return f"{PINNED}{sha256}"


class PlaybookKept(Event):
    """The text of a playbook as it was when a run of it began. Stream ``playbook:SHA256``."""

    KIND = "playbook.kept"
    sha256: str
    """Of the text in UTF-8: of the very bytes of the file."""
    text: str


class RunStarted(Event):
    """A run has begun: from here on nothing of its playbook and its parameters changes."""

    KIND = "run.started"
    run_id: str
    playbook: str
    version: int
    title: str
    path: str
    sha256: str
    person: str
    params: dict[str, str]
    """By name, each as JSON: numbers of a playbook need not be whole."""
    project_id: str = ""
    incident_id: str = ""
    parent: str = ""
    """Of one that a step of another run began: that step's key, ``run-id/step-id/attempt``."""
    concurrency: str = ""
    """Runs with the same one do not run at once."""
    deadline: Millis | None = None
    """When the playbook's own time is over."""


class DriverTook(Event):
    """Somebody drives from here on, in this one session; nobody else begins a step."""

    KIND = "run.driver_took"
    person: str
    session: str
    how: Literal["start", "resume", "handed_over", "taken_over"]
    why: str = ""


class DriverHandedOver(Event):
    """Whoever drives asks somebody to go on; they let go once the step in hand has ended."""

    KIND = "run.handed_over"
    person: str
    to: str


class DriverLetGo(Event):
    """Nobody drives any more; a step that waits goes on waiting."""

    KIND = "run.let_go"
    person: str
    session: str
    why: str


class StepBegan(Event):
    """A step is about to be done. Whoever appends this, and nobody else, does it."""

    KIND = "run.step_began"
    person: str
    step: str
    attempt: int
    """From 1, counted over the whole run: ``run-id/step-id/attempt`` is never given twice."""
    origin: str = ""
    """The step that led here, ``""`` of the first and where it is tried again."""
    way: str = ""
    """By which way: ``start``, ``next``, ``on_fail`` …, the label of an option; ``retry``."""
    deadline: Millis | None = None
    """When its time is over."""
    until: Millis | None = None
    """Of a timer: when it has run down."""


class StepWaits(Event):
    """The step waits for somebody or something from here on: that is no running time."""

    KIND = "run.step_waits"
    step: str
    attempt: int
    what: str


class StepEnded(Event):
    """How a step ended, as its hand says."""

    KIND = "run.step_ended"
    step: str
    attempt: int
    ended: EndWord
    says: str
    evidence: list[str] = Field(default_factory=list)
    captured: dict[str, str] = Field(default_factory=dict)
    """By name, each as JSON."""
    links: list[list[str]] = Field(default_factory=list)
    """Pairs: what kind of thing, and its name."""
    undo: str = ""


class StepSkipped(Event):
    """A step is left out. That is no success."""

    KIND = "run.step_skipped"
    person: str
    step: str
    how: Literal["person", "condition"]
    why: str
    origin: str = ""
    way: str = ""


class StepAnswered(Event):
    """What a person said to a step that asked: the option they chose, or that it is done."""

    KIND = "run.answered"
    person: str
    step: str
    attempt: int
    choice: str
    evidence: str = ""


class StepSettled(Event):
    """A person found out how a step ended whose end nobody knew."""

    KIND = "run.settled"
    person: str
    step: str
    attempt: int
    ended: Literal["succeeded", "failed"]
    why: str


class StepRetried(Event):
    """A person wants a step that did not succeed to be tried again."""

    KIND = "run.retried"
    person: str
    step: str
    why: str = ""


class RunPaused(Event):
    """It does not go on until a person says how."""

    KIND = "run.paused"
    step: str = ""
    why: str


class RunGoesOn(Event):
    """A person wants it to go on although its time is over, or although it was paused."""

    KIND = "run.goes_on"
    person: str
    why: str = ""


class RunEnded(Event):
    """It has come to its end."""

    KIND = "run.ended"
    state: Literal["succeeded", "failed"]
    says: str


class RunAborted(Event):
    """A person ended it before its time."""

    KIND = "run.aborted"
    person: str
    why: str


def _why(why: str) -> str:
    return f": {why}" if why.strip() else ""


_ENDED: Mapping[str, str] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "no_data": "had no data",
    "timed_out": "ran out of time",
    "unknown": "ended, NOBODY KNOWS HOW",
    "ask": "has to be decided by a person",
}

_TOOK: Mapping[str, str] = {
    "start": "drives it",
    "resume": "drives on",
    "handed_over": "drives on, as was asked",
    "taken_over": "TOOK OVER and drives on",
}


def _started(event: RunStarted, who: str) -> str:
    within = f" as a part of {event.parent}" if event.parent else ""
    about = f" in {event.incident_id}" if event.incident_id else ""
    return (
        f"{event.person} started {event.run_id}: {event.title} "
        f"({event.playbook}, version {event.version}, {event.sha256[:8]}){about}{within}"
    )


def _began(event: StepBegan, who: str) -> str:
    again = f", try {event.attempt}" if event.attempt > 1 else ""
    return f"step {event.step} began{again}"


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {
    PlaybookKept: lambda e, who: f"a playbook was kept as {e.sha256[:8]}",
    RunStarted: _started,
    DriverTook: lambda e, who: f"{e.person} {_TOOK[e.how]}{_why(e.why)}",
    DriverHandedOver: lambda e, who: f"{e.person} asks {e.to} to drive on",
    DriverLetGo: lambda e, who: f"{e.person} drives no more{_why(e.why)}",
    StepBegan: _began,
    StepWaits: lambda e, who: f"step {e.step} waits for {e.what}",
    StepEnded: lambda e, who: f"step {e.step} {_ENDED[e.ended]}: {e.says}",
    StepSkipped: lambda e, who: (
        f"{e.person} SKIPPED step {e.step}: {e.why}"
        if e.how == "person"
        else f"step {e.step} was left out: {e.why}"
    ),
    StepAnswered: lambda e, who: (
        f"{e.person} answered step {e.step}: {e.choice}{f' ({e.evidence})' if e.evidence else ''}"
    ),
    StepSettled: lambda e, who: f"{e.person} found that step {e.step} {e.ended}: {e.why}",
    StepRetried: lambda e, who: f"{e.person} wants step {e.step} to be tried again{_why(e.why)}",
    RunPaused: lambda e, who: f"paused{f' at step {e.step}' if e.step else ''}: {e.why}",
    RunGoesOn: lambda e, who: f"{e.person} wants it to go on{_why(e.why)}",
    RunEnded: lambda e, who: f"the run {e.state}: {e.says}",
    RunAborted: lambda e, who: f"{e.person} ABORTED the run: {e.why}",
}
"""An event of a run in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
