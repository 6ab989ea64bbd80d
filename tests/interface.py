"""The interface that others rely on, as one text: help of every command, exit codes, schemas.

``make interface`` writes it to ``tests/golden/interface.txt``; ``tests/test_interface.py`` compares. Look at
the difference before it is committed: things are only ever added.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import click

from console.commands import shared
from console.commands.release_watch import EXIT_OF as OF_WAITING
from console.commands.schema import SCHEMAS
from console.commands.status import EXIT_OF as OF_VERDICT
from console.outcome import End

GOLDEN = Path(__file__).parent / "golden" / "interface.txt"
WIDTH = 100


def interface() -> str:
    """The whole text."""
    from console.__main__ import cli

    parts = ["exit codes", *exit_codes(), "", "schemas", *schemas(), ""]
    for context in commands(context_of(cli, "coalmine")):
        parts += [
            f"--- {context.command_path}",
            *(line.rstrip() for line in context.get_help().splitlines()),
            "",
        ]
    return "\n".join(parts)


def context_of(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    """A context that formats help the same way on every terminal."""
    return click.Context(
        command,
        parent=parent,
        info_name=name,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        color=False,
        **command.context_settings,
    )


def commands(context: click.Context) -> list[click.Context]:
    """The context and those of every command under it, parents first."""
    found = [context]
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            child = context.command.get_command(context, name)
            assert child is not None
            found += commands(context_of(child, name, context))
    return found


def exit_codes() -> list[str]:
    """What each code is called, and what leads to it."""
    names = ("DONE", "FAILED", "USAGE", "HOLD", "NO_DATA", "REFUSED")
    return [
        *(f"  {getattr(shared, name)}  {name}" for name in names),
        *(f"  {end.exit_code}  outcome {end.value}" for end in End),
        *(f"  {code}  verdict {word}" for word, code in OF_VERDICT.items()),
        *(f"  {code}  release watch {answer}" for answer, code in OF_WAITING.items()),
    ]


def schemas() -> list[str]:
    """Each schema by name, with the digest of what it says."""
    told = []
    for name in sorted(SCHEMAS):
        text = json.dumps(SCHEMAS[name](), sort_keys=True)
        told.append(f"  {name}  {hashlib.sha256(text.encode()).hexdigest()[:16]}")
    return told


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(interface())
    else:
        GOLDEN.write_text(interface(), encoding="utf-8")
        sys.stdout.write(f"wrote {GOLDEN}\n")
