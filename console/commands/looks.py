"""The look that the settings ask for: the keys in it are checked here, where settings and screens meet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from console.places import PREFIX, SettingsError, current, find_file
from screens.look import Look

if TYPE_CHECKING:
    from console.settings import Loaded

LOOKS = ("theme", "screen", "keys")
"""The settings that make up a look."""
VARIABLES = (f"{PREFIX}THEME", f"{PREFIX}SCREEN__", f"{PREFIX}KEYS__")
"""How the variables of a look begin."""


def look_of(loaded: Loaded) -> Look:
    """The look of ``loaded``. Raises :class:`SettingsError` for keys that cannot be used."""
    settings = loaded.settings
    if settings.keys:
        from screens.keymap import faults
        from screens.keytable import places

        wrong = faults(settings.keys, places())
        if wrong:
            raise SettingsError([loaded.fault(("keys", one.name), one.what) for one in wrong])
    return Look(settings.theme, settings.screen.mouse, settings.keys)


def look_alone() -> Look:
    """The look for a console that takes nothing else from the settings: the demo.

    Loads what validates settings only where a look is asked for. Raises :class:`SettingsError`.
    """
    from console.commands.homes import config_dir

    environ = {name: text for name, text in os.environ.items() if name.startswith(VARIABLES) and text}
    file = find_file(os.environ, current(), config_dir())
    text = _readable(file) if file is not None else None
    if not environ and text is None:
        return Look()
    from console.settings import combine

    return look_of(combine(text, file, environ, Path(), only=LOOKS))


def _readable(file: Path) -> str | None:
    """The text of ``file`` if it says anything about a look; what is wrong with it otherwise is not asked."""
    import tomllib

    try:
        text = file.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    return text if values.keys() & set(LOOKS) else None
