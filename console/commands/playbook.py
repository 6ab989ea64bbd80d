"""``coalmine playbook``: what playbooks there are, what one does, what is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.commands.markdown_files import tell_faults
from console.commands.playbook_answering import VERBS as ANSWERING
from console.commands.playbook_driving import VERBS as DRIVING
from console.commands.playbook_library import by_name, library, named
from console.commands.playbook_runs import VERBS as LOOKING
from console.commands.shared import DONE, USAGE, answer, explain, say

if TYPE_CHECKING:
    from console.playbooks.library import Found


@click.group("playbook")
def command() -> None:
    """Playbooks: Markdown that a person can follow and that is checked like a program.

    There are those that come with Coalmine, and those in the folder `playbooks` of the current directory,
    which go before one of the same name that comes with it.
    """


for _verb in (*DRIVING, *LOOKING, *ANSWERING):
    command.add_command(_verb)


@command.command("validate")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def validate(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say everything that is wrong with playbooks, as `file:line:column: message`.

    PATH is a file, or a folder whose `*.md` are meant; without one it is every playbook there is. Warnings
    come after the errors and change nothing about the exit code: 0 without errors, 2 with any.
    """
    sys.exit(tell_faults("Playbooks", list(named(paths)) if paths else list(library()), as_json))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """The playbooks there are."""
    found = list(library())
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
    from console.playbooks.telling import as_json as told
    from console.playbooks.telling import page

    one = by_name(name)
    if isinstance(one, str):
        explain(one)
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
