"""``coalmine simulate``: the simulated world alone, for drills, tests and other consoles."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import click

from console.commands.account_options import account_of, account_options

PARENT_POLL_S = 0.5


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="Port of the host's API; 0 = any free one."
)
@click.option("--scenario", default="healthy", show_default=True, help="What goes wrong in it.")
@click.option(
    "--seed", type=click.IntRange(0, 2**53), default=1, show_default=True, help="Same seed, same world."
)
@click.option(
    "--speed",
    type=click.FloatRange(0, 10_000, min_open=True),
    default=1.0,
    show_default=True,
    help="How many times as fast as the clock on the wall its time runs.",
)
@account_options
@click.option(
    "--parent-pid", type=click.IntRange(1), default=None, help="Stop when this parent process is gone."
)
def command(
    port: int,
    scenario: str,
    seed: int,
    speed: float,
    parent_pid: int | None,
    **account: Any,
) -> None:
    """Serve a simulated project on this machine until SIGTERM.

    Prints one line of JSON when it is ready: the addresses, the token and the ids.
    """
    from data.simulator.scenario import BadScenario
    from data.simulator.server import Simulator

    try:
        simulator = Simulator(scenario=scenario, seed=seed, speed=speed, account=account_of(**account))
    except BadScenario as err:
        raise click.BadParameter(str(err), param_hint="--scenario") from err

    async def serve() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, stopped.set)
        async with simulator.serving(port=port) as ready:
            print(ready.model_dump_json(), flush=True)
            while not stopped.is_set() and parent_pid in (None, os.getppid()):
                try:
                    async with asyncio.timeout(PARENT_POLL_S if parent_pid is not None else None):
                        await stopped.wait()
                except TimeoutError:
                    continue

    try:
        asyncio.run(serve())
    except OSError as err:
        click.echo(
            f"The simulator cannot serve on port {port}: {err.strerror or err}. Choose another --port.",
            err=True,
        )
        sys.exit(1)
