"""Who uses this session: the account behind the token, never a typed name."""

from __future__ import annotations

import asyncio
import random

from console.policy import Rulebook
from console.ports import Account, Clock, SourceError, TrafficRouter
from console.readings import Millis, Reading
from console.schedule import NEEDS_A_PERSON, Pace
from console.world import Person

SOURCE = "vercel"
EVERY_MS: Millis = 10 * 60_000
AGAIN_MS: Millis = 15_000
"""After a failure it is asked again sooner: without a name nothing can be changed."""


class Identity:
    """Asks the host whose token this is, and finds that account in people.yaml.

    Each session asks for itself: what another console polled says nothing about *our* token.
    """

    def __init__(self, router: TrafficRouter, clock: Clock) -> None:
        self._router, self._clock = router, clock
        self._pace = Pace(EVERY_MS)
        self._wake = asyncio.Event()
        self._token = 0
        """Counts the tokens: an answer about one that was given up says nothing about the next."""
        self.account: Reading[Account] = Reading.missing(SOURCE)

    async def ask(self) -> None:
        """One attempt."""
        self._wake.clear()
        token = self._token
        try:
            account = await self._router.account()
        except SourceError as error:
            if token != self._token:
                return
            self.account = self.account.failed(error.problem)
            self._pace = Pace(AGAIN_MS, self._pace.failures + 1)
            return
        if token == self._token:
            self._is(account)

    def known(self, account: Account) -> None:
        """Another token was taken, and this is whose it is."""
        self._token += 1
        self._is(account)

    def _is(self, account: Account) -> None:
        self.account = Reading(account, self._clock.now(), SOURCE)
        self._pace = Pace(EVERY_MS)

    async def wait(self) -> None:
        """Until it is time to ask again, or :meth:`refresh` was called."""
        delay = self._pace.delay_ms(random.Random(), self._clock.now(), self.account.problem)
        sleeping = asyncio.ensure_future(self._clock.sleep(delay / 1000))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    def refresh(self) -> None:
        """Ask again now."""
        self._wake.set()

    def person(self, book: Rulebook | str) -> tuple[str | None, str]:
        """The key in people.yaml, or ``None`` and why.

        A token never changes its owner: that the host cannot be asked again just now takes nobody's
        name away, but a token that it refuses does.
        """
        account, problem = self.account.value, self.account.problem
        if account is None or (problem is not None and problem.kind in NEEDS_A_PERSON):
            return (
                None,
                f"Who you are is not known: {problem.what if problem else 'the host has not answered yet.'}",
            )
        if isinstance(book, str):
            return None, book
        key = book.person_of(account.user_id, account.username, account.email)
        if key is None:
            return None, f"The account {account.username} ({account.user_id}) is not listed in people.yaml."
        return key, ""

    def reading(self, book: Rulebook | str) -> Reading[Person]:
        """The person as the status line shows them: at least the account's name."""
        account = self.account.value
        if account is None:
            return Reading.missing(SOURCE, self.account.problem)
        key, _ = self.person(book)
        if key is None or isinstance(book, str):
            person = Person(account.username, account.username)
        else:
            entry = book.people.people[key]
            person = Person(key, entry.name, tuple(entry.roles))
        return Reading(person, self.account.at, SOURCE, self.account.problem)
