"""What one verb asks of a person: what to choose from, what to type, and what is made of it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.outcome import Outcome

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.incidents.desk import Made
    from console.incidents.incident import Incident
    from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Field:
    """One line to type. ``needed``: what is said while it is empty; empty where it may stay so."""

    name: str
    label: str
    hint: str
    needed: str = ""
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of what can be chosen, and the names of the fields that go with it."""

    value: str
    says: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What was chosen and typed, without the space around it."""

    choice: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.typed.get(name, "")


@dataclass(frozen=True, slots=True)
class Asked:
    """One verb. ``check`` says why it would be refused as things stand, in the rules' own words."""

    title: str
    about: tuple[str, ...]
    fields: tuple[Field, ...]
    send: str
    """The word on the button."""
    do: Callable[[Cockpit, Answers], Awaitable[Outcome]]
    command: Callable[[Answers], Sequence[str]]
    """The words after ``coalmine`` that do the same."""
    choices: tuple[Choice, ...] = ()
    at: int = 0
    """Which one is marked at first."""
    check: Callable[[Answers, Millis], Outcome | None] = lambda answers, now: None

    def fields_of(self, choice: str) -> tuple[Field, ...]:
        """What is to be typed for a choice; without choices, everything."""
        found = next((one for one in self.choices if one.value == choice), None)
        return self.fields if found is None else tuple(one for one in self.fields if one.name in found.fields)

    def missing(self, answers: Answers) -> str | None:
        """The first field that must not stay empty."""
        return next(
            (one.needed for one in self.fields_of(answers.choice) if not answers[one.name] and one.needed),
            None,
        )

    def line(self, answers: Answers) -> str:
        """The command line that does the same."""
        return shlex.join(["coalmine", *self.command(answers)])


def option(name: str, value: str) -> tuple[str, ...]:
    """``--name value``, or nothing where there is no value."""
    return (name, value) if value else ()


def recording(
    incident: Incident,
    person: str,
    made: Callable[[Answers, str], Made],
    says: Callable[[Answers], str],
) -> tuple[Callable[[Cockpit, Answers], Awaitable[Outcome]], Callable[[Answers, Millis], Outcome | None]]:
    """What records ``made`` (of the answers and the person), and what tries it on the incident as it is."""

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        return await cockpit.incidents().record(incident.id, lambda one: made(answers, one), says(answers))

    def check(answers: Answers, now: Millis) -> Outcome | None:
        found = made(answers, person)(incident, now)
        return found if isinstance(found, Outcome) else None

    return do, check
