"""The system's places for this user's files; in a container a user may have no home at all."""

from __future__ import annotations

from pathlib import Path

from console.places import SettingsError


def config_dir() -> Path | None:
    """Where a settings file of the user's own may be; ``None`` where that is not known."""
    import platformdirs

    try:
        return Path(platformdirs.user_config_dir("coalmine", appauthor=False))
    except RuntimeError:
        return None


def state_dir() -> Path | None:
    """Where ledger, samples and log are kept unless the settings say otherwise; ``None`` if not known."""
    import platformdirs

    try:
        return Path(platformdirs.user_state_dir("coalmine", appauthor=False))
    except RuntimeError:
        return None


def cache_dir() -> Path | None:
    """Where what can be lost is kept; ``None`` if not known."""
    import platformdirs

    try:
        return Path(platformdirs.user_cache_dir("coalmine", appauthor=False))
    except RuntimeError:
        return None


def homeless() -> SettingsError:
    """What is said where a place is needed and none is known."""
    return SettingsError(
        ["Your home directory is not known: set HOME, or COALMINE_STATE_DIR to a directory."]
    )


def home() -> Path | None:
    """The user's home; ``None`` where it is not known."""
    try:
        return Path.home()
    except RuntimeError:
        return None
