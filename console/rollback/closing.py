"""Looking at what was reopened: afterwards it waits for nobody any more."""

from __future__ import annotations

from collections.abc import Callable

from console.envelope import Actor
from console.event import Event
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.rollback import happened as h
from console.rollback.afterwards import reopened
from console.rollback.counting import View
from console.rollback.desk import Requests, reason_amiss


async def close(
    desk: Requests, book: Callable[[], Rulebook | str], request_id: str, actor: Actor, why: str
) -> Outcome:
    """Say that somebody has looked at it, and what was found. It changes nothing else."""

    def made(view: View) -> Event | Outcome:
        attempt, people = view.request.attempt, book()
        if attempt is None or reopened(view) is None:
            return _no(f"{request_id} is {view.state.words}: it was not reopened.")
        if isinstance(people, str) or actor.person not in people.people.people:
            return _no(f"{actor.person} is not listed in people.yaml.")
        wrong = reason_amiss(why)
        return wrong or h.RequestClosed(attempt=attempt.number, person=actor.person, why=why.strip())

    return await desk.record(request_id, actor, made, f"{actor.person} closed {request_id}.")


def _no(says: str) -> Outcome:
    return Outcome(End.REFUSED_HERE, says)
