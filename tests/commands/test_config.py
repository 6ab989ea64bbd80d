"""``config``: where everything is, what is in force, and who may change the policy."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from console.envelope import Actor
from console.events import ReleaseFrozen, SourceChanged
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger
from tests.commands.running import Place


@pytest.mark.slow
def test_path_and_show_need_no_account_and_make_no_ledger(empty: Place) -> None:
    paths = empty.run("config", "path", "--json")
    assert (paths.code, paths.json["ledger"]) == (0, str(empty.ledger))
    shown = empty.run("config", "show")
    assert (shown.code, "policy: none yet" in shown.out) == (0, True)
    assert not empty.ledger.exists()
    assert "judge.error_rate.max_ratio = 2.0" in shown.out
    assert "vercel.token is not set" in shown.out


@pytest.mark.slow
def test_show_says_what_is_set_but_no_secret_and_what_does_nothing_yet(empty: Place) -> None:
    settings = {
        "VERCEL_TOKEN": "tok-very-secret",
        "COALMINE_PROMETHEUS__URL": "http://127.0.0.1:9090/",
        "COALMINE_PROMETHEUS__USERNAME": "coalmine",
        "COALMINE_PROMETHEUS__PASSWORD": "pw-very-secret",
        "COALMINE_ALERTMANAGER__USERNAME": "coalmine",
    }
    for words in (("config", "show"), ("config", "show", "--json")):
        done = empty.run(*words, env=settings)
        assert done.code == 0
        assert "very-secret" not in done.out + done.err
        assert "no Alertmanager is asked" in done.out + done.err
    assert done.json["settings"]["prometheus"]["url"] == "http://127.0.0.1:9090"


@pytest.mark.slow
def test_a_policy_counts_only_once_adopted_and_only_the_old_one_says_by_whom(here: Place) -> None:
    policy = here.ledger.parent / "policy.yaml"
    assert here.run("config", "adopt", "--reason", "x").code == 5  # there is none yet
    made = here.run("config", "init", "--json")
    assert (made.code, made.json["person"]) == (0, "ana")
    assert policy.stat().st_mode & 0o077 == 0
    assert here.run("config", "init").code == 5  # there is one already

    policy.write_text(policy.read_text().replace("roles: [devops]", "roles: [qa]"))
    edited = here.run("release", "abort", "--arm", "x")
    assert (edited.code, "policy.yaml changed since it was adopted" in edited.err) == (5, True)
    shown = here.run("config", "show", "--json").json["policy"]
    assert (shown["in_force"], "changed since" in shown["says"]) == (False, True)

    assert here.run("config", "adopt", "--reason", "qa decides", env={"COALMINE_READ_ONLY": "1"}).code == 5
    taken = here.run("config", "adopt", "--reason", "qa decides", "--json")  # the old one allows ana
    assert (taken.code, taken.json["person"]) == (0, "ana")
    assert "Nobody may adopt another policy" in taken.err
    assert here.run("config", "show", "--json").json["policy"]["in_force"] is True

    policy.write_text(policy.read_text().replace("roles: [qa]", "roles: [devops]"))
    back = here.run("config", "adopt", "--reason", "devops decides")  # the new one does not
    assert (back.code, "policy asks for one of qa" in back.err) == (5, True)


@pytest.mark.slow
def test_no_policy_is_found_upward_and_no_variable_overrides_it(here: Place) -> None:
    assert here.run("config", "init").code == 0
    inner = here.folder / "project" / "inner"
    inner.mkdir(parents=True)
    for name in ("policy.yaml", "people.yaml"):
        shipped = (here.ledger.parent / name).read_text()
        for folder in (inner, inner.parent, here.folder):
            (folder / name).write_text(shipped.replace("devops", "qa"))
    override = {name: str(inner / "policy.yaml") for name in ("COALMINE_POLICY", "COALMINE_PEOPLE__FILE")}
    done = here.run("config", "show", env=override)
    assert (done.code, done.err.count("no such setting")) == (2, 2)
    shown = here.run("config", "show", "--json", cwd=inner).json
    assert shown["policy"]["in_force"] is True
    assert shown["paths"]["policy"] == str(here.ledger.parent / "policy.yaml")


@pytest.mark.slow
def test_files_that_are_there_are_taken_as_they_are_or_refused_with_their_faults(here: Place) -> None:
    folder = here.ledger.parent
    folder.mkdir()
    (folder / "policy.yaml").write_text("version: 1\n")
    half = here.run("config", "init")
    assert (half.code, "not the other one" in half.err) == (2, True)
    (folder / "people.yaml").write_text("version: 1\npeople:\n  eve: {name: Eve, roles: [boss]}\n")
    faulty = here.run("config", "init")
    assert faulty.code == 2
    assert f"{folder / 'policy.yaml'}:" in faulty.err
    assert f"{folder / 'people.yaml'}:3:" in faulty.err
    assert (folder / "policy.yaml").read_text() == "version: 1\n"


@pytest.mark.slow
def test_a_name_that_cannot_be_used_leaves_no_files(here: Place) -> None:
    done = here.run("config", "init", "--name", "x" * 100)
    assert (done.code, "name" in done.err) == (2, True)
    assert not (here.ledger.parent / "policy.yaml").exists()
    assert here.run("config", "init", "--name", 'Ana "the Boss" Lind').code == 0


@pytest.mark.slow
def test_a_policy_that_cannot_be_read_refuses_and_is_not_adopted(here: Place) -> None:
    assert here.run("config", "init").code == 0
    policy = here.ledger.parent / "policy.yaml"
    good = policy.read_bytes()
    for bad, says in (
        (b"version: [1", ":1:"),
        (b"\xff\xfe", "UTF-8"),
        (b"version: 1\npolicies: {}\n", "policies"),
        (good.replace(b"abort", b"explode"), "applies_to"),
    ):
        policy.write_bytes(bad)
        assert here.run("release", "abort", "--arm", "x").code == 5
        done = here.run("config", "adopt", "--reason", "x")
        assert (done.code, says in done.err) == (2, True), done.err
    policy.unlink()
    policy.mkdir()
    assert here.run("config", "adopt", "--reason", "x").code == 2
    policy.rmdir()
    policy.write_bytes(good)
    assert here.run("config", "show", "--json").json["policy"]["in_force"] is True


@pytest.mark.slow
def test_paths_in_a_file_count_from_that_file(empty: Place) -> None:
    inner = empty.folder / "a" / "b"
    inner.mkdir(parents=True)
    (empty.folder / "a" / "coalmine.toml").write_text('ledger = "kept/ledger.db"\n')
    paths = empty.run("config", "path", "--json", cwd=inner).json
    assert Path(paths["ledger"]) == empty.folder / "a" / "kept" / "ledger.db"
    assert Path(paths["settings"]) == empty.folder / "a" / "coalmine.toml"


@pytest.mark.slow
def test_a_console_that_only_looked_leaves_room_for_the_first_policy(here: Place) -> None:
    assert here.run("release", "show").code == 0
    with closing(SqliteLedger(here.ledger, SystemClock())) as ledger:
        engine = Actor("coalmine", "s1", "engine")
        seen = SourceChanged(source="vercel", state="lost", says="it was silent.").new(engine, 1)
        ledger.append("sources", ledger.version("sources"), [seen])
        watched = ledger.head().seq
    made = here.run("config", "init")
    assert (made.code, f"{watched} events of watching alone" in made.err) == (0, True), made.err


@pytest.mark.slow
def test_no_policy_is_put_behind_what_somebody_did_without_one(here: Place) -> None:
    here.ledger.parent.mkdir()
    with closing(SqliteLedger(here.ledger, SystemClock())) as ledger:
        frozen = ReleaseFrozen(person="ana", reason="weekend", rule="stop-harm").new(
            Actor("ana", "s1", "console"), 1
        )
        ledger.append("freeze:prj", 0, [frozen])
    refused = here.run("config", "init")
    assert (refused.code, "event 1" in refused.err, "COALMINE_LEDGER" in refused.err) == (5, True, True)
    assert not (here.ledger.parent / "policy.yaml").exists()
