"""A driver is killed around the sending of a message: whoever resumes never sends it a second time."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.messages.happened import stream_of
from data.clock import SystemClock
from data.sqlite.ledger import SqliteLedger
from tests.crash.children import ROOT
from tests.crash.mailbox import Mailbox, mailbox
from tests.crash.scale import sized
from tests.crash.telling import STEPS

pytestmark = [pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(1800)]

CAME = {"after-intent": 0, "before-outcome": 1, "after-outcome": 1, "unanswered": 1, "answered": 1}
"""Where it died → how often it came, when nobody sends it again. Elsewhere it is sent by whoever resumes."""
PATIENCE_S = 60


@contextmanager
def driver(folder: Path, box: Mailbox, run: str, step: str, how: str) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "tests.crash.telling", str(folder), box.url(), run, step, how]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.stderr and process.stderr.read()
            yield process
        finally:
            process.kill()


def go(process: subprocess.Popen[str]) -> str:
    """What it says of the end; empty where it was killed."""
    out, err = process.communicate("go\n", PATIENCE_S)
    assert process.returncode in (0, -9), err
    return out.strip()


def kinds(folder: Path, run: str) -> list[str]:
    ledger = SqliteLedger(folder / "ledger.db", SystemClock())
    try:
        assert ledger.verify().ok
        return [one.kind for one in ledger.read(stream=stream_of(f"{run}/tell/1"))]
    finally:
        ledger.close()


def killed(folder: Path, box: Mailbox, run: str, step: str) -> None:
    with driver(folder, box, run, step, "do") as process:
        if step == "unanswered":
            box.before = lambda path: process.kill()
        elif step == "answered":
            box.after = lambda path: process.kill()
        assert go(process) in ("", "succeeded")
        box.before = box.after = lambda path: None


@pytest.mark.parametrize("step", [*STEPS, "unanswered", "answered"])
def test_killed_at_each_step_it_comes_once_at_most(tmp_path: Path, step: str) -> None:
    with mailbox() as box:
        for number in range(sized(15)):
            run = f"RUN-{number}"
            killed(tmp_path, box, run, step)
            with driver(tmp_path, box, run, "none", "resume") as process:
                ended = go(process)
            found = kinds(tmp_path, run)
            assert box.of(run) == CAME.get(step, 1), (step, found)
            assert found.count("message.intended") == 1
            sent = "message.sent" in found
            assert ended == ("succeeded" if sent else "unknown"), found
            assert sent or "message.unknown" in found


def test_killed_at_any_moment_it_comes_once_at_most(tmp_path: Path) -> None:
    chance = random.Random(7)
    with mailbox() as box:
        for number in range(sized(60)):
            run = f"RUN-{number}"
            with driver(tmp_path, box, run, "none", "do") as process:
                timer = threading.Timer(chance.uniform(0, 0.6), process.kill)
                timer.start()
                go(process)
                timer.cancel()
            with driver(tmp_path, box, run, "none", "resume") as process:
                ended = go(process)
            assert ended in ("succeeded", "unknown")
            assert box.of(run) == 1 or (ended, box.of(run)) == ("unknown", 0)


def test_two_drivers_at_once_send_it_once(tmp_path: Path) -> None:
    with mailbox() as box:
        for number in range(sized(50)):
            run = f"RUN-{number}"
            with (
                driver(tmp_path, box, run, "none", "do") as one,
                driver(tmp_path, box, run, "none", "do") as other,
                ThreadPoolExecutor(2) as both,
            ):
                assert list(both.map(go, (one, other))) == ["succeeded", "succeeded"]
            assert box.of(run) == 1
