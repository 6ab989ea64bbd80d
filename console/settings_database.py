"""Commands that take a database's schema back, as settings: ``[database.NAME]``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST_RUN_S = 86_400
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_LOGIN = re.compile(r"://[^\s/:@]*:[^\s/@]+@")


def seconds(duration: str) -> int:
    """``90s``, ``5m``, ``48h`` or ``7d`` in seconds. Raises ``ValueError``."""
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", duration)
    if found is None:
        raise ValueError('it has to be a duration: a whole number and s, m, h or d, as in "48h"')
    return int(found[1]) * UNITS[found[2]]


def _duration(text: str) -> str:
    seconds(text)
    return text


def _short(text: str) -> str:
    if seconds(text) > LONGEST_RUN_S:
        raise ValueError("it is longer than a day")
    return text


def _argv(value: Any) -> Any:
    """What stands in a recorded plan, which everybody reads who approves it: words, and no password."""
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError('it has to be a list of words, as ["npm", "run", "db:down"]: no shell reads it')
    if not value or not value[0]:
        raise ValueError("it names no program")
    if any("\0" in word for word in value):
        raise ValueError("no word of a command can hold a NUL")
    if any(_LOGIN.search(word) for word in value):
        raise ValueError("no password in a command: it is recorded. Give it by the environment")
    return tuple(value)


Argv = Annotated[tuple[str, ...], BeforeValidator(_argv)]


class DatabaseSettings(BaseModel):
    """A command that takes the schema of a database back, and the one that takes that back again.

    Each is a list of words, the program first; no shell reads it, and it is recorded: no secrets in it.
    Coalmine itself never connects to a database. See [rollbacks](rollback.md#the-database).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    check: Argv
    """Says, by ending with 0, that the database is in the state that ``run`` is for; changes nothing."""
    dry_run: Argv
    """Prints what ``run`` would do, and changes nothing."""
    run: Argv
    """Takes the schema back."""
    undo: Argv
    """Takes back what ``run`` did. Coalmine shows it and never runs it; what has none is refused."""
    horizon: Annotated[str, AfterValidator(_duration)]
    """How long after the deployment that is left was created the schema can go back, as in ``"48h"``."""
    timeout: Annotated[str, AfterValidator(_short)] = "5m"
    """How long each of the commands may take before it is stopped."""
    directory: Path | None = None
    """Where they run; a relative path counts from the file's folder, which is the default."""


def _named(tables: dict[str, DatabaseSettings]) -> dict[str, DatabaseSettings]:
    for name in tables:
        if not NAME.fullmatch(name):
            raise ValueError("the name of a command has letters, digits, _ and - only, at most 40")
    return tables


Databases = Annotated[dict[str, DatabaseSettings], AfterValidator(_named)]
