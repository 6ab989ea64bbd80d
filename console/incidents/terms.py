"""The words of incidents: severities, roles, states, and which state leads to which. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

Severity = Literal["SEV1", "SEV2", "SEV3", "SEV4", "undetermined"]
SEVERITIES: tuple[Severity, ...] = ("SEV1", "SEV2", "SEV3", "SEV4", "undetermined")
SEVERITY_WORDS: Mapping[Severity, str] = {one: one for one in SEVERITIES} | {
    "undetermined": "severity undetermined"
}

Role = Literal["commander", "deputy", "scribe", "operations", "communications", "expert"]
ROLE_WORDS: Mapping[Role, str] = {
    "commander": "incident commander",
    "deputy": "deputy",
    "scribe": "scribe",
    "operations": "operations lead",
    "communications": "communications lead",
    "expert": "subject-matter expert",
}
MANY: frozenset[Role] = frozenset({"deputy", "expert"})
"""Roles that several people may have at once."""
LEADING: frozenset[Role] = frozenset({"commander", "deputy"})
"""Who decides about severity and state, where somebody has one of these."""


class State(StrEnum):
    """Where an incident stands; the names are those in JSON."""

    TRIAGE = "triage"
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"
    DECLINED = "declined"
    MERGED = "merged"

    @property
    def over(self) -> bool:
        """Whether nobody is hurt any more, or never was by this one."""
        return self in (State.RESOLVED, State.REVIEWED, State.DECLINED, State.MERGED)


WAYS: Mapping[State, frozenset[State]] = {
    State.TRIAGE: frozenset({State.INVESTIGATING, State.DECLINED, State.MERGED}),
    State.INVESTIGATING: frozenset({State.IDENTIFIED, State.MITIGATED, State.MERGED}),
    State.IDENTIFIED: frozenset({State.MITIGATED, State.MERGED}),
    State.MITIGATED: frozenset({State.INVESTIGATING, State.IDENTIFIED, State.RESOLVED}),
    State.RESOLVED: frozenset({State.REVIEWED, State.INVESTIGATING}),
    State.REVIEWED: frozenset(),
    State.DECLINED: frozenset(),
    State.MERGED: frozenset(),
}
"""State → those that may follow. From mitigated back: the symptoms are back; from resolved: reopened."""


def rank(severity: Severity) -> int:
    """1 is the worst. What is not determined counts as SEV2 wherever a time hangs on it."""
    return 2 if severity == "undetermined" else int(severity[-1])
