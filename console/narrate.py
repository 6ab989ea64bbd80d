"""An event of the ledger as one line in words: for ``ledger tail``, the ledger screen, the release screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console import events, unwatched
from console.bake import HOWS
from console.envelope import Recorded
from console.incidents import happened as incident_happened
from console.messages import happened as message_happened
from console.rollback import command_happened, happened, store_events
from console.world import Unwatched

_WORDS = {"promote": "promote", "hold": "hold", "rollback": "roll back", "no_data": "no data"}

_BAKED = {"promote": "baked", "hold": "nothing worse so far", "rollback": "roll back", "no_data": "no data"}


def narrate(event: Recorded) -> str:
    """Who did what, in one line without a final stop; never raises, whatever the event holds.

    Text from outside stands in it as it is, but for line breaks: whoever shows it makes it harmless.
    """
    try:
        typed = events.read(event)
    except events.Unknown as unknown:
        return _line(f"{event.kind}: {_reason(unknown, event)}")
    if typed is None:
        return _line(f"{event.kind}: its payload was redacted")
    return _line(_TELL[type(typed)](typed, event.actor.person))


def _line(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


def _reason(unknown: events.Unknown, event: Recorded) -> str:
    return str(unknown).removeprefix(f"event {event.seq}: ").removeprefix(f"{event.kind} ")


def _adopted(event: events.PolicyAdopted, who: str) -> str:
    return f"{who} put policy {event.policy_sha256[:8]} in force: {event.why}"


def _armed(event: events.SessionArmed, who: str) -> str:
    return f"{event.person} armed the session: {event.reason}"


def _disarmed(event: events.SessionDisarmed, who: str) -> str:
    return f"{event.person} disarmed the session: {event.why}"


def _intended(event: events.ActionIntended, who: str) -> str:
    reason = f": {event.reason}" if event.reason.strip() else ""
    return f"{event.person} asked to {_what(event.action)}{reason}"


def _what(action: dict[str, Any]) -> str:
    name, before, after = (
        action.get("action", "?"),
        action.get("from_percentage"),
        action.get("to_percentage"),
    )
    if name == "advance":
        return f"advance {before} % → {after} %"
    if name == "complete":
        return f"complete the release from {before} %"
    if name == "start":
        return f"start a rolling release of {action.get('canary_deployment_id')}"
    if name in ("promote", "rollback"):
        verb = "promote" if name == "promote" else "roll back to"
        return f"{verb} {action.get('deployment_id')}"
    if name == "configure":
        return "change the rolling release configuration"
    if name == "abort":
        return "abort the release"
    return str(name)


def _ended(event: events.ActionEnded, who: str) -> str:
    if event.outcome == "unknown":
        return f"outcome unknown: {event.says}"
    if event.how == "asked_host":
        return f"found out from the host: {event.says}"
    if event.outcome == "done":
        return f"{who} {event.says[:1].lower()}{event.says[1:]}"
    return {"refused": "the host refused: ", "not_sent": "not sent: "}[event.outcome] + event.says


def _verdict(event: events.VerdictChanged, who: str) -> str:
    before, word = _WORDS.get(event.before), _WORDS[event.word]
    if event.before == event.word:
        change = f"verdict still {word}"
    else:
        change = f"verdict {before} → {word}" if before else f"verdict {word}"
    return f"{change} ({'; '.join(event.reasons)})" if event.reasons else change


def _release(event: events.ReleaseSeen, who: str) -> str:
    return f"{event.says}, by {event.by}" if event.by else event.says


def _frozen(event: events.ReleaseFrozen, who: str) -> str:
    return f"{event.person} froze changes: {event.reason}"


def _thawed(event: events.ReleaseThawed, who: str) -> str:
    return f"{event.person} ended the freeze: {event.reason}"


def _source(event: events.SourceChanged, who: str) -> str:
    state = "lost" if event.state == "lost" else "is back"
    return f"{event.source} {state}: {event.says}" if event.says.strip() else f"{event.source} {state}"


def _resumed(event: events.WatchResumed, who: str) -> str:
    return unwatched.says(Unwatched(event.since, event.until))


def _epoch(event: events.EpochOpened, who: str) -> str:
    return f"the evidence starts afresh: {event.why}"


def _bake(event: events.BakeBegan, who: str) -> str:
    minutes = round((event.until - event.since) / 60_000)
    return f"{event.deployment_id} bakes for {minutes} min: {HOWS[event.how]}"


def _baked(event: events.BakeJudged, who: str) -> str:
    word = _BAKED[event.word]
    return f"production against its own past: {word} ({'; '.join(event.reasons)})"


def _flag(event: events.FlagIntended, who: str) -> str:
    reason = f": {event.reason}" if event.reason.strip() else ""
    if event.what == "expire":
        return f"the time is up: {event.key} goes back"
    if event.what == "undo":
        return f"{event.person} asked to {event.words} ({event.key}){reason}"
    return f"{event.person} asked for flag {event.key} → {event.words}{reason}"


def _flagged(event: events.FlagEnded, who: str) -> str:
    if event.outcome == "done" and event.how == "answered":
        return f"{who}: {event.says[:1].lower()}{event.says[1:]}"
    lead = {
        "done": "found out from the host: ",
        "unknown": "outcome unknown: ",
        "refused": "the host refused: ",
        "not_sent": "not sent: ",
    }
    return f"{lead[event.outcome]}{event.says}"


def _accepted(event: events.LossAccepted, who: str) -> str:
    return f"{event.person} accepted a loss: {event.reason}. {event.says}"


def _redacted(event: events.LedgerRedacted, who: str) -> str:
    return f"{who} redacted event {event.redacted_seq}: {event.why}"


_TELL: dict[type[events.Event], Callable[[Any, str], str]] = {
    events.PolicyAdopted: _adopted,
    events.SessionArmed: _armed,
    events.SessionDisarmed: _disarmed,
    events.ActionIntended: _intended,
    events.ActionEnded: _ended,
    events.VerdictChanged: _verdict,
    events.ReleaseSeen: _release,
    events.ReleaseFrozen: _frozen,
    events.ReleaseThawed: _thawed,
    events.SourceChanged: _source,
    events.WatchResumed: _resumed,
    events.EpochOpened: _epoch,
    events.BakeBegan: _bake,
    events.BakeJudged: _baked,
    events.FlagIntended: _flag,
    events.FlagEnded: _flagged,
    events.LedgerRedacted: _redacted,
    **happened.WORDS,
    **store_events.WORDS,
    **command_happened.WORDS,
    **incident_happened.WORDS,
    **message_happened.WORDS,
    events.LossAccepted: _accepted,
}
