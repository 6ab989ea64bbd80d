"""Pytest plug-in: with ``COALMINE_NO_SKIPS=1`` a skipped test, or a skipped module, fails the run.

Where the whole suite must have run (the slow suite, the proofs, continuous integration), a skip is
a proof that was not made.
"""

from __future__ import annotations

import os

import pytest


class NoSkips:
    """Collects what was skipped and turns a passing run into a failed one."""

    def __init__(self) -> None:
        self.skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        self.skipped[report.nodeid] = why

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.skipped and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("skipped, and nothing may be skipped in this run", red=True)
            for nodeid, why in sorted(self.skipped.items()):
                terminalreporter.write_line(f"{nodeid}: {why}")


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("COALMINE_NO_SKIPS") == "1" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSkips(), "coalmine-no-skips")
