"""What happens to alerts by our doing, as events. Their stream is ``silence:DIGEST`` of what is silenced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from console.event import Event
from console.readings import Millis

STREAM = "silence:"


class SilenceIntended(Event):
    """An authorised silence, or the end of one, is about to be sent, once."""

    KIND = "silence.intended"
    action_id: str
    """It stands in the silence's comment, too: by it the silence is found again."""
    what: Literal["silence", "unsilence"]
    place: str
    """The Alertmanager's address."""
    silence_id: str
    """Of the silence that is to end; empty for a new one."""
    matchers: list[str]
    covers: list[str]
    """Fingerprints of the alerts that it covered when it was looked at."""
    starts_at: Millis
    ends_at: Millis
    person: str
    reason: str
    rule: str
    policy_sha256: str
    preview: list[str]
    arming: str


class SilenceEnded(Event):
    """What became of it."""

    KIND = "silence.ended"
    action_id: str
    outcome: Literal["done", "refused", "not_sent", "unknown"]
    how: Literal["answered", "asked_host"]
    says: str
    next: str = ""
    silence_id: str = ""


def _intended(event: SilenceIntended, who: str) -> str:
    about = ", ".join(event.matchers)
    if event.what == "unsilence":
        return f"{event.person} asked to end the silence of {about}: {event.reason}"
    minutes = max(1, round((event.ends_at - event.starts_at) / 60_000))
    count = len(event.covers)
    covers = f"{count} alert{'' if count == 1 else 's'} then"
    return f"{event.person} asked to silence {about} for {minutes} min ({covers}): {event.reason}"


def _ended(event: SilenceEnded, who: str) -> str:
    lead = {
        "done": "found out from the Alertmanager: " if event.how == "asked_host" else "done: ",
        "unknown": "outcome unknown: ",
        "refused": "the Alertmanager refused: ",
        "not_sent": "not sent: ",
    }
    return f"{lead[event.outcome]}{event.says}"


WORDS: Mapping[type[Event], Callable[[Any, str], str]] = {SilenceIntended: _intended, SilenceEnded: _ended}
"""An event in one line, without a final stop; the second argument is who recorded it."""

KINDS = tuple(WORDS)
