"""What other tools know already: found where they keep it, and never more than is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from data.vercel.login import Link, cli_login, keyring_login, linked_project

NOW = 1_795_000_000_000


def write(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_the_nearest_linked_project_upward_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "shop" / "app" / "pages"
    inner.mkdir(parents=True)
    assert linked_project(inner) is None
    write(tmp_path / ".vercel" / "project.json", {"projectId": "prj_far", "orgId": "team_far"})
    file = write(
        tmp_path / "shop" / ".vercel" / "project.json",
        {"projectId": "prj_1", "orgId": "team_1", "projectName": "shop"},
    )
    assert linked_project(inner) == Link("prj_1", "team_1", "shop", file)
    assert linked_project(None) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"projectId": 5}', '{"orgId": "team_1"}', "[" * 100_000])
def test_a_link_that_is_none_is_passed_by(tmp_path: Path, text: str) -> None:
    write(tmp_path / ".vercel" / "project.json", {"projectId": "prj_1", "orgId": "usr_ana"})
    write(tmp_path / "in" / ".vercel" / "project.json", text)
    found = linked_project(tmp_path / "in")
    assert found is not None
    assert (found.project_id, found.team_id) == ("prj_1", None), "a person is no team"


@pytest.mark.parametrize(
    ("platform", "folder", "environ"),
    [
        ("linux", "home/.local/share/com.vercel.cli", {}),
        ("linux", "data/com.vercel.cli", {"XDG_DATA_HOME": "data"}),
        ("darwin", "home/Library/Application Support/com.vercel.cli", {}),
        ("linux", "home/.now", {}),
    ],
)
def test_the_login_of_the_cli_is_found_where_each_system_keeps_it(
    tmp_path: Path, platform: str, folder: str, environ: dict[str, str]
) -> None:
    environ = {name: str(tmp_path / place) for name, place in environ.items()}
    assert cli_login(environ, tmp_path / "home", NOW, platform) is None
    file = write(tmp_path / folder / "auth.json", {"token": "tok-secret"})
    write(tmp_path / folder / "config.json", {"currentTeam": "team_1"})
    found = cli_login(environ, tmp_path / "home", NOW, platform)
    assert found is not None
    assert (found.token.reveal(), found.team_id) == ("tok-secret", "team_1")
    assert str(file) in found.origin
    assert "tok-secret" not in repr(found)
    assert cli_login(environ, None, NOW, platform) == (found if environ else None)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"token": ""},
        {"token": 7},
        {"token": "two words"},
        {"token": "tök"},
        {"token": "tok-secret", "expiresAt": NOW // 1000},
        "not json",
    ],
)
def test_a_login_that_is_over_or_none_is_not_used(tmp_path: Path, document: object) -> None:
    write(tmp_path / ".local" / "share" / "com.vercel.cli" / "auth.json", document)
    assert cli_login({}, tmp_path, NOW, "linux") is None


def test_a_login_that_ends_later_is_used(tmp_path: Path) -> None:
    ends = {"token": "tok-secret", "expiresAt": NOW // 1000 + 60}
    write(tmp_path / ".local" / "share" / "com.vercel.cli" / "auth.json", ends)
    assert cli_login({}, tmp_path, NOW, "linux") is not None


def test_the_keyring_is_asked_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # not installed
    assert keyring_login() is None
    kept = {("coalmine", "vercel"): "tok-secret\n"}
    keyring = SimpleNamespace(get_password=lambda service, user: kept.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    found = keyring_login()
    assert found is not None
    assert found.token.reveal() == "tok-secret"
    kept.clear()
    assert keyring_login() is None


def test_a_keyring_that_fails_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(service: str, user: str) -> str:
        raise RuntimeError("locked")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))
    assert keyring_login() is None
