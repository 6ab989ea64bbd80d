"""Where a token may be kept on this machine, and where the one in use came from: part of the front door."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

from console.commands.homes import home
from console.places import PREFIX

if TYPE_CHECKING:
    from console.ports import Clock
    from console.target import Target
    from data.vercel.client import VercelClient
    from data.vercel.login import Login
    from data.vercel.tokens import Place, VercelTokens

VARIABLES = (f"{PREFIX}VERCEL__TOKEN", "VERCEL_TOKEN")


def kept_logins(clock: Clock) -> tuple[str, ...]:
    """What other programs keep here, in words. The keyring is not opened: it may ask for a password."""
    from data.vercel.login import cli_login

    found = cli_login(os.environ, home(), clock.now())
    words = [f"{found.origin} can be used" if found.team_id is None else f"{found.origin}"] if found else []
    if importlib.util.find_spec("keyring") is not None:
        words.append("the keyring package is there")
    return tuple(words)


def tokens_of(aim: Target, client: VercelClient, project_id: str) -> VercelTokens:
    """The token in use, where it came from, and where others may be."""
    from data.vercel.tokens import VercelTokens

    if aim.demo:
        return VercelTokens(client, project_id, "the demo's own")
    cli, keyring = _cli(aim.clock), _keyring()
    if aim.kept == "cli":
        return VercelTokens(client, project_id, "from the Vercel CLI's login", cli, (keyring,))
    if aim.kept == "keyring":
        return VercelTokens(client, project_id, "from the keyring", keyring, (cli,))
    if aim.kept == "typed":
        return VercelTokens(client, project_id, "the one that was typed", None, (cli, keyring))
    variable = next((name for name in VARIABLES if os.environ.get(name)), None)
    if variable is not None or aim.loaded.file is None:
        origin = f"from {variable or 'the environment'}"
        return VercelTokens(client, project_id, origin, None, (cli, keyring))
    return VercelTokens(client, project_id, f"from {aim.loaded.file}", _file(aim), (cli, keyring))


def _cli(clock: Clock) -> Place:
    from data.vercel.login import cli_login
    from data.vercel.tokens import Place

    return Place(lambda: cli_login(os.environ, home(), clock.now()), "sign in again with `vercel login`")


def _keyring() -> Place:
    from data.vercel.login import keyring_login
    from data.vercel.tokens import Place

    return Place(keyring_login, "put another one into the keyring (coalmine, vercel)", watched=False)


def _file(aim: Target) -> Place:
    """The settings file, read again."""
    from data.vercel.tokens import Place

    def look() -> Login | None:
        from console.settings import SettingsError
        from console.target import load_settings
        from data.http.secret import Secret
        from data.vercel.login import Login

        try:
            loaded = load_settings()
        except SettingsError:
            return None
        token = loaded.settings.vercel.token
        if token is None or loaded.file != aim.loaded.file:
            return None
        return Login(Secret(token.get_secret_value()), f"the token of {loaded.file}")

    return Place(look, f"change it in {aim.loaded.file}")
