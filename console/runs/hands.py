"""The hands by the kind of step they do; a kind that nobody does here is answered honestly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.playbooks.kinds import KINDS
from console.runs.doing import Done, Hand, Say, Task


@dataclass(frozen=True, slots=True)
class Absent:
    """Nobody does steps of this kind from here."""

    why: str = "Steps of this kind cannot be done from here."

    async def would(self, task: Task) -> tuple[str, ...]:
        return (f"could not: {self.why}",)

    async def do(self, task: Task, say: Say) -> Done:
        return Done("ask", f"{self.why} Nothing was done.")

    async def resume(self, task: Task, say: Say) -> Done:
        if task.step.effect:
            return Done("unknown", f"{self.why} Whether it was done elsewhere is not known.")
        return Done("ask", self.why)


def hands_of(made: Mapping[str, Hand], lacking: Mapping[str, str] | None = None) -> Mapping[str, Hand]:
    """A hand for each kind of step. ``lacking``: why a kind cannot be done, where that is known."""
    whys = lacking or {}
    absent = {kind: Absent(whys[kind]) if kind in whys else Absent() for kind in KINDS}
    return {**absent, **made}
