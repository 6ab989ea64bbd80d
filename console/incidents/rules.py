"""What a person may do with an incident as it stands: the event that says so, or why not. Pure."""

from __future__ import annotations

from collections.abc import Collection

from console.event import Event
from console.incidents import happened as h
from console.incidents.due import watched_until
from console.incidents.incident import Incident
from console.incidents.terms import LEADING, SEVERITY_WORDS, WAYS, Severity, State, rank
from console.numbering import number_of
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.readings import Millis

REOPEN_MS: Millis = 7 * 24 * 60 * 60_000
"""After so long it is another incident."""
CLOCK_BACK_MS: Millis = 60_000
"""A clock that is so much behind the incident's newest event decides nothing."""

What = h.Linkable


def refused(says: str, following: str = "") -> Outcome:
    """Nothing was recorded, and why."""
    return Outcome(End.REFUSED_HERE, says, following)


def not_listed(book: Rulebook | str, person: str) -> Outcome | None:
    """Why somebody can look only."""
    if isinstance(book, str):
        return refused(book, "Nothing is recorded until the people in force are known.")
    if person not in book.people.people:
        return refused(f"{person} is not listed in people.yaml.", "Who is not listed can look only.")
    return None


def unwritable(incident: Incident, now: Millis) -> Outcome | None:
    """Why nothing more can be written about it here."""
    if incident.blocked:
        return refused(f"{incident.id} cannot be understood here: {incident.blocked}", "Update Coalmine.")
    if now < incident.newest_at - CLOCK_BACK_MS:
        return refused(
            "This machine's clock is behind the incident's newest entry.", "Set it first, then try again."
        )
    return None


def not_leading(incident: Incident, person: str, what: str) -> Outcome | None:
    """Why somebody does not decide ``what``: the commander and the deputies do, where there are any."""
    leading = [name for role in sorted(LEADING) for name in incident.roles.holders(role)]
    if not leading or person in leading:
        return None
    return refused(
        f"{' or '.join(leading)} decides {what} of {incident.id}.",
        f"Tell them, or take over: coalmine incident role {incident.id} commander --take-over --reason TEXT",
    )


def acknowledged(incident: Incident, person: str) -> Event | Outcome:
    """Take care of it."""
    if incident.over:
        return _over(incident)
    if incident.acknowledged_at is not None:
        return refused(f"{incident.acknowledged_by} takes care of {incident.id} already.")
    return h.IncidentAcknowledged(person=person)


def severity_set(incident: Incident, person: str, severity: Severity, why: str) -> Event | Outcome:
    """Say how bad it is: up is free for everybody, down is for whoever leads, with a reason."""
    if incident.over:
        return _over(incident)
    before = incident.severity
    if severity == before and incident.confirmed and incident.suggestion is None:
        return refused(f"{incident.id} is {SEVERITY_WORDS[severity]} already.")
    if _lower(before, severity):
        wrong = not_leading(incident, person, "to lower the severity")
        if wrong is not None:
            return wrong
        if not why:
            return refused("Lowering the severity needs a reason.", "Say why: --reason TEXT")
    return h.SeveritySet(person=person, severity=severity, before=before, why=why)


def _lower(before: Severity, after: Severity) -> bool:
    if before == after or before == "undetermined":
        return False
    return after == "undetermined" or rank(after) > rank(before)


def moved(
    incident: Incident,
    person: str,
    state: State,
    why: str,
    now: Millis,
    early: str = "",
    waiting: Collection[str] = (),
) -> Event | Outcome:
    """Go on to ``state``. ``waiting``: linked requests that still wait for somebody."""
    if incident.state is state:
        return refused(f"{incident.id} is {state.value} already.")
    if state not in WAYS[incident.state] or (incident.state is State.RESOLVED and not state.over):
        return refused(
            f"{incident.id} is {incident.state.value}: it cannot become {state.value}.", _ways(incident)
        )
    wrong = not_leading(incident, person, "about the state") or _unready(incident, state, why)
    if wrong is None and state is State.RESOLVED:
        wrong = _unresolvable(incident, now, early, waiting)
    if wrong is not None:
        return wrong
    return h.IncidentMoved(
        person=person,
        state=state.value,  # type: ignore[arg-type]
        before=incident.state.value,
        why=why,
        early=early if state is State.RESOLVED and now < (watched_until(incident) or now) else "",
    )


def _ways(incident: Incident) -> str:
    if incident.state is State.RESOLVED:
        return f"Reopen it: coalmine incident reopen {incident.id} --reason TEXT"
    after = sorted(one.value for one in WAYS[incident.state])
    return f"It can become {' or '.join(after)}." if after else "It is over: open another one."


def _unready(incident: Incident, state: State, why: str) -> Outcome | None:
    """Why it is not where ``state`` begins."""
    if incident.state is State.TRIAGE and state is State.INVESTIGATING:
        if not incident.confirmed:
            says = f"Nobody has said yet how bad {incident.id} is."
            return refused(says, f"Say it: coalmine incident severity {incident.id} SEV2 (or undetermined)")
        if incident.severity in ("SEV1", "SEV2") and incident.roles.holder("commander") is None:
            says = f"{incident.id} is {incident.severity} and has no incident commander."
            return refused(says, f"Be it: coalmine incident role {incident.id} commander --take")
        return None
    asked = {
        State.IDENTIFIED: "what contributes to it (also “unknown, but isolated to …”)",
        State.MITIGATED: "what mitigated it, and how that was checked",
        State.RESOLVED: "how it was seen to be over",
        State.REVIEWED: "what the review found",
        State.DECLINED: "why it is none",
        State.INVESTIGATING: "which symptoms are back",
    }
    return None if why else refused(f"Say {asked[state]}.", "--reason TEXT")


def _unresolvable(incident: Incident, now: Millis, early: str, waiting: Collection[str]) -> Outcome | None:
    if waiting:
        names = ", ".join(waiting)
        return refused(f"{names} still waits for somebody.", "Carry it out, withdraw it, or unlink it first.")
    until = watched_until(incident)
    if until is not None and now < until and not early:
        minutes = -(-(until - now) // 60_000)
        return refused(
            f"{incident.id} is watched for {minutes} min more after its mitigation.",
            "Wait, or say why not: --early REASON",
        )
    return None


def reopened(incident: Incident, person: str, why: str, now: Millis) -> Event | Outcome:
    """It was not over after all."""
    if incident.state is not State.RESOLVED:
        return refused(f"{incident.id} is {incident.state.value}: only a resolved one is reopened.")
    if now - incident.state_since > REOPEN_MS:
        return refused(f"{incident.id} was resolved more than 7 days ago.", "Open another one and name this.")
    return h.IncidentReopened(person=person, why=why)


def closed(incident: Incident, person: str, why: str, now: Millis) -> Event | Outcome:
    """Put it away: a resolved one as reviewed, one in triage as none at all."""
    if incident.state is State.TRIAGE:
        return moved(incident, person, State.DECLINED, why, now)
    if incident.state is State.RESOLVED:
        return moved(incident, person, State.REVIEWED, why, now)
    if incident.over:
        return _over(incident)
    return refused(
        f"{incident.id} is {incident.state.value}: it is resolved before it is closed.",
        f"coalmine incident resolve {incident.id} --reason TEXT",
    )


def merged(incident: Incident, person: str, into: Incident | None, name: str, why: str) -> Event | Outcome:
    """Go on in another one, which was opened earlier: so nothing is ever merged in a circle."""
    if into is None:
        return refused(f"There is no incident {name}.", "`coalmine incident list --all` shows them.")
    if number_of(into.id) >= number_of(incident.id):
        return refused(
            f"{incident.id} cannot go on in {into.id}: it is merged into one that was opened earlier.",
            f"The other way: coalmine incident merge {into.id} {incident.id} --reason TEXT"
            if into.id != incident.id
            else "",
        )
    if into.over:
        return refused(f"{into.id} is {into.state.value}.", "Reopen it first.")
    if State.MERGED not in WAYS[incident.state]:
        return refused(f"{incident.id} is {incident.state.value}: it cannot be merged.", _ways(incident))
    wrong = not_leading(incident, person, "about the state")
    return wrong or h.IncidentMerged(person=person, into=into.id, why=why)


def linked(incident: Incident, person: str, what: What, name: str, *, there: bool) -> Event | Outcome:
    """Link something. ``there``: whether it is known in this ledger, of a request or a run."""
    if (what, name) in incident.links:
        return refused(f"{what} {name} is linked to {incident.id} already.")
    if not there:
        where = "coalmine playbook runs --all" if what == "run" else "coalmine rollback list --all"
        return refused(f"There is no {what} {name} in this ledger.", f"`{where}` shows them.")
    return h.IncidentLinked(person=person, what=what, name=name)


def unlinked(incident: Incident, person: str, what: What, name: str) -> Event | Outcome:
    """Take a link back."""
    if (what, name) not in incident.links:
        return refused(f"{what} {name} is not linked to {incident.id}.")
    return h.IncidentUnlinked(person=person, what=what, name=name)


def _over(incident: Incident) -> Outcome:
    return refused(f"{incident.id} is {incident.state.value}.", _ways(incident))
