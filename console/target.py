"""What a console looks at: the settings in force, and what they name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from console.commands.homes import config_dir, homeless, state_dir
from console.places import PREFIX, current, find_file
from console.ports import Clock
from console.settings import Loaded, Settings, SettingsError, combine
from data.clock import SystemClock


def load_settings() -> Loaded:
    """Settings from the file in force and the environment. Raises :class:`SettingsError`."""
    user = config_dir()
    file = find_file(os.environ, current(), user)
    try:
        text = file.read_text(encoding="utf-8") if file else None
    except UnicodeDecodeError:
        raise SettingsError([f"{file}: it cannot be read: it is not UTF-8 text."]) from None
    except OSError as error:
        raise SettingsError([f"{file}: it cannot be read: {error.strerror}."]) from None
    found_upward = file is not None and not os.environ.get(f"{PREFIX}CONFIG") and file.parent != user
    state = state_dir()
    loaded = combine(text, file, os.environ, state or Path(), found_upward=found_upward)
    if loaded.settings.state_dir is None and state is None:
        raise homeless()
    return loaded


@dataclass(frozen=True, slots=True)
class Target:
    """What a console looks at and how: the same for the real thing and for the demo."""

    loaded: Loaded
    ledger_path: Path
    clock: Clock
    demo: bool = False
    speed: float = 1.0
    kept: Literal["settings", "cli", "keyring", "typed"] = "settings"
    """Where its token is kept."""

    @property
    def settings(self) -> Settings:
        return self.loaded.settings


def target(loaded: Loaded) -> Target:
    """The target that the settings name. Raises :class:`SettingsError` if they cannot be used."""
    return Target(loaded, loaded.ledger_path, SystemClock())


def missing(settings: Settings) -> list[str]:
    """What has to be set before the host can be asked; nothing if it all is."""
    faults = []
    if settings.vercel.token is None:
        faults.append("No token: set COALMINE_VERCEL__TOKEN (or VERCEL_TOKEN).")
    if settings.vercel.project_id is None:
        faults.append(
            "No project: set COALMINE_VERCEL__PROJECT_ID, or project_id under [vercel] in coalmine.toml."
        )
    return [*faults, "To look around without an account: coalmine demo"] if faults else []


def looking_at() -> Target:
    """The target of the settings, complete enough to ask the host. Raises :class:`SettingsError`."""
    aim = target(load_settings())
    faults = missing(aim.settings)
    if faults:
        raise SettingsError(faults)
    return aim
