"""Messages of the ledger in force, with the templates and channels of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.clients import outbox
from console.commands.incidents_here import IncidentsHere, incidents_here
from console.commands.markdown_files import files_named
from console.messages.library import Found, library
from console.messages.outbox import Outbox
from console.messages.template import Checked, Template
from console.playbooks.fault import Fault

OWN = Path("playbooks") / "templates"
"""The folder of one's own, in the current directory."""


@dataclass(frozen=True, slots=True)
class MessagesHere:
    """The messages of one ledger, and who asks."""

    at: IncidentsHere
    outbox: Outbox


@contextmanager
def messages_here() -> Iterator[MessagesHere]:
    """Open the ledger of the settings. Raises ``SettingsError`` or :class:`StoreUnusable`."""
    with incidents_here() as at:
        here = at.here
        yield MessagesHere(at, outbox(here.aim, here.ledger, lambda: here.book, at.desk))


def templates_here() -> dict[str, Found]:
    """Every template by name, broken ones too: one's own before those that come with the program."""
    from data.template_files import templates, within

    own = [read_template(path, "own") for path in (within(OWN) if OWN.is_dir() else ())]
    return library(own, [read_template(path, "comes with Coalmine") for path in templates()])


def usable(found: Mapping[str, Found]) -> dict[str, Template]:
    """Those without errors."""
    return {name: one.checked.template for name, one in found.items() if one.checked.template is not None}


def read_templates(paths: Sequence[Path]) -> Iterator[Found]:
    """Files, or the ``*.md`` of folders."""
    for file in files_named(paths):
        yield read_template(file, "own")


def read_template(path: Path, origin: str) -> Found:
    """One file; one that cannot be read is a fault of its own."""
    from console.messages.template import validate
    from data.template_files import read

    try:
        data = read(path)
    except (OSError, ValueError) as error:
        said = f"this file cannot be read: {getattr(error, 'strerror', None) or error}"
        return Found(str(path), path.stem, origin, Checked(None, (Fault(1, None, "file", said),), ()))
    return Found(str(path), path.stem, origin, validate(data))
