"""The playbooks there are: each file as it was read, and what it says. Where they lie is known outside."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from console.playbooks.document import LARGEST
from console.playbooks.fault import Fault
from console.playbooks.model import Plain
from console.playbooks.validate import Checked, validate

OWN, SHIPPED = "own", "comes with Coalmine"


@dataclass(frozen=True, slots=True)
class File:
    """A playbook's file; ``problem`` says why there are no bytes, if so."""

    path: str
    """As it is shown."""
    stem: str
    origin: str
    data: bytes | None
    problem: str = ""


class Shelf(Protocol):
    """Where playbooks lie."""

    def files(self) -> Sequence[File]:
        """Every file, one's own before those that come with the program. Blocking; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A playbook of the library: its file, what it is, and the digest of its bytes."""

    file: str
    stem: str
    origin: str
    checked: Checked
    sha256: str
    data: bytes = b""
    """As it was read."""

    @property
    def text(self) -> str:
        """As it is written, to be shown."""
        return self.data[:LARGEST].decode(errors="replace")

    @property
    def name(self) -> str:
        """What it is called: by itself, or by its file where it cannot be read."""
        return self.checked.playbook.name if self.checked.playbook else self.stem

    @property
    def title(self) -> str:
        return self.checked.playbook.title if self.checked.playbook else self.stem

    @property
    def hint(self) -> str:
        """The severity that it is meant for; empty where it names none."""
        return str(self.checked.playbook.fields.get("severity_hint", "")) if self.checked.playbook else ""

    @property
    def triggers(self) -> tuple[str, ...]:
        """What it is offered for."""
        fields: Mapping[str, Plain] = self.checked.playbook.fields if self.checked.playbook else {}
        named = fields.get("triggers")
        return tuple(map(str, named)) if isinstance(named, list) else ()


def read(file: File, metrics: Collection[str], environment: Mapping[str, str]) -> Found:
    """One file, validated: ``metrics`` are the ids there are, ``environment`` has the secrets."""
    if file.data is None:
        said = f"this file cannot be read: {file.problem}"
        return Found(
            file.path, file.stem, file.origin, Checked(None, (Fault(1, None, "file", said),), ()), ""
        )
    return Found(
        file.path,
        file.stem,
        file.origin,
        validate(file.data, metrics, environment),
        hashlib.sha256(file.data).hexdigest(),
        file.data,
    )


def library(
    files: Iterable[File], metrics: Collection[str], environment: Mapping[str, str]
) -> tuple[Found, ...]:
    """Every playbook, by name: one's own in place of one of the same name that comes with the program."""
    every = [read(one, metrics, environment) for one in files]
    own = {one.name for one in every if one.origin == OWN}
    kept = [one for one in every if one.origin == OWN or one.name not in own]
    return tuple(sorted(kept, key=lambda one: one.name))
