"""Messages, written, confirmed and sent: each channel is claimed in the ledger before a word leaves.

Of several who would send one message to one channel exactly one does. Where it crashes, or no answer comes,
the outcome is ``unknown``: nothing here sends it again; a person may, with a reason, as another message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from console.effect import ATTEMPTS, Offload
from console.envelope import Actor, Recorded
from console.event import Event
from console.incidents import happened as incident_happened
from console.incidents.desk import Incidents
from console.incidents.incident import Incident
from console.incidents.rules import not_listed, refused
from console.incidents.terms import Role
from console.messages import happened as h
from console.messages import rules
from console.messages.filled import Filled
from console.messages.message import Message, message_of
from console.messages.sender import Carried, Channel, Sender
from console.messages.template import Template
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.ports import Clock, Ledger, LedgerConflict, StoreUnusable
from console.readings import Millis

T = TypeVar("T")
SHORTEST_SECRET = 6
ONCE = (
    "It is never sent again by itself. Look there; then: "
    "coalmine incident message {incident} --again {key} --reason TEXT"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to write. ``key``: where it has one already, as the step of a run has."""

    template: Template
    filled: Filled
    incident_id: str = ""
    channels: tuple[str, ...] = ()
    confirm: tuple[Role, ...] = ()
    key: str = ""
    run_id: str = ""
    again_of: str = ""
    why: str = ""


LOST_MS: Millis = 120_000
"""Longer than any address may take: whoever claimed a channel so long ago is gone."""


def again_of(message: Message, why: str, channels: tuple[str, ...]) -> Draft:
    """The words of a message once more; whoever has to confirm them confirms them again."""
    said = message.drafted
    template = Template(
        said.template, said.template_version, "", said.audience, said.phase, said.subject, (), said.text
    )
    return Draft(
        template,
        Filled(said.subject, said.text, said.next_at),
        said.incident_id,
        channels,
        tuple(said.confirm),
        again_of=message.key,
        why=why,
    )


class Outbox:
    """The messages of one ledger, and the channels of this machine."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        book: Callable[[], Rulebook | str],
        offload: Offload,
        incidents: Incidents,
        channels: Mapping[str, Channel],
        sender: Sender,
        secrets: Callable[[], Iterable[str]] = tuple,
        read_only: str | None = None,
    ) -> None:
        """``secrets``: what no message may hold. ``read_only``: why nothing is done from here, if so."""
        self._ledger, self._clock, self._book, self._offload = ledger, clock, book, offload
        self._incidents, self._sender, self._secrets = incidents, sender, secrets
        self._read_only = read_only
        self.channels = channels

    # --- looking -----------------------------------------------------------------------------

    async def get(self, key: str) -> Message | None:
        """One message. Raises :class:`StoreUnusable`."""
        return await self._offload(partial(self.seen, key))

    async def of_incident(self, incident_id: str) -> tuple[Message, ...]:
        """Every message of an incident, also those of runs for it, the oldest first."""

        def read() -> tuple[Message, ...]:
            names = (name.removeprefix(h.STREAM) for name in self._ledger.streams(h.STREAM))
            found = (self.seen(name) for name in names)
            mine = [one for one in found if one is not None and one.drafted.incident_id == incident_id]
            return tuple(sorted(mine, key=lambda one: one.at))

        return await self._offload(read)

    async def incident(self, incident_id: str) -> Incident | None:
        """The incident that a message is about."""
        return await self._incidents.get(incident_id) if incident_id else None

    def refusals(self, channel: Channel) -> tuple[str, ...]:
        """Why addresses of a channel cannot be used, as far as it tells without a word to anybody."""
        return self._sender.refusals(channel.urls)

    async def again(self, key: str, why: str, channels: Sequence[str], actor: Actor) -> Draft | Outcome:
        """The same words as another message, to where it did not surely go: or why not."""
        message = await self.get(key)
        if message is None:
            return _none(key)
        now = self._clock.now()
        if any(now - message.deliveries[name].at > LOST_MS for name in message.sending):
            await self.settle(key, actor)
            message = await self.get(key) or message
        if message.standing in ("unconfirmed", "ready", "sending"):
            return outcome_of(message)
        if message.reached and not message.lost:
            return refused(f"{key} went out: it is not said again.", "Write another one: --template NAME")
        return again_of(message, why, tuple(channels) or message.lost)

    def seen(self, key: str) -> Message | None:
        """The same, blocking."""
        return message_of(self._ledger.read(stream=h.stream_of(key)))

    def taken(self, key: str) -> bool:
        """Whether a key was used, also by a message that can be read no more. Blocking."""
        return self._ledger.version(h.stream_of(key)) > 0

    # --- writing -----------------------------------------------------------------------------

    async def draft(self, draft: Draft, actor: Actor) -> Outcome:
        """Write it down; ``next`` of the answer is its key. Nothing is sent yet."""

        def write() -> Outcome:
            return self._unwritable(draft, actor) or self._drafted(draft, actor)

        return await self._safely(write)

    def _unwritable(self, draft: Draft, actor: Actor) -> Outcome | None:
        incident = self._incidents.seen(draft.incident_id) if draft.incident_id else None
        if draft.incident_id and incident is None:
            return refused(
                f"There is no incident {draft.incident_id}.", "`coalmine incident list --all` shows them."
            )
        words = f"{draft.filled.subject}\n{draft.filled.text}"
        if any(len(one) >= SHORTEST_SECRET and one in words for one in self._secrets()):
            return refused(
                "One of Coalmine's own secrets stands in it.", "Take it out: a message is kept and read."
            )
        return (
            self._refusal(actor)
            or rules.unwritten(draft.template, incident, draft.confirm, run=bool(draft.run_id))
            or rules.unfit(draft.channels, self.channels, draft.template.audience)
        )

    def _drafted(self, draft: Draft, actor: Actor) -> Outcome:
        for _ in range(ATTEMPTS):
            key = draft.key or self._next(draft.incident_id)
            event = h.MessageDrafted(
                key=key,
                incident_id=draft.incident_id,
                run_id=draft.run_id,
                template=draft.template.name,
                template_version=draft.template.version,
                audience=draft.template.audience,
                phase=draft.template.phase,
                subject=draft.filled.subject,
                text=draft.filled.text,
                sha256=draft.filled.sha256,
                channels=list(draft.channels),
                confirm=list(draft.confirm),
                person=actor.person,
                next_at=draft.filled.next_at,
                again_of=draft.again_of,
                why=draft.why,
            )
            try:
                [one] = self._append(key, 0, event, actor)
            except LedgerConflict:
                if draft.key:
                    return refused(f"The message {key} was written already.", "Nothing is written twice.")
                continue
            return Outcome(End.DONE, f"{key} is written: {draft.filled.subject}", key, seq=one.seq)
        return refused("Others write messages all the time just now.", "Look at them, then try again.")

    def _next(self, incident_id: str) -> str:
        first = f"{h.STREAM}{incident_id}/"
        numbers = (name.removeprefix(first) for name in self._ledger.streams(first))
        return f"{incident_id}/{1 + max((int(one) for one in numbers if one.isdecimal()), default=0)}"

    async def confirm(self, key: str, actor: Actor, sha256: str) -> Outcome:
        """Confirm the words of this digest."""

        def made(message: Message) -> Event | Outcome:
            book = self._book()
            if isinstance(book, str):
                return refused(book)
            incident = self._incidents.seen(message.drafted.incident_id)
            return rules.confirmed(message, incident, actor.person, sha256, book)

        return await self._recorded(key, actor, made, f"{actor.person} confirmed {key}.")

    async def copied(self, key: str, actor: Actor) -> Outcome:
        """Record that somebody takes its words; they are handed out only where this is done."""

        def made(message: Message) -> Event | Outcome:
            incident = self._incidents.seen(message.drafted.incident_id)
            sha256 = message.drafted.sha256
            return rules.unsendable(message, incident) or h.MessageCopied(
                key=key, person=actor.person, sha256=sha256
            )

        return await self._recorded(key, actor, made, f"{key} is copied; it goes out by hand.")

    async def _recorded(
        self, key: str, actor: Actor, made: Callable[[Message], Event | Outcome], says: str
    ) -> Outcome:
        def write() -> Outcome:
            wrong = self._refusal(actor)
            for _ in range(ATTEMPTS):
                message = self.seen(key)
                if wrong is not None or message is None:
                    return wrong or _none(key)
                event = made(message)
                if isinstance(event, Outcome):
                    return event
                try:
                    [one] = self._append(key, message.version, event, actor)
                except LedgerConflict:
                    continue
                return Outcome(End.DONE, says, seq=one.seq)
            return refused("It has changed meanwhile all the time.", "Look again, then try again.")

        return await self._safely(write)

    # --- sending -----------------------------------------------------------------------------

    async def deliver(self, key: str, actor: Actor) -> Outcome:
        """Send it to each of its channels that nobody has begun with; the end says where it stands then.

        What was begun is carried to its end and recorded, also when this is cancelled meanwhile.
        """
        message = await self.get(key)
        if message is None:
            return _none(key)
        for name in message.unclaimed:
            channel = self.channels.get(name)
            if channel is None:
                wrong = rules.unfit((name,), self.channels, message.drafted.audience)
                return wrong or refused(f"There is no channel {name}.")
            wrong = await _to_its_end(self._deliver(message, channel, actor))
            if wrong is not None:
                return wrong
        return await self.standing(key)

    async def _deliver(self, message: Message, channel: Channel, actor: Actor) -> Outcome | None:
        """To one channel, if nobody else does; why not, if so."""
        claimed = await self._safely(partial(self._claim, message.key, channel, actor))
        if claimed.end is not End.DONE:
            return claimed
        if claimed.seq is not None:
            await self._carry(message, channel, actor)
        return None

    def _claim(self, key: str, channel: Channel, actor: Actor) -> Outcome:
        """Done with a ``seq`` where the channel is ours to send to; without one where somebody was first."""
        for _ in range(ATTEMPTS):
            message = self.seen(key)
            if message is None:
                return _none(key)
            if channel.name in message.deliveries:
                return Outcome(End.DONE, "Somebody else sends it.")
            incident_id = message.drafted.incident_id
            incident = self._incidents.seen(incident_id) if incident_id else None
            wrong = (
                self._refusal(actor)
                or rules.unsendable(message, incident)
                or rules.unfit((channel.name,), self.channels, message.drafted.audience)
            )
            if wrong is not None:
                return wrong
            event = h.MessageIntended(
                key=key,
                channel=channel.name,
                services=list(channel.services),
                sha256=message.drafted.sha256,
                person=actor.person,
            )
            try:
                [one] = self._append(key, message.version, event, actor)
            except LedgerConflict:
                continue
            return Outcome(End.DONE, "Ours.", seq=one.seq)
        return refused("It has changed meanwhile all the time.", "Look again, then try again.")

    async def _carry(self, message: Message, channel: Channel, actor: Actor) -> None:
        first = not message.reached
        drafted = message.drafted
        ends = [await self._sender.send(url, drafted.subject, drafted.text) for url in channel.urls]
        end = ended(message.key, channel, ends)
        await self._safely(partial(self._end, message.key, end, actor))
        if first and any(one.how == "sent" for one in ends):
            await self.told(message, actor)

    def _end(self, key: str, end: Event, actor: Actor) -> Outcome:
        """Append how it ended, whatever else was appended meanwhile."""
        while True:
            try:
                [one] = self._append(key, self._ledger.version(h.stream_of(key)), end, actor)
            except LedgerConflict:
                continue
            return Outcome(End.DONE, "", seq=one.seq)

    async def settle(self, key: str, actor: Actor) -> None:
        """Whoever was sending it is gone: of what was begun and has no end nobody knows how it ended."""

        def write() -> Outcome:
            message = self.seen(key)
            for name in () if message is None else message.sending:
                says = "whoever sent it stopped before the answer"
                self._end(key, h.MessageUnknown(key=key, channel=name, says=says), actor)
            return Outcome(End.DONE, "")

        await self._safely(write)

    async def told(self, message: Message, actor: Actor) -> None:
        """The word to everybody that its incident waits for was given; the next is due when it says so."""
        drafted = message.drafted
        if not drafted.incident_id or drafted.audience == "internal":
            return
        words = incident_happened.IncidentUpdated(
            person=actor.person, says=f"{drafted.subject} ({message.key})", next_at=drafted.next_at
        )
        await self._incidents.record(drafted.incident_id, actor, lambda one, now: words, "")

    async def standing(self, key: str) -> Outcome:
        """Where a message stands, as the answer to whoever has sent it."""
        message = await self.get(key)
        return _none(key) if message is None else outcome_of(message)

    # --- both --------------------------------------------------------------------------------

    def _append(self, key: str, version: int, event: Event, actor: Actor) -> list[Recorded]:
        return self._ledger.append(h.stream_of(key), version, [event.new(actor, self._clock.now())])

    def _refusal(self, actor: Actor) -> Outcome | None:
        if self._read_only:
            return refused(self._read_only, "Open a console without it to tell anybody.")
        return not_listed(self._book(), actor.person)

    async def _safely(self, write: Callable[[], Outcome]) -> Outcome:
        try:
            return await self._offload(write)
        except StoreUnusable as error:
            return refused(error.problem.what, error.problem.next)


async def _to_its_end(carrying: Coroutine[Any, Any, T]) -> T:
    """Wait for it, also if this is cancelled meanwhile: what may have been sent is not left unrecorded."""
    task = asyncio.ensure_future(carrying)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def ended(key: str, channel: Channel, ends: Sequence[Carried]) -> Event:
    """How it ended at a channel, of how it ended at each of its addresses."""
    took = sum(one.how == "sent" for one in ends)
    said = "; ".join(f"{what}: {one.says}" for what, one in zip(channel.services, ends, strict=True))
    if any(one.how == "unknown" for one in ends):
        return h.MessageUnknown(key=key, channel=channel.name, says=said)
    if took < len(ends):
        return h.MessageFailed(key=key, channel=channel.name, says=said, took=took)
    return h.MessageSent(key=key, channel=channel.name, says=said)


def outcome_of(message: Message) -> Outcome:
    """Where it stands, as an answer with its exit code."""
    key, incident = message.key, message.drafted.incident_id
    ends = [
        f"{one.channel}: {one.fate}{f' ({one.says})' if one.says else ''}"
        for one in message.deliveries.values()
    ]
    listed = "; ".join(ends)
    again = ONCE.format(incident=incident or "ID", key=key)
    match message.standing:
        case "sent":
            return Outcome(End.DONE, f"{key} went out: {listed}.")
        case "failed":
            return Outcome(End.NOT_SENT, f"{key} did not go out: {listed}.", again)
        case "partly":
            return Outcome(End.NOT_SENT, f"{key} went out in part: {listed}.", again)
        case "unknown":
            return Outcome(End.UNKNOWN, f"Whether {key} went out is not known: {listed}.", again)
        case "sending":
            return Outcome(
                End.UNKNOWN, f"{key} is being sent: {listed}.", f"coalmine incident messages {incident}"
            )
        case "unconfirmed":
            following = f"They read and confirm it: coalmine incident message {incident} --confirm {key}"
            return Outcome(
                End.AWAITING, f"{key} waits to be confirmed ({', '.join(message.unconfirmed)}).", following
            )
        case "copied":
            return Outcome(End.DONE, f"{key} was copied by {', '.join(message.copied_by)}.")
    following = f"Send it: coalmine incident message {incident} --send {key}"
    return Outcome(End.AWAITING, f"{key} is ready; it has gone nowhere yet.", following)


def _none(key: str) -> Outcome:
    return refused(
        f"There is no message {key} that can be read here.", "`coalmine incident messages ID` lists them."
    )
