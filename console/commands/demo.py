"""``coalmine demo``: the console on a simulated world of its own."""

from __future__ import annotations

import sys
from typing import Any

import click

from console.commands.account_options import account_options, account_words

SCENARIOS = (
    "healthy",
    "error-spike",
    "latency-regression",
    "metrics-outage",
    "api-brownout",
    "busy-day",
    "half-moved",
    "red-check",
    "slow-burn",
    "late-harm",
    "bad-flag",
    "production-down",
    "database-migration",
    "upstream-outage",
    "metrics-lost",
    "preview-exposure",
    "flapping",
    "low-traffic",
    "harm-errors",
    "harm-browsers",
    "harm-severity",
    "harm-new-errors",
    "harm-page-load",
    "harm-interactivity",
    "harm-latency",
    "harm-database",
    "harm-conversion",
    "harm-sessions",
    "harm-bounce",
    "harm-features",
    "harm-machines",
    "harm-network",
    "harm-connections",
    "harm-cache",
)
"""Those of the simulator, which is not loaded to draw the first screen."""


@click.command("demo")
@click.option(
    "--scenario",
    type=click.Choice(SCENARIOS),
    default="healthy",
    show_default=True,
    help="What happens in the simulated world.",
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 2**53), help="Same seed, same world."
)
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.1, 60), help="How fast it runs."
)
@account_options
def command(scenario: str, seed: int, speed: float, **account: Any) -> None:
    """Open the console on the built-in simulator, armed from the start. Nothing outside is touched."""
    from console.commands.looks import look_alone
    from console.commands.shared import needs_terminal

    look = look_alone()
    needs_terminal("Without one: coalmine simulate, and the other verbs on the addresses that it prints.")

    from console.commands.console_app import run_console
    from console.commands.demo_world import DemoWorld

    world = DemoWorld(scenario, seed, speed, account_words(**account))
    try:
        code = run_console(world.first(), world.build, world.prepare, look=look)
    finally:
        world.end()
    if world.ledger_path.exists():
        click.echo(
            "What was done is in the demo's ledger:\n"
            f"  COALMINE_LEDGER={world.ledger_path} coalmine ledger tail",
            err=True,
        )
    sys.exit(code)
