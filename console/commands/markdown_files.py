"""Checked Markdown files, playbooks and templates alike: which are meant, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from console.commands.shared import DONE, USAGE, answer, explain, say

if TYPE_CHECKING:
    from console.playbooks.fault import Fault


class Checked(Protocol):
    """What was found out about a file."""

    @property
    def errors(self) -> tuple[Fault, ...]: ...

    @property
    def warnings(self) -> tuple[Fault, ...]: ...


class Found(Protocol):
    """A file that was checked."""

    @property
    def file(self) -> str: ...

    @property
    def checked(self) -> Checked: ...


def files_named(paths: Sequence[Path]) -> Iterator[Path]:
    """The files, and the ``*.md`` of folders; a folder that cannot be looked into stands for itself."""
    from data.playbook_files import within

    for path in paths:
        try:
            files = within(path) if path.is_dir() else [path]
        except OSError:
            files = [path]
        yield from files or [path]


def tell_faults(what: str, found: Sequence[Found], as_json: bool) -> int:
    """Errors, then warnings; the exit code: errors alone count. ``what``: what these files are, in a word."""
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
        explain(f"{what}: {len(found)}. Errors: {len(errors)}. Warnings: {len(warnings)}.")
    return USAGE if errors else DONE
