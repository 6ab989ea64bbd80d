"""Real servers from Debian packages, as children of the test on ports of their own.

A binary that is missing fails the test with the package to install: a skipped proof is no proof.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ALERTING = """\
route: {receiver: nobody, group_wait: 1s, group_interval: 1s, group_by: [alertname]}
receivers: [{name: nobody}]
inhibit_rules:
- source_matchers: [alertname="Down"]
  target_matchers: [alertname="Slow"]
  equal: [service]
"""
"""A configuration of an Alertmanager: an alert Down inhibits Slow of the same service."""


def binary(name: str, package: str) -> str:
    """Where the program ``name`` is; the test fails if ``package`` is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not on this machine. Install it: apt-get install {package}", pytrace=False)
    return path


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def server(argv: Sequence[str], log: Path, ready: str, timeout_s: float = 20.0) -> Iterator[str]:
    """Run ``argv`` (``{port}`` in it is filled in) until the block ends; yields its base URL.

    It counts as ready when ``ready`` answers 200. A lost race for the port is tried again.
    """
    for _ in range(3):
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        with log.open("ab") as out:
            child = subprocess.Popen(
                [part.replace("{port}", str(port)) for part in argv],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
            )
        try:
            if _answers(child, base + ready, timeout_s):
                yield base
                return
        finally:
            _stop(child)
    pytest.fail(f"{argv[0]} did not become ready:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)


@contextmanager
def prometheus(folder: Path, config: str, *arguments: str) -> Iterator[str]:
    """A Prometheus with the configuration text ``config`` and its data below ``folder``; its base URL.

    It takes remote writes and reloads. Its first scrape comes about six seconds after the start.
    """
    program = binary("prometheus", "prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "prometheus.yml"
    file.write_text(config, encoding="utf-8")
    argv = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        "--web.enable-remote-write-receiver",
        "--log.level=warn",
        *arguments,
    ]
    with server(argv, folder / "prometheus.log", "/-/ready") as base:
        yield base


@contextmanager
def victoria(folder: Path, config: str | None = None, *arguments: str) -> Iterator[str]:
    """A VictoriaMetrics, empty or scraping as ``config`` says; its base URL. It takes remote writes.

    It hides nothing of the newest half minute, as it would on its own; what was written is seen after
    :func:`flushed`.
    """
    program = binary("victoria-metrics", "victoria-metrics")
    folder.mkdir(parents=True, exist_ok=True)
    argv = [
        program,
        "-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'data'}",
        "-retentionPeriod=100y",
        "-search.latencyOffset=0s",
        "-search.disableCache",
        "-loggerLevel=WARN",
        *arguments,
    ]
    if config is not None:
        file = folder / "scrape.yml"
        file.write_text(config, encoding="utf-8")
        argv.append(f"-promscrape.config={file}")
    with server(argv, folder / "victoria-metrics.log", "/health") as base:
        yield base


@contextmanager
def alertmanager(folder: Path, config: str = ALERTING, *arguments: str) -> Iterator[str]:
    """An Alertmanager that tells nobody and gossips with nobody; its base URL."""
    program = binary("prometheus-alertmanager", "prometheus-alertmanager")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "alertmanager.yml"
    file.write_text(config, encoding="utf-8")
    argv = [
        program,
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
        *arguments,
    ]
    with server(argv, folder / "alertmanager.log", "/-/ready") as base:
        yield base


def flushed(base: str) -> None:
    """Make all that was written to the VictoriaMetrics at ``base`` visible to queries."""
    with urllib.request.urlopen(f"{base}/internal/force_flush", timeout=20):
        pass


def scraping(metrics_url: str, interval_s: int = 1) -> str:
    """A configuration that scrapes ``metrics_url`` every ``interval_s`` seconds as the job ``shop``."""
    host = metrics_url.removeprefix("http://").partition("/")[0]
    return (
        f"global: {{scrape_interval: {interval_s}s, scrape_timeout: 1s}}\n"
        f"scrape_configs: [{{job_name: shop, static_configs: [{{targets: ['{host}']}}]}}]\n"
    )


def _answers(child: subprocess.Popen[bytes], url: str, timeout_s: float) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and child.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return True
        except urllib.error.HTTPError as err:
            err.close()
        except OSError:
            pass
        time.sleep(0.01)
    return False


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()
