"""What a person may do with an incident's review and its action items: the events, or why not. Pure."""

from __future__ import annotations

from console.event import Event
from console.incidents import happened as h
from console.incidents import review_happened as r
from console.incidents.action_items import action_items_of, next_number
from console.incidents.incident import Incident
from console.incidents.review import Review, ReviewState, review_of
from console.incidents.rules import not_leading, refused
from console.incidents.terms import LEADING, State, rank
from console.outcome import Outcome
from console.policy import Rulebook
from console.readings import Millis

DAY: Millis = 24 * 60 * 60_000
DUE_MS: dict[int, Millis] = {1: 3 * DAY, 2: 7 * DAY, 3: 14 * DAY, 4: 14 * DAY}
"""By rank of severity: so long after its resolution a review is due, where nobody says otherwise."""
DO_MS: Millis = 7 * DAY
"""So long somebody has for an action item, where nobody says otherwise."""


def begun(
    incident: Incident, person: str, owner: str, due: Millis | None, book: Rulebook, now: Millis
) -> Event | Outcome:
    """Begin the review; of one in draft, give it another owner or another day."""
    there = review_of(incident.story)
    if incident.state is not State.RESOLVED:
        return _unresolved(incident)
    if there is not None and there.state is not ReviewState.DRAFT:
        return refused(f"The review of {incident.id} is {there.state.value} already.")
    if owner not in book.people.people:
        return refused(f"{owner} is not listed in people.yaml.", "Only who is listed can own a review.")
    until = due if due is not None else (incident.resolved_at or now) + DUE_MS[rank(incident.severity)]
    if due is not None and due <= now:
        return refused("It cannot be due in the past.", "Name a day to come: --due 3d, or a date.")
    return r.ReviewStarted(person=person, owner=owner, due=until)


def submitted(incident: Incident, person: str) -> Event | Outcome:
    """Hand the draft to those who read it."""
    there = _standing(incident, ReviewState.DRAFT)
    if isinstance(there, Outcome):
        return there
    if person != there.owner:
        return refused(
            f"{there.owner} owns the review of {incident.id} and submits it.",
            f"Give it another owner: coalmine incident review {incident.id} --start --owner {person}",
        )
    return r.ReviewSubmitted(person=person)


def returned(incident: Incident, person: str, why: str) -> Event | Outcome:
    """Send it back to its owner."""
    there = _standing(incident, ReviewState.IN_REVIEW)
    return there if isinstance(there, Outcome) else r.ReviewReturned(person=person, why=why)


def accepted(incident: Incident, person: str, says: str) -> tuple[Event, ...] | Outcome:
    """Agree with it: the incident is reviewed with that.

    Whoever submitted it does not accept it. Where somebody else is commander or deputy, they do.
    """
    there = _standing(incident, ReviewState.IN_REVIEW)
    if isinstance(there, Outcome):
        return there
    if person == there.submitted_by:
        return refused(
            f"{person} submitted the review of {incident.id}: somebody else accepts it.",
            f"For somebody else: coalmine incident review {incident.id} --accept --reason TEXT",
        )
    leading = {name for role in LEADING for name in incident.roles.holders(role)} - {there.submitted_by}
    wrong = not_leading(incident, person, "about the review") if leading else None
    if wrong is None and not says:
        wrong = refused("Say what the review found.", "--reason TEXT")
    if wrong is None and incident.state is not State.RESOLVED:
        wrong = _unresolved(incident)
    if wrong is not None:
        return wrong
    moved = h.IncidentMoved(person=person, state="reviewed", before=incident.state.value, why=says)
    return r.ReviewAccepted(person=person, says=says), moved


def action_added(
    incident: Incident,
    person: str,
    text: str,
    owner: str,
    due: Millis | None,
    aim: r.Aim,
    book: Rulebook,
    now: Millis,
) -> Event | Outcome:
    """Put down what is to be done, by whom, until when."""
    if incident.state is State.MERGED:
        return refused(f"{incident.id} goes on in {incident.merged_into}.", "Put it down there.")
    if owner not in book.people.people:
        return refused(f"{owner} is not listed in people.yaml.", "An action item has one owner, who is.")
    if due is not None and due <= now:
        return refused("It cannot be due in the past.", "Name a day to come: --due 7d, or a date.")
    return r.ActionAdded(
        person=person,
        number=next_number(incident),
        text=text,
        owner=owner,
        due=due if due is not None else now + DO_MS,
        aim=aim,
    )


def action_done(incident: Incident, person: str, number: int, says: str) -> Event | Outcome:
    """Say that it is done."""
    there = next((one for one in action_items_of(incident) if one.number == number), None)
    if there is None:
        return refused(
            f"There is no action item {number} of {incident.id}.",
            f"`coalmine incident action list {incident.id}` shows them.",
        )
    if not there.open:
        return refused(f"{there.done_by} did {there.name} already.")
    return r.ActionDone(person=person, number=number, says=says)


def _standing(incident: Incident, wanted: ReviewState) -> Review | Outcome:
    there = review_of(incident.story)
    if there is None:
        return refused(
            f"Nobody has begun the review of {incident.id}.",
            f"Begin it: coalmine incident review {incident.id} --start",
        )
    if there.state is not wanted:
        return refused(f"The review of {incident.id} is {there.state.value}, not {wanted.value}.")
    return there


def _unresolved(incident: Incident) -> Outcome:
    if incident.merged_into:
        return refused(f"{incident.id} goes on in {incident.merged_into}, and is reviewed there.")
    return refused(
        f"{incident.id} is {incident.state.value}: a review is of what is resolved.",
        f"`coalmine incident show {incident.id}` tells how it stands.",
    )
