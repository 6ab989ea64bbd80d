"""What was changed before an incident, in plain lines and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from console.envelope import Json
from console.incidents.incident import Incident
from console.incidents.suspects import Suspect
from console.incidents.telling import Local
from console.rollback.telling import left_words


def before_line(one: Suspect, local: Local) -> str:
    """When, how long before the start, what about, who and what."""
    away = left_words(one.before) if one.before >= 1000 else "0:00"
    linked = " (linked)" if one.linked else ""
    return f"{local(one.at)}  -{away:<8} {one.about:<8}  {one.who}: {one.what}{linked}"


def before_as_json(incident: Incident, minutes: int, found: Sequence[Suspect]) -> Json:
    """The same for programs."""
    return {
        "id": incident.id,
        "started_at": incident.opened.started_at,
        "minutes": minutes,
        "changes": [
            {
                "seq": one.seq,
                "at": one.at,
                "before_ms": one.before,
                "about": one.about,
                "who": one.who,
                "what": one.what,
                "outside": one.outside,
                "linked": one.linked,
            }
            for one in found
        ],
    }
