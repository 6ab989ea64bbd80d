"""Pytest plug-in of ``make prove``: proofs that already passed, at this scale, are not run again.

The journal (``.proof/journal.jsonl``) gets one line for each proof as it passes, so a run that was
stopped goes on where it was. A line counts for the very sources and locks it was made with: its
``sources`` is their digest, and any change makes all proofs due again.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

SOURCES = ("console", "screens", "data", "playbooks", "tests")
ALONE = ("requirements.lock", "requirements-run.lock", "pyproject.toml")


def digest_of_sources(root: Path) -> str:
    """SHA-256 over the names and contents of everything a proof depends on, as hexadecimal."""
    files = [root / name for name in ALONE if (root / name).is_file()]
    for folder in SOURCES:
        files += (p for p in (root / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    total = hashlib.sha256()
    for path in sorted(files):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()


class Journal:
    """What passed, with what sources and at what scale."""

    def __init__(self, path: Path, sources: str, scale: str) -> None:
        self._path, self._key = path, {"sources": sources, "scale": scale}

    def passed(self) -> set[str]:
        """Node ids of the proofs that need no second run. A line cut off by a crash counts for nothing."""
        done = set()
        for line in self._path.read_text().splitlines() if self._path.exists() else ():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if self._key.items() <= entry.items():
                done.add(entry["proof"])
        return done

    def add(self, nodeid: str) -> None:
        self._path.parent.mkdir(exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps({"proof": nodeid, **self._key}) + "\n")
            file.flush()
            os.fsync(file.fileno())


class Prove:
    """Leaves out what passed before, and notes what passes now (the controller alone notes)."""

    def __init__(self, journal: Journal | None, done: set[str]) -> None:
        self._journal, self._done = journal, done
        self._phases: dict[str, bool] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["proved"] = sorted(self._done)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        finished = [item for item in items if item.nodeid in self._done]
        if finished:
            items[:] = [item for item in items if item.nodeid not in self._done]
            config.hook.pytest_deselected(items=finished)
        for item in items:  # limits are meant for small sizes; at full size a proof takes what it takes
            item.add_marker(pytest.mark.timeout(0), append=False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        well = self._phases.get(report.nodeid, True) and report.outcome == "passed"
        self._phases[report.nodeid] = well
        if report.when == "teardown" and well and self._journal is not None:
            self._journal.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._done:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_report_header(self) -> str:
        return f"proofs already made with these sources at this scale: {len(self._done)}"


def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        plugin = Prove(None, set(worker["proved"]))
    else:
        scale = os.environ.get("PROOF_SCALE", "1")
        journal = Journal(
            config.rootpath / ".proof" / "journal.jsonl", digest_of_sources(config.rootpath), scale
        )
        plugin = Prove(journal, journal.passed())
    config.pluginmanager.register(plugin, "coalmine-prove")
