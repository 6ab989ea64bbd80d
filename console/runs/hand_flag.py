"""The step that pauses a flag on a variant, through the gate of the flags."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from console.actions import Impossible
from console.authorise import Standing
from console.flags.changing import ServeEveryone
from console.flags.edits import Unfit, differences
from console.flags.gate import Offer, Order, Wish
from console.flags.intents import FlagIntent
from console.flags.model import Flag
from console.flags.provider import FlagProvider, Held
from console.flags.words import shown_text
from console.orphans import ASK_EVERY_S
from console.outcome import End
from console.ports import Clock, SourceError, StoreUnusable
from console.rollback.plan import FlagStep
from console.runs.consent import Consent, Consents
from console.runs.doing import Done, Say, Task
from console.runs.ends import (
    RECORDED,
    hindered,
    in_doubt,
    of_outcome,
    permission_lines,
    together,
    unread,
)
from console.runs.following import Following
from console.runs.marks import bears, marked

if TYPE_CHECKING:
    from console.flags.desk import FlagDesk

FIND_OUT_S = 180.0
"""How long it is found out what became of a change: a dead session's word has run out by then."""
HISTORY = 20


class FlagHand:
    """Implements :class:`console.runs.doing.Hand`. ``desk`` raises :class:`Impossible` without flags."""

    def __init__(
        self,
        desk: Callable[[], FlagDesk],
        standing: Callable[[], Standing],
        following: Following,
        consents: Consents,
        clock: Clock,
    ) -> None:
        self._desk, self._standing, self._following = desk, standing, following
        self._consents, self._clock = consents, clock

    async def would(self, task: Task) -> tuple[str, ...]:
        try:
            offer = await self._offer(task)
        except (Impossible, Unfit) as error:
            return (f"! {error}",)
        except SourceError as error:
            return (f"! {together(error.problem.what, error.problem.next)}",)
        if isinstance(offer, Done):
            return (offer.says,)
        lines = (f"{shown_text(offer.plan.key)}: {shown_text(offer.plan.change.words)}", *offer.lines)
        return (*lines, *permission_lines(self._standing(), ((offer.rule_name, 100),), task))

    async def consent(self, task: Task) -> Consent:
        """What has to be agreed to before :meth:`do`. Raises nothing that a person can be told."""
        lines = await self.would(task)
        try:
            offer = await self._offer(task)
        except (Impossible, Unfit, SourceError):
            return Consent(lines)
        return Consent(lines) if isinstance(offer, Done) else _consent(offer, lines)

    async def do(self, task: Task, say: Say) -> Done:
        try:
            return await self._before(task, say) or await self._do(task, say)
        except (Impossible, Unfit) as error:
            return Done("failed", f"Nothing was sent: {error}")
        except SourceError as error:
            return unread(error.problem)
        except StoreUnusable as error:
            return in_doubt(error.problem)

    async def resume(self, task: Task, say: Say) -> Done:
        try:
            before = await self._before(task, say)
            if before is not None and before.ended == "succeeded":
                return before
            key, where, variant = asked_of(task)
            held = await self._desk().provider.get(key)
        except (Impossible, Unfit) as error:
            return Done("ask", str(error))
        except (SourceError, StoreUnusable) as error:
            return in_doubt(error.problem)
        if stands(held.flag, where, variant):
            return _is_so(task)
        says = f"{shown_text(key)} is not as it was to be, and this step never sent anything."
        ask = Done("ask", f"{says} Do it again, or go on without it?", links=(("flag", key),))
        return before or ask

    # --- doing it ----------------------------------------------------------------------------

    async def _do(self, task: Task, say: Say) -> Done:
        offer = await self._offer(task)
        if isinstance(offer, Done):
            return offer
        standing = self._standing()
        wrong = hindered(task, standing, (offer.rule_name, 100))
        wrong = wrong or self._consents.lacking(task, _consent(offer, offer.lines))
        if wrong is not None:
            return wrong
        # looked for once more with the offer made: a twin of this step that came between would change its
        # token, and one that came before is found
        before = await self._before(task, say)
        if before is not None:
            return before
        say(f"sending: {offer.plan.change.words}")
        reason = marked(task.step.title, task.key)
        order = Order((offer,), reason, "", None, task.incident_id or None)
        [made] = await self._desk().perform(replace(order, typed=order.word or ""))
        if made.outcome.end in (End.AWAITING, End.UNKNOWN):
            return await self._before(task, say) or of_outcome(made.outcome)
        number = made.revision.number if made.revision is not None else None
        done = replace(of_outcome(made.outcome), evidence=offer.lines, links=(("flag", offer.plan.key),))
        return done if done.ended != "succeeded" else await self._with_undo(task, done, number)

    async def _offer(self, task: Task) -> Offer | Done:
        """The change as it would be sent now; the step's end where the flag is so already."""
        key, where, variant = asked_of(task)
        desk = self._desk()
        held = await desk.provider.get(key)
        if stands(held.flag, where, variant):
            return _is_so(task)
        return await desk.gate.offer(wish_of(desk.provider, held, where, variant))

    async def _with_undo(self, task: Task, done: Done, number: int | None) -> Done:
        """Its way back, where the step keeps the state before; to exactly that version if it can be named."""
        if task.fields.get("capture_previous") is not True:
            return done
        key, where, _ = asked_of(task)
        before = await self._version_before(key, number)
        undo = f"coalmine flags undo {shlex.quote(key)} --arm REASON"
        if before is not None:
            verb = f"coalmine flags restore {shlex.quote(key)} {before}"
            undo = f"{verb} --environment {shlex.quote(where)} --arm REASON"
        return replace(done, undo=undo)

    async def _version_before(self, key: str, number: int | None) -> int | None:
        if number is None:
            return None
        try:
            found = await self._desk().provider.history(key, limit=HISTORY)
        except SourceError:
            return None
        return max(
            (one.number for one in found if one.number is not None and one.number < number), default=None
        )

    # --- what was begun already --------------------------------------------------------------

    async def _before(self, task: Task, say: Say) -> Done | None:
        """What became of what this attempt has begun; ``None`` where it has begun nothing."""
        mine = await self._settled(task, say)
        if mine is not None:
            return await self._became(task, mine)
        view = await self._following.found(task.key)
        if view is None:
            return None
        steps = view.plan.steps if view.plan is not None else ()
        only = steps[0] if len(steps) == 1 else None
        if not isinstance(only, FlagStep) or not is_asked(task, only.plan.change.after):
            return Done("ask", f"{view.id} bears the key of this step and is about something else.")
        return await self._following.follow(view.id, task, say)

    async def _settled(self, task: Task, say: Say) -> FlagIntent | None:
        """The intent of this attempt, once it is certain what became of it, or that it cannot be told."""
        deadline = self._clock.monotonic() + FIND_OUT_S
        while True:
            story = await self._desk().story(asked_of(task)[0])
            mine = next((one for one in story.changes if bears(one.event.reason, task.key)), None)
            if mine is None or not mine.open or self._clock.monotonic() >= deadline:
                return mine
            say("no answer was recorded: the host is being asked what became of it")
            await self._desk().settle()
            await self._clock.sleep(ASK_EVERY_S)

    async def _became(self, task: Task, mine: FlagIntent) -> Done:
        event, ended = mine.event, mine.ended
        if not is_asked(task, mine.plan.change.after):
            says = f"A change bears the key of this step and is about something else: {event.words}."
            return Done("ask", says)
        links = (("flag", event.key),)
        if mine.open or ended is None:
            says = "It was sent, and what became of it is not known. It is never sent again by itself."
            return Done("unknown", says, tuple(event.preview), links=links)
        done = Done(
            RECORDED[ended.outcome], together(ended.says, ended.next), tuple(event.preview), links=links
        )
        return done if done.ended != "succeeded" else await self._with_undo(task, done, ended.revision)


def asked_of(task: Task) -> tuple[str, str, str]:
    """Flag, environment and variant that a step names. Raises :class:`Unfit`."""
    set_ = task.fields.get("set")
    variant = set_.get("pause_on") if isinstance(set_, Mapping) else None
    key, where = task.fields.get("flag"), task.fields.get("environment", "production")
    if not (isinstance(key, str) and isinstance(where, str) and isinstance(variant, str)):
        raise Unfit("The step does not name a flag and a variant to pause it on.")
    return key, where, variant


def stands(flag: Flag, where: str, variant: str) -> bool:
    """Whether the flag is paused on the variant there already."""
    raw = flag.written()
    try:
        ServeEveryone(where, variant).on(raw)
    except Unfit:
        return False
    return not differences(flag.raw, raw)


def is_asked(task: Task, after: Flag) -> bool:
    """Whether a change that leads to ``after`` is the one that the step asks for."""
    key, where, variant = asked_of(task)
    return after.key == key and stands(after, where, variant)


def wish_of(provider: FlagProvider, held: Held, where: str, variant: str) -> Wish:
    """Pause on the variant: as what stops harm where that is the flag's off, else as any other change.

    Which of the two it is decides what the policy asks; so it is looked at again when it is made.
    """
    wanted = ServeEveryone(where, variant)

    def is_off(now: Held) -> bool:
        try:
            return provider.off(now.flag, where) == wanted
        except Unfit:
            return False

    def off(now: Held) -> ServeEveryone:
        if not is_off(now):
            raise Unfit(f"{shown_text(variant)} is not the off of {shown_text(now.flag.key)} any more.")
        return wanted

    key = held.flag.key
    return Wish(key, off, "off") if is_off(held) else Wish(key, lambda now: wanted, "change")


def _consent(offer: Offer, lines: tuple[str, ...]) -> Consent:
    order = Order((offer,), "")
    return Consent(lines, order.word, offer.plan.digest)


def _is_so(task: Task) -> Done:
    key, where, variant = asked_of(task)
    says = f"{shown_text(key)} serves {shown_text(variant)} to everyone in {shown_text(where)}."
    return Done("succeeded", f"{says} Nothing had to be sent.", links=(("flag", key),))
