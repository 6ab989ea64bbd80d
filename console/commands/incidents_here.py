"""Incidents of the ledger in force, read without a token; who writes is the account behind the token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from console.commands.requests_here import Here, at_once, requests_here
from console.envelope import Actor
from console.incidents.desk import Incidents
from console.incidents.incident import Incident
from console.incidents.room import still_waiting
from console.incidents.rules import refused
from console.outcome import Outcome
from console.readings import Millis
from console.rollback.counting import View
from console.runs.happened import stream_of as run_stream


@dataclass(frozen=True, slots=True)
class IncidentsHere:
    """The incidents of one ledger, and who asks."""

    here: Here
    desk: Incidents

    @property
    def now(self) -> Millis:
        return self.here.aim.clock.now()

    async def actor(self) -> Actor | Outcome:
        """Who writes, or why nobody does."""
        if self.here.aim.settings.read_only:
            return refused(
                "Read-only by the settings (read_only).", "Without it incidents could be worked on."
            )
        if self.here.aim.settings.vercel.token is None:
            return refused(
                "Who you are is not known: no token was given.",
                "Set COALMINE_VERCEL__TOKEN (or VERCEL_TOKEN): its account is who you are in people.yaml.",
            )
        person = await self.here.account()
        if not isinstance(person, str):
            return refused(person.what, "Who is not listed in people.yaml can look only.")
        return self.here.actor(person)

    def request(self, name: str) -> View | None:
        """A request of the same ledger. Blocking."""
        return self.here.desk.counting.view(name, self.now)

    def known(self, what: str, name: str) -> bool:
        """Whether this ledger has it, of what is in ledgers. Blocking."""
        if what == "run":
            return self.here.ledger.version(run_stream(name)) > 0
        return what != "request" or self.request(name) is not None

    def waiting(self, incident: Incident) -> tuple[str, ...]:
        """The linked requests that still wait for somebody. Blocking."""
        return still_waiting(incident, self.request)


@contextmanager
def incidents_here() -> Iterator[IncidentsHere]:
    """Open the ledger of the settings. Raises ``SettingsError`` or :class:`StoreUnusable`."""
    with requests_here() as here:
        read_only = "Read-only by the settings (read_only)." if here.aim.settings.read_only else None
        desk = Incidents(here.ledger, here.aim.clock, lambda: here.book, at_once, read_only)
        yield IncidentsHere(here, desk)
