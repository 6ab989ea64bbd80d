"""The same releases where histograms are native ones, and on a VictoriaMetrics: the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.course import Server, play
from tests.live.expected import expected, faults
from tests.live.exposed import Form

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("name", ["healthy", "latency-regression", "harm-page-load", "harm-database"])
async def test_native_histograms_give_the_same_verdict(name: str, tmp_path: Path) -> None:
    await as_expected(name, tmp_path, "prometheus", "native")


@pytest.mark.parametrize("name", ["healthy", "error-spike", "harm-new-errors", "metrics-outage"])
async def test_a_victoria_metrics_gives_the_same_verdict(name: str, tmp_path: Path) -> None:
    await as_expected(name, tmp_path, "victoria-metrics", "classic")


async def as_expected(name: str, folder: Path, server: Server, form: Form) -> None:
    wanted = expected()[name]
    assert faults(wanted, await play(wanted.plan(name), folder, server, form)) == []
