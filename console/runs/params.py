"""The parameters of a run: texts that were given, as values of their declared types; filling them in. Pure.

Filling goes once over each text: what a value holds is never looked into again, whatever it looks like.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from console.playbooks.evaluate import Value
from console.playbooks.fault import close_to
from console.playbooks.filling import HOLE, NAME, holes
from console.playbooks.model import Param, Plain, Playbook
from console.playbooks.shapes import milliseconds

LONGEST = 500
HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """Values by name, or what is wrong with what was given: everything at once."""

    values: Mapping[str, Value]
    faults: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str]:
        """Each value as the ledger keeps it."""
        return {name: json.dumps(value, ensure_ascii=False) for name, value in self.values.items()}


def given(playbook: Playbook, texts: Mapping[str, str]) -> Given:
    """The parameters of a run: what was given, else the default."""
    declared = {one.name: one for one in playbook.params}
    values: dict[str, Value] = {}
    faults = list(_unknown(texts, declared))
    for one in playbook.params:
        if one.name in texts:
            try:
                values[one.name] = _value(one.type, texts[one.name])
            except ValueError as error:
                faults.append(f"`{one.name}`: {error}")
        elif one.default is not None:
            values[one.name] = one.default
        elif one.required:
            about = f" ({one.about})" if one.about else ""
            faults.append(f"`{one.name}` is needed{about}: --param {one.name}=…")
    return Given(values, tuple(faults))


def _unknown(texts: Mapping[str, str], declared: Mapping[str, Param]) -> Iterator[str]:
    for name in texts:
        if name not in declared:
            close = close_to(name, declared)
            yield f"there is no parameter `{name}`" + (f"; did you mean `{close}`?" if close else "")


def _value(type_: str, text: str) -> Value:
    """Raises ``ValueError`` with the reason in words."""
    if not text.isprintable():
        raise ValueError("it has characters that are no text")
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} characters")
    return _READ[type_](text) if type_ in _READ else text


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"expected a number, got “{text}”") from None
    if not math.isfinite(value):
        raise ValueError(f"expected a number, got “{text}”")
    return int(value) if value.is_integer() and re.fullmatch(r"-?\d{1,15}", text) else value


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,15}", text, re.ASCII):
        raise ValueError(f"expected a whole number, got “{text}”")
    return int(text)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"expected true or false, got “{text}”")
    return text == "true"


def _duration(text: str) -> str:
    try:
        milliseconds(text)
    except ValueError:
        raise ValueError(f"expected a duration such as 90s or 5m, got “{text}”") from None
    return text


def _hostname(text: str) -> str:
    if not HOSTNAME.fullmatch(text):
        raise ValueError(f"expected the name of a host, got “{text}”")
    return text


_READ = {
    "number": _number,
    "integer": _whole,
    "boolean": _truth,
    "duration": _duration,
    "hostname": _hostname,
}


def as_text(value: Value) -> str:
    """A value as it stands in a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fill(value: Plain, texts: Mapping[str, str]) -> Plain:
    """Every ``{{ name }}`` that ``texts`` has, filled in; the others stay as they are written."""
    if isinstance(value, str):
        return HOLE.sub(lambda hole: _filled(hole, texts), value)
    if isinstance(value, list):
        return [fill(one, texts) for one in value]
    if isinstance(value, dict):
        return {key: fill(one, texts) for key, one in value.items()}
    return value


def _filled(hole: re.Match[str], texts: Mapping[str, str]) -> str:
    name = NAME.fullmatch(hole[1])
    return texts.get(name[1], hole[0]) if name else hole[0]


def lacking(value: Plain, texts: Mapping[str, str]) -> tuple[str, ...]:
    """The names that would have to be filled in and are not known, each once."""
    return tuple(dict.fromkeys(name for name in _holes(value) if name not in texts))


def _holes(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield from holes(value)
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _holes(one)
