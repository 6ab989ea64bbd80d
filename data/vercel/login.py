"""What other tools on this machine know already: the linked project, the Vercel CLI's login, the keyring.

Nothing is written. Formats: ``.vercel/project.json`` holds ``orgId`` and ``projectId``; the CLI's
``auth.json`` holds ``token`` and, of a login that ends, ``expiresAt`` (seconds).
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from console.readings import Millis
from data.http.secret import Secret

LINK = Path(".vercel") / "project.json"
CLI = "com.vercel.cli"
KEYRING_SERVICE, KEYRING_USER = "coalmine", "vercel"
TOO_LARGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Link:
    """The project that a directory is linked to. ``team_id`` is ``None`` for a personal account."""

    project_id: str
    team_id: str | None
    name: str | None
    file: Path


Kept = Literal["settings", "cli", "keyring", "typed"]
"""Where a token is kept: ``typed`` is nowhere."""


@dataclass(frozen=True, slots=True)
class Login:
    """A token, and in words where it was found."""

    token: Secret
    origin: str
    team_id: str | None = None
    """The team that the tool was last used for."""
    kept: Kept = "settings"


def team_of(org_id: object) -> str | None:
    """The team behind Vercel's ``orgId``; a person's id is none."""
    return org_id if isinstance(org_id, str) and org_id.startswith("team_") else None


def linked_project(start: Path | None) -> Link | None:
    """The nearest linked project from ``start`` upward."""
    for folder in (start, *start.parents) if start is not None else ():
        document = _read(folder / LINK)
        project_id = document.get("projectId")
        if isinstance(project_id, str) and project_id:
            name = document.get("projectName")
            return Link(
                project_id,
                team_of(document.get("orgId")),
                name if isinstance(name, str) else None,
                folder / LINK,
            )
    return None


def cli_folders(environ: Mapping[str, str], home: Path | None, platform: str = sys.platform) -> list[Path]:
    """Where the Vercel CLI may keep its login, the likeliest first."""
    folders = [Path(environ["XDG_DATA_HOME"]) / CLI] if environ.get("XDG_DATA_HOME") else []
    if home is not None:
        if platform == "darwin":
            folders.append(home / "Library" / "Application Support" / CLI)
        folders += [home / ".local" / "share" / CLI, home / ".now"]
    return folders


def cli_login(
    environ: Mapping[str, str], home: Path | None, now: Millis, platform: str = sys.platform
) -> Login | None:
    """The Vercel CLI's login, unless it is over."""
    for folder in cli_folders(environ, home, platform):
        document = _read(folder / "auth.json")
        token, ends = document.get("token"), document.get("expiresAt")
        if not isinstance(token, str) or not usable(token):
            continue
        if isinstance(ends, int | float) and ends * 1000 <= now:
            continue
        team = team_of(_read(folder / "config.json").get("currentTeam"))
        return Login(Secret(token), f"the Vercel CLI's login ({folder / 'auth.json'})", team, "cli")
    return None


def keyring_login() -> Login | None:
    """What ``keyring set coalmine vercel`` kept, where the keyring package is installed and open."""
    try:
        keyring: Any = importlib.import_module("keyring")
        token = keyring.get_password(KEYRING_SERVICE, KEYRING_USER)
    except Exception:  # a keyring has many ways not to be there, and none of them is our fault
        return None
    if not isinstance(token, str) or not usable(token):
        return None
    return Login(Secret(token.strip()), f"the keyring ({KEYRING_SERVICE}, {KEYRING_USER})", kept="keyring")


def usable(token: str) -> bool:
    """Whether a text has the form of a token."""
    text = token.strip()
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _read(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty if there is none or it is none."""
    try:
        if path.stat().st_size > TOO_LARGE:
            return {}
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
