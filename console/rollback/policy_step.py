"""Another policy as a step of a plan: its texts, so that what is approved is what comes into force."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from console.adopted import STREAM
from console.envelope import Json, digest
from console.events import PolicyAdopted
from console.policy import Rulebook, load_rulebook

if TYPE_CHECKING:
    from console.rollback.desk import Shown

FILES = ("policy.yaml", "people.yaml", "allowed_signers")
NOT_CHANGED = (
    "nothing that serves users changes",
    "requests that were asked for under the policy before need what both ask for",
)


@dataclass(frozen=True)
class PolicyStep:
    """Puts these texts in force in place of those whose digest is ``replaces``.

    ``signers`` is ``None`` where there is no allowed_signers: then no signature counts.
    """

    policy: str
    people: str
    signers: str | None
    replaces: str
    KIND: ClassVar[str] = "policy"
    level: ClassVar[Literal["configuration"]] = "configuration"
    policy_name: ClassVar[tuple[str, int]] = ("adopt_policy", 0)
    stops_harm: ClassVar[bool] = False
    stream: ClassVar[str] = STREAM

    @classmethod
    def of(cls, book: Rulebook, before: PolicyAdopted) -> PolicyStep:
        """The step that puts ``book`` in force after ``before``."""
        return cls(book.policy_text, book.people_text, book.signers_text, mark_of(before))

    @property
    def mark(self) -> str:
        """The digest of what it puts in force."""
        return _mark(self.policy, self.people, self.signers)

    def book(self) -> Rulebook:
        """What it puts in force, read. Raises :class:`console.policy.PolicyFault`."""
        return load_rulebook(self.policy, FILES[0], self.people, FILES[1], self.signers, FILES[2])

    def as_json(self) -> Json:
        return {
            "kind": self.KIND,
            **_texts(self.policy, self.people, self.signers),
            "replaces": self.replaces,
        }


def mark_of(adopted: PolicyAdopted) -> str:
    """The digest of what an event put in force."""
    return _mark(adopted.policy, adopted.people, adopted.signers)


def _mark(policy: str, people: str, signers: str | None) -> str:
    return digest(_texts(policy, people, signers))


def _texts(policy: str, people: str, signers: str | None) -> Json:
    """No allowed_signers is no member: what is hashed has no nulls."""
    return {"policy": policy, "people": people, **({} if signers is None else {"signers": signers})}


def shown_of(step: PolicyStep, before: PolicyAdopted) -> Shown:
    """What whoever approves it has to see: every line that changes, in each of the three files."""
    old = (before.policy, before.people, before.signers)
    new = (step.policy, step.people, step.signers)
    changed = [name for name, then, now in zip(FILES, old, new, strict=True) if then != now]
    lines = [
        line
        for name, then, now in zip(FILES, old, new, strict=True)
        for line in _differences(name, then or "", now or "")
    ]
    from console.rollback.desk import Shown

    return Shown(
        f"ANOTHER POLICY: {', '.join(changed)}", tuple(lines), NOT_CHANGED, "whoever acts in this ledger"
    )


def _differences(name: str, then: str, now: str) -> Iterator[str]:
    if then == now:
        return
    yield f"{name}:"
    for line in difflib.unified_diff(then.splitlines(), now.splitlines(), lineterm="", n=1):
        if not line.startswith(("---", "+++")):
            yield line
