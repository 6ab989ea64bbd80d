"""Requests: put down, answered, taken back; each as one append that exactly one of several gets through."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from console.authorise import Refused
from console.effect import ATTEMPTS, Offload
from console.envelope import Actor
from console.event import Event
from console.numbering import next_name
from console.objections import REASON_LIMIT
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.ports import Clock, Ledger, LedgerConflict, StoreUnusable
from console.readings import Millis
from console.rollback import happened as h
from console.rollback.afterwards import Verdict, waits
from console.rollback.approval import RANK, Decision, Statement
from console.rollback.counting import Counting, View
from console.rollback.plan import Plan, rules_of
from console.rollback.request import State

PREFIX = "RB-"
MINUTE: Millis = 60_000
NOT_THERE = "There is no request {}."
OPEN = (State.DRAFT, State.AWAITING_APPROVAL, State.APPROVED)
GONE_ON = "It has changed meanwhile all the time."


@dataclass(frozen=True, slots=True)
class Shown:
    """What whoever asks was shown, recorded with the plan."""

    title: str
    lines: tuple[str, ...]
    not_covered: tuple[str, ...]
    touches: str
    evidence: tuple[str, ...] = ()


class Requests:
    """Everything that people do with requests; carrying them out is :mod:`console.rollback.executing`."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        counting: Counting,
        book: Callable[[], Rulebook | str],
        offload: Offload,
    ) -> None:
        self._ledger, self._clock, self._book = ledger, clock, book
        self.counting, self._offload = counting, offload
        self._over: dict[str, int] = {}
        """Those found to be over, with the version of their stream then."""

    # --- looking -----------------------------------------------------------------------------

    async def all(self) -> tuple[View, ...]:
        """Every request, the newest first. Raises :class:`StoreUnusable`."""
        now = self._clock.now()

        def read() -> tuple[View, ...]:
            views = (self.counting.view(one, now) for one in self.counting.ids())
            return tuple(view for view in views if view is not None)

        return await self._offload(read)

    async def open(self) -> tuple[View, ...]:
        """Those that wait for somebody or are under way; what else is over is read again once it goes on."""
        now = self._clock.now()

        def read() -> tuple[View, ...]:
            found = []
            for name in self.counting.ids():
                if name in self._over and self._ledger.version(h.stream_of(name)) == self._over[name]:
                    continue
                view = self.counting.view(name, now)
                if view is not None and not waits(view) and not view.wrong:
                    self._over[name] = view.request.version
                elif view is not None:
                    found.append(view)
            return tuple(found)

        return await self._offload(read)

    async def get(self, request_id: str) -> View | None:
        return await self._offload(partial(self.counting.view, request_id, self._clock.now()))

    # --- asking ------------------------------------------------------------------------------

    async def propose(self, plan: Plan, shown: Shown, actor: Actor) -> str:
        """Put a draft down for the judge, whom the session of ``actor`` runs; its name.

        Raises :class:`StoreUnusable`.
        """
        return await self._offload(partial(self._open, plan, shown, "judge", actor, []))

    async def ask(
        self,
        plan: Plan,
        shown: Shown,
        actor: Actor,
        reason: str,
        on_quorum: Literal["execute", "wait"] = "execute",
        *,
        once: str = "",
        within_ms: Millis | None = None,
        under: str | None = None,
    ) -> Outcome:
        """Put a plan down and ask for it to be carried out; ``next`` of the answer is the request's name.

        ``once``: how the reason ends; if one was asked for with such an end before, nothing new is put down,
        and that one's name is the answer. ``within_ms``: less time for approvals than the policy gives.
        ``under``: a rule that has to be met besides those of the plan.
        """
        made = self._submission(plan, actor, reason, on_quorum, within_ms, under)
        if isinstance(made, Outcome):
            return made
        try:
            name = await self._offload(partial(self._open, plan, shown, "person", actor, [made], once))
        except StoreUnusable as error:
            return Outcome(End.REFUSED_HERE, error.problem.what, error.problem.next)
        return Outcome(End.DONE, f"{name} is put down: {shown.title}.", name)

    async def submit(
        self, request_id: str, actor: Actor, reason: str, on_quorum: Literal["execute", "wait"] = "execute"
    ) -> Outcome:
        """Ask for a proposal of the judge to be carried out."""

        def made(view: View) -> Event | Outcome:
            if view.state is not State.DRAFT or view.plan is None:
                return _no(f"{request_id} is {view.state.words} already.")
            return self._submission(view.plan, actor, reason, on_quorum)

        return await self.record(request_id, actor, made, f"{request_id} is asked for.")

    def _submission(
        self,
        plan: Plan,
        actor: Actor,
        reason: str,
        on_quorum: Literal["execute", "wait"],
        within_ms: Millis | None = None,
        under: str | None = None,
    ) -> h.RequestSubmitted | Outcome:
        wrong = reason_amiss(reason)
        if wrong:
            return wrong
        book = self._book()
        if isinstance(book, str):
            return _no(book, "Nothing can be asked for until the policy in force is known.")
        entry = book.people.people.get(actor.person)
        if entry is None:
            return _no(f"{actor.person} is not listed in people.yaml.", "Who is not listed can look only.")
        rules = rules_of(plan, book, under)
        if isinstance(rules, Refused):
            return _no(rules.says, rules.next)
        for name, rule in rules:
            if not set(entry.roles) & (set(rule.roles) | rule.approver_roles):
                return _no(f"Rule {name} lets one of {', '.join(rule.roles)} ask for it.", "Ask one of them.")
        now = self._clock.now()
        allowed = MINUTE * min(rule.approve_within_minutes for _, rule in rules)
        approve_by = now + (allowed if within_ms is None else min(allowed, within_ms))
        return h.RequestSubmitted(
            person=actor.person,
            reason=reason.strip(),
            policy_sha256=book.policy_sha256,
            people_sha256=book.people_sha256,
            approve_by=approve_by,
            execute_by=approve_by + MINUTE * min(rule.execute_within_minutes for _, rule in rules),
            on_quorum=on_quorum,
            under=under,
        )

    def _open(
        self,
        plan: Plan,
        shown: Shown,
        by: Literal["person", "judge"],
        actor: Actor,
        more: Sequence[Event],
        once: str = "",
    ) -> str:
        while True:
            names = self.counting.ids()
            if once and (before := self._asked_before(names, once)) is not None:
                return before
            name = next_name(PREFIX, names)
            opened = h.RequestOpened(
                request_id=name,
                uid=secrets.token_hex(16),
                project_id=plan.project_id,
                plan=plan.as_json(),
                plan_sha256=plan.sha256,
                by=by,
                person=actor.person if by == "person" else "",
                title=shown.title,
                lines=list(shown.lines),
                not_covered=list(shown.not_covered),
                touches=shown.touches,
                evidence=list(shown.evidence),
            )
            now = self._clock.now()
            events = [one.new(actor, now) for one in (opened, *more)]
            try:
                self._ledger.append(h.stream_of(name), 0, events)
            except LedgerConflict:
                continue
            return name

    def _asked_before(self, names: Sequence[str], ending: str) -> str | None:
        """Looked for among the names that the next one is made of: of two who ask, one sees the other's."""
        for name in names:
            found = self.counting.request(name)
            submitted = found.submitted if found is not None else None
            if submitted is not None and submitted.reason.endswith(ending):
                return name
        return None

    # --- answering ---------------------------------------------------------------------------

    def statement(self, view: View, person: str, decision: Decision, reason: str) -> Statement | Outcome:
        """What ``person`` would sign, or why their answer would not count."""
        asked = view.request.asked
        wanted = decision != "approve" or reason
        wrong = self._unanswerable(view) or (reason_amiss(reason) if wanted else None)
        if wrong is not None or asked is None:
            return wrong or _no(f"{view.id} has not been asked for yet.", "Submit it first.")
        book = self._book()
        if isinstance(book, str):
            return _no(book)
        entry = book.people.people.get(person)
        if entry is None:
            return _no(f"{person} is not listed in people.yaml.", "Who is not listed can look only.")
        if person == asked.requester and decision == "approve":
            return _no("Nobody approves what they asked for.", "Somebody else has to, or withdraw it.")
        able = [name for name, rule in view.rules if set(entry.roles) & rule.approver_roles]
        if not able and decision != "break_glass":
            roles = ", ".join(sorted({role for _, rule in view.rules for role in rule.approver_roles}))
            return _no(f"The answer of {person} does not count: the policy asks for {roles}.")
        return Statement(
            project_id=asked.project_id,
            request_id=asked.request_id,
            uid=asked.uid,
            plan_sha256=asked.plan_sha256,
            policy_sha256=asked.policy_sha256,
            decision=decision,
            person=person,
            nonce=secrets.token_hex(16),
            issued_at=self._clock.now(),
            approve_by=asked.approve_by,
            execute_by=asked.execute_by,
            reason=reason.strip(),
        )

    async def answer(self, said: Statement, signature: str, actor: Actor) -> Outcome:
        """Record an answer, if it counts: one that does not is refused here and leaves no trace."""
        event = h.RequestAnswered(payload=said.text(), person=said.person, signature=signature)

        def made(view: View) -> Event | Outcome:
            wrong = self._unanswerable(view)
            if wrong is not None:
                return wrong
            trial = self.counting.with_answer(view, event, actor, self._clock.now())
            for bad in trial.uncounted[len(view.counted.uncounted if view.counted else ()) :]:
                return _no(f"The answer does not count: {bad.why}.", "Nothing was recorded.")
            mine = next((one for one in trial.answers if one.nonce == said.nonce), None)
            asks = max(
                (rule.signature for _, rule in view.rules if rule.approvals),
                key=RANK.__getitem__,
                default="none",
            )
            if mine is not None and said.decision == "approve" and RANK[mine.level] < RANK[asks]:
                how = "a signature with your key" if asks == "required" else "a signature with a touched key"
                return _no(f"The policy asks for {how}.", "Name your key with --key.")
            return event

        verb = "approved" if said.decision == "approve" else "denied"
        return await self.record(said.request_id, actor, made, f"{said.person} {verb} {said.request_id}.")

    def _unanswerable(self, view: View) -> Outcome | None:
        if view.wrong:
            return _no(f"{view.id} cannot be answered: {view.wrong}")
        if view.state is State.DRAFT:
            return _no(f"{view.id} has not been asked for yet.", "Submit it first.")
        if view.state not in OPEN:
            return _no(f"{view.id} is {view.state.words}.", "Nothing is to be answered any more.")
        return None

    async def revoke(self, request_id: str, actor: Actor, why: str) -> Outcome:
        """Take one's own answer back, until it is carried out."""

        def made(view: View) -> Event | Outcome:
            mine = [
                one for one in (view.counted.answers if view.counted else ()) if one.person == actor.person
            ]
            if not mine:
                return _no(f"{actor.person} has no answer there to take back.")
            if view.state not in OPEN:
                return _no(f"{request_id} is {view.state.words}: it is too late.")
            return reason_amiss(why) or h.RequestRevoked(
                person=actor.person, nonce=mine[-1].nonce, why=why.strip()
            )

        return await self.record(request_id, actor, made, f"{actor.person} took the answer back.")

    async def note(
        self, request_id: str, actor: Actor, what: Literal["asks", "needs_time"], says: str
    ) -> Outcome:
        """Ask something, or say that more time is needed; it answers nothing and moves no deadline."""

        def made(view: View) -> Event | Outcome:
            book = self._book()
            if isinstance(book, str) or actor.person not in book.people.people:
                return _no(f"{actor.person} is not listed in people.yaml.")
            if view.state not in OPEN:
                return _no(f"{request_id} is {view.state.words}.")
            return reason_amiss(says) or h.RequestNoted(person=actor.person, what=what, says=says.strip())

        return await self.record(request_id, actor, made, f"It stands beside {request_id} now.")

    async def withdraw(self, request_id: str, actor: Actor, why: str) -> Outcome:
        """Not ask any more; only whoever asked."""

        def made(view: View) -> Event | Outcome:
            asked = view.request.asked
            if asked is None or asked.requester != actor.person:
                return _no(
                    f"Only {asked.requester if asked else 'whoever asks'} can withdraw {request_id}.",
                    "Deny it instead.",
                )
            if view.state not in OPEN:
                return _no(f"{request_id} is {view.state.words}: it is too late.")
            return reason_amiss(why) or h.RequestWithdrawn(person=actor.person, why=why.strip())

        return await self.record(request_id, actor, made, f"{request_id} is withdrawn.")

    async def void(self, request_id: str, actor: Actor, why: str) -> Outcome:
        """Say that the plan is not what it would be today: its approvals count no more."""

        def made(view: View) -> Event | Outcome:
            if view.state not in OPEN:
                return _no(f"{request_id} is {view.state.words}.")
            return h.RequestVoided(why=why)

        return await self.record(request_id, actor, made, f"{request_id} holds no more: {why}")

    async def break_glass(self, said: Statement, signature: str, actor: Actor) -> Outcome:
        """Pass over the quorum, where the policy lets whoever signed do that. Loud, and to be reviewed."""

        def made(view: View) -> Event | Outcome:
            wrong = self._unanswerable(view) or reason_amiss(said.reason)
            if wrong is not None:
                return wrong
            if view.state is not State.AWAITING_APPROVAL:
                return _no(f"{view.id} is {view.state.words}: there is nothing to pass over.")
            skipped = "; ".join(view.counted.missing) if view.counted else ""
            hours = [rule.break_glass.review_within_hours for _, rule in view.rules if rule.break_glass]
            event = h.GlassBroken(
                payload=said.text(),
                person=said.person,
                reason=said.reason,
                skipped=skipped,
                review_by=self._clock.now() + min(hours, default=24) * 60 * MINUTE,
                signature=signature,
            )
            amiss = self.counting.with_glass(view, event, actor, self._clock.now()).glass
            return _no(f"The glass stays whole: {amiss}.", "Ask those who may approve.") if amiss else event

        return await self.record(said.request_id, actor, made, f"The glass of {said.request_id} is BROKEN.")

    async def review(
        self, request_id: str, actor: Actor, verdict: Verdict, says: str, account: str | None = None
    ) -> Outcome:
        """Close the review of a broken glass; never by who broke it.

        ``account``: the person behind the token, where somebody else's key answers.
        """

        def made(view: View) -> Event | Outcome:
            glass = view.request.glass
            if glass is None or view.request.reviewed is not None:
                return _no(f"{request_id} has nothing to be reviewed.")
            if glass.event.person in (actor.person, account):
                return _no("Nobody reviews the glass that they broke.", "Somebody else has to.")
            book = self._book()
            if isinstance(book, str) or actor.person not in book.people.people:
                return _no(f"{actor.person} is not listed in people.yaml.")
            return reason_amiss(says) or h.GlassReviewed(
                person=actor.person, verdict=verdict, says=says.strip()
            )

        return await self.record(request_id, actor, made, f"The broken glass of {request_id} is reviewed.")

    # --- writing -----------------------------------------------------------------------------

    async def record(
        self, request_id: str, actor: Actor, made: Callable[[View], Event | Outcome], says: str
    ) -> Outcome:
        """Append what ``made`` makes of the request as it stands, or answer why not."""

        def write() -> Outcome:
            for _ in range(ATTEMPTS):
                now = self._clock.now()
                view = self.counting.view(request_id, now)
                if view is None:
                    return _no(NOT_THERE.format(request_id), "`coalmine rollback list` shows them.")
                event = made(view)
                if isinstance(event, Outcome):
                    return event
                try:
                    [recorded] = self._ledger.append(
                        h.stream_of(request_id), view.request.version, [event.new(actor, now)]
                    )
                except LedgerConflict:
                    continue
                return Outcome(End.DONE, says, seq=recorded.seq)
            return _no(GONE_ON, "Look again, then try again.")

        try:
            return await self._offload(write)
        except StoreUnusable as error:
            return _no(error.problem.what, error.problem.next)


def reason_amiss(reason: str) -> Outcome | None:
    """What is wrong with a reason, if anything."""
    text = reason.strip()
    if not text:
        return _no("A reason is required.", "Say why, in a few words.")
    if len(text) > REASON_LIMIT:
        return _no(f"The reason is longer than {REASON_LIMIT} characters.", "Shorten it.")
    if not text.isprintable():
        return _no("The reason has characters that are no text.", "Write it anew.")
    return None


def _no(says: str, following: str = "") -> Outcome:
    return Outcome(End.REFUSED_HERE, says, following)
