"""What others rely on changes only where it is seen: help, exit codes and schemas against the golden file."""

from __future__ import annotations

import subprocess
import sys

from tests.interface import GOLDEN


def test_the_interface_is_the_one_written_down() -> None:
    """On purpose? ``make interface``, and look at the difference.

    Asked of a fresh process: click keeps a command's help option from its first use, so what another test
    called before would show here.
    """
    said = subprocess.run(
        [sys.executable, "-m", "tests.interface", "--print"], capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_the_exit_codes_are_those_of_the_design() -> None:
    golden = GOLDEN.read_text(encoding="utf-8")
    for line in (
        "0  DONE",
        "1  FAILED",
        "2  USAGE",
        "3  HOLD",
        "4  NO_DATA",
        "5  REFUSED",
        "5  outcome refused_here",
        "1  outcome refused",
        "4  outcome unknown",
        "1  verdict rollback",
        "3  verdict hold",
        "4  verdict no_data",
    ):
        assert f"  {line}\n" in golden
