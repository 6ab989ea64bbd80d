"""The hands of this program, and a driver with them: what a playbook's steps are done by from a command."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from console.authorise import Refused, authorise_named
from console.chosen import intervals
from console.clients import host_client as client_of
from console.clients import metrics_source, outbox
from console.commands.acting import session_of_command
from console.commands.doctor_bundle import secrets_of
from console.commands.ledger import local
from console.commands.messages_here import templates_here, usable
from console.commands.playbook_library import by_name
from console.commands.runs_here import RunsHere
from console.envelope import Actor
from console.outcome import End, Outcome
from console.playbooks.model import Playbook
from console.ports import Leases, MetricsSource, SourceError
from console.runs.agreeing import Agreeing, Board
from console.runs.desk import Runs
from console.runs.doing import Hand
from console.runs.driver import Driver, Stopped, Told
from console.runs.hand_command import Commanding
from console.runs.hand_http import Asking as Http
from console.runs.hand_message import MessageHand
from console.runs.hand_metric import Measuring
from console.runs.hand_playbook import Found, Within
from console.runs.hand_waiting import Asking, Timing
from console.runs.hands import hands_of
from console.runs.hands_of_session import hands_of as session_hands
from console.runs.linking import link
from console.runs.pinned import Pinned, hosts_of, pinned
from console.session import Session
from console.target import Target
from data.http.secret import scrub
from data.playbook_commands import PlaybookCommands
from data.playbook_web import HttpxWeb

COMMAND = "command"
"""What the policy calls a command of a playbook, and a request of one that changes something."""


def read(name: str) -> Found | tuple[str, ...]:
    """A playbook of the library, ready to be pinned; or what is wrong, line by line."""
    one = by_name(name)
    if isinstance(one, str):
        return (one,)
    found = pinned(one.data) if one.checked.playbook is not None else None
    if found is None:
        return tuple(fault.words(one.file) for fault in one.checked.errors)
    return Found(found, one.file)


def _library(name: str) -> Found | str:
    found = read(name)
    return found if isinstance(found, Found) else "; ".join(found)


@dataclass(slots=True)
class Driving:
    """Drives runs of one ledger as one person. ``stays``, ``told``: as of :class:`Driver`."""

    desk: Runs
    leases: Leases
    aim: Target
    actor: Actor
    session: Session
    source: MetricsSource | None
    stays: bool
    told: Told
    agreed: bool = False
    """``--arm`` was given: that is the consent to the steps of the run, as to any other command."""
    board: Board | None = None
    """Where a screen is asked for consent, step by step."""
    planning: tuple[Pinned, Mapping[str, object]] | None = None
    """The playbook and the parameters of a plan, which has no run yet."""
    _domains: Collection[str] | None = field(default=None)

    def driver(self) -> Driver:
        """Each drives one run at a time: a part of it has its own."""
        return Driver(
            self.desk,
            self.hands(),
            self.leases,
            self.actor,
            secrets=os.environ.get,
            redact=self.redacted,
            stays=self.stays,
            told=self.told,
            linked=lambda run: link(self.session.incidents().desk, run, self.actor),
        )

    def hands(self) -> Mapping[str, Hand]:
        """What this program can do; a kind that is not here is said to be missing when its step comes."""
        aim, desk = self.aim, self.desk
        asking, web = Asking(desk), HttpxWeb(aim.settings.playbooks.connect_to)
        made: dict[str, Hand] = {
            "manual": asking,
            "decision": asking,
            "timer": Timing(desk, local),
            "metric": Measuring(
                lambda: self.source, aim.loaded.catalogue, desk.clock, intervals(aim.settings).scrape
            ),
            "http": Http(web, self.hosts, self.domains, self.objection),
            "command": Commanding(PlaybookCommands(), self.secrets, self.objection),
            "playbook": Within(desk, _library, self.drives, self.actor, self.stays),
            "message": self._telling(),
            **self._changing(),
        }
        return hands_of(made)

    def _changing(self) -> Mapping[str, Hand]:
        """What changes production: through the gates of the session."""
        clock, board = self.desk.clock, self.board
        if board is None:
            return session_hands(self.session, clock, agreed_beforehand=self.agreed).by_kind
        made = session_hands(self.session, clock, consents=board.consents).by_kind
        return {kind: Agreeing(hand, board, clock) for kind, hand in made.items()}

    def _telling(self) -> Hand:
        desk, session = self.desk, self.session
        incidents = session.incidents().desk
        box = outbox(
            self.aim, desk.ledger, lambda: session.standing().rulebook, incidents, offload=desk.offload
        )
        return MessageHand(
            box,
            lambda: usable(templates_here()),
            lambda person: replace(self.actor, person=person),
            desk.clock,
        )

    async def drives(self, run_id: str) -> Stopped | Outcome:
        driver = self.driver()
        return await driver.take(run_id) or await driver.drive(run_id)

    def redacted(self, text: str, secrets: Mapping[str, str]) -> str:
        return scrub(text, [*secrets.values(), *secrets_of(self.aim)])

    async def objection(self) -> str | None:
        """Why the policy keeps this session from commands, if it does."""
        decided = authorise_named(COMMAND, 100, self.session.standing())
        return f"{decided.says} {decided.next}" if isinstance(decided, Refused) else None

    def _of(self, run_id: str) -> tuple[Playbook, Mapping[str, object]] | None:
        if self.planning is not None and not run_id:
            return self.planning[0].playbook, self.planning[1]
        run = self.desk.seen(run_id)
        found = self.desk.pinned(run) if run is not None else None
        return (found.playbook, run.params) if run is not None and found is not None else None

    def hosts(self, run_id: str) -> Collection[str]:
        found = self._of(run_id)
        return hosts_of(*found) if found is not None else ()

    def secrets(self, run_id: str) -> Mapping[str, str]:
        found = self._of(run_id)
        names = found[0].secrets if found is not None else ()
        return {name: os.environ[name] for name in names if name in os.environ}

    async def domains(self) -> Collection[str]:
        """The project's own; asked of the host once."""
        if self._domains is None:
            host = client_of(self.aim)
            try:
                self._domains = (await host.router.project()).domains
            except SourceError:
                return ()
            finally:
                await host.transport.aclose()
        return self._domains


@asynccontextmanager
async def driving(
    at: RunsHere, actor: Actor, *, stays: bool, told: Told, arm: tuple[str, int] | None
) -> AsyncIterator[Driving | Outcome]:
    """What drives; ``arm``: the reason and the minutes for which this session may change production. The
    refusal where it cannot be armed."""
    async with session_of_command() as (session, aim):
        await session.identify()
        await session.look_once()  # what a step changes is previewed from what was read
        if arm is not None:
            armed = await session.arm(*arm)
            if armed.end is not End.DONE:
                yield armed
                return
        host = client_of(aim)
        try:
            source = metrics_source(aim, host)
            yield Driving(
                at.desk,
                at.leases,
                at.at.here.aim,
                actor,
                session,
                source,
                stays,
                told,
                agreed=arm is not None,
            )
        finally:
            await host.transport.aclose()
