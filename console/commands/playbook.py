"""``coalmine playbook``: what playbooks there are, what one does, what is wrong with it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.commands.shared import DONE, USAGE, answer, explain, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from console.playbooks.library import Found


@click.group("playbook")
def command() -> None:
    """Playbooks: Markdown that a person can follow and that is checked like a program.

    There are those that come with Coalmine, and those in the folder `playbooks` of the current directory,
    which go before one of the same name that comes with it.
    """


@command.command("validate")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def validate(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say everything that is wrong with playbooks, as `file:line:column: message`.

    PATH is a file, or a folder whose `*.md` are meant; without one it is every playbook there is. Warnings
    come after the errors and change nothing about the exit code: 0 without errors, 2 with any.
    """
    sys.exit(_validated(tuple(_named(paths)) if paths else _library(), as_json))


def _validated(found: Sequence[Found], as_json: bool) -> int:
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
    found = _library()
    if as_json:
        answer({"playbooks": [_listed(one) for one in found]})
        return
    for one in found:
        playbook = one.checked.playbook
        if playbook is None:
            said = f"has {len(one.checked.errors)} errors: coalmine playbook validate {one.file}"
            say(f"{one.stem:<28} {said}")
        else:
            say(f"{playbook.name:<28} {playbook.title} ({one.origin}, {len(playbook.steps)} steps)")


def _listed(one: Found) -> dict[str, object]:
    playbook = one.checked.playbook
    return {
        "name": playbook.name if playbook else one.stem,
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

    found = tuple(_named((Path(name),))) if name.endswith(".md") else _library()
    names = {one.name: one for one in found}
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


def _library() -> tuple[Found, ...]:
    """Every playbook, by name."""
    from console.clients import playbooks

    return playbooks(_metrics())


def _named(paths: Sequence[Path]) -> Iterator[Found]:
    from console.playbooks.library import OWN, read
    from data.playbook_files import file_of, within

    metrics = _metrics()
    for path in paths:
        try:
            files = within(path) if path.is_dir() else [path]
        except OSError:
            files = [path]
        for file in files or [path]:
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
