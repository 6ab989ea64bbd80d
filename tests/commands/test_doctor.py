"""``doctor``: every source works or says why not; nothing is made, and the bundle holds no secret."""

from __future__ import annotations

import json
import sqlite3
import zipfile

import pytest

from console import doctor
from console.doctor import Finding
from console.host import Slots
from console.ports import ReleaseTemplate
from console.readings import Problem
from tests.commands.running import Place, Shop

PROBLEM = Problem("unreachable", "Vercel cannot be reached.", "Check the network.")


def states(place: Place, **changes: str | None) -> tuple[int, dict[str, str]]:
    done = place.run("doctor", "--json", env=changes)
    assert done.json["exit_code"] == done.code
    return done.code, {one["id"]: one["state"] for one in done.json["findings"]}


@pytest.mark.slow
def test_all_is_fine_and_nothing_is_made(here: Place) -> None:
    code, found = states(here)
    assert (code, here.ledger.exists()) == (0, False)
    missing = {"terminal", "ledger", "policy", "observability", "alertmanager", "git", "login"}
    assert {name for name, state in found.items() if state == "off"} == missing
    assert here.run("config", "init").code == 0
    code, found = states(here)
    assert (code, found["ledger"], found["policy"], found["you"]) == (0, "works", "works", "works")


@pytest.mark.parametrize(
    ("changes", "code", "failing"),
    [
        ({"COALMINE_VERCEL__PROJECT_ID": None}, 2, {"settings": "wrong"}),
        ({"COALMINE_VERCEL__TOKEN": "not-this-one"}, 4, {"token": "fails"}),
        pytest.param(
            {"COALMINE_VERCEL__PROJECT_ID": "prj_other"}, 4, {"project": "fails"}, marks=pytest.mark.slow
        ),
        pytest.param(
            {"COALMINE_PROMETHEUS__URL": "http://127.0.0.1:9"},
            4,
            {"metrics": "fails"},
            marks=pytest.mark.slow,
        ),
        pytest.param({"COALMINE_METRICS__SOURCE": "off"}, 0, {"metrics": "off"}, marks=pytest.mark.slow),
        pytest.param(
            {"COALMINE_PROMETHEUS__DEPLOYMENT_LABEL": "other"},
            0,
            {"metrics": "warn"},
            marks=pytest.mark.slow,
        ),
        pytest.param({"COALMINE_NONSENSE": "1"}, 2, {"settings": "wrong"}, marks=pytest.mark.slow),
    ],
)
def test_what_does_not_work_is_said_with_the_next_step(
    here: Place, changes: dict[str, str | None], code: int, failing: dict[str, str]
) -> None:
    done = here.run("doctor", "--json", env=changes)
    assert done.code == code, done.out
    by_id = {one["id"]: one for one in reversed(done.json["findings"])}
    assert {name: by_id[name]["state"] for name in failing} == failing
    assert all(by_id[name]["next"] for name in failing)


@pytest.mark.slow
def test_a_broken_chain_is_found(here: Place) -> None:
    assert here.run("config", "init").code == 0
    with sqlite3.connect(here.ledger) as database:
        triggers = [
            name for (name,) in database.execute("select name from sqlite_master where type='trigger'")
        ]
        for name in triggers:
            database.execute(f'drop trigger "{name}"')
        database.execute("update events set at = at + 1")
    database.close()
    code, found = states(here)
    assert (code, found["ledger"]) == (1, "fails")


@pytest.mark.slow
def test_the_bundle_holds_what_helps_and_no_secret(here: Place, shop: Shop) -> None:
    assert here.run("config", "init").code == 0
    log = here.ledger.parent / "coalmine.log"
    password = "hush-hush-hush"
    place = Place(here.folder, here.settings, (*here.secrets, password))
    secret = {"COALMINE_PROMETHEUS__USERNAME": "u", "COALMINE_PROMETHEUS__PASSWORD": password}
    log.write_text(f"one line\nsent {password} with Bearer abcdef.123456 of {shop.ready.token}\n")
    done = place.run("doctor", "--bundle", "report.zip", env=secret)
    log.unlink()
    assert done.code == 0, done
    file = here.folder / "report.zip"
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as bundle:
        texts = {one.removeprefix("coalmine/"): bundle.read(one).decode() for one in bundle.namelist()}
    assert set(texts) == {
        "doctor.json",
        "versions.json",
        "environment.json",
        "calls.json",
        "settings.json",
        "ledger.json",
        "coalmine.log",
    }
    for text in texts.values():
        assert shop.ready.token not in text
        assert password not in text
        assert "abcdef.123456" not in text
        assert "roles:" not in text, "a payload of the ledger"
    assert texts["coalmine.log"] == "one line\nsent *** with Bearer *** of ***"
    calls = json.loads(texts["calls.json"])
    assert {one["service"] for one in calls} == {"Vercel", "Prometheus"}
    assert {one["status"] for one in calls} == {200}
    assert json.loads(texts["ledger.json"])["kinds"] == {"policy.adopted": 1}
    assert json.loads(texts["environment.json"])["COALMINE_VERCEL__TOKEN"] == "***"


@pytest.mark.slow
def test_a_bundle_that_cannot_be_written_is_bad_usage(here: Place) -> None:
    done = here.run("doctor", "--bundle", "nowhere/report.zip")
    assert (done.code, "cannot be written" in done.err) == (2, True)


def test_the_worst_decides_the_exit_code_and_stands_first() -> None:
    fine = Finding("a", "a", "works", "")
    gone = Finding("b", "b", "fails", "", needed=True)
    broken = Finding("c", "c", "fails", "")
    wrong = Finding("d", "d", "wrong", "")
    assert [doctor.exit_code(f) for f in ([fine], [fine, broken], [gone, broken], [gone, wrong])] == [
        0,
        1,
        4,
        2,
    ]
    assert [one.id for one in doctor.ordered([fine, gone, wrong])] == ["d", "b", "a"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slots", "says"),
    [
        (Slots("plan_not_supported", 0), "not in this plan"),
        (Slots("no_available_slots", 0, "landing has it"), "landing has it"),
        (Slots("available_slots", 1), "off"),
        (PROBLEM, "cannot be reached"),
    ],
)
def test_without_rolling_releases_it_says_why_and_what_would_be_won(
    slots: Slots | Problem, says: str
) -> None:
    found = doctor.rolling(None, slots)
    assert (found.state, says in found.says, bool(found.unlocks), bool(found.next)) == (
        "off",
        True,
        True,
        True,
    )
    assert doctor.rolling(ReleaseTemplate(((100, None, False),)), slots).state == "works"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"COALMINE_PROMETHEUS__URL": None}, "Vercel Observability: asked, knows"),
        ({"COALMINE_METRICS__SOURCE": "request-logs"}, "Vercel request logs: asked, knows"),
    ],
)
def test_vercels_own_metrics_are_found_and_what_they_cannot_know_is_said(
    here: Place, settings: dict[str, str | None], says: str
) -> None:
    done = here.run("doctor", "--json", env=settings)
    assert done.code == 0, done.out
    [metrics] = [one for one in done.json["findings"] if one["id"] == "metrics"]
    assert metrics["state"] == "works"
    assert says in metrics["says"]
    assert "percentile" in metrics["says"] or "no durations" in metrics["says"]
