"""Where settings come from, without reading them: small enough for the first paint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PREFIX = "COALMINE_"
FILE_NAME = "coalmine.toml"
ALIASES = {
    "VERCEL_TOKEN": ("vercel", "token"),
    "VERCEL_PROJECT_ID": ("vercel", "project_id"),
    "VERCEL_ORG_ID": ("vercel", "team_id"),
}
"""Variables of Vercel's own tools that are understood where ours is not set."""
SECRET_WORDS = ("TOKEN", "PASSWORD", "SECRET", "KEY")


KEYS = f"{PREFIX}KEYS__"
"""What begins so is a key of the keyboard, and no secret."""
CHANNELS = f"{PREFIX}CHANNELS__"
"""The addresses of these hold the secrets of their services."""


def secret(name: str) -> bool:
    """Whether the variable ``name`` may hold a secret."""
    channel = name.startswith(CHANNELS) and name.endswith("__URL")
    return channel or (not name.startswith(KEYS) and any(word in name for word in SECRET_WORDS))


class SettingsError(Exception):
    """The settings cannot be used; ``faults`` names each with file and line, or the variable."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def expanded(path: str | Path, key: str) -> Path:
    """``path`` with ``~`` replaced. Raises :class:`SettingsError` where nobody's home is known."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise SettingsError(
            [f"{key}: {path}: there is no such home directory; write the whole path."]
        ) from None


def current() -> Path | None:
    """The current directory; ``None`` if somebody has removed it."""
    try:
        return Path.cwd()
    except OSError:
        return None


def find_file(environ: Mapping[str, str], start: Path | None, user_config: Path | None) -> Path | None:
    """The settings file in force: the one named, else the nearest from ``start`` upward, else the user's.

    Raises :class:`SettingsError` if ``COALMINE_CONFIG`` names no file.
    """
    named = environ.get(f"{PREFIX}CONFIG")
    if named:
        path = expanded(named, f"{PREFIX}CONFIG")
        if not path.is_file():
            what = "this is a directory, not a file" if path.is_dir() else "there is no such file"
            raise SettingsError([f"{PREFIX}CONFIG={named}: {what}."])
        return path
    folders = [start, *start.parents] if start is not None else []
    if user_config is not None:
        folders.append(user_config)
    for folder in folders:
        try:
            if (folder / FILE_NAME).is_file():
                return folder / FILE_NAME
        except PermissionError:
            continue
    return None


def mark_of(environ: Mapping[str, str], file: Path | None) -> str:
    """A text that stays the same as long as nothing of the settings is changed.

    Secrets take no part but for being set or not. Raises ``OSError`` if the file cannot be looked at.
    """
    parts = [
        f"{name}={'set' if secret(name) else text}"
        for name, text in sorted(environ.items())
        if (name.startswith(PREFIX) or name in ALIASES) and text
    ]
    if file is not None:
        found = file.stat()
        parts.append(f"{file.resolve()} {found.st_mtime_ns} {found.st_size} {found.st_ino}")
    return "\n".join(parts)
