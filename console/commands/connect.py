"""Nothing configured: the demo, or a real account, opened read-only with nothing written first."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from console.commands.homes import config_dir, home
from console.commands.shared import explain, run, visible
from console.places import FILE_NAME, PREFIX, current
from console.ports import SourceError
from console.settings import Loaded
from console.target import load_settings
from data.clock import SystemClock
from data.http.secret import Secret
from data.http.transport import Transport
from data.vercel import account_projects, login
from data.vercel.account_projects import Reachable, Team
from data.vercel.client import VercelClient
from data.vercel.models import UserAnswer

T = TypeVar("T")

TOKEN, TEAM, PROJECT = f"{PREFIX}VERCEL__TOKEN", f"{PREFIX}VERCEL__TEAM_ID", f"{PREFIX}VERCEL__PROJECT_ID"
REFUSED = ("unauthorised", "forbidden")
TRIES = 3
SHOWN = 15
"""Projects on the screen at a time."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A project chosen for this run only."""

    label: str
    project_id: str
    team_id: str | None
    origin: str
    """Where the token came from, in words."""
    folder: Path
    """Where a settings file of it would belong."""
    kept: login.Kept = "settings"
    """Where its token is kept."""


def offer(loaded: Loaded) -> Connected:
    """Ask what to open. The demo ends the program; else the environment of this run names the project.

    Raises :class:`click.Abort` when the person wants neither, :class:`SourceError` when Vercel cannot be
    reached, :class:`console.settings.SettingsError` when what was found cannot be used.
    """
    explain("No account is configured yet.\n")
    explain("  1  look around in the demo: a simulated shop, nothing leaves this machine")
    explain("  2  connect to Vercel: read-only, and nothing is written\n")
    if click.prompt("Which", type=click.Choice(["1", "2"]), default="1", show_choices=False, err=True) == "1":
        from console.commands import demo

        click.get_current_context().invoke(demo.command)
    return connect(loaded)


def connect(loaded: Loaded) -> Connected:
    """Find a token and a project; both are put into this process's environment and nowhere else."""
    chosen = _chosen(loaded)
    os.environ[PROJECT] = chosen.project_id
    if chosen.team_id is not None:
        os.environ[TEAM] = chosen.team_id
    else:
        for name in (TEAM, "VERCEL_ORG_ID"):
            os.environ.pop(name, None)
    os.environ[f"{PREFIX}READ_ONLY"] = "true"
    load_settings()
    explain(f"Opening {chosen.label}, read-only for this run, with {chosen.origin}.")
    return chosen


# --- the token ----------------------------------------------------------------------------------------


def _chosen(loaded: Loaded) -> Connected:
    """The project of the first login that reaches one."""
    for found in _signed_in(loaded):
        chosen = _project(found)
        if chosen is not None:
            return chosen
        explain("This token reaches no project: it needs access to the team that has one. Another one?")
    raise click.ClickException(
        "No token reached a project. Create one with access to the team at https://vercel.com/account/tokens."
        " To look around without: coalmine demo."
    )


def _signed_in(loaded: Loaded) -> Iterator[login.Login]:
    """The logins that Vercel accepts; a person is asked when there is none."""
    for found in _logins(loaded):
        os.environ[TOKEN] = found.token.reveal()
        load_settings()  # a settings file of somebody else's may not say where the token is sent
        try:
            user = (await_of(lambda client: client.get("/v2/user", UserAnswer, subject="the account"))).user
        except SourceError as error:
            del os.environ[TOKEN]
            if error.problem.kind not in REFUSED:
                raise
            explain(f"Not accepted: {found.origin}. {error.problem.what}")
            continue
        explain(f"Signed in as {visible(user.username)}, with {found.origin}.")
        yield found


def _logins(loaded: Loaded) -> Iterator[login.Login]:
    token = loaded.settings.vercel.token
    if token is not None:
        yield login.Login(Secret(token.get_secret_value()), "the token of the settings")
    of_cli = login.cli_login(os.environ, home(), SystemClock().now())
    if of_cli is not None:
        yield of_cli
    of_keyring = login.keyring_login()
    if of_keyring is not None:
        yield of_keyring
    explain("A token is needed: https://vercel.com/account/tokens makes one. It is not kept.")
    for _ in range(TRIES):
        typed = click.prompt("Token (not shown)", hide_input=True, err=True).strip()
        if typed.isascii() and typed.isprintable() and " " not in typed:
            yield login.Login(Secret(typed), "the token that was typed", kept="typed")
        else:
            explain("This is no token: visible ASCII characters without spaces.")


def await_of(call: Callable[[VercelClient], Awaitable[T]], team_id: str | None = None) -> T:
    """Ask Vercel as this run's settings say, for ``team_id``. Raises :class:`SourceError`."""
    vercel = load_settings().settings.vercel
    token = None if vercel.token is None else Secret(vercel.token.get_secret_value())

    async def asking() -> T:
        transport = Transport(SystemClock())
        client = VercelClient(transport, token=token, team_id=team_id, api_url=vercel.api_url)
        try:
            return await call(client)
        finally:
            await transport.aclose()

    return run(asking())


# --- the project --------------------------------------------------------------------------------------


def _project(found: login.Login) -> Connected | None:
    """The project to open; ``None`` where the token reaches none."""
    settings = load_settings()
    vercel = settings.settings.vercel
    user = config_dir() or Path()
    if vercel.project_id is not None:
        return Connected(vercel.project_id, vercel.project_id, vercel.team_id, found.origin, user, found.kept)
    linked = login.linked_project(current())
    if linked is not None:
        name = visible(linked.name or linked.project_id)
        if click.confirm(f"This directory is linked to {name}. Open it?", default=True, err=True):
            folder = linked.file.parent.parent
            return Connected(name, linked.project_id, linked.team_id, found.origin, folder, found.kept)
    reachable = all_projects(found.team_id)
    if not reachable:
        return None
    one = pick(reachable, lambda: str(click.prompt("Number, or a part of the name", err=True)))
    team_id = one.team.id if one.team else None
    return Connected(one.label, one.id, team_id, found.origin, user, found.kept)


def all_projects(first_team: str | None) -> list[Reachable]:
    """The projects of every scope that answers, those of ``first_team`` first.

    Raises :class:`SourceError` if no scope does.
    """
    scopes: list[Team | None] = [*await_of(account_projects.teams), None]
    scopes.sort(key=lambda team: team is None or team.id != first_team)
    found: list[Reachable] = []
    failure: SourceError | None = None
    answered = False
    for team in scopes:
        try:
            found += await_of(_projects_of(team), team.id if team else None)
            answered = True
        except SourceError as error:
            failure = error
            explain(f"{team.slug if team else 'Your own projects'}: {error.problem.what}")
    if failure is not None and not answered:
        raise failure
    return found


def _projects_of(team: Team | None) -> Callable[[VercelClient], Awaitable[list[Reachable]]]:
    async def listing(client: VercelClient) -> list[Reachable]:
        return await account_projects.projects(client, team)

    return listing


def pick(reachable: Sequence[Reachable], ask: Callable[[], str]) -> Reachable:
    """Let a person choose by number; other words narrow the list, ``*`` widens it again."""
    shown = list(reachable)
    while True:
        for number, one in enumerate(shown[:SHOWN], 1):
            explain(f"  {number:>2}  {one.label}")
        if len(shown) > SHOWN:
            explain(f"      … and {len(shown) - SHOWN} more: type a part of the name")
        said = ask().strip()
        if said.isdecimal() and 1 <= int(said) <= min(len(shown), SHOWN):
            return shown[int(said) - 1]
        if said.isdecimal():
            explain(f"A number from 1 to {min(len(shown), SHOWN)}, or a part of the name.")
            continue
        matching = [one for one in reachable if said.strip("*").casefold() in one.label.casefold()]
        if not matching:
            explain(f"No project has {visible(said)} in its name.")
        shown = matching or shown


# --- afterwards ---------------------------------------------------------------------------------------


def ask_to_keep(chosen: Connected) -> None:
    """After the console: say how to keep the project, and write the file if the person says so."""
    path = chosen.folder / FILE_NAME
    text = settings_text(chosen)
    explain(f"\nTo open {chosen.label} again without being asked, {path} would hold:\n\n{text}")
    explain("The token is never written: put it into VERCEL_TOKEN.")
    if path.exists() or load_settings().file is not None:
        explain(f"There is a settings file already ({load_settings().file or path}): add the lines to it.")
        return
    if click.confirm(f"Write {path}?", default=False, err=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        explain("Written.")


def settings_text(chosen: Connected) -> str:
    """The settings file for the project; its ids were checked when they were put in force."""
    team = f'team_id = "{chosen.team_id}"\n' if chosen.team_id is not None else ""
    return f'[vercel]\nproject_id = "{chosen.project_id}"\n{team}'
