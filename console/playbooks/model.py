"""A playbook that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.playbooks.kinds import changes

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"]
"""What fields hold once they are checked: durations as they are written, ``{{ name }}`` not filled in."""

END = "end"


@dataclass(frozen=True)
class Param:
    name: str
    type: str
    required: bool
    default: Plain | None = None
    about: str = ""


@dataclass(frozen=True)
class Way:
    """From a step to another. ``when``: ``next``, ``on_fail`` …, or the label of an option."""

    when: str
    to: str
    at_most: int | None = None
    line: int = 0
    column: int | None = None


@dataclass(frozen=True)
class Step:
    """One action. ``line``: of its fence. ``fields``: its own and the common ones, as they are written."""

    id: str
    kind: str
    title: str
    line: int
    prose: str
    fields: Mapping[str, Plain]
    ways: tuple[Way, ...] = ()
    """Every way out of it, the ordinary one first."""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each field."""

    @property
    def effect(self) -> bool:
        """Whether it changes production."""
        return changes(self.kind, self.fields)


@dataclass(frozen=True)
class Playbook:
    """The steps stand in the order of the document, which is that of a run where no way says otherwise."""

    name: str
    version: int
    title: str
    about: str
    fields: Mapping[str, Plain]
    """All of the front matter."""
    params: tuple[Param, ...]
    secrets: tuple[str, ...]
    hosts: tuple[str, ...]
    steps: tuple[Step, ...]
