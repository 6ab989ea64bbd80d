"""Speed Insights and Web Analytics through their real clients, on the simulator: counts, before and since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from console.canary.catalogue import CATALOGUE
from console.canary.measures import Count, Quantile, Ratio
from console.ports import SourceError
from console.readings import Problem
from console.together import Spans, Together, spans_of
from data.http import Limits, Secret, Transport
from data.simulator.account import Account
from data.simulator.answers import FaultRequest
from data.vercel.client import VercelClient
from data.vercel.host import VercelHost
from data.vercel.observability.client import ObservabilityClient
from data.vercel.supplements.speed_insights import SpeedInsights
from data.vercel.supplements.web_analytics import WebAnalytics
from tests.simulated import Simulated, simulated

STILL = 1e-9
VITALS = (CATALOGUE["page_load"], CATALOGUE["time_to_interactive"])
VISITED = tuple(CATALOGUE[one] for one in ("page_views", "visits", "conversion_rate", "feature_usage"))
QUERY, ANALYTICS = "/v2/observability/query", "/v1/query/web-analytics"


class Supplements:
    """Both clients on a simulated world, and the spans of its release."""

    def __init__(self, sim: Simulated, transport: Transport) -> None:
        self.sim = sim
        client = VercelClient(transport, token=Secret(sim.token), team_id=sim.team_id, api_url=sim.vercel_url)
        project = VercelHost(client, sim.project_id, sim.clock).project
        self.speed = SpeedInsights(ObservabilityClient(client), project, sim.clock)
        self.web = WebAnalytics(client, project)
        self._host = VercelHost(client, sim.project_id, sim.clock)

    async def spans(self) -> Spans:
        release = await self._host.release()
        assert release is not None
        found = spans_of(release, self.sim.clock.now())
        assert found is not None
        return found

    def asked(self, path: str) -> int:
        return sum(one.path.startswith(path) for one in self.sim.journal.entries)


@asynccontextmanager
async def supplements(
    scenario: str = "healthy", account: Account | None = None, after_s: float = 600
) -> AsyncIterator[Supplements]:
    async with simulated(scenario, speed=STILL, account=account) as sim:
        transport = Transport(sim.clock, limits=Limits(retries=0))
        try:
            sim.clock.advance(after_s)
            yield Supplements(sim, transport)
        finally:
            await transport.aclose()


async def test_vitals_come_with_their_counts_and_as_they_were_before() -> None:
    async with supplements("harm-page-load", Account(without=frozenset({"observability"}))) as there:
        spans = await there.spans()
        found = await there.speed.together(VITALS, spans)
        load, interactive = found["page_load"], found["time_to_interactive"]
        assert isinstance(load, Together)
        assert isinstance(interactive, Together)
        seen = there.sim.world.flow.visits.between(spans.since.start, spans.since.end)
        assert isinstance(load.measure, Quantile)
        assert isinstance(load.was, Quantile)
        assert load.measure.total == sum(seen.lcp) > 10_000
        assert 1.5 < load.was.value < load.measure.value < 5
        assert len(load.line) == round(spans.since.seconds / 60)
        assert (load.instead, interactive.instead) == ("", "INP")
        asked = there.asked(QUERY)
        await there.speed.together(VITALS, spans)
        assert there.asked(QUERY) - asked == 4  # the time before is over: it is not asked for again


async def test_visits_events_and_conversions_are_counts_of_one_span() -> None:
    async with supplements() as there:
        spans = await there.spans()
        found = await there.web.together(VISITED, spans)
        assert there.asked(ANALYTICS) == 4
        parts = {name: one for name, one in found.items() if isinstance(one, Together)}
        assert parts.keys() == found.keys()
        assert {one.since for one in parts.values()} == {spans.since}
        assert {one.before for one in parts.values()} == {spans.before}
        views, visits = parts["page_views"].measure, parts["visits"].measure
        seen = there.sim.world.flow.visits.between(spans.since.start, spans.since.end)
        assert views == Count(sum(seen.views.values()), spans.since.seconds)
        bought, used = parts["conversion_rate"].measure, parts["feature_usage"].measure
        assert isinstance(bought, Ratio)
        assert isinstance(visits, Count)
        assert bought.total == visits.events
        assert 0 < bought.bad < bought.total / 2
        assert isinstance(used, Count)
        assert used.events == sum(seen.events.values()) == sum(cell.events for cell in used.cells)
        assert {cell.name for cell in used.cells} >= {"search", "gift_cards"}
        await there.web.together(VISITED[:2], spans)
        assert there.asked(ANALYTICS) == 6  # without the events, which nobody wanted


async def test_a_product_that_is_switched_off_says_so_and_what_to_do() -> None:
    off = Account(without=frozenset({"speed-insights", "web-analytics"}))
    async with supplements(account=off) as there:
        spans = await there.spans()
        found = await there.speed.together(VITALS, spans)
        assert {one.what for one in found.values() if isinstance(one, Problem)} == {
            "this project has no Speed Insights"
        }
        assert there.asked(QUERY) == 0
        with pytest.raises(SourceError) as caught:
            await there.web.together(VISITED, spans)
        assert "not enabled" in caught.value.problem.what
        assert "Switch on Web Analytics" in caught.value.problem.next


async def test_one_name_that_drifted_leaves_the_others_alone() -> None:
    async with supplements() as there:
        load = VITALS[0]
        gone = replace(load.vercel[0], metrics=("vercel.speed_insights.lcp_seconds",))
        found = await there.speed.together((replace(load, vercel=(gone,)), VITALS[1]), await there.spans())
        assert isinstance(found["time_to_interactive"], Together)
        why = found["page_load"]
        assert isinstance(why, Problem)
        assert "lcp_seconds" in why.what


@pytest.mark.parametrize("path", ["events/aggregate", "visits/count"])
async def test_without_events_there_are_still_page_views_and_without_an_answer_nothing(path: str) -> None:
    async with supplements() as there:
        spans = await there.spans()
        there.sim.faults.add(FaultRequest(path=path, kind="status", status=402, times=9))
        if path == "visits/count":
            with pytest.raises(SourceError, match="402"):
                await there.web.together(VISITED, spans)
            return
        found = await there.web.together(VISITED, spans)
        assert isinstance(found["page_views"], Together)
        assert isinstance(found["feature_usage"], Problem)
        assert isinstance(found["conversion_rate"], Problem)


async def test_a_vercel_that_fails_is_a_failing_source() -> None:
    async with supplements() as there:
        spans = await there.spans()
        await there.speed.together(VITALS, spans)
        there.sim.faults.add(FaultRequest(path=QUERY, kind="status", status=503, times=9))
        with pytest.raises(SourceError, match="503"):
            await there.speed.together(VITALS, spans)
