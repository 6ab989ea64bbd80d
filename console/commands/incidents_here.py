"""Incidents of the ledger in force, read without a token; who writes is the account behind the token."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from console.clients import own_key, signature_verifier
from console.commands.requests_here import Here, at_once, requests_here
from console.commands.shared import at_terminal
from console.envelope import Actor
from console.incidents.desk import Incidents
from console.incidents.incident import Incident
from console.incidents.room import still_waiting
from console.incidents.rules import refused
from console.outcome import Outcome
from console.readings import Millis
from console.rollback.counting import View
from console.runs.happened import stream_of as run_stream
from console.runs.run import goes_on


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
            if self.here.aim.settings.approval.key is not None:
                return self._by_key(self.here.aim.settings.approval.key)
            return refused(
                "Who you are is not known: neither a token nor a key was given.",
                "Set COALMINE_VERCEL__TOKEN (or VERCEL_TOKEN): its account is who you are in people.yaml; or "
                "key under [approval]: whose it is stands in allowed_signers.",
            )
        person = await self.here.account()
        if not isinstance(person, str):
            return refused(person.what, "Who is not listed in people.yaml can look only.")
        return self.here.actor(person)

    def _by_key(self, chosen: Path) -> Actor | Outcome:
        """Whoever signs a challenge with a key that allowed_signers lists; it may wait for a touch."""
        from console.rollback.owners import NobodysKey, owner_of
        from console.signing import IDENTITY, SigningFailed, Verified

        book, now = self.here.book, self.now
        try:
            key = own_key(chosen, at_terminal=at_terminal())
            assert key is not None
            person = owner_of(book, key.fingerprint, key.place)
            challenge = f"{self.here.ledger.place}\n{now}\n{secrets.token_hex(16)}\n".encode()
            signature = key.signer.sign(IDENTITY, challenge)
        except NobodysKey as error:
            return refused(str(error), "Who is not listed can look only.")
        except SigningFailed as error:
            return refused(error.problem.what, error.problem.next)
        signers = "" if isinstance(book, str) else book.signers_text or ""
        found = signature_verifier().verify(IDENTITY, challenge, signature, person, signers, now)
        return self.here.actor(person) if isinstance(found, Verified) else refused(found.says, found.next)

    def request(self, name: str) -> View | None:
        """A request of the same ledger. Blocking."""
        return self.here.desk.counting.view(name, self.now)

    def known(self, what: str, name: str) -> bool:
        """Whether this ledger has it, of what is in ledgers. Blocking."""
        if what == "run":
            return self.here.ledger.version(run_stream(name)) > 0
        return what != "request" or self.request(name) is not None

    def waiting(self, incident: Incident) -> tuple[str, ...]:
        """The linked requests that still wait for somebody, and linked runs that go on. Blocking."""
        return still_waiting(incident, self.request, partial(goes_on, self.here.ledger))


@contextmanager
def incidents_here() -> Iterator[IncidentsHere]:
    """Open the ledger of the settings. Raises ``SettingsError`` or :class:`StoreUnusable`."""
    with requests_here() as here:
        read_only = "Read-only by the settings (read_only)." if here.aim.settings.read_only else None
        desk = Incidents(here.ledger, here.aim.clock, lambda: here.book, at_once, read_only)
        yield IncidentsHere(here, desk)
