"""The options that say what kind of account the simulated project lives in, for simulate and demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from data.simulator.account import Account

Command = TypeVar("Command", bound=Callable[..., Any])

PLANS = ("hobby", "pro", "enterprise")
ADVANCEMENTS = ("manual", "automatic")
GATES = ("off", "pause", "rollback", "dry-run")


def account_options(command: Command) -> Command:
    """Add ``--plan``, ``--without``, ``--advancement`` and ``--gate`` to a command."""
    for option in (
        click.option(
            "--gate",
            type=click.Choice(GATES),
            default="off",
            show_default=True,
            help="What the host's own gate does where the canary's 5xx rate is too high.",
        ),
        click.option(
            "--advancement",
            type=click.Choice(ADVANCEMENTS),
            default="manual",
            show_default=True,
            help="Whether stages wait for approval or advance by time.",
        ),
        click.option(
            "--without",
            multiple=True,
            metavar="PART,…",
            help="What the account lacks: observability, speed-insights, web-analytics, prometheus, "
            "rolling-releases, slots, checks, skew-protection.",
        ),
        click.option(
            "--plan", type=click.Choice(PLANS), default="enterprise", show_default=True, help="The plan."
        ),
    ):
        command = option(command)
    return command


def account_words(plan: str, without: tuple[str, ...], advancement: str, gate: str) -> list[str]:
    """The same options as words for another process; the defaults are left out."""
    words = []
    for name, value, usual in (
        ("plan", plan, "enterprise"),
        ("without", ",".join(without), ""),
        ("advancement", advancement, "manual"),
        ("gate", gate, "off"),
    ):
        if value != usual:
            words += [f"--{name}", value]
    return words


def account_of(plan: str, without: tuple[str, ...], advancement: str, gate: str) -> Account:
    """The account the options describe. Raises :class:`click.BadParameter`."""
    from pydantic import TypeAdapter

    from data.simulator.account import Account, missing

    try:
        named = missing(without)
    except ValueError as err:
        raise click.BadParameter(str(err), param_hint="--without") from err
    return TypeAdapter(Account).validate_python(
        {"plan": plan, "without": named, "advancement": advancement, "gate": gate}
    )
