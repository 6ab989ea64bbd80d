"""A metric looked at from a playbook, on the simulated shop's Prometheus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.runs.run import Run
from console.runs.terms import StepState
from data.http.transport import Transport
from data.prometheus.client import PrometheusClient
from data.prometheus.source import PrometheusSource
from tests.commands.running import Shop, simulating
from tests.console.runs.scene import Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shop() -> object:
    with simulating() as one:
        yield one


@pytest.fixture
async def stage(tmp_path: Path, shop: Shop) -> AsyncIterator[Stage]:
    one = Stage.at(tmp_path)
    transport = Transport(one.runs.clock)
    one.source = PrometheusSource(PrometheusClient(transport, shop.settings["COALMINE_PROMETHEUS__URL"]))
    yield one
    await transport.aclose()
    one.close()


async def looked(stage: Stage, shop: Shop, wanted: str, *more: str, query: str = "error_rate") -> Run:
    tracks = shop.control("truth")["tracks"]
    both = f"{{subject: {tracks['canary']['deployment_id']}, control: {tracks['baseline']['deployment_id']}}}"
    lines = ("id: look", "kind: metric", f"query: {query}", f"compare: {both}", "window: 1m")
    return await stage.ran("\n".join((*lines, f"assert: {wanted}", *more)))


@pytest.mark.parametrize(
    ("wanted", "more", "state"),
    [
        ("subject < 0.5 and control < 0.5", "min_requests: 1", StepState.SUCCEEDED),
        ("subject > 0.5", "min_requests: 1", StepState.FAILED),
        ("subject < 0.5", "min_requests: 1000000", StepState.NO_DATA),
        ("subject < 0.5", "hold_for: 6s", StepState.SUCCEEDED),
    ],
)
async def test_both_deployments_are_looked_at(
    stage: Stage, shop: Shop, wanted: str, more: str, state: StepState
) -> None:
    step = (await looked(stage, shop, wanted, more)).step("look")
    assert step.state is state, step.ended
    assert step.ended is not None
    assert [line.partition(" ")[0] for line in step.ended.evidence[:2]] == ["subject", "control"]
    if more.startswith("hold_for"):
        assert step.ran_ms >= 6_000


async def test_latency_is_in_seconds(stage: Stage, shop: Shop) -> None:
    assert (await looked(stage, shop, "control > 0.01 and control < 5", query="latency_p95")).over


async def test_what_is_not_there_is_no_data_and_never_passes(stage: Stage) -> None:
    lines = "id: look\nkind: metric\nquery: {}\nsubject: dpl_none\nwindow: 1m\nassert: subject < 1"
    step = (await stage.ran(lines.format("error_rate"))).step("look")
    assert step.state is StepState.NO_DATA
    step = (await stage.ran(lines.format("no_such_metric"))).step("look")
    assert (step.state, "no metric no_such_metric" in step.says) == (StepState.NO_DATA, True)
    stage.source = None
    step = (await stage.ran(lines.format("error_rate"))).step("look")
    assert (step.state, "No metrics source" in step.says) == (StepState.NO_DATA, True)
