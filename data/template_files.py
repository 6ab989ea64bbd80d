"""Templates and cards on disk: those that come with the program, and those of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import playbooks
from data.playbook_files import read as read
from data.playbook_files import within as within

_SHIPPED = Path(playbooks.__file__).parent


def templates() -> Sequence[Path]:
    """The templates that come with the program."""
    return within(_SHIPPED / "templates")


def cards() -> Sequence[Path]:
    """The cards of severities and roles."""
    return within(_SHIPPED / "cards")
