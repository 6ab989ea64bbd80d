"""``coalmine template``: what messages there are to fill in, what one says, what is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from console.commands.incident_options import JSON
from console.commands.markdown_files import tell_faults
from console.commands.shared import USAGE, answer, explain, say


@click.group("template")
def command() -> None:
    """Templates of messages: Markdown files with a text and the fields that are filled into it.

    There are those that come with Coalmine, and those in the folder `playbooks/templates` of the current
    directory, which go before one of the same name that comes with it.
    """


@command.command("list")
@JSON
def list_(as_json: bool) -> None:
    """The templates there are."""
    from console.commands.messages_here import templates_here

    found = templates_here()
    if as_json:
        answer(
            {
                "templates": [
                    {
                        "name": name,
                        "title": one.checked.template.title if one.checked.template else None,
                        "audience": one.checked.template.audience if one.checked.template else None,
                        "phase": one.checked.template.phase if one.checked.template else None,
                        "origin": one.origin,
                        "file": one.file,
                        "errors": len(one.checked.errors),
                    }
                    for name, one in found.items()
                ]
            }
        )
        return
    for name, one in found.items():
        template = one.checked.template
        if template is None:
            say(f"{name:<28} has {len(one.checked.errors)} errors: coalmine template validate {one.file}")
        else:
            say(f"{name:<28} {template.title} ({one.origin})")


@command.command("show")
@click.argument("name")
@JSON
def show(name: str, as_json: bool) -> None:
    """What the template NAME says, and what is filled into it."""
    from console.commands.messages_here import templates_here
    from console.messages.telling import template_as_json, template_page
    from console.playbooks.fault import meant

    found = templates_here()
    one = found.get(name)
    if one is None:
        explain(f"There is no template {name}{meant(name, found) or '.'} `coalmine template list` names all.")
        sys.exit(USAGE)
    if one.checked.template is None:
        for fault in one.checked.errors:
            explain(fault.words(one.file))
        sys.exit(USAGE)
    if as_json:
        answer({**template_as_json(one.checked.template), "file": one.file})
        return
    for line in template_page(one.checked.template):
        say(line)


@command.command("validate")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@JSON
def validate(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say everything that is wrong with templates, as `file:line:column: message`.

    PATH is a file, or a folder whose `*.md` are meant; without one it is every template there is. Warnings
    change nothing about the exit code: 0 without errors, 2 with any.
    """
    from console.commands.messages_here import read_templates, templates_here

    found = list(read_templates(paths)) if paths else list(templates_here().values())
    sys.exit(tell_faults("Templates", found, as_json))
