"""``coalmine schema NAME``: the JSON Schema of a file format."""

from __future__ import annotations

from collections.abc import Callable

import click

from console.commands.shared import answer
from console.envelope import Json


def _settings() -> Json:
    from console.settings import Settings

    return Settings.model_json_schema()


def _policy() -> Json:
    from console.policy import Policy

    return Policy.model_json_schema()


def _people() -> Json:
    from console.policy import People

    return People.model_json_schema()


def _ledger_export() -> Json:
    from console.export import export_schema

    return export_schema()


def _recording() -> Json:
    from console.canary.recording import schema

    return schema()


def _checkpoint() -> Json:
    from console.checkpoint import Checkpoint

    return Checkpoint.model_json_schema()


def _playbook() -> Json:
    from console.playbooks.schema import schema

    return schema()


SCHEMAS: dict[str, Callable[[], Json]] = {
    "checkpoint": _checkpoint,
    "ledger-export": _ledger_export,
    "people": _people,
    "playbook": _playbook,
    "policy": _policy,
    "recording": _recording,
    "settings": _settings,
}


@click.command("schema")
@click.argument("name", type=click.Choice(sorted(SCHEMAS)))
@click.option("--json", "as_json", is_flag=True, help="As JSON, which it always is.")
def command(name: str, as_json: bool) -> None:
    """Print the JSON Schema of a file format."""
    answer(SCHEMAS[name]())
