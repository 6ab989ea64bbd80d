"""``coalmine simulate`` as a process: one line, then service until it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from console.commands.account_options import account_words
from console.commands.simulate import command
from data.simulator.answers import Ready
from data.simulator.server import Simulator

RUN = "from console.commands.simulate import command; command()"


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], Ready]]:
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        yield child, Ready.model_validate_json(child.stdout.readline())
    finally:
        child.kill()
        child.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_serves_and_stops_cleanly(signum: signal.Signals) -> None:
    with running("--scenario", "error-spike", "--seed", "7", "--speed", "20") as (child, ready):
        assert (ready.scenario, ready.seed, ready.speed) == ("error-spike", 7, 20.0)
        with urllib.request.urlopen(f"{ready.control_url}/truth", timeout=10) as answer:
            truth = json.load(answer)
        assert truth["now_ms"] >= ready.now_ms
        child.send_signal(signum)
        out, err = child.communicate(timeout=20)
        assert (child.returncode, out, err) == (0, "", "")


def test_it_stops_when_its_parent_is_gone() -> None:
    """A shell starts it, tells what it said, and dies; the simulator follows."""
    script = (
        "import os, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {RUN!r}, '--parent-pid', str(os.getpid())],"
        " stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline().strip(), flush=True)\n"
        "sys.stdin.readline()\n"
        "os._exit(0)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    ready = Ready.model_validate_json(parent.stdout.readline())
    host, port = ready.control_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        parent.communicate("die\n", timeout=20)
        line.settimeout(20)
        assert line.recv(1) == b""  # closed by the simulator on its way out


def test_bad_arguments_are_explained() -> None:
    for arguments, says in (
        (["--scenario", "nope"], "There is no scenario called 'nope'"),
        (["--speed", "0"], "--speed"),
        (["--port", "70000"], "--port"),
    ):
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == 2
        assert says in result.output


def test_a_port_that_is_taken_is_explained() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(command, ["--port", str(taken.getsockname()[1])])
    assert result.exit_code == 1
    assert "another --port" in result.output


async def test_it_serves_this_machine_only() -> None:
    simulator = Simulator(scenario="healthy", seed=1, speed=1)
    with pytest.raises(ValueError, match="this machine only"):
        async with simulator.serving(host="0.0.0.0"):
            pass


def test_two_starts_have_two_tokens_and_neither_is_in_a_repr() -> None:
    one, two = (Simulator(scenario="healthy", seed=1, speed=1) for _ in range(2))
    assert one.token != two.token
    assert one.token not in repr(one)
    assert os.environ.get("COALMINE_VERCEL__TOKEN") is None


def test_the_account_is_chosen_by_options() -> None:
    words = ("--plan", "pro", "--without", "slots,checks", "--without", "prometheus")
    with running(*words, "--advancement", "automatic", "--gate", "pause") as (_, ready):
        assert (ready.plan, ready.without) == ("pro", ["checks", "prometheus", "slots"])


def test_a_part_that_does_not_exist_is_named() -> None:
    ran = CliRunner().invoke(command, ["--without", "gravity"])
    assert ran.exit_code == 2
    assert "There is no 'gravity' to do without" in ran.output


def test_the_options_for_another_process_are_those_that_were_given() -> None:
    assert account_words("enterprise", (), "manual", "off") == []
    words = account_words("hobby", ("prometheus", "checks"), "automatic", "dry-run")
    assert words == [
        *("--plan", "hobby", "--without", "prometheus,checks", "--advancement", "automatic"),
        *("--gate", "dry-run"),
    ]
