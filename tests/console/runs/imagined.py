"""Runs that are only thought: a story of events with chosen times, folded as it grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from console.envelope import GENESIS, Actor, Recorded, seal
from console.event import Event
from console.playbooks.evaluate import Value
from console.playbooks.model import Playbook
from console.playbooks.validate import validate
from console.readings import Millis
from console.runs import happened as h
from console.runs.next import Begin, Move, next_of
from console.runs.pinned import resolved
from console.runs.run import Run, after
from tests.console.playbooks.written import written

ANA = Actor("ana", "s1", "command")
JO = Actor("jo", "s2", "command")
START: Millis = 1_760_000_000_000

FRONT = """\
playbook: a
version: 1
title: A
secrets: [API_TOKEN]
hosts: [example.com]
params:
  most: {type: number, default: 0.02}
  loud: {type: boolean, default: false}
  other: {type: string}"""


MANUAL = "id: {id}\nkind: manual\ntext: do it"


def manual(id_: str, *more: str) -> str:
    """A step that a person does."""
    return "\n".join((MANUAL.format(id=id_), *more))


def playbook_of(*actions: str, front: str = FRONT) -> Playbook:
    found = validate(written(*actions, front=front))
    assert found.playbook is not None, found.errors
    return found.playbook


@dataclass
class Imagined:
    """One run and its playbook. Each word is appended whether or not it fits: the fold has to know."""

    playbook: Playbook
    params: dict[str, Value] = field(default_factory=dict)
    now: Millis = START
    deadline: Millis | None = None
    story: list[Recorded] = field(default_factory=list)
    _folded: Run | None = None

    def __post_init__(self) -> None:
        self.playbook = resolved(self.playbook, self.params)
        self.add(
            h.RunStarted(
                run_id="PB-1",
                playbook="a",
                version=1,
                title="A",
                path="a.md",
                sha256="0" * 64,
                person="ana",
                params={name: str(value).lower() for name, value in self.params.items()},
                deadline=self.deadline,
            )
        )

    def add(self, event: Event, actor: Actor = ANA) -> Run:
        version = len(self.story) + 1
        self.story.append(
            seal(
                event.new(actor, self.now),
                seq=version,
                event_id=f"id-{version}",
                recorded_at=self.now,
                stream="run:PB-1",
                version=version,
                prev_hash=self.story[-1].hash if self.story else GENESIS,
                salt=f"{version:032x}",
            )
        )
        self._folded = after(self._folded, self.story[-1])
        return self.run

    @property
    def run(self) -> Run:
        assert self._folded is not None
        return self._folded

    def take(self, actor: Actor = ANA) -> Run:
        return self.add(h.DriverTook(person=actor.person, session=actor.session, how="start"), actor)

    @property
    def next(self) -> Move:
        return next_of(self.run, self.playbook, self.now)

    def begin(self) -> Begin:
        """Begin what comes next, which has to be a step."""
        move = self.next
        assert isinstance(move, Begin), move
        self.add(began(move))
        return move

    def end(self, ended: str = "succeeded", **more: Any) -> Run:
        """End the step that is in hand."""
        there = self.run.step(self.run.current)
        said = {"says": f"It {ended}.", **more}
        return self.add(h.StepEnded(step=there.id, attempt=there.attempt, ended=ended, **said))  # type: ignore[arg-type]

    def done(self, ended: str = "succeeded", **more: Any) -> str:
        """Begin what comes next and end it; its id."""
        step = self.begin().step.id
        self.end(ended, **more)
        return step


def began(move: Begin) -> h.StepBegan:
    return h.StepBegan(
        person="ana",
        step=move.step.id,
        attempt=move.attempt,
        origin=move.origin,
        way=move.way,
        deadline=move.deadline,
    )
