"""The commands of the database level that the settings name, with the folders meant here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from console.places import expanded
from console.rollback.command_step import Command, Configured
from console.settings import Loaded
from console.settings_database import DatabaseSettings, seconds


def configured(loaded: Loaded) -> Mapping[str, Configured]:
    """By name. Raises :class:`console.settings.SettingsError` where a home folder is not known."""
    base = loaded.file.parent if loaded.file is not None else Path()
    return {name: _one(name, one, base) for name, one in loaded.settings.database.items()}


def _one(name: str, one: DatabaseSettings, base: Path) -> Configured:
    written = "" if one.directory is None else str(one.directory)
    made = Command(
        name=name,
        check=one.check,
        dry_run=one.dry_run,
        run=one.run,
        undo=one.undo,
        directory=written,
        timeout_s=seconds(one.timeout),
        horizon_s=seconds(one.horizon),
    )
    return Configured(made, base / expanded(written, f"database.{name}.directory"))
