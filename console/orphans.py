"""Intents without an outcome that nobody is working on: found again, and settled by asking the host."""

from __future__ import annotations

from collections.abc import Callable, Collection

from console import actions, events
from console.actions import Action
from console.effect import Offload
from console.envelope import Recorded
from console.gate import Gate
from console.intents import OpenIntent, open_intents
from console.outcome import Outcome
from console.ports import Clock, Leases, Ledger

ASK_EVERY_S = 2.0
PAGE = 500
TELLING = (events.ActionIntended.KIND, events.ActionEnded.KIND)


def alive_name(session: str) -> str:
    """The lease by which a session says that it lives."""
    return f"session:{session}"


class Orphans:
    """Finds what a crash, a cut connection or a full disk left open. ``busy``: streams acted on just now."""

    def __init__(
        self,
        ledger: Ledger,
        leases: Leases,
        clock: Clock,
        gate: Gate,
        session: str,
        busy: Callable[[], Collection[str]],
        offload: Offload,
    ) -> None:
        self._ledger, self._leases, self._clock, self._gate = ledger, leases, clock, gate
        self._session, self._busy, self._offload = session, busy, offload
        self._read_to = 0
        self._story: list[Recorded] = []

    async def ask(self, *, own_only: bool = False) -> None:
        """Ask the host once about each; those of other sessions only if those sessions cannot."""
        for intent in await self._offload(self._found):
            own = intent.session == self._session
            if (own or not own_only) and intent.stream not in self._busy():
                await self._gate.reconcile(intent)

    async def settle(self, action: Action, seconds: float) -> Outcome | None:
        """Go on asking what became of our own ``action``, for so long at most; ``None`` if in vain."""
        deadline = self._clock.monotonic() + seconds
        stream = actions.stream_of(action)
        while self._clock.monotonic() < deadline:
            open_ones = await self._offload(self._open)
            mine = [i for i in open_ones if i.session == self._session and i.stream == stream]
            if not mine:
                return None
            outcome = await self._gate.reconcile(mine[0])
            if outcome is not None:
                return outcome
            await self._clock.sleep(ASK_EVERY_S)
        return None

    def _found(self) -> list[OpenIntent]:
        """Those with no answer, of dead sessions, and our own: what we still work on is busy."""
        found = []
        for intent in self._open():
            holder = self._leases.holder(alive_name(intent.session))
            alive = holder is not None and holder.expires_at > self._clock.now()
            if intent.unknown or not alive or intent.session == self._session:
                found.append(intent)
        return found

    def _open(self) -> tuple[OpenIntent, ...]:
        """All open intents; the ledger is read once, and then only what is new."""
        while page := self._ledger.read(after_seq=self._read_to, limit=PAGE):
            self._read_to = page[-1].seq
            self._story += [one for one in page if one.kind in TELLING]
            found = open_intents(self._story).open
            ids = {intent.action_id for intent in found}
            self._story = [one for one in self._story if (one.payload or {}).get("action_id") in ids]
        return open_intents(self._story).open
