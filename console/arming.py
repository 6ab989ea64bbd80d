"""Arming: for a set time, a person's session may change production. Recorded before it counts."""

from __future__ import annotations

from console import events
from console.envelope import Actor
from console.outcome import End, Outcome
from console.ports import Ledger, LedgerConflict
from console.readings import Millis
from console.world import Armed

MOST_MINUTES = 8 * 60


class Arming:
    """The arming of one session. Calls are blocking (they append to the ledger)."""

    def __init__(self, ledger: Ledger, session: str) -> None:
        self._ledger, self._session = ledger, session
        self._armed: Armed | None = None

    @property
    def armed(self) -> Armed | None:
        """The arming, expired or not; ``None`` if there was none or it was ended."""
        return self._armed

    def arm(self, person: str, reason: str, minutes: int, actor: Actor, now: Millis) -> Outcome:
        """Record and begin it. Raises :class:`console.ports.StoreUnusable`."""
        if not reason.strip():
            return Outcome(End.REFUSED_HERE, "A reason is required.", "Say why, in a few words.")
        if not 1 <= minutes <= MOST_MINUTES:
            return Outcome(
                End.REFUSED_HERE, f"Arming lasts 1 to {MOST_MINUTES} minutes.", "Choose another time."
            )
        until = now + minutes * 60_000
        seq = self._append(events.SessionArmed(person=person, reason=reason.strip(), until=until), actor, now)
        self._armed = Armed(person, until, reason.strip())
        return Outcome(
            End.DONE, f"Armed for {minutes} min: keys in capital letters change production.", seq=seq
        )

    def disarm(self, why: str, actor: Actor, now: Millis) -> Outcome:
        """End it at once, whatever the ledger does."""
        armed, self._armed = self._armed, None
        if armed is None or armed.until <= now:
            return Outcome(End.DONE, "This session is read-only.")
        seq = self._append(events.SessionDisarmed(person=armed.person, why=why), actor, now)
        return Outcome(End.DONE, "Disarmed: this session is read-only.", seq=seq)

    def _append(self, event: events.Event, actor: Actor, now: Millis) -> int:
        stream = f"session:{self._session}"
        while True:
            try:
                version = self._ledger.version(stream)
                return self._ledger.append(stream, version, [event.new(actor, now)])[0].seq
            except LedgerConflict:
                continue
