"""contacts.yaml: read from the folder of the ledger, beside people.yaml."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from console.on_call.contacts import FILE_NAME, NONE, Contacts, load
from console.playbooks.fault import Fault
from data.playbook_files import read


def contacts_of(folder: Path, people: Collection[str]) -> tuple[Contacts | None, tuple[Fault, ...]]:
    """The file, or everything that is wrong with it; empty contacts where there is no such file."""
    path = folder / FILE_NAME
    if not path.exists():
        return NONE, ()
    try:
        data = read(path)
    except OSError as error:
        return None, (Fault(1, None, "file", f"this file cannot be read: {error.strerror or error}"),)
    return load(data, people)
