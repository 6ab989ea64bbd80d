"""``status`` and ``release show``: what they answer and what their exit codes mean."""

from __future__ import annotations

import pytest

from tests.commands.running import QUICK_JUDGE, Place, keys

VERDICTS = [
    pytest.param("promote", 0, {}, id="promote"),
    pytest.param("rollback", 1, {"COALMINE_JUDGE__LATENCY_P95__MAX": "1"}, id="rollback"),
    pytest.param("hold", 3, {"COALMINE_JUDGE__PASSES": "1000"}, id="hold"),
    pytest.param(
        "no_data", 4, {"COALMINE_PROMETHEUS__URL": "http://127.0.0.1:9"}, id="metrics cannot be reached"
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("word", "code", "settings"), VERDICTS)
def test_the_exit_code_of_status_is_the_verdict(
    here: Place, word: str, code: int, settings: dict[str, str]
) -> None:
    done = here.run("status", "--json", env=QUICK_JUDGE | settings)
    assert done.code == code, done.err
    verdict = done.json["verdict"]
    assert (verdict["word"] if verdict else "no_data") == word


@pytest.mark.slow
def test_without_a_metrics_source_there_is_no_verdict_and_no_promotion(here: Place) -> None:
    done = here.run("status", env=QUICK_JUDGE | {"COALMINE_METRICS__SOURCE": "off"})
    assert done.code == 4
    assert "rolling release at 5 %" in done.out


@pytest.mark.slow
def test_a_verdict_of_earlier_is_not_given_as_one_of_now(here: Place) -> None:
    assert here.run("status", env=QUICK_JUDGE).code == 0
    later = here.run("status", env=QUICK_JUDGE | {"COALMINE_PROMETHEUS__URL": "http://127.0.0.1:9"})
    assert later.code == 4, later.out
    assert "Prometheus cannot be reached" in later.err


@pytest.mark.slow
def test_status_says_in_words_what_it_says_in_json(here: Place) -> None:
    told = here.run("status")
    assert told.code == 3
    assert "rolling release at 5 %" in told.out
    assert "[5 %] → 25 % → 50 % → 100 %" in told.out
    assert "error rate" in told.out
    assert "measured by Prometheus" in told.out
    assert "coalmine config init" in told.err  # no policy yet
    answered = here.run("status", "--json")
    assert answered.err == ""
    assert answered.json["release"]["percentage"] == 5
    assert answered.json["mode"] == "read-only"
    assert {s["name"]: s["state"] for s in answered.json["sources"]} == {"vercel": "ok", "prometheus": "ok"}
    assert {m["id"] for m in answered.json["metrics"]} == {"error_rate", "latency_p95", "request_rate"}


@pytest.mark.slow
def test_release_show_is_the_part_of_status_about_the_release(here: Place) -> None:
    shown = here.run("release", "show", "--json")
    assert shown.code == 0
    status = here.run("status", "--json").json
    assert keys(shown.json) <= keys(status)
    assert shown.json["release"]["canary"]["id"] == status["release"]["canary"]["id"]
    assert "next      25 %, needs approval" in here.run("release", "show").out
