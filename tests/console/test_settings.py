"""Settings: precedence, and every fault with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.settings import SettingsError, combine, find_file

FILE = Path("/somewhere/coalmine.toml")
STATE = Path("/state")


def faults(text: str | None, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        combine(text, FILE if text is not None else None, environ or {}, STATE)
    return caught.value.faults


def test_the_defaults_need_nothing() -> None:
    loaded = combine(None, None, {}, STATE)
    assert loaded.settings.vercel.api_url == "https://api.vercel.com"
    assert loaded.ledger_path == STATE / "ledger.db"


def test_environment_over_file_over_default() -> None:
    text = '[vercel]\nproject_id = "from-file"\nteam_id = "team_f"\n'
    environ = {"COALMINE_VERCEL__PROJECT_ID": "from-env", "COALMINE_POLL__METRICS_S": "7.5"}
    settings = combine(text, FILE, environ, STATE).settings
    assert settings.vercel.project_id == "from-env"
    assert settings.vercel.team_id == "team_f"
    assert settings.poll.metrics_s == 7.5


def test_vercels_own_variable_is_understood_and_ours_wins() -> None:
    both = {"VERCEL_TOKEN": "theirs", "COALMINE_VERCEL__TOKEN": "ours"}
    token = combine(None, None, both, STATE).settings.vercel.token
    assert token is not None
    assert token.get_secret_value() == "ours"
    only = combine(None, None, {"VERCEL_TOKEN": "theirs"}, STATE).settings.vercel.token
    assert only is not None
    assert only.get_secret_value() == "theirs"


def test_the_team_of_vercels_tools_is_understood_but_a_person_is_no_team() -> None:
    for org, team in (("team_1", "team_1"), ("usr_ana", None), ("", None)):
        environ = {"VERCEL_ORG_ID": org, "VERCEL_PROJECT_ID": "prj_1"}
        assert combine(None, None, environ, STATE).settings.vercel.team_id == team
    both = {"VERCEL_ORG_ID": "team_1", "COALMINE_VERCEL__TEAM_ID": "team_2"}
    assert combine(None, None, both, STATE).settings.vercel.team_id == "team_2"


def test_a_token_shows_in_no_repr_and_no_error() -> None:
    loaded = combine(None, None, {"COALMINE_VERCEL__TOKEN": "tok-very-secret"}, STATE)
    assert "tok-very-secret" not in repr(loaded)
    wrong = {"COALMINE_VERCEL__TOKEN": "tok-very-secret", "COALMINE_POLL__RELEASE_S": "soon"}
    assert "tok-very-secret" not in "\n".join(faults(None, wrong))


def test_broken_toml_names_file_line_and_column() -> None:
    [fault] = faults('[vercel]\nteam_id = "team\n')
    assert fault.startswith("/somewhere/coalmine.toml:2:")
    assert "not valid TOML" in fault


def test_every_wrong_value_is_named_at_once_with_its_line() -> None:
    text = '\n[vercel]\napi_url = "ftp://x"\n\n[poll]\nrelease_s = 0\nmetric_s = 3\n'
    found = faults(text)
    assert any(f.startswith(f"{FILE}:3: vercel.api_url:") for f in found)
    assert any(f.startswith(f"{FILE}:6: poll.release_s:") for f in found)
    assert any(f.startswith(f"{FILE}:7: poll.metric_s: there is no such setting") for f in found)


def test_a_wrong_variable_is_named_as_such() -> None:
    [fault] = faults(None, {"COALMINE_POLL__RELEASE_S": "soon"})
    assert fault.startswith("COALMINE_POLL__RELEASE_S:")
    [unknown] = faults(None, {"COALMINE_VERCEL__PROJECT": "shop"})
    assert unknown.startswith("COALMINE_VERCEL__PROJECT: there is no such setting")


def test_dotted_keys_and_inline_tables_still_have_a_line() -> None:
    assert faults('vercel.api_url = "x"\n')[0].startswith(f"{FILE}:1: vercel.api_url")
    assert faults('ledger = "l.db"\nvercel = {api_url = "x"}\n')[0].startswith(f"{FILE}:2: vercel.api_url")


def test_another_store_is_refused_in_words() -> None:
    loaded = combine(None, None, {"COALMINE_LEDGER": "postgresql://user:pw@host/db"}, STATE)
    with pytest.raises(SettingsError) as caught:
        _ = loaded.ledger_path
    assert "pw" not in str(caught.value)


def test_the_nearest_file_upward_is_taken(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "coalmine.toml").write_text("")
    assert find_file({}, inner, tmp_path / "none") == tmp_path / "coalmine.toml"
    (inner / "coalmine.toml").write_text("")
    assert find_file({}, inner, tmp_path / "none") == inner / "coalmine.toml"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        find_file({"COALMINE_CONFIG": str(tmp_path / "absent.toml")}, tmp_path, tmp_path)


def test_a_limit_that_is_not_given_keeps_its_default() -> None:
    limits = combine("[judge.error_rate]\nmax = 3\n", FILE, {}, STATE).settings.judge.error_rate
    assert (limits.max, limits.max_ratio, limits.min_difference) == (3, 2, 0.5)


def test_a_fault_of_the_file_is_not_hidden_by_a_variable_beside_it() -> None:
    [fault] = faults("vercel = 3\n", {"COALMINE_VERCEL__TOKEN": "tok"})
    assert fault == f"{FILE}:1: vercel: this is a table: its keys are set one by one."


def test_the_variable_named_is_the_one_that_was_set() -> None:
    assert faults(None, {"VERCEL_TOKEN": "a b"})[0].startswith("VERCEL_TOKEN:")
    assert faults(None, {"COALMINE_VERCEL__TOKEN": "a b"})[0].startswith("COALMINE_VERCEL__TOKEN:")
    assert faults(None, {"COALMINE_NONSENSE__DEEP": "1"})[0].startswith("COALMINE_NONSENSE__…:")


@pytest.mark.parametrize(
    "url", ["localhost:80", "ftp://x", "http://", "http://me:pw@x", "http://x?y=1", "http://a b"]
)
def test_an_address_that_is_none_is_refused_without_being_repeated(url: str) -> None:
    [fault] = faults(None, {"COALMINE_PROMETHEUS__URL": url})
    assert "pw" not in fault


def test_white_space_around_a_token_is_taken_off() -> None:
    token = combine(None, None, {"VERCEL_TOKEN": " tok\n"}, STATE).settings.vercel.token
    assert token is not None
    assert token.get_secret_value() == "tok"


def test_where_a_relative_path_counts_from() -> None:
    named = combine('ledger = "l.db"\nstate_dir = "s"\n', FILE, {}, STATE)
    assert named.ledger_path == FILE.parent / "l.db"
    assert named.state_dir == FILE.parent / "s"
    by_variable = combine('ledger = "l.db"\n', FILE, {"COALMINE_LEDGER": "other.db"}, STATE)
    assert by_variable.ledger_path == Path("other.db")


@pytest.mark.parametrize(
    ("text", "environ", "found_upward", "refused"),
    [
        ('[vercel]\napi_url = "http://x"\n', {"VERCEL_TOKEN": "t"}, True, True),
        ('[vercel]\napi_url = "http://x"\n', {"VERCEL_TOKEN": "t"}, False, False),
        ('[vercel]\napi_url = "http://x"\ntoken = "t"\n', {}, True, False),
        (
            '[vercel]\napi_url = "http://x"\n',
            {"VERCEL_TOKEN": "t", "COALMINE_VERCEL__API_URL": "http://y"},
            True,
            False,
        ),
        ('[prometheus]\nurl = "http://x"\n', {"VERCEL_TOKEN": "t"}, True, False),
        ('[prometheus]\nurl = "http://x"\n', {"COALMINE_PROMETHEUS__BEARER_TOKEN": "t"}, True, True),
        ('[channels.room]\nurl = "json://x"\n', {}, True, True),
        ('[channels.room]\nurl = "json://x"\n', {}, False, False),
        (
            '[channels.room]\naudience = "internal"\n',
            {"COALMINE_CHANNELS__ROOM__URL": "json://y"},
            True,
            False,
        ),
    ],
)
def test_a_file_found_upward_cannot_say_where_a_secret_or_a_message_of_ours_goes(
    text: str, environ: dict[str, str], found_upward: bool, refused: bool
) -> None:
    if not refused:
        combine(text, FILE, environ, STATE, found_upward=found_upward)
        return
    with pytest.raises(SettingsError, match=f"{FILE}:2:"):
        combine(text, FILE, environ, STATE, found_upward=found_upward)
