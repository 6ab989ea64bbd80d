"""Whose key it is, by the allowed signers in force. Pure."""

from __future__ import annotations

from console.allowed_signers import FILE_NAME, SignersFault, load_signers
from console.policy import Rulebook


class NobodysKey(Exception):
    """The key is none of a person whom the policy knows; the text says why and what to do."""


def owner_of(book: Rulebook | str, fingerprint: str, place: str) -> str:
    """The person whose key has ``fingerprint``; ``place``: where it was read. Raises :class:`NobodysKey`."""
    if isinstance(book, str):
        raise NobodysKey(book)
    if book.signers_text is None:
        raise NobodysKey(f"There is no {FILE_NAME} in force beside the ledger: no signature counts there.")
    try:
        owner = load_signers(book.signers_text, FILE_NAME, None).owner(fingerprint)
    except SignersFault as error:
        raise NobodysKey(error.faults[0]) from None
    if owner is None:
        raise NobodysKey(f"The key {place} ({fingerprint}) is of nobody in {FILE_NAME}.")
    return owner
