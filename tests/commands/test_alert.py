"""``coalmine alert`` on a real Alertmanager; and incidents written by a key alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.running import Place
from tests.commands.test_json import check
from tests.commands.test_rollback_requests import NO_TOKEN, office
from tests.data.alertmanager.test_client import post
from tests.data.ssh.keys import new_key
from tests.servers import alertmanager

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_listed_silenced_and_back(there: Place, tmp_path: Path) -> None:
    assert there.run("config", "init").code == 0
    with alertmanager(tmp_path / "alertmanager") as base:
        at: dict[str, str | None] = {"COALMINE_ALERTMANAGER__URL": base}
        assert there.run("alert", "list", env={**at, **NO_TOKEN}).out == "No alert fires.\n"
        post(base, {"alertname": "High\x1b[31mErrors", "severity": "page"}, {"alertname": "Other"})
        listed = there.run("alert", "list", "severity=page", env={**at, **NO_TOKEN})
        assert "High" in listed.out
        assert "\x1b" not in listed.out
        [alert] = there.run("alert", "list", "severity=page", "--json", env=at).json["alerts"]
        plain = {**alert, "labels": 0, "annotations": 0}
        check("alert list", {"alerts": [plain]})
        groups = there.run("alert", "groups", "--json", env=at).json["groups"]
        check("alert groups", {"groups": [{**one, "labels": 0, "alerts": []} for one in groups]})
        assert "→ nobody: 1 alert" in there.run("alert", "groups", env=at).out
        assert there.run("alert", "list", "severity==page", env=at).code == 2

        silence = ("alert", "silence", alert["fingerprint"], "--for", "30")
        unarmed = there.run(*silence, "--reason", "known", env=at)
        assert unarmed.code == 5
        assert "It covers 1 alert now" in unarmed.err
        dry = there.run(*silence, "--dry-run", "--arm", "known", env=at)
        assert (dry.code, "nothing was sent" in dry.out) == (0, True)
        done = there.run(*silence, "--arm", "known", "--json", env=at)
        assert done.code == 0, done
        told = done.json
        assert [one["fingerprint"] for one in told["plan"]["covers"]] == [alert["fingerprint"]]
        told["plan"]["covers"] = []
        check("alert silence, unsilence", told)
        assert there.run("alert", "list", "severity=page", env=at).out.startswith("silenced")
        listed = there.run("alert", "silences", "--json", env=at)
        check("alert silences", listed.json)
        [made] = listed.json["silences"]
        assert made["by"] == "ana"
        assert there.run(*silence, "--arm", "again", env=at).code == 5
        over = there.run("alert", "unsilence", made["id"], "--arm", "mended", env=at)
        assert (over.code, over.out) == (0, f"The silence {made['id']} is over.\n")
        assert there.run("alert", "list", "severity=page", env=at).out.startswith("active")
        tail = there.run("ledger", "tail", env=NO_TOKEN).out
        assert "ana asked to silence alertname=" in tail
        assert "ana asked to end the silence of" in tail
    dead = there.run("alert", "list", env=at)
    assert dead.code == 4
    assert "Alertmanager cannot be reached" in dead.err
    assert there.run(*silence, "--arm", "known", env=at).code == 4
    nowhere = there.run("alert", "list")
    assert (nowhere.code, "COALMINE_ALERTMANAGER__URL" in nowhere.err) == (4, True)


def test_a_key_that_is_listed_writes_incidents(there: Place) -> None:
    keys = office(there)

    def by(key: str) -> dict[str, str | None]:
        return {**NO_TOKEN, "COALMINE_APPROVAL__KEY": key}

    opened = there.run("incident", "open", "checkout fails", env=by(str(keys["bo"].private)))
    assert opened.code == 0, opened
    assert there.run("incident", "show", "INC-1", "--json", env=NO_TOKEN).json["opened_by"] == "bo"
    half = there.folder / "half.pub"
    half.write_text(keys["bo"].line)
    alone = there.run("incident", "ack", "INC-1", env=by(str(half)))
    assert alone.code == 5, "a public key is nobody's proof"

    stranger = there.run("incident", "ack", "INC-1", env=by(str(new_key(there.folder, "id_other").private)))
    assert stranger.code == 5
    assert "is of nobody in allowed_signers" in stranger.err
    assert there.run("incident", "ack", "INC-1", env=NO_TOKEN).code == 5
