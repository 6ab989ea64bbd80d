"""The playbooks there are: those that come with Coalmine, and one's own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.commands.shared import explain

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.playbooks.offering import Offered
    from console.playbooks.validate import Checked

OWN = Path("playbooks")
"""The folder of one's own, in the current directory."""


@dataclass(frozen=True)
class Found:
    """A playbook's file, what it is, and the digest of its bytes."""

    path: Path
    file: str
    """As it is shown."""
    origin: str
    checked: Checked
    sha256: str
    data: bytes = b""


def name_of(one: Found) -> str:
    return one.checked.playbook.name if one.checked.playbook else one.path.stem


def library() -> Iterator[Found]:
    """Every playbook, by name: one's own before those that come with the program."""
    from data.playbook_files import shipped, within

    metrics = _metrics()
    own = [_read(path, "own", metrics) for path in (within(OWN) if OWN.is_dir() else ())]
    names = {name_of(one) for one in own}
    others = [_read(path, "comes with Coalmine", metrics) for path in shipped()]
    yield from sorted([*own, *(one for one in others if name_of(one) not in names)], key=name_of)


def named(paths: Sequence[Path]) -> Iterator[Found]:
    from data.playbook_files import within

    metrics = _metrics()
    for path in paths:
        try:
            files = within(path) if path.is_dir() else [path]
        except OSError:
            files = [path]
        for file in files or [path]:
            yield _read(file, "own", metrics)


def _read(path: Path, origin: str, metrics: Collection[str]) -> Found:
    from console.playbooks.fault import Fault
    from console.playbooks.validate import Checked, validate
    from data.playbook_files import read

    try:
        data = read(path)
    except (OSError, ValueError) as error:
        said = f"this file cannot be read: {getattr(error, 'strerror', None) or error}"
        return Found(path, str(path), origin, Checked(None, (Fault(1, None, "file", said),), ()), "")
    return Found(
        path, str(path), origin, validate(data, metrics, os.environ), hashlib.sha256(data).hexdigest(), data
    )


def _metrics() -> Collection[str]:
    """Ids of the catalogue, with those of the settings where these can be read."""
    from console.canary.catalogue import packaged
    from console.settings import SettingsError
    from console.target import load_settings

    try:
        catalogue = load_settings().catalogue
    except SettingsError:
        explain(
            "The settings cannot be read (`coalmine doctor` says why): metrics of your own are unknown here."
        )
        catalogue = packaged()
    return {metric.id for metric in catalogue}


def by_name(name: str) -> Found | str:
    """The playbook of that name, or of a file (`*.md`); or why there is none."""
    from console.playbooks.fault import meant

    if name.endswith(".md"):
        return next(named((Path(name),)))
    names = {name_of(one): one for one in library()}
    if name in names:
        return names[name]
    return f"There is no playbook {name}{meant(name, names) or '.'} `coalmine playbook list` names all."


def offered_for(incident: Incident) -> tuple[Offered, ...]:
    """The playbooks that are offered for an incident, the best first; those with errors are left out."""
    from console.playbooks.offering import Card, offered

    read = (one.checked.playbook for one in library())
    cards = [Card.of(one) for one in read if one is not None]
    return offered(incident.signs, on_release=bool(incident.linked("release")), cards=cards)
