"""Whole programs for tests: the installed ``coalmine``, and a simulator as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PYTHON = (sys.executable, "-P")
COALMINE = (*PYTHON, str(Path(sys.executable).with_name("coalmine")))
"""The command as installed beside the interpreter of the tests."""


@dataclass(frozen=True)
class Served:
    """A running ``coalmine simulate`` and the settings that point a console at it."""

    process: subprocess.Popen[bytes]
    settings: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The test's own environment with the settings in it."""
        return {**os.environ, **self.settings}


@contextmanager
def simulating(*, speed: float = 1.0, scenario: str = "healthy", poll_s: float = 1.0) -> Iterator[Served]:
    """A simulator as a child process, gone when the block ends; consoles on it poll every ``poll_s``."""
    process = subprocess.Popen(
        [*COALMINE, "simulate", "--speed", str(speed), "--scenario", scenario],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield Served(
            process,
            {
                "COALMINE_VERCEL__API_URL": ready["vercel_url"],
                "COALMINE_VERCEL__TOKEN": ready["token"],
                "COALMINE_VERCEL__TEAM_ID": ready["team_id"],
                "COALMINE_VERCEL__PROJECT_ID": ready["project_id"],
                "COALMINE_PROMETHEUS__URL": ready["prometheus_url"],
                "COALMINE_PROMETHEUS__SCRAPE_S": "5",
                "COALMINE_POLL__RELEASE_S": str(poll_s),
                "COALMINE_POLL__METRICS_S": str(poll_s),
            },
        )
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def adopt_policy(environment: dict[str, str]) -> None:
    """Let the simulated team's policy be in force in the environment's ledger."""
    subprocess.run([*COALMINE, "config", "init"], env=environment, check=True, capture_output=True)
