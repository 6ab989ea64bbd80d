"""What a message can say of an incident without anybody typing it. Pure.

The public hears only of times: a title, an impact in numbers and what is being done are written for those
inside, and can name what is inside.
"""

from __future__ import annotations

from dataclasses import replace

from console.incidents.due import update_by
from console.incidents.happened import SeveritySuggested
from console.incidents.incident import Incident, Update
from console.incidents.terms import SEVERITY_WORDS
from console.messages.filled import Known
from console.messages.terms import Audience
from console.readings import Millis

EVERY_MS: Millis = 60 * 60_000
"""When more is heard, where the severity asks for no rhythm."""


def known_of(incident: Incident, audience: Audience, now: Millis) -> Known:
    """By the field's name. What is not known is left out; where it is required it is asked for then."""
    opened = incident.opened
    found: dict[str, str | Millis] = {"started": opened.started_at, "next_update": _next(incident, now)}
    if incident.mitigated_at is not None:
        found["mitigated"] = incident.mitigated_at
    if incident.resolved_at is not None:
        found["ended"] = incident.resolved_at
    if audience == "customer":
        return found
    found |= {
        "incident": incident.id,
        "title": opened.title,
        "severity": SEVERITY_WORDS[incident.severity],
        "state": incident.state.value,
    }
    commander = incident.roles.holder("commander")
    if commander is not None:
        found["commander"] = commander
    impact = _impact(incident)
    if impact:
        found["impact"] = impact
    if incident.update is not None:
        found["doing"] = incident.update.says
    return found


def _next(incident: Incident, now: Millis) -> Millis:
    """When the next word is due after this one: by the rhythm of the severity, never in the past."""
    said = replace(incident, update=Update(now, "", "", None))
    return max(update_by(said) or now + EVERY_MS, now + 60_000)


def _impact(incident: Incident) -> str:
    """The share of users that is hurt, as measured with the newest suggestion of a severity."""
    for one in reversed(incident.story):
        if one.kind == SeveritySuggested.KIND and one.payload is not None:
            affected = one.payload.get("affected_ppm")
            if isinstance(affected, int):
                return f"about {affected / 10_000:.3g} % of users"
    return ""
