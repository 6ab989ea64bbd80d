"""One effect on production: its intent on record, one sending, its outcome on record.

What every gate does around the effect that is its own. The intent is appended with the version of its stream
that was read before the objections were looked for, so that of several who act on one thing exactly one gets
through; what may have been sent is never sent again; what the host itself answered corrects what somebody
else concluded from looking at it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from console.envelope import NewEvent, Recorded
from console.outcome import End, Outcome
from console.ports import (
    EffectNotSent,
    EffectRefused,
    EffectUnknown,
    Ledger,
    LedgerConflict,
)
from console.readings import Millis
from console.reconcile import SETTLE_MS

log = logging.getLogger("coalmine.effect")

T = TypeVar("T")

TOO_LATE_MS: Millis = SETTLE_MS // 2
"""An intent this old is not sent any more: by ``SETTLE_MS`` others may find that nothing happened."""

ATTEMPTS = 8
"""How often an append is tried again when events that compete with nothing came in between."""

HOST_ASKED = "It is never sent again by itself: the host is being asked what happened."
TOO_LATE = Outcome(End.NOT_SENT, "It took too long to get ready; nothing was sent.", "Try again.")


class Offload(Protocol):
    """Runs a blocking call elsewhere (the ledger's writer thread) and awaits its result."""

    def __call__(self, call: Callable[[], T]) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class Fate:
    """What a stream holds of one action's end: the outcome that is certain, or that none is."""

    settled: str | None
    unknown: bool = False
    """It is recorded that it was sent and no answer came."""


class OnRecord:
    """Writes intents and outcomes around effects."""

    def __init__(self, ledger: Ledger, offload: Offload) -> None:
        self._ledger, self._offload = ledger, offload

    async def intend(
        self,
        stream: str,
        objection: Callable[[Sequence[Recorded]], Awaitable[T | None]],
        new: Callable[[], NewEvent],
    ) -> Recorded | T | None:
        """Append the intent, or answer the objection to it.

        ``objection`` is asked with the events read, as often as others come in between; ``None`` is the
        answer when they do so all the time. Raises :class:`StoreUnusable`: then nothing is recorded.
        """
        for _ in range(ATTEMPTS):
            told = await self._offload(partial(self._ledger.read, stream=stream))
            objected = await objection(told)
            if objected is not None:
                return objected
            version = told[-1].version if told else 0
            try:
                return (await self._offload(partial(self._ledger.append, stream, version, [new()])))[0]
            except LedgerConflict:
                continue
        return None

    async def end(
        self,
        stream: str,
        fate: Callable[[Sequence[Recorded]], Fate],
        outcome: str,
        by_host: bool,
        new: Callable[[], NewEvent],
    ) -> int | None:
        """Append an outcome whatever else was appended meanwhile; its ``seq``.

        ``None`` if somebody settled it first; only the host's own answer (``by_host``), if certain, corrects
        that. ``outcome`` is the one to record. Raises :class:`StoreUnusable`.
        """

        def appended() -> int | None:  # in one piece: whoever waits for it may be cancelled
            while True:
                told = self._ledger.read(stream=stream)
                now = fate(told)
                certain = by_host and outcome != "unknown"
                if now.settled is not None and not (certain and now.settled != outcome):
                    return None
                if now.settled is None and now.unknown and by_host and outcome == "unknown":
                    return None
                try:
                    return self._ledger.append(stream, told[-1].version, [new()])[0].seq
                except LedgerConflict:
                    continue

        return await self._offload(appended)


async def sent_once(send: Callable[[], Awaitable[T]], what: str) -> T | Outcome:
    """The host's answer, or why there is none, as the outcome to record. Never raises, never sends twice.

    ``what`` names the effect in the log.
    """
    try:
        return await send()
    except EffectNotSent as error:
        return Outcome(End.NOT_SENT, error.problem.what, error.problem.next)
    except EffectRefused as error:
        return Outcome(End.REFUSED_BY_HOST, error.problem.what, error.problem.next)
    except EffectUnknown as error:
        return Outcome(End.UNKNOWN, f"Sent, but no answer came: {error.problem.what}", HOST_ASKED)
    except Exception as error:  # whatever it is, the request may have left
        log.exception("sending %s", what)
        says = f"A fault in Coalmine itself while sending: {type(error).__name__}."
        return Outcome(End.UNKNOWN, says, HOST_ASKED)


def unrecorded(outcome: Outcome, problem: str, following: str, intent: Recorded) -> Outcome:
    """An outcome that the ledger could not take: what happened is said all the same."""
    says = f"{outcome.says} But the ledger could not record it: {problem}"
    return Outcome(outcome.end, says, following, seq=intent.seq)
