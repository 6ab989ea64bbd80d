"""docs/cli.md: the help of every command, from the program itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

WIDTH = 100

HEAD = """\
# The command line

<!-- Written by `make docs` from the program itself; edit the help texts there. -->

Every verb answers on the standard output and explains on the standard error. `--json` makes the answer
one for programs.

| exit code | meaning |
| --- | --- |
| 0 | done; the verdict is promote |
| 1 | failed; the verdict is rollback |
| 2 | wrong usage or bad input |
| 3 | hold, or not yet approved |
| 4 | no data, a source could not be reached, or the outcome of an effect is unknown |
| 5 | refused: permission, policy or conflict |
"""


def commands(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    """Contexts of ``command`` and all under it, parents first; each knows its full name."""
    yield context
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None and not child.hidden:
            yield from commands(child, context_of(child, name, context))


def context_of(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    """A context that formats help the same way on every terminal."""
    return click.Context(
        command, parent=parent, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH, color=False
    )


def cli_page(program: click.Command) -> str:
    """The page for ``program``, commands in the order it lists them."""
    parts = [HEAD]
    for context in commands(program, context_of(program, "coalmine")):
        text = re.sub(r"[ \t]+$", "", context.get_help(), flags=re.MULTILINE)
        parts.append(f"## {context.command_path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)
