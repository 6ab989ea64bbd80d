"""An incident in plain lines and as JSON: the same words on the command line and the screen. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.envelope import Json
from console.incidents.due import (
    acknowledge_by,
    suggestion_of,
    time_at,
    times_of,
    update_by,
    watched_until,
)
from console.incidents.happened import BY
from console.incidents.incident import Incident
from console.incidents.terms import ROLE_WORDS, SEVERITY_WORDS
from console.incidents.timeline import Line
from console.playbooks.offering import Offered, offers_words
from console.readings import Millis
from console.rollback.telling import left_words

Local = Callable[[Millis], str]
"""A moment as it is shown here."""


def standing_words(incident: Incident, now: Millis) -> str:
    """``SEV2, investigating for 12:03, next word to everybody in 4:12``."""
    severity = SEVERITY_WORDS[incident.severity]
    found = [severity if incident.confirmed else f"{severity} (not confirmed)"]
    found.append(f"{incident.state.value} for {_long(now - incident.state_since)}")
    if incident.merged_into:
        found.append(f"goes on in {incident.merged_into}")
    return ", ".join([*found, *due_words(incident, now)])


def due_words(incident: Incident, now: Millis) -> list[str]:
    """What is due, the soonest first: ``to be acknowledged in 4:12``, ``next word … overdue by 1:00``."""
    known = (
        (acknowledge_by(incident), "to be acknowledged"),
        (update_by(incident), "next word to everybody"),
        (watched_until(incident), "watched"),
    )
    due = sorted((at, what) for at, what in known if at is not None)
    return [_due(at, what, now) for at, what in due]


def _due(at: Millis, what: str, now: Millis) -> str:
    if what == "watched":
        return f"watched for {_long(at - now)} more" if at > now else "watched long enough"
    return f"{what} in {_long(at - now)}" if at > now else f"{what} overdue by {_long(now - at)}"


def page(incident: Incident, now: Millis, local: Local, playbooks: Sequence[Offered] = ()) -> list[str]:
    """Everything about one incident, a line each. ``playbooks``: those that are offered, the best first."""
    opened = incident.opened
    lines = [
        f"{incident.id}  {opened.title}",
        f"  stands     {standing_words(incident, now)}",
        f"  began      {local(opened.started_at)}",
        f"  opened     {local(incident.at)} by {opener_words(incident)}",
    ]
    found = suggestion_of(incident, now)
    if found is not None:
        lines.append(f"  suggested  {found.severity} ({found.rule}): {'; '.join(found.reasons)}")
        lines.append(
            f"             a person says so: coalmine incident severity {incident.id} {found.severity}"
        )
    lines.append(f"  times      {times_words(incident)}")
    lines.append(f"  roles      {roles_words(incident) or 'nobody has one'}")
    for offer in incident.roles.pending(now):
        left = _long(offer.until - now)
        lines.append(f"  asked      {offer.to}, by {offer.by}, to be {ROLE_WORDS[offer.role]} ({left} left)")
    if playbooks and not incident.over:
        lines.append(f"  playbooks  {offers_words(playbooks)}")
        lines.append(f"             to read one: coalmine playbook show {playbooks[0].name}")
    if incident.links:
        lines.append(f"  links      {', '.join(f'{what} {name}' for what, name in incident.links)}")
    if incident.update is not None:
        said = incident.update
        lines.append(f"  said       {said.person}, {_long(now - said.at)} ago: {said.says}")
    lines += [f"  known      {one}" for one in opened.evidence]
    if incident.blocked:
        lines.append(f"  !          not understood here: {incident.blocked}")
    return lines


def opener_words(incident: Incident) -> str:
    """``ana``, or ``an alert (through ana's console)``."""
    opened = incident.opened
    if opened.how == "person":
        return opened.person
    return f"{BY[opened.how]} (through {opened.person}'s console)"


def roles_words(incident: Incident) -> str:
    """``incident commander ana, deputy jo``."""
    held = [(role, incident.roles.holders(role)) for role in ROLE_WORDS]
    return ", ".join(f"{ROLE_WORDS[role]} {' and '.join(names)}" for role, names in held if names)


def times_words(incident: Incident) -> str:
    """``detected after 1:00, acknowledged after 2:00, …``, of what has happened."""
    times = times_of(incident)
    known = (
        ("detected", times.detect),
        ("acknowledged", times.acknowledge),
        ("mitigated", times.mitigate),
        ("resolved", times.resolve),
    )
    return ", ".join(f"{word} after {_long(ms)}" for word, ms in known if ms is not None)


def line_of(line: Line, started_at: Millis, local: Local) -> str:
    """One line of the timeline: when, how long from the start, what about, what."""
    sign, away = ("-", started_at - line.at) if line.at < started_at else ("+", line.at - started_at)
    late = f" (written {_long(line.late)} later)" if line.note and line.late >= 60_000 else ""
    return f"{local(line.at)}  {sign}{_long(away):<8} {line.about:<8}  {line.says}{late}"


def _long(ms: Millis) -> str:
    return "0:00" if ms < 1000 else left_words(ms)


def as_json(incident: Incident, now: Millis, playbooks: Sequence[Offered] = ()) -> Json:
    """For programs."""
    opened, times, found = incident.opened, times_of(incident), suggestion_of(incident, now)
    update = incident.update
    return {
        "id": incident.id,
        "title": opened.title,
        "project_id": opened.project_id,
        "severity": incident.severity,
        "confirmed": incident.confirmed,
        "suggestion": None
        if found is None
        else {"severity": found.severity, "rule": found.rule, "reasons": list(found.reasons)},
        "state": incident.state.value,
        "state_since": incident.state_since,
        "over": incident.over,
        "opened_at": incident.at,
        "opened_by": opened.person,
        "how": opened.how,
        "causes": list(incident.causes),
        "signs": list(incident.signs),
        "started_at": opened.started_at,
        "detected_at": opened.detected_at,
        "acknowledged_at": incident.acknowledged_at,
        "acknowledged_by": incident.acknowledged_by or None,
        "mitigated_at": incident.mitigated_at,
        "resolved_at": incident.resolved_at,
        "closed_at": incident.closed_at,
        "relapses": incident.relapses,
        "merged_into": incident.merged_into or None,
        "times": {
            "detect_ms": times.detect,
            "acknowledge_ms": times.acknowledge,
            "mitigate_ms": times.mitigate,
            "resolve_ms": times.resolve,
        },
        "at_severity": [{"severity": one, "ms": ms} for one, ms in time_at(incident, now).items()],
        "acknowledge_by": acknowledge_by(incident),
        "update_by": update_by(incident),
        "watched_until": watched_until(incident),
        "update": None if update is None else {"at": update.at, "person": update.person, "says": update.says},
        **_people(incident, now),
        "playbooks": [{"name": one.name, "fits": list(one.fits)} for one in playbooks],
        "links": [{"what": what, "name": name} for what, name in incident.links],
        "evidence": list(opened.evidence),
        "blocked": incident.blocked or None,
    }


def _people(incident: Incident, now: Millis) -> Json:
    roles = incident.roles
    return {
        "roles": [
            {"role": one.role, "person": one.person, "since": one.since, "until": one.until}
            for one in roles.held
        ],
        "offers": [
            {"role": one.role, "by": one.by, "to": one.to, "until": one.until} for one in roles.pending(now)
        ],
    }


def lines_as_json(incident: Incident, lines: Sequence[Line]) -> Json:
    """The timeline for programs."""
    return {
        "id": incident.id,
        "lines": [
            {
                "seq": line.seq,
                "at": line.at,
                "recorded_at": line.recorded_at,
                "about": line.about,
                "kind": line.kind,
                "who": line.who,
                "says": line.says,
                "own": line.own,
                "claimed": line.claimed or None,
            }
            for line in lines
        ],
    }
