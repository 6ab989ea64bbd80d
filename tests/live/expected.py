"""What is to be said in each scenario, read from ``expected.toml``, and whether it was."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tests.live.course import Plan, Told, scenario_called

FILE = Path(__file__).with_name("expected.toml")


class Expected(BaseModel):
    """One scenario; the file says what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Literal["promote", "rollback", "hold", "no_data"]
    culprits: tuple[str, ...] = ()
    stage: int = 0
    stays: bool = False
    minutes: float = 60
    watched: float = 3
    blind: tuple[float, float] | None = None
    spoiled: bool = False
    says: str = ""
    why: str = ""

    def plan(self, name: str) -> Plan:
        """How the scenario ``name`` is played."""
        return Plan(
            scenario_called(name),
            stage=self.stage,
            advances=not self.stays,
            minutes=self.minutes,
            stays=self.watched,
        )


@cache
def expected() -> dict[str, Expected]:
    """By scenario."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: Expected.model_validate(table) for name, table in tables.items()}


def faults(wanted: Expected, told: Told) -> list[str]:
    """What was not said as it should be, in words; nothing if all was."""
    found = _OF[wanted.verdict](wanted, told)
    early = {one.word for one in told.said if one.at <= told.began} & {"rollback"}
    found += ["rolled back before the scenario began"] if early else []
    if wanted.blind is not None:
        blind = told.within(*wanted.blind)
        if not {"no_data"} <= blind <= {"no_data", "hold"}:
            found.append(f"said {', '.join(sorted(blind))} while it was blind")
    if wanted.spoiled and not told.spoiled:
        found.append("no answer was spoiled")
    if wanted.says and not any(wanted.says in text for one in told.said for text in one.verdict.reasons):
        found.append(f"never said {wanted.says!r}")
    return found


def _promoted(wanted: Expected, told: Told) -> list[str]:
    bad = told.first("rollback")
    if bad is not None:
        return [f"rolled back for {', '.join(bad.culprits)}: {'; '.join(bad.verdict.reasons)}"]
    return [] if told.complete else [f"not moved on to the end: {'; '.join(told.said[-1].verdict.reasons)}"]


def _rolled_back(wanted: Expected, told: Told) -> list[str]:
    bad = told.first("rollback")
    if bad is None:
        return [f"never rolled back: {'; '.join(told.said[-1].verdict.reasons)}"]
    found = []
    if not set(bad.culprits) & set(wanted.culprits) or set(bad.culprits) - set(wanted.culprits):
        found.append(f"named {', '.join(bad.culprits) or 'nobody'} instead of {', '.join(wanted.culprits)}")
    after = {one.word for one in told.said if one.at > bad.at} - {"rollback"}
    return [*found, f"said {', '.join(sorted(after))} after that"] if after else found


def _held(wanted: Expected, told: Told) -> list[str]:
    other = {one.word for one in told.said} - {"hold"}
    return [f"said {', '.join(sorted(other))}"] if other else []


def _blind(wanted: Expected, told: Told) -> list[str]:
    other = {one.word for one in told.said} - {"hold", "no_data"}
    found = [f"said {', '.join(sorted(other))}"] if other else []
    return found if told.said[-1].word == "no_data" else [*found, f"ended with {told.said[-1].word}"]


_OF = {"promote": _promoted, "rollback": _rolled_back, "hold": _held, "no_data": _blind}
