"""The wheel of a run: one person in one session has it, says that they live, and gives it back.

Who has it stands in the ledger. That they live is told by a lease beside it, which a heartbeat renews; only
once that has run out, or with the word of whoever has it, may somebody else take over.
"""

from __future__ import annotations

from typing import Literal

from console.effect import ATTEMPTS
from console.envelope import Actor
from console.event import Event
from console.incidents.rules import refused
from console.outcome import Outcome
from console.ports import Lease, Leases, LedgerConflict
from console.readings import Millis
from console.runs import happened as h
from console.runs.desk import Runs
from console.runs.run import Run

HEARTBEAT_S = 10.0
EXPIRY_MS: Millis = 30_000


class Lost(Exception):
    """This driver drives no more; in words."""


class Wheel:
    """Of the runs that one person drives in one session."""

    def __init__(self, runs: Runs, leases: Leases, actor: Actor) -> None:
        self._runs, self._leases, self._actor = runs, leases, actor
        self._clock = runs.clock
        self._lease: Lease | None = None
        self._next_beat = 0.0

    async def take(self, run_id: str, why: str = "", *, over: bool = False) -> Outcome | None:
        """Become the driver; the refusal where that cannot be. ``over``: also from somebody who is gone."""
        run = await self._runs.get(run_id)
        wrong = self._runs.refusal(self._actor) or await self._untakable(run_id, run, over)
        if wrong is not None or run is None:
            return wrong
        lease = await self._runs.offload(
            lambda: self._leases.acquire(h.stream_of(run_id), self._holder, EXPIRY_MS, self._clock.now())
        )
        if lease is None:
            return await self._held(run)
        self._lease = lease
        event = h.DriverTook(
            person=self._actor.person, session=self._actor.session, how=_how(run, self._actor, over), why=why
        )
        before = run.driver
        for _ in range(ATTEMPTS):
            run = await self._runs.get(run_id)
            if run is None or run.over or run.driver not in (None, before):
                break
            if await self.appended(run, event) is not None:
                return None
        await self.release()
        return refused(f"{run_id} has changed meanwhile.", f"coalmine playbook status {run_id}")

    async def _untakable(self, run_id: str, run: Run | None, over: bool) -> Outcome | None:
        if run is None:
            return refused(f"There is no run {run_id}.", "`coalmine playbook runs --all` shows them.")
        if run.blocked:
            return refused(f"{run_id} cannot be understood here: {run.blocked}", "Update Coalmine.")
        if run.over:
            return refused(f"{run_id} {run.state.value}: nothing more happens in it.")
        driver = run.driver
        if driver is None or over or run.handed_to == self._actor.person:
            return None
        if (driver.person, driver.session) == (self._actor.person, self._actor.session):
            return None
        if driver.person == self._actor.person:
            return None  # one's own, from a session that is gone: the lease says whether it is
        return refused(
            f"{driver.person} drives {run_id}.",
            f"If they are gone: coalmine playbook take-over {run_id} --reason TEXT",
        )

    async def _held(self, run: Run) -> Outcome:
        lease = await self._runs.offload(lambda: self._leases.holder(h.stream_of(run.id)))
        who = run.driver.person if run.driver else lease.holder.partition("/")[0] if lease else "Somebody"
        left = max(1, -(-(lease.expires_at - self._clock.now()) // 1000)) if lease else 1
        return refused(
            f"{who} drives {run.id} and was heard of within the last 30 s.",
            f"They hand it over with `coalmine playbook hand-over {run.id} --to {self._actor.person}`; "
            f"if they are gone it can be taken over in {left} s.",
        )

    async def release(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            await self._runs.offload(lambda: self._leases.release(lease))

    async def seen(self, run_id: str) -> Run:
        """Raises :class:`Lost` where there is none of that name any more."""
        run = await self._runs.get(run_id)
        if run is None:
            raise Lost(f"{run_id} is not in this ledger any more")
        return run

    async def mine(self, run_id: str) -> Run:
        """The run as it stands. Raises :class:`Lost` where somebody else drives it, or nobody can."""
        run = await self.seen(run_id)
        if run.blocked:
            raise Lost(f"{run_id} cannot be understood here: {run.blocked}")
        driver = run.driver
        if run.over:
            return run
        if driver is None or (driver.person, driver.session) != (self._actor.person, self._actor.session):
            raise Lost(f"{driver.person} drives {run_id} now" if driver else f"nobody drives {run_id}")
        return run

    async def appended(self, run: Run, *made: Event) -> Run | None:
        """Append to the run as it was looked at; ``None`` where it has changed since."""
        now = self._clock.now()
        news = [one.new(self._actor, now) for one in made]
        try:
            await self._runs.offload(lambda: self._runs.ledger.append(h.stream_of(run.id), run.version, news))
        except LedgerConflict:
            return None
        return await self.seen(run.id)

    async def beat(self, run_id: str, *, now: bool = False) -> None:
        """Say that this driver lives, where it is time to (or ``now``). Raises :class:`Lost` where somebody
        else's lease has begun."""
        if not now and self._clock.monotonic() < self._next_beat:
            return
        self._next_beat = self._clock.monotonic() + HEARTBEAT_S
        lease = await self._runs.offload(
            lambda: self._leases.acquire(h.stream_of(run_id), self._holder, EXPIRY_MS, self._clock.now())
        )
        if lease is None:
            raise Lost(f"somebody else has taken {run_id}")
        self._lease = lease

    async def let_go(self, run_id: str, why: str) -> None:
        """Give it back, if it is still ours."""
        try:
            for _ in range(ATTEMPTS):
                run = await self.mine(run_id)
                event = h.DriverLetGo(person=self._actor.person, session=self._actor.session, why=why)
                if run.over or await self.appended(run, event) is not None:
                    break
        except Lost:
            pass
        finally:
            await self.release()

    @property
    def _holder(self) -> str:
        return f"{self._actor.person}/{self._actor.session}"


def _how(run: Run, actor: Actor, over: bool) -> Literal["start", "resume", "handed_over", "taken_over"]:
    if not run.driven:
        return "start"
    if run.handed_to == actor.person:
        return "handed_over"
    theirs = run.driver is not None and run.driver.person != actor.person
    return "taken_over" if over and theirs else "resume"
