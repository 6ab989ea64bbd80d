"""``--json``: the keys are those that the guide lists, no fewer and no others."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.commands.running import QUICK_JUDGE, Place, keys

PAGE = Path(__file__).resolve().parents[2] / "docs" / "json.md"
FREE = ("settings.", "paths.", "payload.", "pending[]")
"""Under these the keys are of another list: settings, paths, events."""


def listed(heading: str) -> tuple[set[str], set[str]]:
    """Every key under ``heading``, with those above it, and those that are there in some cases only."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)`( \*)? \|", section, re.MULTILINE)
    every, marked = {path for path, _ in rows}, {path for path, mark in rows if mark}
    return every | above(every), marked | (above(marked) - above(every - marked) - (every - marked))


def above(paths: set[str]) -> set[str]:
    """What has to be there where these keys are."""
    parts = [path.split(".") for path in paths]
    return {".".join(part[:n]).removesuffix("[]") for part in parts for n in range(1, len(part))}


def check(heading: str, document: object) -> None:
    every, sometimes = listed(heading)
    found = {path for path in keys(document) if not path.startswith(FREE)}
    assert found - every == set(), "not listed"
    assert every - sometimes - found == set(), "not there"


@pytest.mark.slow
def test_the_answers_about_the_release_have_the_keys_listed(here: Place) -> None:
    check("status", here.run("status", "--json", env=QUICK_JUDGE).json)
    shown = keys(here.run("release", "show", "--json", env=QUICK_JUDGE).json)
    first = {path.split(".")[0] for path in shown}
    assert first == {"now", "project", "reading", "release", "verdict", "bake", "flags"}
    assert shown <= listed("status")[0]


@pytest.mark.slow
def test_the_other_answers_have_the_keys_listed(here: Place) -> None:
    init = here.run("config", "init", "--json").json
    check("config init, config adopt", init)
    check("config init, config adopt", here.run("config", "adopt", "--reason", "x", "--json").json)
    check("config show", here.run("config", "show", "--json").json)
    check("config path", here.run("config", "path", "--json").json)
    check("ledger verify", here.run("ledger", "verify", "--json").json)
    for verb in ("advance", "complete", "abort"):
        check("release advance, complete, abort", here.run("release", verb, "--dry-run", "--json").json)
    without = here.run("status", "--json", env={"COALMINE_METRICS__SOURCE": "off"}).json
    assert keys(without) <= listed("status")[0]
    away = here.run("status", "--json", env={"COALMINE_VERCEL__API_URL": "http://127.0.0.1:9"}).json
    assert keys(away) <= listed("status")[0]


@pytest.mark.slow
def test_the_lines_of_watch_have_the_keys_listed(here: Place) -> None:
    every, _ = listed("watch")
    with here.running("watch", "--json", env=QUICK_JUDGE) as child:
        assert child.stdout is not None
        for line in child.stdout:
            assert set(json.loads(line)) in ({"source", "state", "problem"}, {"seq", "at", "kind", "payload"})
            assert set(json.loads(line)) <= every
            if "kind" in json.loads(line):
                break
        child.send_signal(signal.SIGTERM)
        assert here.ended(child).code == 0


@pytest.mark.slow
def test_every_schema_is_printed_and_describes_what_is_written(here: Place) -> None:
    from console.commands.schema import SCHEMAS

    for name in SCHEMAS:
        done = here.run("schema", name, "--json")
        assert (done.code, done.err, done.json["type"]) == (0, "", "object")
    assert here.run("config", "init").code == 0
    line = json.loads(here.run("ledger", "export").out.splitlines()[0])
    schema = here.run("schema", "ledger-export").json
    assert set(line) <= set(schema["properties"])
    assert set(schema["required"]) <= set(line)
