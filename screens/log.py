"""What the console has said and done in this session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.outcome import End, Outcome
from console.readings import Millis

Severity = Literal["information", "warning", "error"]
SEVERITIES: dict[End, Severity] = {
    End.DONE: "information",
    End.REFUSED_HERE: "warning",
    End.REFUSED_BY_HOST: "error",
    End.NOT_SENT: "error",
    End.UNKNOWN: "warning",
    End.AWAITING: "information",
}
"""How grave the end of an act is."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message: when, how grave (``information``, ``warning``, ``error``), and its text."""

    at: Millis
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class Acted:
    """One act of this session: when it was asked for, the command that does the same, how it ended."""

    at: Millis
    command: str
    outcome: Outcome
