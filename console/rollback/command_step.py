"""A command that takes a database's schema back, as a step of a plan whose digest stands for its words. Pure.

The console never connects to a database. It runs what is configured on the machine that carries out, and only
what other people approved word for word: a ledger brings no command to a machine.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal

from console.envelope import Json
from console.readings import Millis

STREAM = "command:"


@dataclass(frozen=True, slots=True)
class Command:
    """The four commands of one name, as configured; times in seconds."""

    name: str
    check: tuple[str, ...]
    dry_run: tuple[str, ...]
    run: tuple[str, ...]
    undo: tuple[str, ...]
    directory: str
    """As it is written in the settings: another machine has the folder elsewhere. Empty: the file's."""
    timeout_s: int
    horizon_s: int


@dataclass(frozen=True, slots=True)
class Configured:
    """A command on this machine: where it runs here."""

    command: Command
    folder: Path


@dataclass(frozen=True)
class CommandStep:
    """A command, the deployment that is left by it, and where the data can be restored to."""

    project_id: str
    command: Command
    left_deployment_id: str
    left_created_at: Millis
    restore_point: str
    declared_by: str
    KIND: ClassVar[str] = "command"

    @property
    def level(self) -> Literal["database"]:
        return "database"

    @property
    def policy_name(self) -> tuple[str, int]:
        return "database", 100

    @property
    def stops_harm(self) -> bool:
        return False

    @property
    def stream(self) -> str:
        """On which everybody meets who runs it, so that only one wins."""
        return f"{STREAM}{self.project_id}:{self.command.name}"

    @property
    def horizon_at(self) -> Millis:
        """Until when the schema can go back."""
        return self.left_created_at + self.command.horizon_s * 1000

    def as_json(self) -> Json:
        words = {
            key: list(one) if isinstance(one, tuple) else one for key, one in asdict(self.command).items()
        }
        return {
            "kind": self.KIND,
            "project_id": self.project_id,
            "command": words,
            "left_deployment_id": self.left_deployment_id,
            "left_created_at": self.left_created_at,
            "restore_point": self.restore_point,
            "declared_by": self.declared_by,
        }


def step_of(recorded: dict[str, Any]) -> CommandStep:
    """The step recorded as ``recorded``. Raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    words = dict(recorded["command"])
    for key in ("check", "dry_run", "run", "undo"):
        if not isinstance(words[key], list) or not all(isinstance(word, str) for word in words[key]):
            raise ValueError(f"{key} is no list of words")
        words[key] = tuple(words[key])
    made = CommandStep(
        recorded["project_id"],
        Command(**words),
        recorded["left_deployment_id"],
        recorded["left_created_at"],
        recorded["restore_point"],
        recorded["declared_by"],
    )
    numbers = (made.left_created_at, made.command.timeout_s, made.command.horizon_s)
    if not all(type(one) is int for one in numbers):
        raise ValueError("a time is no whole number")
    return made


def beyond(step: CommandStep, now: Millis) -> str | None:
    """Why the schema cannot go back any more, once its horizon is over."""
    if now <= step.horizon_at:
        return None
    horizon, age = span_words(step.command.horizon_s), span_words((now - step.left_created_at) // 1000)
    return (
        f"{step.command.name} is beyond its rollback horizon of {horizon}: "
        f"{step.left_deployment_id} was created {age} ago."
    )


def differing(step: CommandStep, here: Configured) -> tuple[str, ...]:
    """In what the command configured here is another than that of the step."""
    names = (one.name for one in fields(Command))
    return tuple(one for one in names if getattr(step.command, one) != getattr(here.command, one))


def line_of(argv: tuple[str, ...]) -> str:
    """A command on a line, quoted as a shell would need it; what does not print as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in shlex.join(argv)
    )


def span_words(seconds: int) -> str:
    """``48 h``, ``90 min``, ``3 d``: whole numbers, cut off."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 3 * size or (seconds >= size and seconds % size == 0):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
