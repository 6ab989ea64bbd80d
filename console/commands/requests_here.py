"""Requests of the ledger in force, read and answered without asking the host: no token is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from console.adopted import STREAM, in_force
from console.clients import host_client, own_key, signature_verifier
from console.commands.shared import at_terminal
from console.envelope import Actor
from console.policy import Rulebook
from console.ports import StoreUnusable
from console.readings import Problem
from console.rollback.answering import Answering
from console.rollback.counting import Counting
from console.rollback.desk import Requests
from console.rollback.policy_chain import PolicyChain
from console.target import Target, load_settings, target
from console.wiring import new_session_id
from data.policy_files import PolicyFiles
from data.sqlite.ledger import SqliteLedger

T = TypeVar("T")

NAME_IT = "Name your key: --key ~/.ssh/id_ed25519, or key under [approval] in coalmine.toml."


@dataclass(frozen=True, slots=True)
class Here:
    """The requests of one ledger, and who asks."""

    aim: Target
    desk: Requests
    book: Rulebook | str
    session_id: str
    ledger: SqliteLedger

    def actor(self, person: str) -> Actor:
        return Actor(person, self.session_id, "command")

    def answering(self, key: Path | None) -> Answering:
        """Answers with ``key``, or that of the settings; without one as the account behind the token."""
        chosen = key or self.aim.settings.approval.key
        signer = partial(own_key, chosen, at_terminal=at_terminal())
        return Answering(self.desk, lambda: self.book, self.account, lambda: self.actor(""), signer)

    async def account(self) -> str | Problem:
        """The person behind the token, or why nobody is known."""
        if self.aim.settings.vercel.token is None:
            return Problem(
                "refused", "Who you are is not known: neither a key nor a token was given.", NAME_IT
            )
        from console.identity import Identity

        client = host_client(self.aim)
        try:
            identity = Identity(client.router, self.aim.clock)
            await identity.ask()
        finally:
            await client.transport.aclose()
        person, problem = identity.person(self.book)
        return person or Problem("refused", problem, NAME_IT)


@contextmanager
def requests_here() -> Iterator[Here]:
    """Open the ledger of the settings. Raises ``SettingsError`` or :class:`StoreUnusable`."""
    aim = target(load_settings())
    if not aim.ledger_path.exists():
        raise StoreUnusable(
            Problem(
                "missing",
                f"There is no ledger at {aim.ledger_path}.",
                "Name the ledger of whoever asks: COALMINE_LEDGER, or ledger in coalmine.toml.",
            )
        )
    ledger = SqliteLedger(aim.ledger_path, aim.clock)
    try:
        files, chain = PolicyFiles(aim.ledger_path.parent), PolicyChain(ledger, signature_verifier)
        book = in_force(ledger.read(stream=STREAM), files, chain)
        counting = Counting(ledger, lambda: book, signature_verifier())
        desk = Requests(ledger, aim.clock, counting, lambda: book, at_once)
        yield Here(aim, desk, book, new_session_id(), ledger)
    finally:
        ledger.close()


async def at_once(call: Callable[[], T]) -> T:
    """A command has nothing else to do meanwhile."""
    return call()
