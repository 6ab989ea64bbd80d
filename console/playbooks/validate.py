"""A playbook from the bytes of its file: everything that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from console.playbooks.advice import advice
from console.playbooks.document import read, text_of
from console.playbooks.fault import Fault, in_order
from console.playbooks.front import Front, front_of
from console.playbooks.model import Playbook, Step
from console.playbooks.steps import steps_of

UNSURE = "unreachable"
"""A warning that an error elsewhere can be the cause of: a misspelled way, a lost fence."""


@dataclass(frozen=True)
class Checked:
    """``playbook`` is there where it has no errors, and only then. Warnings keep nothing from running."""

    playbook: Playbook | None
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def validate(
    data: bytes, metrics: Collection[str] | None = None, environment: Collection[str] | None = None
) -> Checked:
    """Read a playbook. ``metrics`` and ``environment`` as in :func:`console.playbooks.advice.advice`."""
    faults: list[Fault] = []
    text = text_of(data, faults)
    if text is None:
        return Checked(None, in_order(faults), ())
    document = read(text, faults)
    front = front_of(document.front, faults)
    steps = steps_of(document.blocks, front, faults)
    if not steps and not faults:
        faults.append(Fault(1, None, "no-steps", "there is no `yaml action` in it: nothing would be done"))
    made = _made(front, steps)
    warnings = in_order(one for one in advice(made, metrics, environment) if not faults or one.code != UNSURE)
    return Checked(None if faults else made, in_order(faults), warnings)


def _made(front: Front, steps: tuple[Step, ...]) -> Playbook:
    fields = front.fields
    hosts, version = fields.get("hosts"), fields.get("version")
    return Playbook(
        name=str(fields.get("playbook", "")),
        version=version if isinstance(version, int) else 0,
        title=str(fields.get("title", "")),
        about=str(fields.get("about", "")),
        fields=fields,
        params=tuple(front.params.values()),
        secrets=tuple(sorted(front.secrets)),
        hosts=tuple(str(one) for one in hosts) if isinstance(hosts, list) else (),
        steps=steps,
    )
