"""What every test gets: this machine only, a clean environment of its own, repeatable examples."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.loopback import only_loopback

OUTER_ENVIRONMENT: Mapping[str, str] = dict(os.environ)
"""The environment pytest was started in, for the few programs that need it (pip with its mirrors)."""

FORGOTTEN = ("COALMINE_", "VERCEL_", "PROMETHEUS_", "GITHUB_", "GH_")
ALSO_FORGOTTEN = (
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "COLUMNS", "LINES", "PAGER"),
    *(
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ),
    *(
        "TEXTUAL",
        "TEXTUAL_LOG",
        "TEXTUAL_DRIVER",
        "TEXTUAL_ANIMATIONS",
        "TMUX",
        "STY",
        "SSH_CONNECTION",
        "SSH_TTY",
    ),
)

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("searching", deadline=None, print_blob=True)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A slow test that fails is run twice more at most, and named; a proof that failed once has failed.

    Slow tests drive whole programs on real terminals beside real servers: a machine that starves one of
    them says nothing of the product, but the name is listed, and one that comes back is looked into.
    """
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("proof"):
            item.add_marker(pytest.mark.flaky(reruns=2))


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell: the programs under test would inherit that Ctrl+C means nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An endless supply of directories that do not exist yet."""
    base = tmp_path_factory.mktemp("homes", numbered=True)
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, homes: Iterator[Path]) -> Path:
    """An empty home, XDG directories in it, UTC, and none of the settings of whoever runs the tests."""
    home = next(homes)
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(FORGOTTEN) or name in ALSO_FORGOTTEN:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for kind in ("config", "state", "data", "cache", "runtime"):
        monkeypatch.setenv(f"XDG_{kind.upper()}_{'DIR' if kind == 'runtime' else 'HOME'}", str(home / kind))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    return home


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """A command run in this process sends the program's log to its file; the next test gets it back."""
    logger = logging.getLogger("coalmine")
    before, propagates = list(logger.handlers), logger.propagate
    yield
    for handler in set(logger.handlers) - set(before):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = propagates


@pytest.fixture(autouse=True)
def stays_here() -> Iterator[None]:
    """Fails the test that tries to reach another machine, even if the code under test swallows the error."""
    with only_loopback() as attempts:
        yield
    assert not attempts, f"the test tried to reach other machines: {attempts}"


@pytest.fixture
def outer_environment() -> dict[str, str]:
    """A copy of the environment pytest was started in."""
    return dict(OUTER_ENVIRONMENT)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return Path(__file__).resolve().parent.parent
