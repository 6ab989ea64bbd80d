"""``coalmine watch``: the engine without a screen; what changes is said line by line."""

from __future__ import annotations

import asyncio
import signal

import click

from console.commands.logfile import log_to
from console.commands.shared import answer_line, explain, run, visible
from console.envelope import Recorded
from console.narrate import narrate
from console.target import looking_at
from console.wiring import build_session, open_stores
from console.world import World


@click.command("watch")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(as_json: bool) -> None:
    """Poll, judge and record until stopped. Consoles on the same ledger read along."""
    run(_watch(as_json))


async def _watch(as_json: bool) -> None:
    aim = looking_at()
    log_to(aim.loaded.state_dir)
    session = build_session(aim, open_stores(aim.ledger_path, aim.clock), via="command")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(signum, stop.set)
    teller = Teller(as_json, session.world().ledger_size, stop)
    try:
        await session.start()
        session.watch(teller.tell)
        world = session.world()
        explain(f"Watching {world.project_label}; ledger {world.ledger_place}. Ctrl+C ends it.")
        for line in aim.loaded.unused:
            explain(line)
        await stop.wait()
    finally:
        await session.close()
    if teller.failed is not None:
        raise teller.failed


class Teller:
    """Prints what is new in each picture: events of the ledger, and sources lost or back."""

    def __init__(self, as_json: bool, after_seq: int, stop: asyncio.Event) -> None:
        self._as_json, self._after, self._stop = as_json, after_seq, stop
        self._sources: dict[str, str] = {}
        self.failed: OSError | None = None
        """Why nothing more can be printed, if so; then ``stop`` is set: nobody reads any more."""

    def tell(self, world: World) -> None:
        if self.failed is not None:
            return
        try:
            self._tell(world)
        except OSError as error:
            self.failed = error
            self._stop.set()

    def _tell(self, world: World) -> None:
        for event in sorted((e for e in world.recent if e.seq > self._after), key=lambda e: e.seq):
            self._after = event.seq
            self._event(event)
        for source in world.sources:
            if self._sources.get(source.name) != source.state.value:
                self._sources[source.name] = source.state.value
                what = source.problem.what if source.problem else ""
                if self._as_json:
                    answer_line({"source": source.name, "state": source.state.value, "problem": what})
                else:
                    print(visible(f"{source.title}: {source.state.value} {what}".rstrip()), flush=True)

    def _event(self, event: Recorded) -> None:
        if self._as_json:
            answer_line({"seq": event.seq, "at": event.at, "kind": event.kind, "payload": event.payload})
        else:
            print(visible(f"{event.seq}  {narrate(event)}"), flush=True)
