"""Secrets that cannot be shown by accident, and text from outside made fit for one line."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import quote

from console.hiding import HIDDEN as HIDDEN

_SHORTEST = 4
"""Shorter values are not searched for: they would blank out ordinary words."""


class Secret:
    """A token or password. Whatever prints, formats, logs or compares it sees ``***``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: only for the header it belongs in."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not stored or sent anywhere but in its header")


def spellings(secret: str) -> set[str]:
    """The forms in which ``secret`` may come back in somebody's text: plain, in a URL, base64, quoted."""
    forms = {secret, secret.strip(), quote(secret, safe=""), repr(secret)[1:-1]}
    forms.add(base64.b64encode(secret.encode()).decode())
    return {form for form in forms if len(form) >= _SHORTEST}


def scrub(text: str, secrets: Iterable[str]) -> str:
    """``text`` with every spelling of every secret replaced by ``***``."""
    forms = {form for secret in secrets for form in spellings(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def plain(text: str, limit: int = 200) -> str:
    """Text from outside on one line: white space joined, control characters visible, length bounded."""
    line = " ".join(text[: 4 * limit].split())
    shown = "".join(_visible(char) for char in line)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _visible(char: str) -> str:
    """What does not print (control, text direction, surrogate, unassigned characters) as an escape."""
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
