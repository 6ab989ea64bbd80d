"""Sessions without a Prometheus: judged by what Vercel itself counts, and the source named everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import events
from console.canary.measures import Quantile, Ratio
from console.chosen import metrics_choice
from console.commands.report import status_report
from console.metric_sources import OBSERVABILITY, PROMETHEUS, REQUEST_LOGS
from console.wiring import open_stores
from console.world import World
from data.simulator.account import Account
from screens.dialogs.why_text import why_lines
from screens.paint import plain
from screens.sources.rows import detail
from tests.console.consoles import Console, Consoles, consoles, until

pytestmark = [pytest.mark.slow]

NO_PROMETHEUS = Account(without=frozenset({"prometheus"}))
NOTHING_PAID = Account(without=frozenset({"prometheus", "observability"}))
VERCEL = {"PROMETHEUS__URL": ""}
"""No address: Vercel is asked."""


def detail_of_metrics(one: Console, world: World) -> str:
    """What the sources screen says of the source that measures."""
    [view] = [view for view in one.session.desk.sources(world) if view.id == "metrics"]
    return "\n".join(map(plain, detail(view, world.now, 80)))


def metrics(world: World) -> str:
    source = world.metrics_source
    return f"{source.name} {source.state.value}" if source else "none"


async def judged(scene: Consoles, word: str, **settings: str) -> tuple[Console, World]:
    one = await scene.started(**VERCEL, **settings)
    world = await one.sees(lambda w: w.verdict and w.verdict.word.value == word, word)
    await until(lambda: [e for e in one.recorded(events.VerdictChanged) if e.word == word])
    return one, world


@pytest.mark.parametrize(
    ("scenario", "word"),
    [("healthy", "promote"), ("error-spike", "rollback"), ("latency-regression", "rollback")],
)
async def test_observability_alone_gives_the_verdict(tmp_path: Path, scenario: str, word: str) -> None:
    async with consoles(tmp_path, scenario, speed=60, account=NO_PROMETHEUS) as scene:
        one, world = await judged(scene, word)
        assert metrics(world) == f"{OBSERVABILITY} ok"
        assert scene.asked("/api/v1", "prometheus") == 0
        by_id = {view.metric.id: view for view in world.metrics}
        assert isinstance(by_id["error_rate"].canary.value, Ratio)
        assert isinstance(by_id["latency_p95"].canary.value, Quantile)
        assert {view.canary.source for view in world.metrics} == {OBSERVABILITY}
        assert all(len(view.baseline_line) > 30 for view in world.metrics)  # Vercel's own past, too
        assert {s["name"] for s in status_report(world)["sources"]} == {"vercel", OBSERVABILITY}
        assert one.recorded(events.VerdictChanged)[-1].reasons
        said = detail_of_metrics(one, world)
        assert "Vercel Observability" in said
        assert "vercel.request.count" in said
        why = "\n".join(map(plain, why_lines(world, world.now, 80)))
        assert "measured by Vercel Observability" in why
        assert "as the source says" in why


async def test_without_the_paid_product_the_request_logs_find_the_errors(tmp_path: Path) -> None:
    async with consoles(tmp_path, "error-spike", speed=60, account=NOTHING_PAID) as scene:
        one, world = await judged(scene, "rollback", METRICS__SUPPLEMENTS="false")
        assert metrics(world) == f"{REQUEST_LOGS} ok"
        assert scene.asked("/v2/observability/query") <= 2  # it is not asked again and again
        said = detail_of_metrics(one, world)
        assert "Vercel request logs" in said
        assert "Observability Plus" in said.replace("\n", " ")
        assert world.verdict is not None
        [latency] = [m for m in world.verdict.metrics if m.metric_id == "latency_p95"]
        assert "no durations" in latency.sentence


async def test_request_logs_alone_never_say_promote(tmp_path: Path) -> None:
    async with consoles(tmp_path, "healthy", speed=60, account=NOTHING_PAID) as scene:
        one = await scene.started(**VERCEL, JUDGE__KIND="limits")  # which are sooner satisfied
        world = await one.sees(
            lambda w: w.verdict and any("you decide" in reason for reason in w.verdict.reasons), "you decide"
        )
        assert world.verdict is not None
        assert world.verdict.word.value == "hold"
        since = world.verdict.since
        later = await one.sees(lambda w: w.verdict and w.verdict.judged_at > since + 240_000, "later")
        assert later.verdict is not None
        assert later.verdict.word.value == "hold"
        assert {e.word for e in one.recorded(events.VerdictChanged)} <= {"hold", "no_data"}


async def test_a_source_that_is_forced_is_not_replaced(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=60, account=NOTHING_PAID) as scene:
        one = await scene.started(**VERCEL, METRICS__SOURCE="observability")
        world = await one.sees(lambda w: w.metrics_source and w.metrics_source.problem, "why not")
        assert world.metrics_source is not None
        assert world.metrics_source.name == OBSERVABILITY
        assert "Observability Plus" in world.metrics_source.problem.what  # type: ignore[union-attr]
        assert scene.asked("/api/logs/request-logs") == 0
        assert one.word in (None, "no_data")


async def test_the_paid_product_bought_while_watching_is_used(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=60, account=NOTHING_PAID) as scene:
        one = await scene.started(**VERCEL)
        await one.sees(lambda w: metrics(w) == f"{REQUEST_LOGS} ok", "logs")
        scene.sim.world.project.account = NO_PROMETHEUS
        await one.sees(lambda w: metrics(w) == f"{OBSERVABILITY} ok", "observability")
        world = await one.sees(lambda w: w.metrics and w.metrics[1].canary.problem is None, "a latency")
        assert world.metrics_source is not None
        assert "is not used" not in world.metrics_source.note


async def test_a_second_console_that_reads_along_names_the_source_that_was_asked(tmp_path: Path) -> None:
    async with consoles(tmp_path, speed=60, account=NOTHING_PAID) as scene:
        one = await scene.started(**VERCEL)
        await one.sees(lambda w: metrics(w) == f"{REQUEST_LOGS} ok", "logs")
        other = scene.console(changes=VERCEL)
        await other.session._rebuild()
        assert metrics(other.world).startswith(REQUEST_LOGS)


async def test_samples_of_an_earlier_version_are_still_understood(tmp_path: Path) -> None:
    from console.picture import Picture
    from console.ports import Sample
    from console.wiring import where_of
    from tests.console.test_picture import NOBODY

    async with consoles(tmp_path) as scene:
        aim = scene.target()
        stores, where = open_stores(aim.ledger_path, aim.clock), where_of(aim)
        now = aim.clock.now()
        kept = Sample(f"{where.scope}/prometheus", now, now, "prometheus", "{}")
        stores.samples.record([kept])
        world = Picture(stores.ledger, stores.samples, where).build(now, NOBODY)
        assert metrics(world) == "prometheus ok"
        stores.ledger.close()
        stores.samples.close()


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        ({}, (PROMETHEUS,)),
        ({"PROMETHEUS__URL": ""}, (OBSERVABILITY, REQUEST_LOGS)),
        ({"METRICS__SOURCE": "request-logs"}, (REQUEST_LOGS,)),
        ({"METRICS__SOURCE": "observability"}, (OBSERVABILITY,)),
        ({"METRICS__SOURCE": "prometheus"}, (PROMETHEUS,)),
    ],
)
async def test_the_choice(tmp_path: Path, settings: dict[str, str], chosen: tuple[str, ...]) -> None:
    async with consoles(tmp_path) as scene:
        assert metrics_choice(scene.target(**settings).settings) == chosen
