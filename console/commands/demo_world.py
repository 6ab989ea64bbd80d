"""The demo's own world: a simulator as a child process, settings that point at it, a ledger of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from console.commands.homes import homeless, state_dir
from console.lastknown import nothing_known
from console.places import PREFIX, expanded
from console.world import Mode, World
from data.clock import ScaledClock, SystemClock

if TYPE_CHECKING:
    from console.ports import Clock
    from console.session import Session

KEEP = 5
"""Ledgers of this many demos are kept, the present one among them."""

DEMO = re.compile(r"\d{8}-\d{6}-(\d+)")
"""The name of a demo's folder: when it began, and its process."""

HEEDED = (f"{PREFIX}READ_ONLY",)
"""What of the environment counts in the demo's session, too. (Its look: ``console.commands.looks``.)"""

PEOPLE = (
    ("ana", "Ana Lind", ("usr_ana", "ana")),
    ("jo", "Jo Okafor", ("usr_jo", "jo")),
    ("mia", "Mia Tanaka", ("usr_mia", "mia")),
    ("sam", "Sam Weber", ("usr_sam", "sam")),
)


class DemoWorld:
    """Starts the simulator after the first paint and builds the session on it."""

    def __init__(self, scenario: str, seed: int, speed: float, account: Sequence[str] = ()) -> None:
        self._arguments = ["--scenario", scenario, "--seed", str(seed), "--speed", str(speed), *account]
        self._speed = speed
        self._child: subprocess.Popen[bytes] | None = None
        self._ready: Mapping[str, object] = {}
        self._words: IO[bytes] | None = None
        self._clock: Clock = SystemClock()
        named = os.environ.get(f"{PREFIX}STATE_DIR")
        state = expanded(named, f"{PREFIX}STATE_DIR") if named else state_dir()
        if state is None:
            raise homeless()
        self.state_dir = state / "demo"
        began = datetime.fromtimestamp(SystemClock().now() / 1000, UTC).strftime("%Y%m%d-%H%M%S")
        self._folder = self.state_dir / f"{began}-{os.getpid()}"

    @property
    def ledger_path(self) -> Path:
        return self._folder / "ledger.db"

    def first(self) -> World:
        """The first picture: a demo of which nothing is known yet."""
        place, now = str(self.ledger_path), SystemClock().now()
        return nothing_known(now, Mode.DEMO, "demo", place, self._speed)

    async def prepare(self) -> None:
        """Start the simulator and wait for its one line."""
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        if self._child is not None and self._child.poll() is None and self._ready:
            return  # an earlier attempt to open failed behind it
        self.end()
        tidy(self.state_dir)
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the child)
        self._child = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "console",
                "simulate",
                *self._arguments,
                "--parent-pid",
                str(os.getpid()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._words,  # a file: a pipe that nobody reads would stop the child one day
            start_new_session=True,
        )
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise SimulatorFailed(self._last_words(self._child))
        self._ready = json.loads(line)
        if self._speed != 1:  # at once: each second until then would be one times the speed behind
            self._clock = ScaledClock(int(str(self._ready["now_ms"])), self._speed)

    def _last_words(self, child: subprocess.Popen[bytes]) -> str:
        child.wait(5)
        said = ""
        if self._words is not None:
            self._words.seek(0)
            said = " ".join(self._words.read().decode(errors="replace").split())
        return f"The simulator did not start: {said or f'it ended with {child.returncode}'}"

    def build(self) -> Session:
        """The session on the simulated world: policy and people are the shipped set, adopted first."""
        from console.adopted import STREAM, adoption
        from console.commands.logfile import log_to
        from console.envelope import Actor
        from console.policy import SHIPPED_POLICY
        from console.settings import combine
        from console.target import Target
        from console.wiring import build_session, open_stores
        from data.policy_files import POLICY, PolicyFiles

        log_to(self.state_dir)
        ready = self._ready
        clock = self._clock
        loaded = combine(
            None,
            None,
            {
                **{name: os.environ[name] for name in HEEDED if name in os.environ},
                "COALMINE_VERCEL__API_URL": str(ready["vercel_url"]),
                "COALMINE_VERCEL__TOKEN": str(ready["token"]),
                "COALMINE_VERCEL__TEAM_ID": str(ready["team_id"]),
                "COALMINE_VERCEL__PROJECT_ID": str(ready["project_id"]),
                **_metrics(ready),
                "COALMINE_ALERTMANAGER__URL": str(ready["alertmanager_url"]),
                "COALMINE_PLAYBOOKS__CONNECT_TO": str(ready["site_url"]),
                "COALMINE_INCIDENTS__CRITICAL_JOURNEYS": "/api/checkout",
                "COALMINE_PROMETHEUS__SCRAPE_S": "5",
                "COALMINE_POLL__RELEASE_S": "2",
                "COALMINE_POLL__PROJECT_S": "10",
                "COALMINE_POLL__METRICS_S": "5",
                "COALMINE_POLL__ALERTS_S": "5",
            },
            self.state_dir,
        )
        aim = Target(loaded, self.ledger_path, clock, True, self._speed)
        files = PolicyFiles(self._folder)
        if not (self._folder / POLICY).exists():
            files.write(SHIPPED_POLICY, demo_people())
        stores = open_stores(self.ledger_path, clock)
        if not stores.ledger.version(STREAM):
            actor = Actor("coalmine", "demo", "engine")
            adopted = adoption(files(), "the demo's shipped set", actor, clock.now())
            stores.ledger.append(STREAM, 0, [adopted])
        arming = None if loaded.settings.read_only else ("demo: armed from the start", 8 * 60)
        return build_session(aim, stores, arm_at_start=arming)

    def end(self) -> None:
        """Stop the simulator."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdout, self._words):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _metrics(ready: Mapping[str, object]) -> Mapping[str, str]:
    """The setting for the metrics' queries; none where the world was made without them."""
    without = ready["without"]
    if isinstance(without, list) and "prometheus" in without:
        return {}
    return {"COALMINE_PROMETHEUS__URL": str(ready["prometheus_url"])}


class SimulatorFailed(RuntimeError):
    """The simulator did not start; its own words are the message."""


def tidy(state_dir: Path) -> None:
    """Remove all but the newest ledgers of demos that have ended; nothing that is not a demo's."""
    if not state_dir.is_dir():
        return
    ours = [(DEMO.fullmatch(path.name), path) for path in sorted(state_dir.iterdir()) if path.is_dir()]
    ended = [path for named, path in ours if named is not None and not _alive(int(named[1]))]
    for folder in ended[: -KEEP + 1]:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def demo_people() -> str:
    """people.yaml of the demo: everybody of the simulated team, with different rights."""
    from console.policy import shipped_people

    roles = {
        "ana": "devops, incident-response",
        "jo": "development",
        "mia": "qa",
        "sam": "product-management",
    }
    lines = [shipped_people(*PEOPLE[0])]
    for key, name, logins in PEOPLE[1:]:
        quoted = ", ".join(f'"{login}"' for login in logins)
        lines.append(f'  {key}:\n    name: "{name}"\n    roles: [{roles[key]}]\n    vercel: [{quoted}]\n')
    return "".join(lines)
