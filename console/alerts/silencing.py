"""What silencing would do, what stands in its way, and what became of it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from console import events
from console.alerts.happened import STREAM, SilenceEnded, SilenceIntended
from console.alerts.model import Alert, Matcher, Silence, picks_something, words_of
from console.effect import Fate
from console.envelope import Recorded
from console.objections import REASON_LIMIT
from console.outcome import End, Outcome
from console.readings import Millis
from console.reconcile import SETTLE_MS

MINUTE: Millis = 60_000
MOST_MS: Millis = 24 * 60 * MINUTE
"""No silence is longer: what is forgotten has to come back by itself."""
USUAL_MS: Millis = 60 * MINUTE
_TAG = "coalmine:"


@dataclass(frozen=True, slots=True)
class Offer:
    """One silence, or the end of one, and exactly which alerts it is about now."""

    what: Literal["silence", "unsilence"]
    place: str
    matchers: tuple[Matcher, ...]
    covers: tuple[Alert, ...]
    for_ms: Millis = 0
    """How long, of a new one."""
    ends: Silence | None = None
    """The one that is to end."""

    @property
    def stream(self) -> str:
        return stream_of(self.place, self.matchers)

    @property
    def lines(self) -> tuple[str, ...]:
        """The preview, a sentence each."""
        about = words_of(self.matchers)
        count = len(self.covers)
        alerts = f"{count} alert{'' if count == 1 else 's'}"
        if self.what == "silence":
            first = f"Nobody is told of {about} for {self.for_ms // MINUTE} min. It goes on firing."
            covers = f"It covers {alerts} now:" if count else "It covers no alert now."
        else:
            first = f"The silence of {about} ends now."
            covers = f"It covers {alerts} now, which people are told of again:" if count else ""
        return (first, *filter(None, [covers]), *(f"  {one.words}" for one in self.covers))

    @property
    def warnings(self) -> tuple[str, ...]:
        if self.what == "unsilence":
            return ()
        bad = [one for one in self.covers if one.severity in ("critical", "page")]
        found = [f"{len(bad)} of them {'is' if len(bad) == 1 else 'are'} critical."] if bad else []
        names = {one.name for one in self.covers}
        if len(names) > 1:
            found.append(f"They are {len(names)} different alerts: {', '.join(sorted(names))}.")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class SilenceIntent:
    """One intended silence, or its end, and what is recorded of that."""

    event: SilenceIntended
    recorded: Recorded
    ended: SilenceEnded | None = None

    @property
    def open(self) -> bool:
        """Whether it is not certain what became of it."""
        return self.ended is None or (self.ended.outcome == "unknown" and self.ended.how == "answered")


def stream_of(place: str, matchers: Iterable[Matcher]) -> str:
    """On which everybody meets who silences the same, or ends that: only one of several wins."""
    text = "\n".join((place, *sorted(one.text for one in matchers)))
    return f"{STREAM}{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def comment_of(reason: str, action_id: str) -> str:
    """The silence's comment: why, and by which intent it is found again."""
    return f"{reason} ({_TAG}{action_id})"


def carries(silence: Silence, action_id: str) -> bool:
    return f"({_TAG}{action_id})" in silence.comment


def unfit(matchers: Sequence[Matcher], for_ms: Millis) -> str | None:
    """Why this is no silence to send, whatever fires."""
    if not picks_something(matchers):
        return "It would silence nearly everything: at least one matcher has to name a label's value."
    if for_ms < MINUTE:
        return "A silence lasts for a minute at least."
    if for_ms > MOST_MS:
        return f"A silence lasts for {MOST_MS // (60 * MINUTE)} hours at most; it can be made again."
    return None


def unconfirmed(reason: str) -> str | None:
    """What is missing of the reason."""
    if not reason.strip():
        return "Say why: it is recorded, and stands in the silence."
    if len(reason) > REASON_LIMIT:
        return f"The reason is longer than {REASON_LIMIT} characters."
    return None


def moved(offer: Offer, covers: Sequence[Alert], silences: Sequence[Silence]) -> str | None:
    """Why what was looked at is not what would be done any more."""
    shown = {one.fingerprint for one in offer.covers}
    others = [one.words for one in covers if one.fingerprint not in shown]
    if offer.what == "silence":
        if others:
            return f"it would cover more than was looked at: {'; '.join(others)}."
        wanted = sorted(offer.matchers)
        equal = [one for one in silences if one.state != "expired" and sorted(one.matchers) == wanted]
        if equal:
            until = local(equal[0].ends_at)
            return f"{equal[0].by or 'somebody'} has silenced exactly this already, until {until}."
        return None
    present = next((one for one in silences if offer.ends is not None and one.id == offer.ends.id), None)
    if present is None:
        return "the silence is not there any more."
    if present.state == "expired":
        return "the silence is over already."
    if offer.ends is not None and sorted(present.matchers) != sorted(offer.ends.matchers):
        return "the silence was changed meanwhile."
    return None


def became(intent: SilenceIntent, silences: Sequence[Silence], asked_at: Millis) -> SilenceEnded | None:
    """What became of an intent by what the Alertmanager shows; ``None``: not to be told yet.

    ``asked_at``: when asking for ``silences`` began.
    """
    event = intent.event
    late = asked_at - intent.recorded.at > SETTLE_MS

    def ended(outcome: Literal["done", "not_sent", "unknown"], says: str, found_id: str = "") -> SilenceEnded:
        return SilenceEnded(
            action_id=event.action_id, outcome=outcome, how="asked_host", says=says, silence_id=found_id
        )

    if event.what == "silence":
        mine = next((one for one in silences if carries(one, event.action_id)), None)
        if mine is not None:
            return ended("done", f"It is silenced until {local(mine.ends_at)}.", mine.id)
        return ended("not_sent", "The Alertmanager has no such silence: it did not happen.") if late else None
    found = next((one for one in silences if one.id == event.silence_id), None)
    if found is None:
        says = "The Alertmanager does not know that silence any more; who ended it is not known."
        return ended("unknown", says) if late else None
    if found.state == "expired":
        return ended("done", "The silence is over.", found.id)
    return ended("not_sent", "The silence is still there: it did not happen.") if late else None


def intents_of(told: Iterable[Recorded]) -> tuple[tuple[SilenceIntent, ...], str]:
    """Every intent in the events given, oldest first; and what could not be read."""
    found: dict[str, SilenceIntent] = {}
    blocked = ""
    for one in told:
        if not one.stream.startswith(STREAM):
            continue
        try:
            event = events.read(one)
        except events.Unknown as error:
            blocked = str(error)
            continue
        if isinstance(event, SilenceIntended):
            found[event.action_id] = SilenceIntent(event, one)
        elif isinstance(event, SilenceEnded) and event.action_id in found:
            found[event.action_id] = replace(found[event.action_id], ended=event)
    return tuple(found.values()), blocked


def fate(told: Sequence[Recorded], action_id: str) -> Fate:
    """What is recorded of the end of one of them."""
    for one in intents_of(told)[0]:
        if one.event.action_id == action_id:
            settled = one.ended.outcome if one.ended is not None and not one.open else None
            return Fate(settled, one.open and one.ended is not None)
    return Fate(None)


def refused(says: str, following: str = "", rule: str = "") -> Outcome:
    return Outcome(End.REFUSED_HERE, says, following, rule)


def local(at: Millis) -> str:
    """A moment as it is read here: ``14:02``."""
    return f"{datetime.fromtimestamp(at / 1000).astimezone():%H:%M}"
