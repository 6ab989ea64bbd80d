"""Starting and ending the consoles that act as programs of their own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.console.consoles import Consoles

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 180.0


@asynccontextmanager
async def child(scene: Consoles, *words: str) -> AsyncIterator[Process]:
    """``python WORDS`` on the scene's host and ledger; dead when the block ends."""
    loaded = scene.settings().settings
    assert loaded.vercel.token is not None
    environ = dict(os.environ) | {
        "COALMINE_VERCEL__API_URL": loaded.vercel.api_url,
        "COALMINE_VERCEL__TOKEN": loaded.vercel.token.get_secret_value(),
        "COALMINE_VERCEL__TEAM_ID": scene.sim.team_id,
        "COALMINE_VERCEL__PROJECT_ID": scene.sim.project_id,
        "COALMINE_PROMETHEUS__URL": scene.sim.prometheus_url,
        "COALMINE_STATE_DIR": str(scene.folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=ROOT, env=environ, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    """The next line that it prints; empty once it is dead."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        return (await process.stdout.readline()).decode().strip()


async def ready(process: Process) -> None:
    """Wait until it is about to act. Its own words are the failure where it has died."""
    if await line(process) != "ready":
        raise AssertionError((await process.communicate())[1].decode())


async def told(process: Process) -> dict[str, Any]:
    """The next line as JSON. Its own words are the failure where it has died."""
    text = await line(process)
    assert text, (await process.communicate())[1].decode()
    found: dict[str, Any] = json.loads(text)
    return found


def go(process: Process) -> None:
    """Let it go on."""
    assert process.stdin is not None
    process.stdin.write(b"go\n")


async def ended(process: Process) -> int:
    """Its exit status: negative for the signal that ended it."""
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait()
