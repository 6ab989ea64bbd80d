"""The suite's own rules hold: nothing leaves the machine, skips are failures, proofs resume."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.loopback import LeftTheMachine, is_here, only_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", None, ""])
def test_loopback_is_here(host: str | None) -> None:
    assert is_here(host)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.0.2.1", "2001:db8::1", "vercel.com", "localhost.evil.com", "0.0.0.0"]
)
def test_other_machines_are_not(host: str) -> None:
    assert not is_here(host)


def test_a_connection_to_another_machine_is_refused_and_noted() -> None:
    with (
        only_loopback() as attempts,
        socket.socket() as sock,
        pytest.raises(LeftTheMachine, match=r"192\.0\.2\.1"),
    ):
        sock.connect(("192.0.2.1", 80))
    assert len(attempts) == 1


async def test_http_clients_cannot_leave_either() -> None:
    with only_loopback() as attempts:
        async with httpx.AsyncClient() as client:
            with pytest.raises(LeftTheMachine, match=r"api\.vercel\.com"):
                await client.get("https://api.vercel.com/v9/projects")
    assert attempts == ["api.vercel.com"]


async def test_a_reserved_name_just_does_not_resolve() -> None:
    with pytest.raises(socket.gaierror):
        await asyncio.open_connection("nowhere.invalid", 80)


async def test_loopback_works() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
        assert await reader.read() == b"hello"
        writer.close()
        await writer.wait_closed()


def test_the_environment_is_the_tests_own(own_environment: Path) -> None:
    assert Path.home() == own_environment
    assert not any(name.startswith(("COALMINE_", "VERCEL_")) for name in os.environ)
    assert time.tzname == ("UTC", "UTC")


IN_ONE_PROCESS_AND_WITH_WORKERS = [(), pytest.param(("-p", "xdist", "-n", "1"), marks=pytest.mark.slow)]


def run(pytester: pytest.Pytester, plugin: str, *words: str) -> pytest.RunResult:
    """Run pytest on the files of ``pytester`` with ``plugin`` and no other, in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return pytester.runpytest_subprocess("-p", plugin, *words)


SKIPPING = """
    import pytest

    def test_runs(): pass

    @pytest.mark.xfail(reason="known", strict=True)
    def test_expected(): assert False
"""
ONE_SKIP = (
    SKIPPING
    + """
    def test_skips(): pytest.skip("no server here")
"""
)


@pytest.mark.parametrize("workers", IN_ONE_PROCESS_AND_WITH_WORKERS)
def test_a_skip_fails_a_run_that_allows_none(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    pytester.makepyfile(ONE_SKIP)
    command = ("tests.strict", *workers)
    assert run(pytester, *command).ret == pytest.ExitCode.OK
    monkeypatch.setenv("COALMINE_NO_SKIPS", "1")
    result = run(pytester, *command)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*::test_skips: Skipped: no server here"])


def test_a_skipped_module_fails_it_too_and_an_expected_failure_does_not(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALMINE_NO_SKIPS", "1")
    pytester.makepyfile(SKIPPING)
    assert run(pytester, "tests.strict").ret == pytest.ExitCode.OK
    pytester.makepyfile(test_second="import pytest\npytest.importorskip('not_a_module_of_anyone')")
    result = run(pytester, "tests.strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["test_second.py: *not_a_module_of_anyone*"])


def test_a_limit_of_time_does_not_stop_a_proof_at_full_size(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, time

        @pytest.mark.timeout(0.05)
        def test_takes_longer():
            end = time.monotonic() + 0.2
            while time.monotonic() < end: pass
        """
    )
    assert run(pytester, "pytest_timeout").ret != pytest.ExitCode.OK
    assert run(pytester, "pytest_timeout", "-p", "tests.prove").ret == pytest.ExitCode.OK


PROOFS = """
    import os, pathlib

    def note(name): pathlib.Path("ran").open("a").write(name + " ")

    def test_first(): note("first")
    def test_second():
        note("second")
        assert pathlib.Path("mended").exists()
"""


def ran(pytester: pytest.Pytester) -> list[str]:
    """The names of the proofs that ran since the last call."""
    path = pytester.path / "ran"
    names = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return sorted(names)


@pytest.mark.parametrize("workers", IN_ONE_PROCESS_AND_WITH_WORKERS)
def test_proofs_resume_until_sources_or_scale_change(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    pytester.makeini("[pytest]\ntestpaths = tests")
    pytester.mkdir("tests").joinpath("test_proofs.py").write_text(
        "\n".join(line[4:] for line in PROOFS.splitlines())
    )
    command = ("tests.prove", *workers, "tests")
    monkeypatch.setenv("PROOF_SCALE", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    assert run(pytester, *command).ret == pytest.ExitCode.TESTS_FAILED
    assert ran(pytester) == ["first", "second"]
    (pytester.path / "mended").touch()
    assert run(pytester, *command).ret == pytest.ExitCode.OK
    assert ran(pytester) == ["second"]
    assert run(pytester, *command).ret == pytest.ExitCode.OK
    assert ran(pytester) == []

    monkeypatch.setenv("PROOF_SCALE", "0.5")
    assert run(pytester, *command).ret == pytest.ExitCode.OK
    assert ran(pytester) == ["first", "second"]
    monkeypatch.setenv("PROOF_SCALE", "1")
    pytester.path.joinpath("tests", "changed.py").write_text("x = 1\n")
    assert run(pytester, *command).ret == pytest.ExitCode.OK
    assert ran(pytester) == ["first", "second"]
