"""The kinds of event, typed: what each payload holds, its schema version, and how old ones are read.

A payload holds integers and strings, lists and objects of them. Times are milliseconds; shares are
parts per million; what is unknown is left out. An event of an unknown kind, or newer than this
program, is kept and shown, and blocks effects on its stream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field, ValidationError

from console.envelope import Json, Recorded
from console.event import Event as Event
from console.incidents.happened import KINDS as INCIDENTS
from console.messages.happened import KINDS as MESSAGES
from console.readings import Millis
from console.rollback.command_happened import KINDS as COMMANDS
from console.rollback.happened import KINDS as REQUESTS
from console.rollback.store_events import KINDS as STORES

WordBefore = Literal["promote", "hold", "rollback", "no_data", "none"]


class PolicyAdopted(Event):
    """The policy and people files in force from here on, by digest. Stream ``policy``."""

    KIND = "policy.adopted"
    policy_sha256: str
    people_sha256: str
    policy: str
    """The whole text of policy.yaml: who may change it is decided by this one, not by the new one."""
    people: str
    why: str
    signers_sha256: str | None = None
    """Of allowed_signers; ``None`` where there was no such file, and no signature counts."""
    signers: str | None = None


class SessionArmed(Event):
    """A person may change production in this session until ``until``. Stream ``session:ID``."""

    KIND = "session.armed"
    person: str
    reason: str
    until: Millis


class SessionDisarmed(Event):
    """Arming ended before its time. Stream ``session:ID``."""

    KIND = "session.disarmed"
    person: str
    why: str


class ActionIntended(Event):
    """An authorised action is about to be sent, once. Stream: the action's own."""

    KIND = "action.intended"
    action_id: str
    action: Json
    """The action's own fields, among them ``action`` (its name)."""
    plan_sha256: str
    person: str
    reason: str
    rule: str
    """The rule of the policy that allowed it."""
    policy_sha256: str
    preview: list[str]
    """What the person was shown."""
    verdict: str | None = None
    arming: str


class ActionEnded(Event):
    """What became of an intended action."""

    KIND = "action.ended"
    action_id: str
    outcome: Literal["done", "refused", "not_sent", "unknown"]
    how: Literal["answered", "asked_host"]
    """Whether the host answered the call itself, or was asked afterwards what had happened."""
    says: str
    next: str = ""


class VerdictChanged(Event):
    """The judge's word on a release changed, or a decision rested on it. Stream ``release:CANARY``."""

    KIND = "verdict.changed"
    canary_id: str
    word: Literal["promote", "hold", "rollback", "no_data"]
    before: WordBefore
    since: Millis
    reasons: list[str]
    judge: str


class ReleaseSeen(Event):
    """A change of the rolling release as read from the host, whoever made it. Stream ``release:CANARY``."""

    KIND = "release.seen"
    canary_id: str
    baseline_id: str
    state: Literal["ACTIVE", "COMPLETE", "ABORTED"]
    stage_index: int | None = None
    percentage: int | None = None
    says: str
    """In words, e.g. ``advanced 5 % → 25 %``."""
    by: str | None = None
    """Who, as far as the host says."""


class ReleaseFrozen(Event):
    """A change freeze: nothing may widen exposure until it is thawed. Stream ``freeze:PROJECT``."""

    KIND = "release.frozen"
    person: str
    reason: str
    rule: str


class ReleaseThawed(Event):
    """The end of a change freeze. Stream ``freeze:PROJECT``."""

    KIND = "release.thawed"
    person: str
    reason: str
    rule: str


class SourceChanged(Event):
    """A source was lost, or is back; recorded while a release runs. Stream ``sources``."""

    KIND = "source.changed"
    source: str
    state: Literal["lost", "back"]
    says: str


class WatchResumed(Event):
    """While the release ran nobody watched, from ``since`` to ``until``: no console polled, or no source
    answered. Stream ``release:CANARY``."""

    KIND = "watch.resumed"
    canary_id: str
    since: Millis
    until: Millis


class EpochOpened(Event):
    """The evidence on a release starts afresh: what it was about has changed. Stream ``release:CANARY``."""

    KIND = "epoch.opened"
    canary_id: str
    cause: Literal["flag", "rollback", "outside"]
    """A flag was switched; the release was rolled back, or taken up again; something else was changed from
    outside."""
    since: Millis
    """From when on what is measured belongs to the new epoch."""
    why: str
    """In words, e.g. ``the baseline is another deployment``."""


class BakeBegan(Event):
    """What production serves has changed, and it is watched against its own past from here on. Stream
    ``bake:DEPLOYMENT``."""

    KIND = "bake.began"
    deployment_id: str
    since: Millis
    until: Millis
    how: Literal["completion", "abort", "promote", "rollback", "deployment"]
    past_until: Millis
    """Where the hour before ends that it is compared with."""


class BakeJudged(Event):
    """The word on production against its own past changed. Stream ``bake:DEPLOYMENT``."""

    KIND = "bake.judged"
    deployment_id: str
    word: Literal["promote", "hold", "rollback", "no_data"]
    """``promote``: the time is over and nothing worse was seen."""
    before: WordBefore
    since: Millis
    reasons: list[str]


class FlagIntended(Event):
    """An authorised change of a flag is about to be sent, once. Stream ``flag:PROVIDER:KEY``."""

    KIND = "flag.intended"
    action_id: str
    provider: str
    key: str
    what: Literal["off", "change", "undo", "expire"]
    """``off`` stops harm; ``undo`` takes a change back; ``expire`` ends an override for a set time."""
    words: str
    token: str
    """Of the state of the flag that the change was made for."""
    before: str
    after: str
    body: str
    """JSON: the flag before and after, and what is sent. Numbers of it need not be whole."""
    plan_sha256: str
    person: str
    reason: str
    rule: str
    policy_sha256: str
    preview: list[str]
    """What the person was shown."""
    arming: str
    back_at: Millis | None = None
    """When the change is taken back by itself, if nobody has changed the flag since."""
    takes_back: str | None = None
    """The action that this one takes back."""
    batch: str | None = None
    """Changes that were confirmed together have the same."""
    incident: str | None = None


class FlagEnded(Event):
    """What became of an intended change of a flag."""

    KIND = "flag.ended"
    action_id: str
    outcome: Literal["done", "refused", "not_sent", "unknown"]
    how: Literal["answered", "asked_host"]
    says: str
    next: str = ""
    revision: int | None = None
    amiss: list[str] = Field(default_factory=list)
    """In what the state that was read back is not the one that was asked for."""


class LedgerRedacted(Event):
    """The payload of an event was removed; its header stays. Stream ``ledger``."""

    KIND = "ledger.redacted"
    redacted_seq: int
    why: str


class LossAccepted(Event):
    """The ledger did not go on from where it was; a person accepted that. Stream ``ledger``."""

    KIND = "ledger.loss_accepted"
    person: str
    reason: str
    says: str
    """What is missing, in words."""
    lost_from: int | None = None
    lost_to: int | None = None
    hash_then: str | None = None
    """Of the newest event that was seen; left out where that could not be read any more."""


KINDS: dict[str, type[Event]] = {
    cls.KIND: cls for cls in (*REQUESTS, *STORES, *COMMANDS, *INCIDENTS, *MESSAGES)
} | {
    cls.KIND: cls
    for cls in (
        PolicyAdopted,
        SessionArmed,
        SessionDisarmed,
        ActionIntended,
        ActionEnded,
        VerdictChanged,
        ReleaseSeen,
        ReleaseFrozen,
        ReleaseThawed,
        SourceChanged,
        WatchResumed,
        EpochOpened,
        BakeBegan,
        BakeJudged,
        FlagIntended,
        FlagEnded,
        LedgerRedacted,
        LossAccepted,
    )
}

Upcaster = Callable[[Json], Json]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(kind, old schema) → the payload one schema later. Golden files hold one payload of each ever written."""


class Unknown(Exception):
    """This program cannot read the event: another kind, a newer schema, or not of its form."""


def read(
    recorded: Recorded,
    kinds: dict[str, type[Event]] | None = None,
    upcasters: dict[tuple[str, int], Upcaster] | None = None,
) -> Event | None:
    """The typed payload; ``None`` if it was redacted. Raises :class:`Unknown`."""
    known = KINDS if kinds is None else kinds
    steps = UPCASTERS if upcasters is None else upcasters
    cls = known.get(recorded.kind)
    if cls is None:
        raise Unknown(f"event {recorded.seq}: this program does not know the kind {recorded.kind}")
    if recorded.payload_text is None:
        return None
    if recorded.payload is None:
        raise Unknown(f"event {recorded.seq}: its payload is not readable")
    payload: dict[str, Any] = dict(recorded.payload)
    schema = recorded.header.schema
    if schema > cls.SCHEMA:
        raise Unknown(
            f"event {recorded.seq}: {recorded.kind} has schema {schema}, "
            f"this program reads up to {cls.SCHEMA}"
        )
    while schema < cls.SCHEMA:
        step = steps.get((recorded.kind, schema))
        if step is None:
            raise Unknown(f"event {recorded.seq}: no way from schema {schema} of {recorded.kind}")
        try:
            payload, schema = step(payload), schema + 1
        except Exception as error:
            raise Unknown(f"event {recorded.seq}: not a valid {recorded.kind} of schema {schema}") from error
    try:
        return cls.model_validate(payload)
    except ValidationError as error:
        raise Unknown(
            f"event {recorded.seq}: not a valid {recorded.kind}: {error.error_count()} faults"
        ) from error
