"""The four times of an incident in words, with what they are counted from, and why one is not known. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from console.incidents.due import times_of
from console.incidents.incident import Incident
from console.incidents.terms import State
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class TimeTold:
    """One of the times."""

    name: str
    definition: str
    ms: Millis | None
    unknown: str = ""
    """Why it is not known."""


def times_told(incident: Incident) -> tuple[TimeTold, ...]:
    """Times to detect, acknowledge, mitigate and resolve."""
    times, opened = times_of(incident), incident.opened
    early = opened.started_at < opened.detected_at
    start = "its start" if early else "its detection, as nobody said that it began earlier"
    again = ", and the time goes on since the relapse" if incident.relapses else ""
    ended = incident.state in (State.DECLINED, State.MERGED)
    never = f"it was {incident.state.value}" if ended else f"it is not so far{again}"
    return (
        TimeTold(
            "Time to detect",
            "from its start to its detection",
            times.detect,
            "nobody said that it began earlier than it was noticed",
        ),
        TimeTold(
            "Time to acknowledge",
            "from its detection to the first who took care of it",
            times.acknowledge,
            "nobody acknowledged it",
        ),
        TimeTold(
            "Time to mitigate",
            f"from {start} to the mitigation that held",
            times.mitigate,
            f"mitigated: {never}",
        ),
        TimeTold("Time to resolve", f"from {start} to its resolution", times.resolve, f"resolved: {never}"),
    )
