"""The runs of playbooks of the ledger in force, and who writes about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from console.commands.acting import as_answer, tell_plainly
from console.commands.incidents_here import IncidentsHere, incidents_here
from console.commands.requests_here import at_once
from console.commands.shared import answer, explain
from console.outcome import End, Outcome
from console.ports import Leases
from console.readings import Millis
from console.runs.desk import Made, Runs
from console.runs.happened import stream_of
from console.runs.run import Run
from data.sqlite.leases import SqliteLeases


@dataclass(frozen=True, slots=True)
class RunsHere:
    """The runs of one ledger, beside its incidents."""

    at: IncidentsHere
    desk: Runs
    leases: Leases

    @property
    def now(self) -> Millis:
        return self.at.now

    def heard(self, run: Run) -> bool:
        """Whether its driver was heard of within the last 30 seconds. Blocking."""
        lease = self.leases.holder(stream_of(run.id))
        return lease is not None and lease.expires_at > self.now

    def parts(self, run_id: str) -> list[Run]:
        """The runs that are a part of it or of its parts and are not over, the innermost first. Blocking."""
        found = [
            one
            for one in self.desk.every()
            if not one.over and one.started.parent.partition("/")[0] == run_id
        ]
        return [part for one in found for part in (*self.parts(one.id), one)]


@contextmanager
def runs_here() -> Iterator[RunsHere]:
    """Open the ledger of the settings. Raises ``SettingsError`` or :class:`StoreUnusable`."""
    with incidents_here() as at:
        here = at.here
        read_only = "Read-only by the settings (read_only)." if here.aim.settings.read_only else None
        leases = SqliteLeases(here.ledger.path)
        try:
            desk = Runs(here.ledger, here.aim.clock, lambda: here.book, at_once, at.desk.seen, read_only)
            yield RunsHere(at, desk, leases)
        finally:
            leases.close()


async def written(
    run_id: str,
    made: Callable[[RunsHere, str], Made],
    says: str,
    as_json: bool,
    *,
    parts: bool = False,
) -> int:
    """Append what ``made``, of the open ledger and the person, makes of the run; the exit code.

    ``says`` on success, with ``{person}`` and ``{id}``. ``parts``: also to the runs that are a part of it.
    """
    with runs_here() as at:
        actor = await at.at.actor()
        if isinstance(actor, Outcome):
            outcome = actor
        else:
            words = says.replace("{person}", actor.person).replace("{id}", run_id)
            outcome = await at.desk.record(run_id, actor, made(at, actor.person), words)
            for one in at.parts(run_id) if parts and outcome.end is End.DONE else ():
                told = await at.desk.record(one.id, actor, made(at, actor.person), f"{one.id} as well.")
                explain(told.says)
        if as_json:
            answer(as_answer(outcome))
        else:
            tell_plainly(outcome)
        return outcome.end.exit_code
