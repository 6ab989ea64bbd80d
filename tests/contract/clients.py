"""The host's own clients from npm, installed once for each lock, and how they are run: loopback only."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.servers import binary

HERE = Path(__file__).parent
PINNED = HERE / "npm"
PINNED_FLAGS = HERE / "npm_flags"
NODE = 20
NODE_PACKAGE = "npm, and Node 20 or newer (.ci/run says how)"


def node() -> str:
    """Where Node is; the test fails where it is older than the clients can use."""
    program = binary("node", NODE_PACKAGE)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if int(said.strip().lstrip("v").partition(".")[0]) < NODE:
        pytest.fail(f"Node {said.strip()} is too old: the clients need {NODE}.", pytrace=False)
    return program


def installed(repository: Path, environment: Mapping[str, str], pinned: Path = PINNED) -> Path:
    """The folder with ``node_modules`` as the lock has them, below ``.cache``; made if it is not there."""
    lock = (pinned / "package-lock.json").read_bytes()
    folder = repository / ".cache" / f"contract-{hashlib.sha256(lock).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    making = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.copytree(pinned, making)
    try:
        options = ("--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund")
        ran = subprocess.run(
            [binary("npm", NODE_PACKAGE), "ci", *options],
            cwd=making,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        try:
            making.rename(folder)
        except OSError:  # another process of the tests was first: theirs is of the same lock
            assert folder.is_dir()
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


async def run(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Node in ``folder`` with a closed standard input and nothing of the tests' own environment."""
    return await asyncio.to_thread(
        subprocess.run,
        [node(), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "CI": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
