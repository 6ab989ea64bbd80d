"""What a run for an incident touches is linked to it: the run itself, its parts, requests and flags.

Looked at whole each time, so that what a crash left out is made good by whoever drives next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from console.envelope import Actor
from console.incidents import rules
from console.incidents.desk import Incidents, Made
from console.outcome import End, Outcome
from console.runs.run import Run

TOUCHED = ("request", "flag", "run")
"""Kinds of links of a step that an incident has, too."""


def touched(run: Run) -> Iterator[tuple[rules.What, str]]:
    """The run, and what its steps made or touched. Pure."""
    yield "run", run.id
    for step in run.steps.values():
        for what, name in step.ended.links if step.ended is not None else ():
            if what in TOUCHED:
                yield cast("rules.What", what), name


async def link(incidents: Incidents, run: Run, actor: Actor) -> Outcome | None:
    """Link what is not linked yet; the first refusal, if any."""
    about = run.started.incident_id
    incident = await incidents.get(about) if about else None
    if incident is None:
        return None
    for what, name in dict.fromkeys(touched(run)):
        if (what, name) in incident.links:
            continue
        done = await incidents.record(about, actor, _linked(actor.person, what, name), "")
        if done.end is not End.DONE:
            return done
    return None


def _linked(person: str, what: rules.What, name: str) -> Made:
    return lambda one, now: rules.linked(one, person, what, name, there=True)
