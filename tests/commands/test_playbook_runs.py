"""Playbooks run from the command line: two people at one ledger, and nobody at a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.running import Place, Shop
from tests.commands.test_incidents import people, token_of
from tests.commands.test_json import check
from tests.commands.test_rollback_requests import NO_TOKEN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECRET = "s3cr3t-value-of-a-token"
BOOK = """\
---
playbook: look-and-ask
version: 2
title: Look and ask
secrets: [API_TOKEN]
params:
  deployment: {type: deployment, required: true}
  words: {type: string, default: nothing}
---

# Look

```yaml action
id: look
kind: metric
query: error_rate
subject: "{{ deployment }}"
window: 1m
min_requests: 1
assert: subject < 1
capture:
  rate: {type: number, value: subject}
```

# Run

```yaml action
id: go
kind: command
argv: [echo, "{{ words }}"]
env: {KEY: "{{ API_TOKEN }}"}
role: ops_lead
```

# Ask

```yaml action
id: which
kind: decision
prompt: Which way?
role: incident_commander
options:
  - {label: Left, goto: end}
  - {label: Right, goto: tell}
```

```yaml action
id: tell
kind: manual
text: Tell them
evidence: text
```
"""
RULE = "  commands:\n    applies_to: {action: [command]}\n    roles: [devops]\n    approvals: 0\n"


def written(place: Place) -> str:
    path = place.folder / "book.md"
    path.write_text(BOOK)
    return path.name


def allow_commands(place: Place) -> None:
    policy = place.folder / "state" / "policy.yaml"
    policy.write_text(policy.read_text() + RULE)
    assert place.run("config", "adopt", "--reason", "commands").code == 0


def baseline(shop: Shop) -> str:
    found: str = shop.control("truth")["tracks"]["baseline"]["deployment_id"]
    return found


def test_a_run_by_two_people(there: Place, moving: Shop) -> None:
    people(there)
    allow_commands(there)
    book, jo = written(there), token_of(moving, "jo")
    assert there.run("incident", "open", "checkout fails", "--severity", "SEV3").code == 0
    assert there.run("incident", "role", "INC-1", "commander", "--take", env=jo).code == 0
    given = ["--param", f"deployment={baseline(moving)}", "--param", "words=; id && `id` {{ API_TOKEN }}"]
    secret = {"API_TOKEN": SECRET}

    dry = there.run("playbook", "run", book, *given, "--dry-run", "--json", env=secret)
    assert dry.code == 0, dry
    check("playbook run --plan, --dry-run", dry.json)
    assert [one["word"] for one in dry.json["steps"]] == ["looked", "could not", "would", "would"]
    assert there.run("playbook", "runs", "--all", "--json", env=NO_TOKEN).json == {"runs": []}

    begun = there.run(
        "playbook", "run", book, *given, "--incident", "INC-1", "--arm", "drill", "--json", env=secret
    )
    assert begun.code == 3, begun
    check("playbook run, resume, take-over, status", begun.json)
    assert begun.json["state"] == "paused"
    assert [one["state"] for one in begun.json["steps"]] == ["succeeded", "succeeded", "waiting", "pending"]
    output = begun.json["steps"][1]["evidence"]
    assert output[1] == "; id && `id` {{ API_TOKEN }}\n"
    (there.folder / book).write_text(BOOK.replace("Tell them", "Tell nobody"))
    assert "run PB-1" in there.run("incident", "show", "INC-1").out

    refused = there.run("playbook", "answer", "PB-1", "which", "2")
    assert (refused.code, "is for the incident commander of INC-1: jo" in refused.err) == (5, True)
    answered = there.run("playbook", "answer", "PB-1", "which", "right", "--json", env=jo)
    check("playbook answer, skip, retry, abort, hand-over", answered.json)
    assert there.run("playbook", "resume", "PB-1", env=jo).code == 3
    shown = there.run("playbook", "status", "PB-1", env=NO_TOKEN)
    assert (shown.code, "Tell them" in shown.out) == (3, True), "it goes by the text it began with"
    assert there.run("playbook", "answer", "PB-1", "tell", "done", "--evidence", "told").code == 0
    ended = there.run("playbook", "resume", "PB-1", "--json")
    assert (ended.code, ended.json["state"]) == (0, "succeeded")
    watched = there.run("playbook", "watch", "PB-1", "--json", env=NO_TOKEN)
    lines = [json.loads(one) for one in watched.out.splitlines()]
    check("playbook watch", {**lines[0], "payload": {}})
    assert (watched.code, lines[-1]["kind"]) == (0, "run.ended")
    timeline = there.run("incident", "timeline", "INC-1", env=NO_TOKEN).out
    assert "step which succeeded: jo answered: Right" in timeline
    assert leaks(there) == []


def leaks(place: Place) -> list[str]:
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if SECRET.encode() in path.read_bytes()]


def test_what_is_asked_without_a_terminal_and_how_it_is_refused(there: Place, moving: Shop) -> None:
    people(there)
    book = written(there)
    missing = there.run("playbook", "run", book)
    assert (missing.code, "`deployment` is needed" in missing.err) == (2, True)
    wrong = there.run("playbook", "run", book, "--param", "deploymnet=x", "--param", "deployment=y")
    assert (wrong.code, "did you mean `deployment`?" in wrong.err) == (2, True)
    given = ["--param", f"deployment={baseline(moving)}"]
    stopped = there.run("playbook", "run", book, *given)
    assert (stopped.code, "It needs API_TOKEN, and that was not given" in stopped.out) == (3, True), stopped
    assert there.run("playbook", "skip", "PB-1", "--reason", "x").code == 5, "an effect is not skipped"
    stopped = there.run("playbook", "run", book, *given, env={"API_TOKEN": SECRET})
    assert (stopped.code, "No rule of policy.yaml covers command" in stopped.out) == (3, True)
    assert there.run("playbook", "retry", "PB-9").code == 5
    assert there.run("playbook", "abort", "PB-1", "--reason", "enough").code == 0
    ended = there.run("playbook", "status", "PB-1", "--json", env=NO_TOKEN)
    assert (ended.code, ended.json["state"]) == (1, "aborted")
    assert there.run("playbook", "resume", "PB-1").code == 5
    assert there.run("playbook", "run", "bad-flga").code == 2
    read_only = there.run("playbook", "abort", "PB-2", "--reason", "x", env={"COALMINE_READ_ONLY": "true"})
    assert read_only.code == 5


def test_a_shipped_playbook_is_planned(there: Place) -> None:
    people(there)
    planned = there.run(
        "playbook",
        "run",
        "generic-triage",
        "--plan",
        "--param",
        "production=dpl_1",
        "--param",
        "domain=a.example",
    )
    assert planned.code == 0, planned
    assert "https://a.example/" in planned.out
    assert Path(there.folder / "state" / "ledger.db").exists()
