"""What the verbs of ``coalmine incident`` take alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from console.commands.shared import words

if TYPE_CHECKING:
    from console.incidents.severity import Signals

JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
ID = click.argument("incident_id", metavar="ID")
REASON = click.option("--reason", required=True, callback=words, help="In words. It is recorded.")


def _percent(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    return None if value is None else value / 100


SHARE = click.FloatRange(0, 100)
SIGNALS = (
    click.option(
        "--errors", type=SHARE, callback=_percent, metavar="PERCENT", help="Of the exposed requests."
    ),
    click.option(
        "--exposed", type=SHARE, callback=_percent, metavar="PERCENT", help="The canary's share of visitors."
    ),
    click.option("--requests", type=click.IntRange(min=0), help="That the share of errors is of."),
    click.option("--journey", metavar="NAME", callback=words, help="A critical journey that fails."),
    click.option("--measured", is_flag=True, help="Ask the sources now for what of this is not said."),
    click.option("--data-harm", is_flag=True, help="Customers' data was lost or exposed."),
)
"""What a severity is suggested by; it only ever suggests a worse one than is set."""


def signals_options(verb: Callable[..., None]) -> Callable[..., None]:
    """The options that a severity is suggested by."""
    for option in reversed(SIGNALS):
        verb = option(verb)
    return verb


def signals_said(said: Mapping[str, Any]) -> Signals | None:
    """What was said of the harm; ``None`` where nothing was."""
    from console.incidents.severity import Signals

    if not any(value not in (None, False) for name, value in said.items() if name != "measured"):
        return None
    return Signals(
        errors=said["errors"],
        exposed=said["exposed"],
        requests=said["requests"],
        journey=said["journey"] or "",
        data="yes" if said["data_harm"] else "unknown",
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What a severity is suggested by, and what was seen with it."""

    signals: Signals | None
    evidence: tuple[str, ...] = ()
    canary_id: str | None = None
    """Of the release that rolls."""


async def known(said: Mapping[str, Any]) -> Known:
    """What was said, and with ``--measured`` what the sources say. Raises ``SettingsError``."""
    if not said["measured"]:
        return Known(signals_said(said))
    from console.commands.acting import session_of_command
    from console.incidents.measured import measured
    from console.rollback.evidence import evidence_of

    async with session_of_command() as (session, _):
        await session.look_once()
        world = session.world()
    release = world.release.value
    rolling = release.canary if release is not None and release.active else None
    canary = rolling.id if rolling is not None else None
    return Known(measured(world, signals_said(said)), evidence_of(world), canary)
