"""``coalmine playbook``: what playbooks there are, what one does, what is wrong with it."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.commands.shared import DONE, USAGE, answer, explain, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from console.incidents.incident import Incident
    from console.playbooks.offering import Offered
    from console.playbooks.validate import Checked

OWN = Path("playbooks")
"""The folder of one's own, in the current directory."""


@click.group("playbook")
def command() -> None:
    """Playbooks: Markdown that a person can follow and that is checked like a program.

    There are those that come with Coalmine, and those in the folder `playbooks` of the current directory,
    which go before one of the same name that comes with it.
    """


@dataclass(frozen=True)
class _Found:
    """A playbook's file, what it is, and the digest of its bytes."""

    path: Path
    file: str
    """As it is shown."""
    origin: str
    checked: Checked
    sha256: str


@command.command("validate")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def validate(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say everything that is wrong with playbooks, as `file:line:column: message`.

    PATH is a file, or a folder whose `*.md` are meant; without one it is every playbook there is. Warnings
    come after the errors and change nothing about the exit code: 0 without errors, 2 with any.
    """
    sys.exit(_validated(list(_named(paths)) if paths else list(_library()), as_json))


def _validated(found: Sequence[_Found], as_json: bool) -> int:
    errors = [(one.file, fault) for one in found for fault in one.checked.errors]
    warnings = [(one.file, fault) for one in found for fault in one.checked.warnings]
    if as_json:
        answer(
            {
                "files": [one.file for one in found],
                "errors": [fault.as_json(file) for file, fault in errors],
                "warnings": [fault.as_json(file) for file, fault in warnings],
            }
        )
    else:
        for file, fault in errors:
            say(fault.words(file))
        for file, fault in warnings:
            say(f"{fault.words(file)} (warning)")
        explain(f"Playbooks: {len(found)}. Errors: {len(errors)}. Warnings: {len(warnings)}.")
    return USAGE if errors else DONE


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """The playbooks there are."""
    found = list(_library())
    if as_json:
        answer({"playbooks": [_listed(one) for one in found]})
        return
    for one in found:
        playbook = one.checked.playbook
        if playbook is None:
            said = f"has {len(one.checked.errors)} errors: coalmine playbook validate {one.file}"
            say(f"{one.path.stem:<28} {said}")
        else:
            say(f"{playbook.name:<28} {playbook.title} ({one.origin}, {len(playbook.steps)} steps)")


def _listed(one: _Found) -> dict[str, object]:
    playbook = one.checked.playbook
    return {
        "name": playbook.name if playbook else one.path.stem,
        "version": playbook.version if playbook else None,
        "title": playbook.title if playbook else None,
        "steps": len(playbook.steps) if playbook else None,
        "origin": one.origin,
        "file": one.file,
        "errors": len(one.checked.errors),
        "warnings": len(one.checked.warnings),
    }


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(name: str, as_json: bool) -> None:
    """What the playbook NAME (or a file) does: its steps in order, and where each leads."""
    sys.exit(_show(name, as_json))


def _show(name: str, as_json: bool) -> int:
    from console.playbooks.fault import meant
    from console.playbooks.telling import as_json as told
    from console.playbooks.telling import page

    found = list(_named((Path(name),))) if name.endswith(".md") else list(_library())
    names = {_name(one): one for one in found}
    one = found[0] if name.endswith(".md") and found else names.get(name)
    if one is None:
        explain(f"There is no playbook {name}{meant(name, names) or '.'} `coalmine playbook list` names all.")
        return USAGE
    playbook = one.checked.playbook
    if playbook is None:
        for fault in one.checked.errors:
            explain(fault.words(one.file))
        return USAGE
    if as_json:
        answer(told(playbook, one.file, one.sha256))
    else:
        for line in page(playbook):
            say(line)
    return DONE


def offered_for(incident: Incident) -> tuple[Offered, ...]:
    """The playbooks that are offered for an incident, the best first; those with errors are left out."""
    from console.playbooks.offering import Card, offered

    read = (one.checked.playbook for one in _library())
    cards = [Card.of(one) for one in read if one is not None]
    return offered(incident.signs, on_release=bool(incident.linked("release")), cards=cards)


def _name(one: _Found) -> str:
    return one.checked.playbook.name if one.checked.playbook else one.path.stem


def _library() -> Iterator[_Found]:
    """Every playbook, by name: one's own before those that come with the program."""
    from data.playbook_files import shipped, within

    metrics = _metrics()
    own = [_read(path, "own", metrics) for path in (within(OWN) if OWN.is_dir() else ())]
    names = {_name(one) for one in own}
    others = [_read(path, "comes with Coalmine", metrics) for path in shipped()]
    yield from sorted([*own, *(one for one in others if _name(one) not in names)], key=_name)


def _named(paths: Sequence[Path]) -> Iterator[_Found]:
    from data.playbook_files import within

    metrics = _metrics()
    for path in paths:
        try:
            files = within(path) if path.is_dir() else [path]
        except OSError:
            files = [path]
        for file in files or [path]:
            yield _read(file, "own", metrics)


def _read(path: Path, origin: str, metrics: Collection[str]) -> _Found:
    from console.playbooks.fault import Fault
    from console.playbooks.validate import Checked, validate
    from data.playbook_files import read

    try:
        data = read(path)
    except (OSError, ValueError) as error:
        said = f"this file cannot be read: {getattr(error, 'strerror', None) or error}"
        return _Found(path, str(path), origin, Checked(None, (Fault(1, None, "file", said),), ()), "")
    return _Found(
        path, str(path), origin, validate(data, metrics, os.environ), hashlib.sha256(data).hexdigest()
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
