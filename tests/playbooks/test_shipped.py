"""The playbooks that come with the program: without errors and warnings, and what they name is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.canary.catalogue import packaged
from console.playbooks.model import Playbook
from console.playbooks.telling import page
from console.playbooks.validate import validate
from console.policy import SHIPPED_POLICY
from data.playbook_files import read, shipped

FILES = shipped()


def playbook(path: Path) -> Playbook:
    found = validate(read(path), {metric.id for metric in packaged()}, set())
    assert [one.words(path.name) for one in (*found.errors, *found.warnings)] == []
    assert found.playbook is not None
    return found.playbook


def test_there_are_some() -> None:
    assert {path.stem for path in FILES} >= {
        "bad-flag",
        "canary-high-error-rate",
        "canary-slow",
        "database-migration",
        "generic-triage",
        "metrics-lost",
        "preview-exposure",
        "production-down",
        "upstream-outage",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_playbook_is_whole(path: Path) -> None:
    one = playbook(path)
    assert one.name == path.stem
    assert one.about
    assert all(param.about for param in one.params)
    assert all(step.title for step in one.steps)
    assert len(list(page(one))) > len(one.steps)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_it_names_is_there(path: Path) -> None:
    others = {other.name: other for other in map(playbook, FILES)}
    for step in playbook(path).steps:
        if step.kind == "playbook":
            used = others[str(step.fields["use"])]
            given = step.fields.get("params")
            assert isinstance(given, dict)
            assert given.keys() <= {one.name for one in used.params}
            assert {one.name for one in used.params if one.required} <= given.keys()
        approval = step.fields.get("approval")
        if isinstance(approval, dict):
            assert f"  {approval['policy']}:" in SHIPPED_POLICY


def test_generic_triage_changes_nothing() -> None:
    (path,) = (one for one in FILES if one.stem == "generic-triage")
    assert not any(step.effect for step in playbook(path).steps)
