"""The folds over the whole ledger: open intents, armings, verdicts, policy, and what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from console import events
from console.envelope import Json, Recorded
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Intent:
    """An action that was about to be sent and of which no settling outcome is recorded."""

    action_id: str
    stream: str
    seq: int
    at: Millis
    person: str
    session: str
    action: Json
    unknown: bool = False
    """It was sent and no answer came."""


class OpenIntents:
    """Open intents by action id, oldest first. ``unknown`` from the call itself leaves one open."""

    name, version = "open-intents", 1

    def initial(self) -> Mapping[str, Intent]:
        return {}

    def apply(self, state: Mapping[str, Intent], event: Recorded) -> Mapping[str, Intent]:
        typed = _typed(event, events.ActionIntended, events.ActionEnded)
        if isinstance(typed, events.ActionIntended):
            intent = Intent(
                typed.action_id,
                event.stream,
                event.seq,
                event.at,
                typed.person,
                event.actor.session,
                typed.action,
            )
            return {**state, typed.action_id: intent}
        if not isinstance(typed, events.ActionEnded) or typed.action_id not in state:
            return state
        if typed.outcome == "unknown" and typed.how == "answered":
            return {**state, typed.action_id: replace(state[typed.action_id], unknown=True)}
        return {key: intent for key, intent in state.items() if key != typed.action_id}

    def dump(self, state: Mapping[str, Intent]) -> Json:
        return {"open": [asdict(intent) for intent in state.values()]}

    def load(self, kept: Json) -> Mapping[str, Intent]:
        return {fields["action_id"]: Intent(**fields) for fields in kept["open"]}


@dataclass(frozen=True, slots=True)
class Armament:
    """One session's arming."""

    person: str
    reason: str
    until: Millis


class Armings:
    """Sessions that are armed, by session; those that had run out by the newest event are forgotten.

    Something unreadable on a session's stream disarms it.
    """

    name, version = "armings", 1

    def initial(self) -> Mapping[str, Armament]:
        return {}

    def apply(self, state: Mapping[str, Armament], event: Recorded) -> Mapping[str, Armament]:
        session = event.stream.removeprefix("session:")
        if session == event.stream:
            return state
        kept = {key: one for key, one in state.items() if one.until > event.at and key != session}
        typed = _typed(event, events.SessionArmed)
        if isinstance(typed, events.SessionArmed):
            kept[session] = Armament(typed.person, typed.reason, typed.until)
        return kept

    def dump(self, state: Mapping[str, Armament]) -> Json:
        return {session: asdict(one) for session, one in state.items()}

    def load(self, kept: Json) -> Mapping[str, Armament]:
        return {session: Armament(**fields) for session, fields in kept.items()}


@dataclass(frozen=True, slots=True)
class Word:
    """The newest verdict recorded on a stream."""

    word: str
    since: Millis
    reasons: tuple[str, ...]
    seq: int


class LatestVerdict:
    """The newest verdict of each stream."""

    name, version = "latest-verdict", 1

    def initial(self) -> Mapping[str, Word]:
        return {}

    def apply(self, state: Mapping[str, Word], event: Recorded) -> Mapping[str, Word]:
        typed = _typed(event, events.VerdictChanged)
        if not isinstance(typed, events.VerdictChanged):
            return state
        return {**state, event.stream: Word(typed.word, typed.since, tuple(typed.reasons), event.seq)}

    def dump(self, state: Mapping[str, Word]) -> Json:
        return {stream: asdict(word) for stream, word in state.items()}

    def load(self, kept: Json) -> Mapping[str, Word]:
        return {
            stream: Word(**{**fields, "reasons": tuple(fields["reasons"])}) for stream, fields in kept.items()
        }


@dataclass(frozen=True, slots=True)
class Policy:
    """The digests in force; ``unreadable`` says why nobody can tell them, and then nothing is allowed."""

    policy_sha256: str | None = None
    people_sha256: str | None = None
    seq: int = 0
    unreadable: str = ""


class PolicyInForce:
    """The policy last adopted. Anything unreadable on its stream, a redaction too, leaves none in force."""

    name, version = "policy-in-force", 1

    def initial(self) -> Policy:
        return Policy()

    def apply(self, state: Policy, event: Recorded) -> Policy:
        if event.stream != "policy":
            return state
        try:
            typed = events.read(event)
        except events.Unknown as unknown:
            return Policy(seq=event.seq, unreadable=str(unknown))
        if typed is None:
            return Policy(seq=event.seq, unreadable=f"event {event.seq} was redacted")
        if isinstance(typed, events.PolicyAdopted):
            return Policy(typed.policy_sha256, typed.people_sha256, event.seq)
        return state

    def dump(self, state: Policy) -> Json:
        return asdict(state)

    def load(self, kept: Json) -> Policy:
        return Policy(**kept)


class BlockedStreams:
    """Streams that hold something this program cannot read, and what: no effect on them is allowed."""

    name, version = "blocked-streams", 1

    def initial(self) -> Mapping[str, str]:
        return {}

    def apply(self, state: Mapping[str, str], event: Recorded) -> Mapping[str, str]:
        if event.stream in state:
            return state
        try:
            events.read(event)
        except events.Unknown as unknown:
            return {**state, event.stream: str(unknown)}
        return state

    def dump(self, state: Mapping[str, str]) -> Json:
        return dict(state)

    def load(self, kept: Json) -> Mapping[str, str]:
        return {str(stream): str(why) for stream, why in kept.items()}


def _typed(event: Recorded, *kinds: type[events.Event]) -> events.Event | None:
    """The typed payload if it is one of ``kinds`` and readable; other kinds are not even parsed."""
    if event.kind not in {kind.KIND for kind in kinds}:
        return None
    try:
        return events.read(event)
    except events.Unknown:
        return None
