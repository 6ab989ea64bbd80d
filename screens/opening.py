"""How far the console has come in opening its stores and sources, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from screens.paint import Line, paragraph
from screens.present import duration


@dataclass(frozen=True, slots=True)
class Opening:
    """``opening`` since ``since`` (monotonic seconds), ``open``, or ``failed`` with what happened."""

    state: Literal["opening", "open", "failed"]
    since: float
    what: str = ""
    next: str = ""

    def failed(self, error: BaseException) -> Opening:
        """The same, ended by ``error``, in words for a person."""
        from console.ports import SourceError, StoreUnusable

        if isinstance(error, StoreUnusable | SourceError):
            return Opening("failed", self.since, error.problem.what, error.problem.next)
        what = f"The console could not open: {str(error) or 'no reason given'} ({type(error).__name__})."
        return Opening("failed", self.since, what, "Press ctrl+r to try again, or run: coalmine doctor.")

    def lines(self, monotonic: float, cells: int) -> list[Line]:
        """What to say above the screen; nothing once it is open."""
        if self.state == "open":
            return []
        if self.state == "opening":
            elapsed = duration(int((monotonic - self.since) * 1000))
            return paragraph(f"… opening the ledger and asking the host, {elapsed}", cells, "quiet")
        lines = paragraph(f"! {self.what}", cells, "worse", bold=True)
        return lines + paragraph(self.next, cells, indent=2)
