"""Who asks for a flag, as a person types it: JSON, or ``user.id=qa-1 user.plan=pro``. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST = 4_000
"""Characters of a context that is typed."""

WORD = re.compile(
    r"""(?P<path>[^\s=]*)=(?P<value>"(?:\\.|[^"\\])*"|'[^']*'|[^\s"']\S*)?(?=\s|$)|(?P<bare>\S+)"""
)
"""``user.id=qa-1``, ``user.name='Jo Okafor'``; ``bare``: what is neither."""


class BadContext(Exception):
    """What was typed is no context; the text says why, for a person."""


def context_of(text: str) -> dict[str, Any]:
    """The context that was typed; nobody in particular for an empty text. Raises :class:`BadContext`.

    A value that is JSON (a number, ``true``, a list, a text in its own quotes) is that, any other a text.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise BadContext(f"it is longer than {LONGEST} characters")
    if text.startswith("{"):
        return _document(text)
    found: dict[str, Any] = {}
    for word in WORD.finditer(text):
        bare, path = word["bare"], word["path"]
        if bare is not None:
            unclosed = "=" in bare and ("'" in bare or '"' in bare)
            why = "a quote is not closed" if unclosed else "it has no value: type it as user.id=qa-1"
            raise BadContext(f"{bare}: {why}")
        _put(found, path.split("."), _value(word["value"] or ""), path)
    return found


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadContext(f"it is no JSON yet: {error}") from None
    assert isinstance(found, dict)
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        quoted = len(text) > 1 and text[0] == text[-1] == "'"
        return text[1:-1] if quoted else text


def _put(found: dict[str, Any], path: list[str], value: Any, named: str) -> None:
    if not all(path):
        raise BadContext(f"{named or 'the value'} has a part without a name: type it as user.id=qa-1")
    for part in path[:-1]:
        found = found.setdefault(part, {})
        if not isinstance(found, dict):
            raise BadContext(f"{part} of {named} has a value of its own already")
    if path[-1] in found:
        raise BadContext(f"{named} is there twice")
    found[path[-1]] = value
