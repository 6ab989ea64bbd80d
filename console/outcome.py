"""What the gate answers: done, refused and why, not sent, or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class End(StrEnum):
    """How an attempt to change production ended."""

    DONE = "done"
    REFUSED_HERE = "refused_here"  # our own gate said no; nothing was sent
    REFUSED_BY_HOST = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    AWAITING = "awaiting_approval"  # other people have to approve it first; a request is open

    @property
    def exit_code(self) -> int:
        """The command line's exit code (design, section 6)."""
        codes = {"done": 0, "refused_here": 5, "refused": 1, "not_sent": 4, "unknown": 4}
        return codes.get(self.value, 3)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one attempt, in words for a person; ``seq`` is its event in the ledger, if any."""

    end: End
    says: str
    next: str = ""
    rule: str = ""
    seq: int | None = None
