"""Whether the ledger can be relied on: its chain, and that it goes on from where this user last saw it.

What this user's consoles saw last is remembered outside the ledger. While the ledger is behind that, or its
chain does not hold, nothing that changes production is sent: an intent, an approval or a freeze may be among
what is missing. A loss is accepted by a person, as an event (`coalmine ledger accept`).
"""

from __future__ import annotations

from typing import Protocol

from console.checkpoint import Checkpoint, Compared, NoCheckpoint, compare, hash_of, take
from console.envelope import VerifyReport
from console.ports import Clock, Ledger, StoreUnusable
from console.readings import Problem


class Heads(Protocol):
    """Where the newest checkpoint of one ledger is remembered, outside of it. Blocking."""

    def read(self) -> Checkpoint | None:
        """The one remembered; ``None`` if there never was one. Raises :class:`NoCheckpoint`,
        :class:`StoreUnusable`."""
        ...

    def write(self, checkpoint: Checkpoint) -> None:
        """Remember this one instead. Raises :class:`StoreUnusable`."""
        ...


class Trust:
    """Looks at one ledger and remembers its head. Calls block and are made from one thread at a time."""

    def __init__(self, ledger: Ledger, heads: Heads | None, clock: Clock) -> None:
        self._ledger, self._heads, self._clock = ledger, heads, clock
        self._behind: Problem | None = None
        self._broken: Problem | None = None
        self._proven = False
        self.warning: Problem | None = None
        """Why the present head could not be remembered, if so."""

    @property
    def problem(self) -> Problem | None:
        """Why nothing may be sent, if so."""
        return self._broken or self._behind

    def look(self) -> None:
        """Compare with what is remembered; remember the present head if it goes on from there.

        Raises :class:`StoreUnusable` where the ledger cannot be read.
        """
        if self._heads is None:
            return
        try:
            then = self._heads.read()
        except NoCheckpoint as error:
            what = f"What this machine remembers of the ledger cannot be read: {error}."
            self._behind = Problem("garbage", what, ACCEPT)
        except StoreUnusable as error:
            self._behind = error.problem
        else:
            self._compare(self._heads, then)

    def _compare(self, heads: Heads, then: Checkpoint | None) -> None:
        found = None if then is None else against(self._ledger, then)
        self._behind = None if found is None or found.ok else behind(found)
        if self._behind is None and self._ledger.head().seq > (then.seq if then else 0):
            self._remember(heads)

    def _remember(self, heads: Heads) -> None:
        checkpoint, self.warning = take(self._ledger, self._clock.now()), None
        try:
            heads.write(checkpoint)
        except StoreUnusable as error:
            self.warning = error.problem

    def prove(self, *, again: bool = False) -> None:
        """Verify the whole chain, unless it held before and is not to be proven ``again``.

        Raises :class:`StoreUnusable`.
        """
        if self._proven and not again:
            return
        try:
            report = self._ledger.verify()
        except StoreUnusable as error:
            if error.problem.kind != "garbage":
                raise
            self._broken = error.problem
            return
        self._broken = None if report.ok else broken(report)
        self._proven = report.ok


ACCEPT = "Look what is missing, then restore it, or accept the loss: coalmine ledger accept."


def against(ledger: Ledger, then: Checkpoint) -> Compared:
    """What ``ledger`` is beside a checkpoint. Raises :class:`StoreUnusable`."""
    return compare(then, ledger.head(), lambda seq: hash_of(ledger, seq))


def behind(found: Compared) -> Problem:
    """What a person is told of a ledger that does not go on from where it was."""
    return Problem("refused", f"Nothing that changes production is sent: {lower(found.says)}", ACCEPT)


def broken(report: VerifyReport) -> Problem:
    """What a person is told of a chain that does not hold."""
    first, more = report.breaks[0], len(report.breaks) - 1
    place = f"event {first.seq}: {first.what}" if first.seq else first.what
    others = f" (and {more} more)" if more else ""
    return Problem(
        "garbage",
        f"Nothing that changes production is sent: the ledger was changed. {place}{others}.",
        "Run `coalmine ledger verify`, keep the file, and restore the last backup: coalmine ledger restore.",
    )


def lower(text: str) -> str:
    """A sentence to stand behind a colon."""
    return text[:1].lower() + text[1:]
