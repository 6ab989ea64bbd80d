"""The playbooks there are: those that come with Coalmine, and one's own."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.commands.markdown_files import files_named
from console.commands.shared import explain

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.playbooks.library import Found
    from console.playbooks.offering import Offered


def library() -> tuple[Found, ...]:
    """Every playbook, by name: one's own before those that come with the program."""
    from console.clients import playbooks

    return playbooks(_metrics())


def named(paths: Sequence[Path]) -> Iterator[Found]:
    """The files, and those of the folders, that were named."""
    from console.playbooks.library import OWN, read
    from data.playbook_files import file_of

    metrics = _metrics()
    for file in files_named(paths):
        yield read(file_of(file, OWN), metrics, os.environ)


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
    names = {one.name: one for one in library()}
    if name in names:
        return names[name]
    return f"There is no playbook {name}{meant(name, names) or '.'} `coalmine playbook list` names all."


def offered_for(incident: Incident) -> tuple[Offered, ...]:
    """The playbooks that are offered for an incident, the best first; those with errors are left out."""
    from console.playbooks.offering import Card, offered

    read = (one.checked.playbook for one in library())
    cards = [Card.of(one) for one in read if one is not None]
    return offered(incident.signs, on_release=bool(incident.linked("release")), cards=cards)
