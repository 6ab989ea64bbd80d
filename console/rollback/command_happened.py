"""What happens to a command of the database level, as events. Their stream is ``command:PROJECT_ID:NAME``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from console import event as base
from console.envelope import Recorded


class CommandIntended(base.Event):
    """Check and dry run ended well, and the command itself is about to be run, once."""

    KIND = "command.intended"
    action_id: str
    project_id: str
    name: str
    run: list[str]
    """Its words, the program first."""
    undo: list[str]
    restore_point: str
    checked: str
    """The end of what the check printed, without secrets."""
    rehearsed: str
    """The same of the dry run."""
    person: str
    reason: str
    rule: str
    authority: str


class CommandEnded(base.Event):
    """What became of a command. ``unknown``: it may have changed the database, in part or whole, or not."""

    KIND = "command.ended"
    action_id: str
    outcome: Literal["done", "refused", "not_sent", "unknown"]
    exit_code: int | None = None
    output: str = ""
    """The end of what it printed, without secrets."""
    says: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command, and what is recorded of its end."""

    intended: CommandIntended
    recorded: Recorded
    ended: CommandEnded | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Every run in the events of one stream, oldest first; ``blocked`` says what could not be read."""

    runs: tuple[Run, ...]
    version: int
    blocked: str = ""

    @property
    def open(self) -> Run | None:
        """One of whose end nothing is recorded."""
        return next((one for one in self.runs if one.ended is None), None)

    def of(self, action_id: str) -> Run | None:
        return next((one for one in self.runs if one.intended.action_id == action_id), None)


def story_of(recorded: Sequence[Recorded]) -> Story:
    """Fold the events of one command's stream. Of what was redacted it is known that it had ended: only such
    may be; a redacted intent without an end blocks.
    """
    from console import events

    found: dict[str, Run] = {}
    blocked, gone = "", 0
    for one in recorded:
        try:
            event = events.read(one)
        except events.Unknown as error:
            blocked = str(error)
            continue
        if isinstance(event, CommandIntended):
            found[event.action_id] = Run(event, one)
        elif isinstance(event, CommandEnded) and event.action_id in found:
            found[event.action_id] = replace(found[event.action_id], ended=event)
        elif one.kind == CommandIntended.KIND:
            gone += 1
        elif one.kind == CommandEnded.KIND:
            gone -= 1
    if gone > 0:
        blocked = blocked or "a run without an end was redacted"
    return Story(tuple(found.values()), recorded[-1].version if recorded else 0, blocked)


def _ended(event: CommandEnded, who: str) -> str:
    lead = {"done": "", "refused": "failed: ", "not_sent": "not run: ", "unknown": "UNKNOWN: "}
    return f"{lead[event.outcome]}{event.says}"


WORDS: Mapping[type[base.Event], Callable[[Any, str], str]] = {
    CommandIntended: lambda e, who: f"{e.person} runs {e.name} on the database: {e.reason}",
    CommandEnded: _ended,
}
"""An event of a command in one line; the second argument is who recorded it."""

KINDS = tuple(WORDS)
