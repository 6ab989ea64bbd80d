"""A token that the host refuses while the console runs: said, asked for, tried, and only then taken.

The picture stays as it was last and grows old. No effect is sent meanwhile: whose token it is is not known,
and the gate asks for that. A token of somebody else is taken only where a person said so, never while an
act is under way, and ends the arming.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from console.identity import Identity
from console.ports import Account, Clock, SourceError
from console.readings import Millis, Problem
from console.tokens import Offer, Tokens, Tried
from console.world import Banner, World

KEY = "ctrl+t"
"""Opens the dialog that asks for a token, on every screen."""
OUTSIDE = f"{KEY} in the console (coalmine)"
REFUSED = frozenset({"unauthorised", "forbidden"})
LOOK_AGAIN_S = 5.0
"""How often the place that the token came from is looked at."""
SAID_MS: Millis = 60_000
"""How long it stands that another token was taken."""
SETTLES_MS: Millis = 15_000
"""How long what the polls said of the token before may still stand after another was taken."""
BUSY = Tried(False, "An act is under way with the token before.", "Wait for its outcome, then try again.")


class Renewal:
    """Watches for a refused token and takes another. ``busy``: whether an act is under way."""

    def __init__(
        self,
        tokens: Tokens,
        identity: Identity,
        clock: Clock,
        busy: Callable[[], bool],
        end_arming: Callable[[str], Awaitable[object]],
        ask_again: Callable[[], None],
    ) -> None:
        self._tokens, self._identity, self._clock = tokens, identity, clock
        self._busy, self._end_arming, self._ask_again = busy, end_arming, ask_again
        self._turned_down: set[Offer] = set()
        self._waiting: Tried | None = None
        self._taken: tuple[Millis, str] | None = None
        self._seen: Problem | None = None
        self._polled: Problem | None = None
        self._outlived: Problem | None = None

    @property
    def origin(self) -> str:
        """Where the token in use came from, in words."""
        return self._tokens.origin

    # --- noticing ----------------------------------------------------------------------------------

    def seen(self, world: World, polling: bool) -> None:
        """Look at what this session's polls say; a refusal has whose token it is asked at once."""
        problem = refusal_in(world) if polling else None
        if problem is not None and problem == self._outlived and self._since_taken() < SETTLES_MS:
            return
        self._outlived, self._polled = None, problem
        if problem is not None and problem != self._seen:
            self._identity.refresh()
        self._seen = problem

    @property
    def refused(self) -> Problem | None:
        """Why the host refuses the token in use, if it does."""
        own = self._identity.account.problem
        return own if own is not None and own.kind in REFUSED else self._polled

    def banners(self, world: World) -> tuple[Banner, ...]:
        """What has to be said about the token."""
        problem = self.refused
        if problem is not None:
            return (Banner("error", *(self._says(problem, world, key=key) for key in (True, False))),)
        if self._waiting is not None:
            says = self._waiting.says
            return (
                Banner("warning", f"{says} {KEY} goes on with it.", f"{says} {OUTSIDE} goes on with it."),
            )
        if self._taken is not None and self._since_taken() < SAID_MS:
            return (Banner("info", self._taken[1]),)
        return ()

    def _says(self, problem: Problem, world: World, *, key: bool) -> str:
        """The key (or what stands for it outside the console) first: a terminal may be too small for more."""
        by_what = KEY if key else OUTSIDE
        kept = " What is shown is what was known last." if world.release.at is not None else ""
        word = "refused" if problem.kind == "unauthorised" else "without rights here"
        by = self._tokens.renewed_by
        other = f" (or {by}: that is picked up by itself)" if by else ""
        asks = f"{by_what} asks for another{other}"
        if self._waiting is not None:
            asks = f"{self._waiting.says} {by_what} goes on with it"
        return f"Token {word}, nothing can be sent; {asks}. {problem.what}{kept} It is {self._tokens.origin}."

    def _since_taken(self) -> Millis:
        """How long ago another token was taken; for ever if none was."""
        return self._clock.now() - (self._taken[0] if self._taken is not None else 0)

    # --- taking ------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Look where the token came from; the same person's new one is taken by itself."""
        if self.refused is None and not self._tokens.watched:
            return
        offer = await asyncio.to_thread(self._tokens.found, everywhere=False)
        if offer is None:
            self._waiting = None
        elif offer not in self._turned_down:
            tried = await self.offer(offer)
            self._waiting = tried if tried.other else None
            if not tried.taken and tried is not BUSY:
                self._turned_down.add(offer)

    async def search(self, *, as_other: str | None = None) -> Tried:
        """Look wherever a token may be kept, because a person asked for it."""
        offer = await asyncio.to_thread(self._tokens.found, everywhere=True)
        if offer is None:
            return Tried(
                False,
                "No other token was found in the settings, the Vercel CLI's login or the keyring.",
                "Paste one, or run `vercel login` and try again.",
            )
        return await self.offer(offer, as_other=as_other)

    async def typed(self, text: str, *, as_other: str | None = None) -> Tried:
        """Try a typed token. ``as_other``: whose it may be, if not the present person's."""
        offer = self._tokens.typed(text)
        if isinstance(offer, str):
            return Tried(False, offer)
        return await self.offer(offer, as_other=as_other)

    async def offer(self, offer: Offer, *, as_other: str | None = None) -> Tried:
        """Ask the host whose the token is and whether it reaches the project; take it if all is well."""
        try:
            account = await self._tokens.whose(offer)
        except SourceError as error:
            return Tried(False, f"Not taken, {offer.origin}: {error.problem.what}", error.problem.next)
        problem = await self._tokens.reaches(offer)
        if problem is not None:
            return Tried(
                False, f"Not taken: it is {account.username}'s, but {_lower(problem.what)}", problem.next
            )
        before = self._identity.account.value
        if before is not None and before.user_id != account.user_id:
            if as_other != account.username:
                return _somebody_else(offer, account, before)
            await self._end_arming(f"the token is {account.username}'s now")
            if self._busy():
                return BUSY
        self._take(offer, account)
        return Tried(True, f"Signed in as {account.username}, with {offer.origin}.")

    def _take(self, offer: Offer, account: Account) -> None:
        """Without a pause between the check and the change: no act may begin in between."""
        self._tokens.take(offer)
        self._identity.known(account)
        self._outlived = self._polled
        self._waiting = self._polled = self._seen = None
        self._turned_down.clear()
        self._taken = self._clock.now(), f"Signed in as {account.username}, with {offer.origin}."
        self._ask_again()


def refusal_in(world: World) -> Problem | None:
    """What the sources say of a token that the host refuses."""
    vercel = next((one.problem for one in world.sources if one.name == "vercel"), None)
    for problem in (vercel, world.project.problem):
        if problem is not None and problem.kind in REFUSED:
            return problem
    return None


def _somebody_else(offer: Offer, account: Account, before: Account) -> Tried:
    return Tried(
        False,
        f"{offer.origin[:1].upper()}{offer.origin[1:]} belongs to {account.username},"
        f" not to {before.username}.",
        f"Confirm it to go on as {account.username}; the arming of this session ends.",
        other=account.username,
    )


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[:2] != "I " else text
