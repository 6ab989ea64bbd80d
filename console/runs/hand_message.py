"""The step kind ``message``: people are told by a template. Its key is that of the step: it goes out once.

What nobody has confirmed yet, or what would be said too early, waits here until it may go out or the time of
the step is over. Who resumes looks into the ledger by the key: what was claimed is never sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from console.envelope import Actor
from console.incidents.terms import ROLE_WORDS
from console.messages.filled import Filled, Unfilled, fill
from console.messages.known import known_of
from console.messages.message import Message
from console.messages.outbox import Draft, Outbox
from console.messages.rules import confirming, meant, not_sayable
from console.messages.telling import SHORT, preview
from console.messages.template import Template
from console.outcome import End, Outcome
from console.ports import Clock
from console.runs.doing import Done, Ended, Say, Task

LOOK_S = 0.5
"""How often it is looked whether a message may go out now (real seconds)."""
ENDS: Mapping[str, Ended] = {"sent": "succeeded", "failed": "failed", "partly": "ask", "unknown": "unknown"}
"""Standing of a message → how the step ended. What went out in part a person goes on with: another attempt
would tell those again who have it."""


@dataclass(frozen=True)
class MessageHand:
    """Implements :class:`console.runs.doing.Hand` for the kind ``message``."""

    outbox: Outbox
    templates: Callable[[], Mapping[str, Template]]
    actor: Callable[[str], Actor]
    """Who writes in the ledger, for the person who drives."""
    clock: Clock
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def would(self, task: Task) -> tuple[str, ...]:
        made = await self._made(task)
        if isinstance(made, Done):
            return (made.says,)
        known = [self.outbox.channels[name] for name in made.channels]
        return tuple(preview(made.template, made.filled, known, made.confirm, copied=False))

    async def do(self, task: Task, say: Say) -> Done:
        message = await self.outbox.get(task.key)
        if message is None:
            made = await self._made(task)
            if isinstance(made, Done):
                return made
            written = await self.outbox.draft(made, self.actor(task.person))
            if written.end is not End.DONE and not self.outbox.taken(task.key):
                return Done("failed", f"{written.says} {written.next}".strip())
        return await self._out(task, say)

    async def resume(self, task: Task, say: Say) -> Done:
        if await self.outbox.get(task.key) is not None:
            await self.outbox.settle(task.key, self.actor(task.person))
        elif self.outbox.taken(task.key):
            return Done("unknown", f"The message {task.key} was written and can be read no more: look there.")
        return await self.do(task, say)

    async def _made(self, task: Task) -> Draft | Done:
        """The message of the step, or why there is none."""
        name = str(task.fields.get("template", ""))
        template = self.templates().get(name)
        if template is None:
            return Done("ask", f"There is no template {name} here: `coalmine template list` names all.")
        filled = await self._filled(task, template)
        if isinstance(filled, Unfilled):
            by_hand = (
                f"coalmine incident message {task.incident_id or 'ID'} --template {name} --field NAME=TEXT"
            )
            return Done("ask", f"{name}: {filled.says}. By hand: {by_hand}")
        channels = meant(self.outbox.channels, template.audience)
        if not channels:
            says = f"No channel is set up for a message to {template.audience}"
            return Done("ask", f"{says}: [channels.NAME]. By hand: {by_hand} --copy")
        confirm = confirming(template, str(task.fields.get("requires_confirm", "")))
        return Draft(template, filled, task.incident_id, channels, confirm, key=task.key, run_id=task.run_id)

    async def _filled(self, task: Task, template: Template) -> Filled | Unfilled:
        incident = await self.outbox.incident(task.incident_id)
        now = self.clock.now()
        declared = {one.name for one in template.fields}
        given = {
            name: str(value)
            for name, value in task.names.items()
            if name in declared and isinstance(value, str | int | float) and not isinstance(value, bool)
        }
        own = task.fields.get("fields")
        if isinstance(own, dict):
            given |= {name: str(value) for name, value in own.items()}
        known = {} if incident is None else known_of(incident, template.audience, now)
        return fill(template, given, known, now)

    async def _out(self, task: Task, say: Say) -> Done:
        """Wait until it may go out, and send it."""
        told = ""
        while True:
            message = await self.outbox.get(task.key)
            if message is None:
                return Done("unknown", f"The message {task.key} can be read no more: look there.")
            waits = "" if message.standing in ENDS else await self._waits(message)
            if not waits:
                outcome = await self.outbox.deliver(task.key, self.actor(task.person))
                found = await self.outbox.get(task.key) or message
                if found.standing in ENDS:
                    return _done(found, outcome, ENDS[found.standing])
                if outcome.end is End.REFUSED_HERE and not await self._waits(found):
                    return Done("failed", f"{outcome.says} {outcome.next}".strip(), links=_links(task.key))
                waits = outcome.says
            if waits != told:
                say(waits)
                told = waits
            if task.deadline is not None and self.clock.now() >= task.deadline:
                return Done("timed_out", f"It did not go out in time: {waits}", links=_links(task.key))
            await self.wait(LOOK_S)

    async def _waits(self, message: Message) -> str:
        """What keeps it here, in words; empty where nothing does."""
        if message.unconfirmed:
            who = " and the ".join(ROLE_WORDS[one] for one in message.unconfirmed)
            digest = message.drafted.sha256[:SHORT]
            return (
                f"{message.key} waits for the {who} (digest {digest}): "
                f"coalmine incident message {message.drafted.incident_id} --confirm {message.key}"
            )
        return not_sayable(await self.outbox.incident(message.drafted.incident_id), message.drafted.phase)


def _done(message: Message, outcome: Outcome, ended: Ended) -> Done:
    drafted = message.drafted
    evidence = (drafted.subject, *(line for line in drafted.text.split("\n") if line.strip()))
    return Done(ended, outcome.says, evidence=evidence, links=_links(message.key))


def _links(key: str) -> tuple[tuple[str, str], ...]:
    return (("message", key),)
