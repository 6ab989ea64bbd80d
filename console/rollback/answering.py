"""Who answers at this console, with what they sign, and the answer itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from console.envelope import Actor
from console.outcome import End, Outcome
from console.policy import Rulebook
from console.readings import Problem
from console.rollback.afterwards import Verdict
from console.rollback.approval import Decision
from console.rollback.closing import close
from console.rollback.counting import View
from console.rollback.desk import Requests
from console.rollback.owners import NobodysKey, owner_of
from console.signing import APPROVAL, OwnKey, SigningFailed


@dataclass(frozen=True, slots=True)
class Answerer:
    """Whoever answers here. ``key``: ``None`` where it is unsigned, as the account behind the token."""

    person: str
    key: OwnKey | None


class Answering:
    """Answers of one session or command: signed with its key, else as whoever its token is of.

    ``account``: the person behind the token, or why nobody is known; asked only where there is no key.
    """

    def __init__(
        self,
        desk: Requests,
        book: Callable[[], Rulebook | str],
        account: Callable[[], Awaitable[str | Problem]],
        actor: Callable[[], Actor],
        own_key: Callable[[], OwnKey | None] | None,
    ) -> None:
        self._desk, self._book, self._account, self._actor = desk, book, account, actor
        self._own_key = own_key

    async def who(self) -> Answerer | Problem:
        """Who would answer, or why nobody could."""
        try:
            key = None if self._own_key is None else await asyncio.to_thread(self._own_key)
            if key is not None:
                return Answerer(owner_of(self._book(), key.fingerprint, key.place), key)
        except SigningFailed as error:
            return error.problem
        except NobodysKey as error:
            return Problem("refused", str(error), "Ask who keeps allowed_signers to list it.")
        person = await self._account()
        return person if isinstance(person, Problem) else Answerer(person, None)

    async def give(self, view: View, decision: Decision, reason: str) -> Outcome:
        """Answer exactly the plan of ``view``, or break its glass. Waits for what the key asks."""
        who = await self.who()
        if isinstance(who, Problem):
            return Outcome(End.REFUSED_HERE, who.what, who.next)
        said = self._desk.statement(view, who.person, decision, reason)
        if isinstance(said, Outcome):
            return said
        signature = ""
        if who.key is not None:
            try:
                content = said.text().encode()
                signature = await asyncio.to_thread(who.key.signer.sign, APPROVAL, content)
            except SigningFailed as error:
                says = f"Nothing was recorded. {error.problem.what}"
                return Outcome(End.REFUSED_HERE, says, error.problem.next)
        record = self._desk.break_glass if decision == "break_glass" else self._desk.answer
        return await record(said, signature, self._as(who.person))

    async def note(self, view: View, what: Literal["asks", "needs_time"], says: str) -> Outcome:
        """Say something beside the request that answers nothing."""
        return await self._as_whoever(lambda me: self._desk.note(view.id, me, what, says))

    async def withdraw(self, view: View, reason: str) -> Outcome:
        """Not ask any more."""
        return await self._as_whoever(lambda me: self._desk.withdraw(view.id, me, reason))

    async def revoke(self, view: View, reason: str) -> Outcome:
        """Take one's own answer back."""
        return await self._as_whoever(lambda me: self._desk.revoke(view.id, me, reason))

    async def review(self, view: View, verdict: Verdict, says: str) -> Outcome:
        """Close the review of a broken glass."""
        account = self._actor().person
        return await self._as_whoever(
            lambda me: self._desk.review(view.id, me, verdict, says, account=account)
        )

    async def close(self, view: View, why: str) -> Outcome:
        """Say that somebody has looked at what was reopened."""
        return await self._as_whoever(lambda me: close(self._desk, self._book, view.id, me, why))

    async def _as_whoever(self, doing: Callable[[Actor], Awaitable[Outcome]]) -> Outcome:
        who = await self.who()
        if isinstance(who, Problem):
            return Outcome(End.REFUSED_HERE, who.what, who.next)
        return await doing(self._as(who.person))

    def _as(self, person: str) -> Actor:
        return replace(self._actor(), person=person)
