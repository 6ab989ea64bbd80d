"""The playbook of a run as it was pinned, with the run's parameters filled in. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from console.playbooks.evaluate import Value
from console.playbooks.model import Plain, Playbook, Step
from console.playbooks.validate import validate
from console.runs.params import as_text, fill, lacking


@dataclass(frozen=True, slots=True)
class Pinned:
    """The bytes that a run goes by, and what they say."""

    playbook: Playbook
    text: str
    sha256: str


@lru_cache(maxsize=32)
def pinned(data: bytes) -> Pinned | None:
    """``None`` where it has errors. A file that begins with a byte order mark is read without it."""
    playbook = validate(data).playbook
    if playbook is None:
        return None
    return Pinned(playbook, data.decode("utf-8"), hashlib.sha256(data).hexdigest())


def texts_of(values: Mapping[str, Value]) -> dict[str, str]:
    return {name: as_text(value) for name, value in values.items()}


def resolved(playbook: Playbook, values: Mapping[str, Value]) -> Playbook:
    """With every parameter filled in that has a value. Secrets stay as they are written."""
    texts = {name: text for name, text in texts_of(values).items() if name not in playbook.secrets}
    return replace(playbook, steps=tuple(_step(step, texts) for step in playbook.steps))


def _step(step: Step, texts: Mapping[str, str]) -> Step:
    fields = {key: fill(value, texts) for key, value in step.fields.items()}
    return replace(step, title=str(fill(step.title, texts)), fields=fields)


def task_fields(
    step: Step, values: Mapping[str, Value], secrets: Mapping[str, str]
) -> tuple[dict[str, Plain], tuple[str, ...]]:
    """The fields of a step as they were written, filled in once with parameters and secrets; and the names
    that are wanted and were not given."""
    texts = {**texts_of(values), **secrets}
    wanted: Iterable[str] = lacking(dict(step.fields), texts)
    return {key: fill(value, texts) for key, value in step.fields.items()}, tuple(wanted)


def hosts_of(playbook: Playbook, values: Mapping[str, Value]) -> frozenset[str]:
    """The hosts that requests of a run may go to: those it names, and those it was given as parameters."""
    given = {
        as_text(values[one.name]) for one in playbook.params if one.type == "hostname" and one.name in values
    }
    return frozenset({*playbook.hosts, *given})
