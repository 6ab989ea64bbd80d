"""allowed_signers: which keys are whose. OpenSSH's own file, of which less is accepted here. Pure.

ssh-keygen itself would take ``*`` for everybody, a key listed for two people, or a certificate authority; it
reads a date without ``Z`` in the time zone of whoever verifies, and it goes on behind a line it cannot read.
Here each of these is a fault with its line. What remains (``namespaces``, ``valid-after``, ``valid-before``)
ssh-keygen decides. The form: ssh-keygen(1), ALLOWED SIGNERS.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from console.sshsig import KEY_TYPES, NotASignature, fingerprint, key_type

FILE_NAME = "allowed_signers"

_LINE = re.compile(
    r'(?P<who>\S+)[ \t]+(?:(?P<options>[a-zA-Z-]+(?:="[^"\\]*")?(?:,[a-zA-Z-]+(?:="[^"\\]*")?)*)[ \t]+)?'
    r"(?P<type>[a-z0-9@.-]+)[ \t]+(?P<key>[A-Za-z0-9+/]+=*)(?:[ \t].*)?"
)
_OPTION = re.compile(r'([a-zA-Z-]+)(?:="([^"]*)")?(?:,|$)')
_DATE = re.compile(r"\d{8}(?:\d{4}(?:\d{2})?)?Z")
_NO_NAME = re.compile(r"[*?!,\"]")


class SignersFault(Exception):
    """The file cannot be used; ``faults`` names each with file and line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Signers:
    """Keys by fingerprint, each with the one person it belongs to."""

    owners: Mapping[str, str]

    def owner(self, key_fingerprint: str) -> str | None:
        """The key in people.yaml of whoever signs with it."""
        return self.owners.get(key_fingerprint)


def load_signers(text: str, name: str, people: Collection[str] | None) -> Signers:
    """Read and check the file's text; ``name`` is how faults call it.

    ``people`` are the keys of people.yaml; ``None`` leaves out whether everybody is listed there.
    Raises :class:`SignersFault` with every fault found.
    """
    owners: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        entry = line.strip(" \t\r")
        if not entry or entry.startswith("#"):
            continue
        try:
            who, key = _entry(entry)
            if people is not None and who not in people:
                raise _Fault(f"{who} is no key of people.yaml.")
            found = fingerprint(key)
            if found in owners:
                raise _Fault(f"this key is listed for {owners[found]} already; a key is one person's, once.")
            owners[found] = who
        except _Fault as fault:
            faults.append(f"{name}:{number}: {fault}")
    if faults:
        raise SignersFault(faults)
    return Signers(owners)


class _Fault(Exception):
    """What is wrong with one line."""


def _entry(line: str) -> tuple[str, bytes]:
    """The person and the key's blob of one line."""
    if not line.replace("\t", " ").isprintable():
        raise _Fault("it holds characters that are no text.")
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise _Fault('a line is: PERSON [OPTIONS] TYPE KEY, options as name="value".')
    who = parts["who"]
    if _NO_NAME.search(who):
        raise _Fault(f"{who}: name one person, without patterns, lists or quotes.")
    _check_options(parts["options"] or "")
    return who, _key(parts["type"], parts["key"])


def _check_options(options: str) -> None:
    for name, value in _OPTION.findall(options):
        match name.lower():
            case "namespaces" if value:
                continue
            case "valid-after" | "valid-before":
                if not _DATE.fullmatch(value):
                    raise _Fault(
                        f'{name}: a date is "YYYYMMDD[HHMM[SS]]Z", with Z: without it the zone is open.'
                    )
            case "cert-authority":
                raise _Fault("cert-authority is not accepted: list each key.")
            case _:
                raise _Fault(f"the option {name} is not accepted.")


def _key(kind: str, text: str) -> bytes:
    if kind not in KEY_TYPES:
        raise _Fault(f"keys of the type {kind} are not accepted.")
    try:
        blob = base64.b64decode(text, validate=True)
        if key_type(blob) == kind:
            return blob
    except (binascii.Error, ValueError, NotASignature):
        pass
    raise _Fault(f"this is no key of the type {kind}.")
