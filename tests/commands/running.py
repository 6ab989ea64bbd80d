"""The program as its users run it: a process, in an empty directory, with settings by environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from data.simulator.answers import Ready

PROGRAM = (sys.executable, "-P", "-m", "console")
PATIENCE_S = 180
"""Seconds after which a program that was expected to end counts as hung."""

QUICK_JUDGE = {
    "COALMINE_JUDGE__KIND": "limits",
    "COALMINE_JUDGE__MIN_SAMPLE": "1",
    "COALMINE_JUDGE__FAILURES": "1",
    "COALMINE_JUDGE__PASSES": "1",
    "COALMINE_JUDGE__ERROR_RATE__MAX": "100",
    "COALMINE_JUDGE__ERROR_RATE__MAX_RATIO": "1000",
    "COALMINE_JUDGE__LATENCY_P95__MAX_RATIO": "1000",
}
"""A judge that says ``promote`` at the first look at almost anything."""


@dataclass(frozen=True)
class Done:
    """A program that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """Somewhere to run the program: its directory and its settings."""

    folder: Path
    settings: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    """What must never be in any output, nor in any file that the program writes."""

    @property
    def ledger(self) -> Path:
        return self.folder / "state" / "ledger.db"

    def environment(self, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """The test's own environment, the settings, and ``changes`` (``None`` takes one away)."""
        environment = {**os.environ, "TMPDIR": str(self.folder / "tmp"), **self.settings}
        for name, value in (changes or {}).items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        return environment

    def run(
        self,
        *words: str,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        stdout: int | IO[bytes] = subprocess.PIPE,
    ) -> Done:
        """Run to the end. Whatever the program says, it is no traceback, no fault of its own, no secret."""
        child = subprocess.run(
            [*PROGRAM, *words],
            cwd=cwd or self.folder,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
        )
        done = Done(child.returncode, (child.stdout or b"").decode(), child.stderr.decode())
        self.check(done)
        return done

    def check(self, done: Done) -> None:
        """What holds for every end of the program."""
        for text in (done.out, done.err):
            assert "Traceback" not in text, text
            assert "fault of its own" not in text, text
            assert "\x1b" not in text, text
            assert not [secret for secret in self.secrets if secret in text], text

    @contextmanager
    def running(
        self, *words: str, env: Mapping[str, str | None] | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """Run beside the test, which says when it ends; it is gone when the block ends."""
        child = subprocess.Popen(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield child
        finally:
            child.kill()
            child.communicate()

    def ended(self, child: subprocess.Popen[str]) -> Done:
        """The end of a program that was told to end."""
        out, err = child.communicate(timeout=PATIENCE_S)
        done = Done(child.returncode, out, err)
        self.check(done)
        return done

    def leaks(self) -> list[str]:
        """Files under the folder that hold a secret."""
        return [
            str(path)
            for path in self.folder.rglob("*")
            if path.is_file() and any(secret.encode() in path.read_bytes() for secret in self.secrets)
        ]


@dataclass(frozen=True)
class Shop:
    """A simulated world in a process of its own."""

    ready: Ready

    @property
    def settings(self) -> dict[str, str]:
        """What a console needs to look at it."""
        return {
            "COALMINE_VERCEL__API_URL": self.ready.vercel_url,
            "COALMINE_VERCEL__TOKEN": self.ready.token,
            "COALMINE_VERCEL__TEAM_ID": self.ready.team_id,
            "COALMINE_VERCEL__PROJECT_ID": self.ready.project_id,
            "COALMINE_PROMETHEUS__URL": self.ready.prometheus_url,
            "COALMINE_PROMETHEUS__SCRAPE_S": "5",
        }

    def control(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Ask the control interface; with a body, tell it."""
        request = urllib.request.Request(
            f"{self.ready.control_url}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def effects(self) -> list[str]:
        """The requests it has had that change something."""
        asked = self.control("requests")["requests"]
        return [
            f"{one['method']} {one['path']}"
            for one in asked
            if one["port"] == "vercel"
            and one["method"] != "GET"
            and not one["path"].endswith("/observability/query")  # which only asks
        ]


@contextmanager
def simulating(*words: str) -> Iterator[Shop]:
    """`coalmine simulate` as a process, gone when the block ends."""
    child = subprocess.Popen(
        [*PROGRAM, "simulate", "--parent-pid", str(os.getpid()), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert child.stdout is not None
        yield Shop(Ready.model_validate_json(child.stdout.readline()))
    finally:
        child.terminate()
        child.communicate(timeout=PATIENCE_S)


def keys(document: object, prefix: str = "") -> set[str]:
    """Every path in a JSON document, ``[]`` for the items of a list."""
    if isinstance(document, dict):
        return {
            path
            for key, value in document.items()
            for path in {prefix + key} | keys(value, f"{prefix}{key}.")
        }
    if isinstance(document, list):
        return {path for item in document for path in keys(item, f"{prefix[:-1]}[].")}
    return set()


def lines(text: str, *starts: str) -> Sequence[str]:
    """The lines of ``text`` that begin with one of ``starts``."""
    return [line for line in text.splitlines() if line.startswith(starts)]
