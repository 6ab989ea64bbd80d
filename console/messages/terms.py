"""The words of messages: for whom, at which point, and what became of one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from console.incidents.terms import Role, State

Audience = Literal["internal", "stakeholder", "customer"]
AUDIENCES: tuple[Audience, ...] = ("internal", "stakeholder", "customer")
"""From the one that may hear everything to the public."""
Phase = Literal["investigating", "identified", "monitoring", "resolved"]
PHASES: tuple[Phase, ...] = ("investigating", "identified", "monitoring", "resolved")

_ONGOING = frozenset({State.TRIAGE, State.INVESTIGATING, State.IDENTIFIED})
SAYABLE: Mapping[Phase, frozenset[State]] = {
    "investigating": _ONGOING,
    "identified": _ONGOING,
    "monitoring": frozenset({State.MITIGATED}),
    "resolved": frozenset({State.RESOLVED, State.REVIEWED}),
}
"""Phase → the states of an incident in which it may be said: that the harm has stopped only once it has."""

ROLE_OF: Mapping[str, Role] = {
    "incident_commander": "commander",
    "deputy": "deputy",
    "scribe": "scribe",
    "subject_matter_expert": "expert",
    "ops_lead": "operations",
    "customer_liaison": "communications",
    "internal_liaison": "communications",
}
"""The roles that playbooks name → those of an incident."""

Standing = Literal["unconfirmed", "ready", "sending", "sent", "partly", "failed", "unknown", "copied"]
"""Where a message stands. ``partly``: some of it went out and some surely did not. ``unknown``: of some of it
nobody knows; it is never sent again by itself."""


def may_hear(channel: Audience, message: Audience) -> bool:
    """Whether a channel of one audience may carry a message for another: never one for fewer people."""
    return AUDIENCES.index(channel) <= AUDIENCES.index(message)
