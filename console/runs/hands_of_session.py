"""The hands that change production, made of one session: for the registry of whoever drives a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from console.rollback.making import planned
from console.runs.consent import Consent, Consents
from console.runs.doing import Hand, Task
from console.runs.following import Following
from console.runs.hand_flag import FlagHand
from console.runs.hand_rollback import RollbackHand
from console.runs.hand_rollout import RolloutHand

if TYPE_CHECKING:
    from console.ports import Clock
    from console.session import Session


class ConsentingHand(Hand, Protocol):
    """A hand whose steps somebody has to agree to, seeing them."""

    async def consent(self, task: Task) -> Consent: ...


@dataclass(frozen=True, slots=True)
class SessionHands:
    """By the kind of step; and the consents that they look for."""

    by_kind: Mapping[str, ConsentingHand]
    consents: Consents


def hands_of(
    session: Session, clock: Clock, *, agreed_beforehand: bool = False, consents: Consents | None = None
) -> SessionHands:
    """``agreed_beforehand``: the command that drives was given ``--arm``, which is the consent to its steps,
    as it is to ``release advance``; a screen asks for each. Nothing else that a gate asks is waived by it.
    """
    consents = consents or Consents(beforehand=agreed_beforehand)
    following = Following(session.requests, clock)
    return SessionHands(
        {
            "flag": FlagHand(session.flags, session.standing, following, consents, clock),
            "rollout": RolloutHand(session, session.production, following, consents, clock),
            "rollback": RollbackHand(
                session.requests,
                session.flags,
                partial(planned, session),
                session.production,
                session.standing,
                following,
                consents,
                clock,
            ),
        },
        consents,
    )
