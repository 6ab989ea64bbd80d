"""What happens to an Edge Config store that is restored, as events. Their stream is ``store:ID``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from console.event import Event


class StoreIntended(Event):
    """An authorised restoring of a backup is about to be sent, once."""

    KIND = "store.intended"
    action_id: str
    store_id: str
    name: str
    backup: str
    before: str
    """Stands for the items that the store has to have for it."""
    after: str
    """Stands for the items of the backup."""
    person: str
    reason: str
    rule: str
    policy_sha256: str
    arming: str
    """What the authorisation rests on."""


class StoreEnded(Event):
    """What became of an intended restoring."""

    KIND = "store.ended"
    action_id: str
    outcome: Literal["done", "refused", "not_sent", "unknown"]
    how: Literal["answered", "asked_host"]
    says: str
    next: str = ""


def _ended(event: StoreEnded, who: str) -> str:
    lead = {
        "done": "found out from the host: " if event.how == "asked_host" else "done: ",
        "unknown": "outcome unknown: ",
        "refused": "the host refused: ",
        "not_sent": "not sent: ",
    }
    return f"{lead[event.outcome]}{event.says}"


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {
    StoreIntended: lambda e, who: (
        f"{e.person} asked to restore the Edge Config {e.name} from its backup {e.backup}: {e.reason}"
    ),
    StoreEnded: _ended,
}
"""An event in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
