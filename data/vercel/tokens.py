"""The token in use, where it came from, and how another one is tried before it is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.ports import Account, SourceError
from console.readings import Problem
from console.tokens import Offer
from data.http.secret import Secret
from data.vercel.client import VercelClient
from data.vercel.login import Login, usable
from data.vercel.router import VercelRouter

NO_TOKEN = "This is no token: it has to be visible ASCII characters without spaces."


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a token may be kept, to be looked at again."""

    look: Callable[[], Login | None]
    """Blocking; never raises."""
    renewed_by: str
    """What a person does there to have another one."""
    watched: bool = True
    """Whether looking costs nothing and asks nobody for a password."""


class VercelTokens:
    """Implements :class:`console.tokens.Tokens` for one client.

    ``own``: the place that the token in use came from, where it can be looked at again; ``others``: where
    else one may be, looked at only when a person asks.
    """

    def __init__(
        self,
        client: VercelClient,
        project_id: str,
        origin: str,
        own: Place | None = None,
        others: Sequence[Place] = (),
    ) -> None:
        self._client, self._project_id = client, project_id
        self._origin, self._own, self._others = origin, own, others

    @property
    def origin(self) -> str:
        return self._origin

    @property
    def renewed_by(self) -> str:
        return self._own.renewed_by if self._own is not None else ""

    @property
    def watched(self) -> bool:
        return self._own is not None and self._own.watched

    def typed(self, text: str) -> Offer | str:
        if not usable(text):
            return NO_TOKEN
        token = Secret(text.strip())
        if token == self._client.token:
            return "This is the token that is in use already."
        return Offer("the token that was typed", token)

    def found(self, *, everywhere: bool) -> Offer | None:
        places = [self._own, *self._others] if everywhere else [self._own]
        for place in places:
            login = place.look() if place is not None else None
            if login is not None and login.token != self._client.token:
                return Offer(login.origin, login.token)
        return None

    async def whose(self, offer: Offer) -> Account:
        return await self._with(offer).account()

    async def reaches(self, offer: Offer) -> Problem | None:
        try:
            await self._with(offer).project()
        except SourceError as error:
            return error.problem
        return None

    def take(self, offer: Offer) -> None:
        self._client.use(_secret(offer))
        self._origin = offer.origin

    def _with(self, offer: Offer) -> VercelRouter:
        return VercelRouter(self._client.with_token(_secret(offer)), self._project_id)


def _secret(offer: Offer) -> Secret:
    if not isinstance(offer.key, Secret):
        raise TypeError("this offer was not made here")
    return offer.key
