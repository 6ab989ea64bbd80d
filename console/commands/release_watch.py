"""``coalmine release watch``: follow the release until something of it has come."""

from __future__ import annotations

import asyncio
import signal
import sys

import click

from console.commands.acting import session_of_command
from console.commands.shared import DONE, FAILED, HOLD, NO_DATA, answer_line, explain, run, say
from console.commands.watch import Teller
from console.waiting import Answer, Began, Reached, Until, began, given_up, reached
from console.world import World

EXIT_OF: dict[Answer, int] = {"done": DONE, "failed": FAILED, "hold": HOLD, "no data": NO_DATA}

INTERRUPTED = 130

RECORDED_S = 3.0
"""How long the record of what was waited for is waited for; another process may be the one that makes it."""


@click.command("watch")
@click.option(
    "--until",
    type=click.Choice([one.value for one in Until]),
    default=Until.END.value,
    show_default=True,
    help="decision: the verdict is promote or rollback; stage: the next stage; end: complete or aborted; "
    "baked: afterwards production has been held against its own past for the bake time.",
)
@click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="MINUTES", help="Give up then.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(until: str, timeout: float | None, as_json: bool) -> None:
    """Follow the rolling release and say what changes, until what is waited for has come.

    At a decision the exit code is the verdict: 0 promote, 1 rollback; baked: 0, 1 where production is worse
    than its own past, 4 where too little is known; at a stage or the end it is 0. When
    the time is up it is 3 (not yet) or 4 (no data); 4 also if no release is running. 1 if the release was
    aborted, or another took its place, before what was waited for.
    """
    sys.exit(run(_watch(Until(until), timeout, as_json)))


async def _watch(until: Until, timeout: float | None, as_json: bool) -> int:
    async with session_of_command() as (session, _):
        ended = asyncio.Event()
        teller = Teller(as_json, session.world().ledger_size, ended)
        watcher = Watcher(until, ended)
        signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        for signum in signals:
            asyncio.get_running_loop().add_signal_handler(signum, ended.set)
        await session.start()
        session.watch(teller.tell)
        session.watch(watcher.look)
        try:
            await asyncio.wait_for(ended.wait(), None if timeout is None else timeout * 60)
        except TimeoutError:
            watcher.found = watcher.found or given_up(until, session.world())
    if teller.failed is not None:
        raise teller.failed
    if watcher.found is None:
        explain("Stopped before it came.")
        return INTERRUPTED
    return _tell(until, watcher.found, as_json)


class Watcher:
    """Looks at each picture for what is waited for; ``found`` and the event are set when it has come.

    What the host did is recorded a moment after it is seen; the end waits for that, to tell who did it.
    """

    def __init__(self, until: Until, ended: asyncio.Event) -> None:
        self._until, self._ended = until, ended
        self._since: Began | None = None
        self._from = 0
        self.found: Reached | None = None

    def look(self, world: World) -> None:
        if self.found is not None:
            if self._recorded(world):
                self._ended.set()
            return
        if self._since is None:
            first = began(self._until, world)
            if isinstance(first, Reached):
                self._end(first, at_once=True)
            elif first is not None:
                self._since, self._from = first, world.ledger_size
                explain(f"Watching {first.canary_id} for its {self._until.value}. Ctrl+C ends it.")
        if self._since is not None and (found := reached(self._until, self._since, world)):
            self._end(found, at_once=self._until in (Until.DECISION, Until.BAKED) or self._recorded(world))

    def _recorded(self, world: World) -> bool:
        return any(one.kind == "release.seen" and one.seq > self._from for one in world.recent)

    def _end(self, found: Reached, *, at_once: bool) -> None:
        self.found = found
        if at_once:
            self._ended.set()
        else:
            asyncio.get_running_loop().call_later(RECORDED_S, self._ended.set)


def _tell(until: Until, found: Reached, as_json: bool) -> int:
    if as_json:
        answer_line({"until": until.value, "answer": found.answer, "says": found.says})
    else:
        (say if found.answer == "done" else explain)(found.says)
    return EXIT_OF[found.answer]
