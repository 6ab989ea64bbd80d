"""What the ledger knows of a flag's changes, for back-ends that keep no history of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence

from console.flags.intents import story_of, stream_of
from console.flags.provider import Version
from console.ports import Ledger


class LedgerMemory:
    """A :class:`console.flags.provider.Remembered` on the ledger. Blocking."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def versions(self, provider: str, key: str) -> Sequence[Version]:
        """The states that changes made here led to, newest first; numbered from 1 in the order of making."""
        story = story_of(self._ledger.read(stream=stream_of(provider, key)))
        made = [one for one in story.changes if one.done]
        return [
            Version(
                id=one.event.action_id,
                number=number,
                at=one.at,
                by=one.event.person,
                message=one.event.reason,
                environments=(),
                data=json.loads(one.event.after),
                origin="ledger",
            )
            for number, one in reversed(list(enumerate(made, start=1)))
        ]
