"""Commands as children: no shell, no stdin, none of our tokens, stopped in time, secrets hidden."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from console.rollback.command_running import KEPT, kept, shown_lines
from data.commands import ProcessRunner
from tests.console.consoles import until

LONG_S = 60.0
ODD = ["$(touch here)", "; rm x", "a  b", "`x`", "|", "*", "", "ü\n"]


def runner(*secrets: str, **environ: str) -> ProcessRunner:
    return ProcessRunner(lambda: secrets, {"PATH": os.environ["PATH"], **environ})


def python(text: str, *words: str) -> list[str]:
    return [sys.executable, "-c", text, *words]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def test_each_word_arrives_as_it_is_and_no_shell_reads_it(tmp_path: Path) -> None:
    ran = await runner().run(
        python("import sys, json; print(json.dumps(sys.argv[1:]))", *ODD), tmp_path, LONG_S
    )
    assert ran.good, ran
    assert json.loads(ran.output) == ODD
    assert os.listdir(tmp_path) == []


async def test_how_it_ended_and_both_streams_are_kept(tmp_path: Path) -> None:
    text = "import sys, os; print('out', flush=True); print('err', file=sys.stderr, flush=True); sys.exit(3)"
    ran = await runner().run(python(text), tmp_path, LONG_S)
    assert (ran.how, ran.code, ran.output.split()) == ("exited", 3, ["out", "err"])
    ran = await runner().run(python("import os; os.kill(os.getpid(), 9)"), tmp_path, LONG_S)
    assert (ran.how, ran.code) == ("exited", -signal.SIGKILL)


@pytest.mark.parametrize("word", ["no-such-program", "./here", "nul\0"])
async def test_what_cannot_be_started_is_said(tmp_path: Path, word: str) -> None:
    (tmp_path / "here").write_text("no program")
    ran = await runner().run([word], tmp_path, LONG_S)
    assert ran.how == "not_started"
    assert word in ran.why
    assert "no directory" in (await runner().run(python("pass"), tmp_path / "lost", LONG_S)).why


async def test_it_has_no_stdin_and_none_of_our_variables(tmp_path: Path) -> None:
    text = "import os, sys, json; print(json.dumps([sys.stdin.read(), sorted(os.environ)]))"
    ours = {"COALMINE_VERCEL__TOKEN": "tok_ours1", "VERCEL_TOKEN": "tok_ours2", "DATABASE": "shop"}
    ran = await runner(**ours).run(python(text), tmp_path, LONG_S)
    stdin, names = json.loads(ran.output)
    assert stdin == ""
    assert "DATABASE" in names
    assert not [name for name in names if name.startswith("COALMINE") or name == "VERCEL_TOKEN"]


async def test_secrets_in_the_output_are_hidden(tmp_path: Path) -> None:
    environ = {
        "VERCEL_TOKEN": "tok_of_the_host",
        "PGPASSWORD": "hunter2222",
        "DATABASE_URL": "postgres://shop:s3cr3t-pass@db.example/shop",
    }
    text = (
        "print('tok_of_the_host tok_of_settings hunter2222 s3cr3t-pass');"
        "print('postgres://me:other-pass@db/x Authorization: Bearer abcdef123456');"
        "print('password=plain-one api_key: \"two words\"')"
    )
    ran = await runner("tok_of_settings", **environ).run(python(text), tmp_path, LONG_S)
    secrets = ("tok_of", "hunter", "s3cr3t", "other-pass", "abcdef", "plain-one", "two words")
    assert [one for one in secrets if one in ran.output] == [], ran.output
    assert "postgres://me:***@db/x" in ran.output


@pytest.mark.slow
async def test_one_that_takes_too_long_is_stopped_with_what_it_started(tmp_path: Path) -> None:
    text = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)']);"
        "print(c.pid, flush=True); time.sleep(3600)"
    )
    ran = await runner().run(python(text), tmp_path, 2.0)
    assert ran.how == "timed_out"
    child = int(ran.output)
    await until(lambda: gone(child), "its child is gone as well")


async def test_what_is_left_behind_holds_nothing_up(tmp_path: Path) -> None:
    text = (
        "import subprocess, sys;"
        "c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)']);"
        "print(c.pid, flush=True)"
    )
    ran = await runner().run(python(text), tmp_path, LONG_S)
    assert ran.good, ran
    await until(lambda: gone(int(ran.output)), "what it left behind is gone")


async def test_one_whose_waiter_goes_away_is_stopped(tmp_path: Path) -> None:
    text = (
        "import os, time; open('pid', 'w').write(str(os.getpid())); os.rename('pid', 'here');time.sleep(3600)"
    )
    task = asyncio.ensure_future(runner().run(python(text), tmp_path, LONG_S))
    await until((tmp_path / "here").exists, "it runs")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: gone(int((tmp_path / "here").read_text())), "it is stopped")


async def test_of_much_output_the_end_is_kept(tmp_path: Path) -> None:
    text = "[print('y' * 99) for _ in range(20000)]; print('end')"
    ran = await runner().run(python(text), tmp_path, LONG_S)
    assert ran.good
    assert len(ran.output) <= 64 * 1024
    assert ran.output.endswith("end\n")
    assert len(kept(ran.output).encode()) <= KEPT
    assert shown_lines(ran.output)[-1] == "end"
    assert "lines before" in shown_lines(ran.output)[0]


@pytest.mark.parametrize(
    "text", ["\x1b[2Jx", "a\u202eb", "\x00\x07", "\u200b", "\ud800", "😀" * 3000, "a\rb\tc"]
)
def test_what_is_kept_moves_no_cursor(text: str) -> None:
    found = kept(text)
    assert all(char.isprintable() or char == "\n" for char in found), found
    assert len(found.encode()) <= KEPT
