"""Bare ``coalmine`` without settings: the demo, or a real account, read-only and with nothing written."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.commands.connect import Connected, pick, settings_text
from console.settings import combine
from data.vercel.account_projects import Reachable, Team
from tests.commands.running import PROGRAM, Place, Shop, simulating
from tests.terminal import Terminal, opened

ACME = Team("team_1", "acme")
MANY = [Reachable(f"prj_{n}", f"site-{n}", ACME) for n in range(40)]


def answers(*said: str) -> Iterator[str]:
    return iter(said)


def picked(*said: str) -> str:
    given = answers(*said)
    found = pick(MANY, lambda: next(given))
    assert next(given, None) is None, "it asked no more than it needed"
    return found.name


def test_a_project_is_picked_by_number_or_by_a_part_of_its_name() -> None:
    assert picked("1") == "site-0"
    assert picked("15") == "site-14"
    assert picked("16", "0", "3") == "site-2", "a number that is not shown is asked for again"
    assert picked("Site-3", "2") == "site-30"
    assert picked("no such", "2") == "site-1"
    assert picked("site-3", "*", "5") == "site-4"


def test_what_would_be_kept_is_what_was_chosen() -> None:
    for team in ("team_1", None):
        chosen = Connected("acme/shop", "prj_1", team, "somewhere", Path())
        vercel = combine(settings_text(chosen), Path("coalmine.toml"), {}, Path("/state")).settings.vercel
        assert (vercel.project_id, vercel.team_id, vercel.token) == ("prj_1", team, None)


def test_where_nobody_can_answer_it_is_said_what_to_set(empty: Place) -> None:
    done = empty.run()
    assert (done.code, "To look around without an account: coalmine demo" in done.err) == (2, True)
    assert not list(empty.folder.rglob("*.toml"))


@contextmanager
def newcomer(place: Place, shop: Shop, home: Path) -> Iterator[Terminal]:
    """Somebody without any settings but the simulator's address, on a terminal."""
    settings = {"COALMINE_VERCEL__API_URL": shop.ready.vercel_url, "HOME": str(home)}
    dropped = {name: None for name in os.environ if name.startswith("XDG_")}
    dropped |= dict.fromkeys(name for name in place.settings if name != "COALMINE_STATE_DIR")
    env: Mapping[str, str] = {**place.environment(dropped), **settings}
    plain = {name: text for name, text in env.items() if name not in ("COLUMNS", "LINES")}
    with opened(PROGRAM, cwd=place.folder, env=plain) as terminal:
        yield terminal


def files(*folders: Path) -> set[str]:
    return {path.name for folder in folders for path in folder.rglob("*") if path.is_file()}


def signed_in(home: Path, token: str) -> None:
    base = home / ("Library/Application Support" if sys.platform == "darwin" else ".local/share")
    auth = base / "com.vercel.cli" / "auth.json"
    auth.parent.mkdir(parents=True, exist_ok=True)
    auth.write_text(json.dumps({"token": token}))


@pytest.mark.slow
def test_with_the_login_of_the_cli_a_project_is_picked_seen_and_kept_only_on_yes(
    empty: Place, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    signed_in(home, shop.ready.token)
    before = shop.effects()
    for keep in ("n", "y"):
        with newcomer(empty, shop, home) as terminal:
            terminal.wait_for("1  look around in the demo", "2  connect to Vercel", "Which")
            terminal.press("2\r")
            terminal.wait_for("Signed in as ana", "the Vercel CLI's login", "1  acme/shop", "Number, or")
            terminal.press("shop\r")
            terminal.wait_for("shop", "Number, or")
            terminal.press("1\r")
            terminal.wait_for("READ-ONLY", "5 %")
            assert "coalmine.toml" not in files(empty.folder, home)
            terminal.press("q")
            terminal.wait_for("Write", "coalmine.toml")
            assert shop.ready.project_id in terminal.shown()
            terminal.press(f"{keep}\r")
            assert terminal.wait_for_the_end() == 0
            assert shop.ready.token.encode() not in terminal.raw
        assert ("coalmine.toml" in files(home)) == (keep == "y")
    [kept] = list(home.rglob("coalmine.toml"))
    assert shop.ready.token not in kept.read_text()
    assert shop.effects() == before


@pytest.mark.slow
def test_a_login_that_is_renewed_elsewhere_is_picked_up_by_a_running_console(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("folder")
    (folder / "tmp").mkdir()
    with simulating() as shop:
        signed_in(home, shop.ready.token)
        place = Place(folder, {"COALMINE_STATE_DIR": str(folder / "state")}, (shop.ready.token,))
        with newcomer(place, shop, home) as terminal:
            terminal.wait_for("Which")
            terminal.press("2\r")
            terminal.wait_for("Number, or")
            terminal.press("1\r")
            terminal.wait_for("READ-ONLY", "5 %")
            shop.control("act", {"action": "revoke_token"})
            terminal.wait_for("Token refused, nothing can be sent", "ctrl+t asks for another")
            assert "5 %" in terminal.shown(), "what was known last stays"
            terminal.press("\x14")
            terminal.wait_for("ANOTHER TOKEN")
            jo = shop.control("act", {"action": "issue_token", "person": "jo"})["token"]
            terminal.press(f"{jo}\x13")
            terminal.wait_for("belongs to jo, not to")
            terminal.press("\x1b")
            terminal.wait_while("ANOTHER TOKEN")
            again = shop.control("act", {"action": "issue_token", "person": "ana"})["token"]
            signed_in(home, again)
            terminal.wait_for("Signed in as ana, with the Vercel CLI's login")
            terminal.wait_while("Token refused")
            terminal.press("\x0c")
            terminal.wait_for("Calls and commands", "200", "/rolling-release")
            terminal.press("q")
            terminal.wait_while("Calls and commands")
            terminal.press("q")
            terminal.wait_for("Write")
            terminal.press("n\r")
            assert terminal.wait_for_the_end() == 0
            for secret in (shop.ready.token, jo, again):
                assert secret.encode() not in terminal.raw
                assert Place(folder, {}, (secret,)).leaks() == []
        assert shop.effects() == []


@pytest.mark.slow
def test_a_token_that_reaches_no_project_asks_for_another(
    empty: Place, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    issued = {"action": "issue_token", "person": "ana", "rights": "no-team"}
    with newcomer(empty, shop, home) as terminal:
        terminal.wait_for("Which")
        terminal.press("2\r")
        terminal.wait_for("Token (not shown)")
        terminal.press(f"{shop.control('act', issued)['token']}\r")
        terminal.wait_for("This token reaches no project", "Another one?")
        terminal.press(f"{shop.ready.token}\r")
        terminal.wait_for("1  acme/shop", "Number, or")
        terminal.press("1\r")
        terminal.wait_for("READ-ONLY", "5 %")
        terminal.press("q")
        terminal.wait_for("Write")
        terminal.press("n\r")
        assert terminal.wait_for_the_end() == 0


@pytest.mark.slow
def test_a_linked_directory_is_offered_and_a_typed_token_is_kept_nowhere(
    empty: Place, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    link = empty.folder / ".vercel" / "project.json"
    link.parent.mkdir()
    ids = {"projectId": shop.ready.project_id, "orgId": shop.ready.team_id, "projectName": "shop"}
    link.write_text(json.dumps(ids))
    with newcomer(empty, shop, home) as terminal:
        terminal.wait_for("Which")
        terminal.press("2\r")
        terminal.wait_for("Token (not shown)")
        terminal.press("not-this-one\r")
        terminal.wait_for("Not accepted: the token that was typed")
        # asked anew, not before: the prompt throws away what was typed ahead of it
        terminal.wait_until(lambda: terminal.shown().count("Token (not shown)") == 2, "asked again")
        terminal.press(f"{shop.ready.token}\r")
        terminal.wait_for("This directory is linked to shop")
        terminal.press("\r")
        terminal.wait_for("READ-ONLY", "5 %")
        terminal.press("q")
        terminal.wait_for("Write")
        terminal.press("\r")
        assert terminal.wait_for_the_end() == 0
        assert shop.ready.token.encode() not in terminal.raw
    for folder in (empty.folder, home):
        for path in folder.rglob("*"):
            assert not path.is_file() or shop.ready.token.encode() not in path.read_bytes(), path
    assert "coalmine.toml" not in files(empty.folder, home)


@pytest.mark.slow
def test_a_settings_file_found_here_cannot_have_the_login_sent_elsewhere(
    empty: Place, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    signed_in(home, shop.ready.token)
    (empty.folder / "coalmine.toml").write_text(f'[vercel]\napi_url = "{shop.ready.vercel_url}"\n')
    asked = len(shop.control("requests")["requests"])
    with newcomer(empty, Shop(shop.ready.model_copy(update={"vercel_url": ""})), home) as terminal:
        terminal.wait_for("Which")
        terminal.press("2\r")
        assert terminal.wait_for_the_end() == 2
        assert "may not say where a secret" in " ".join(terminal.shown().split())
    assert len(shop.control("requests")["requests"]) == asked


@pytest.mark.slow
def test_the_demo_is_one_key_away(empty: Place, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> None:
    with newcomer(empty, shop, tmp_path_factory.mktemp("home")) as terminal:
        terminal.wait_for("Which")
        terminal.press("\r")
        terminal.wait_for("demo", "5 %")
        terminal.press("q")
        assert terminal.wait_for_the_end() == 0
