"""What all verbs share: answers on stdout, explanations on stderr, exit codes, failures in words."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from console.commands.streams import as_json

T = TypeVar("T")

LONGEST = 500
"""Characters of a reason, as in the gate."""

DONE, FAILED, USAGE, HOLD, NO_DATA, REFUSED = 0, 1, 2, 3, 4, 5


def answer(value: object) -> None:
    """One JSON document on stdout."""
    print(as_json(value, indent=2))


def answer_line(value: object) -> None:
    """One JSON document on a line of stdout, at once."""
    print(as_json(value), flush=True)


def say(text: str) -> None:
    """A line of the answer for a person; control characters made visible."""
    print(visible(text))


def explain(text: str) -> None:
    """A line on stderr for a person; control characters made visible."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # that nobody reads explanations is no reason to stop
            print(visible(text), file=sys.stderr, flush=True)


def visible(text: str) -> str:
    """Text from outside as it may be printed to a terminal: no escape codes, no direction marks."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in text)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a verb's asynchronous part."""
    import asyncio

    return asyncio.run(main)


def words(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """An option's text as the ledger may keep it: on one line, and text indeed (a shell passes any bytes)."""
    if value is None:
        return None
    text = " ".join(value.split())
    if not text:
        raise click.BadParameter("it is empty; say it in a few words.")
    if not text.isprintable():
        raise click.BadParameter("it has characters that are no text.")
    if len(text) > LONGEST:
        raise click.BadParameter(f"it is longer than {LONGEST} characters.")
    return text


def at_terminal() -> bool:
    """Whether a person sees what is drawn and can answer."""
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty())


def needs_terminal(instead: str) -> None:
    """Refuse to draw where nobody looks. Raises :class:`click.UsageError`; ``instead`` says what would do."""
    if not at_terminal():
        raise click.UsageError(
            f"The console needs a terminal, and this is none (a pipe or a file). {instead}"
        )


def fail(error: BaseException) -> int:
    """Say ``error`` on stderr and return the exit code that belongs to it."""
    from console.ports import SourceError, StoreUnusable
    from console.settings import SettingsError

    if isinstance(error, SettingsError):
        for fault in error.faults:
            explain(fault)
        return USAGE
    if isinstance(error, StoreUnusable):
        explain(f"{error.problem.what}\n{error.problem.next}")
        return USAGE
    if isinstance(error, SourceError):
        explain(f"{error.problem.what}\n{error.problem.next}")
        return NO_DATA
    explain(f"Coalmine has a fault of its own: {type(error).__name__}.")
    place = write_report(error)
    explain(f"The details are in {place}; please report it." if place else "The details could not be kept.")
    return FAILED


def write_report(error: BaseException) -> Path | None:
    """The traceback in a file of its own, or ``None`` where none can be written.

    The error's own words are left out as the values of variables are: they may hold secrets.
    """
    import tempfile
    import traceback

    try:
        handle, name = tempfile.mkstemp(prefix="coalmine-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            one: BaseException | None = error
            while one is not None:
                file.writelines(traceback.format_tb(one.__traceback__))
                file.write(f"{type(one).__module__}.{type(one).__qualname__}\n\n")
                one = one.__cause__ or one.__context__
    except OSError:
        return None
    return Path(name)
