"""The commands of the database level as settings: what cannot go back is refused, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.rollback.command_step import Command, Configured
from console.settings import SettingsError, combine
from console.settings_commands import configured

WHOLE = """\
[database.schema]
check = ["npm", "run", "db:status"]
dry_run = ["npm", "run", "db:down", "--", "--dry-run"]
run = ["npm", "run", "db:down"]
undo = ["npm", "run", "db:up"]
horizon = "48h"
"""


def faults(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        combine(text, Path("coalmine.toml"), {}, Path("/state"))
    return "\n".join(caught.value.faults)


def test_a_command_is_configured_with_its_folder_and_times() -> None:
    loaded = combine(WHOLE + 'directory = "db"\n', Path("/shop/coalmine.toml"), {}, Path("/state"))
    assert configured(loaded)["schema"] == Configured(
        Command(
            "schema",
            ("npm", "run", "db:status"),
            ("npm", "run", "db:down", "--", "--dry-run"),
            ("npm", "run", "db:down"),
            ("npm", "run", "db:up"),
            "db",
            300,
            48 * 3600,
        ),
        Path("/shop/db"),
    )
    plain = configured(combine(WHOLE, Path("/shop/coalmine.toml"), {}, Path("/state")))["schema"]
    assert (plain.folder, plain.command.directory) == (Path("/shop"), "")


@pytest.mark.parametrize("key", ["check", "dry_run", "run", "undo", "horizon"])
def test_what_is_not_whole_is_refused(key: str) -> None:
    lines = [line for line in WHOLE.splitlines(True) if not line.startswith(f"{key} =")]
    assert faults("".join(lines)) == f"coalmine.toml:1: database.schema.{key}: it has to be set."


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'run = ["npm", "run", "db:down"]',
            'run = "npm run db:down"',
            "4: database.schema.run: it has to be a list",
        ),
        ('run = ["npm", "run", "db:down"]', "run = []", "4: database.schema.run: it names no program"),
        ('run = ["npm", "run", "db:down"]', 'run = ["a", 1]', "4: database.schema.run: it has to be a list"),
        (
            'run = ["npm", "run", "db:down"]',
            'run = ["psql", "postgres://me:pass@db/x"]',
            "4: database.schema.run: no password in a command",
        ),
        ('"48h"', '"two days"', "6: database.schema.horizon: it has to be a duration"),
        ('"48h"', '"0h"', "6: database.schema.horizon: it has to be a duration"),
        ('"48h"', "48", "6: database.schema.horizon: it has to be text"),
        ('"48h"', '"48h"\ntimeout = "2d"', "7: database.schema.timeout: it is longer than a day"),
        ('"48h"', '"48h"\nshell = true', "7: database.schema.shell: there is no such setting"),
        ("[database.schema]", '[database."a b"]', "database: the name of a command has letters"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, says: str) -> None:
    assert old in WHOLE
    assert says in faults(WHOLE.replace(old, new, 1) if old != '"48h"' else WHOLE.replace(old, new))
