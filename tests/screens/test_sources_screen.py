"""The sources: each in a row with its state in words, and what to do about the marked one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from console.readings import Problem, Reading
from console.sources import Facts, Wire, views
from console.world import SourceState, World
from screens.dialogs.source import SourceRawDialog
from screens.dialogs.token import TokenDialog
from screens.ledger.screen import LedgerScreen
from screens.release.screen import ReleaseScreen
from screens.sources.rows import detail, row
from screens.sources.screen import SourcesScreen
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit, PreparedDesk
from tests.screens.running import Running, running

GONE = Problem("unreachable", "Prometheus cannot be reached: refused.", "Check the network and the setting.")
WIRE = Wire(
    "https://api.vercel.com",
    "open",
    last_ok_at=worlds.NOW - 3_000,
    last_failure_at=worlds.NOW - 60_000,
    last_failure=Problem("timeout", "Vercel did not answer in time.", "It is asked again."),
    latency_ms=42.4,
    remaining=2_931,
    limit=3_000,
    resets_at=worlds.NOW + 30_000,
    retry_at=worlds.NOW + 8_000,
)
FACTS = Facts(
    wires={"vercel": WIRE},
    asked={"vercel": (("the rolling release", 5_000), ("the project", 30_000))},
    token_origin="from VERCEL_TOKEN",
)


def down(world: World) -> World:
    """Prometheus has failed for two minutes."""
    health = tuple(
        replace(one, state=SourceState.FAILING, problem=GONE, retry_at=worlds.NOW + 5_000)
        if one.name == "prometheus"
        else one
        for one in world.sources
    )
    return replace(world, sources=health)


async def on_sources(session: Running) -> None:
    await session.press("s")
    await session.until(lambda: isinstance(session.app.screen, SourcesScreen))


def cockpit(world: World, facts: Facts = FACTS) -> PreparedCockpit:
    return PreparedCockpit(world, desk=PreparedDesk(facts))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_what_fails_says_why_and_what_to_do(size: tuple[int, int]) -> None:
    world = down(worlds.healthy())
    async with running(world, size=size, cockpit=cockpit(world)) as session:
        await on_sources(session)
        shown = " ".join((await session.shows("! 1 fails", "Alertmanager")).split())
        assert all(one in shown for one in ("! fails prometheus", "✓ works Vercel", "· off Alertmanager"))
        await session.press("j")
        await session.shows("Prometheus cannot be reached", "→ Check the network and the setting.")
        await session.press("y")
        assert session.app.clipboard == GONE.next
        await session.press("enter")
        await session.shows("Source: prometheus", "next try", "in 5 s", "last error")


async def test_the_connection_the_limit_and_the_circuit_are_told() -> None:
    world = worlds.healthy()
    async with running(world, size=(200, 50), cockpit=cockpit(world)) as session:
        await on_sources(session)
        await session.shows(
            "42 ms",
            "the rolling release every 5 s, the project every 30 s",
            "open: held back after repeated failures, next try in 8 s",
            "2,931 of 3,000 requests left, anew in 30 s",
            "Vercel did not answer in time.",
        )


async def test_it_is_filtered_and_left_like_the_other_lists() -> None:
    async with running(worlds.healthy(), size=(80, 24), cockpit=cockpit(worlds.healthy())) as session:
        await on_sources(session)
        await session.press("slash", *"ledger", "enter")
        shown = await session.shows("match ledger", "works   ledger")
        assert "Alertmanager" not in shown
        await session.press("d")
        await session.until(lambda: isinstance(session.app.screen, SourceRawDialog))
        assert json.loads(session.app.screen.text)["finding"]["id"] == "ledger"  # type: ignore[attr-defined]
        await session.press("escape", "escape")
        await session.shows("Alertmanager")
        await session.press("G")
        rows = session.app.screen.rows  # type: ignore[attr-defined]
        await session.until(lambda: rows.at == len(rows.keys) - 1)
        await session.press("escape")
        await session.until(lambda: isinstance(session.app.screen, ReleaseScreen))
        await session.press("minus")
        await session.until(lambda: isinstance(session.app.screen, SourcesScreen))


async def test_the_palette_leads_there_from_where_s_does_something_else() -> None:
    async with running(worlds.healthy(), size=(80, 24), cockpit=cockpit(worlds.healthy())) as session:
        await session.press("9")
        await session.until(lambda: isinstance(session.app.screen, LedgerScreen))
        await session.press("colon", *"The sources")
        await session.shows("The sources: what works")
        await session.press("down", "enter")
        await session.until(lambda: isinstance(session.app.screen, SourcesScreen))
        await session.press("ctrl+t")
        await session.until(lambda: isinstance(session.app.screen, TokenDialog))


@pytest.mark.parametrize("name", ["healthy", "host_down", "never_connected", "read_only", "rollback"])
@pytest.mark.parametrize("cells", [60, 80, 200])
def test_every_row_fits_and_every_source_says_something(name: str, cells: int) -> None:
    world = getattr(worlds, name)()
    for view in views(world, Facts(policy="No policy has been adopted for this ledger.")):
        assert view.finding.says
        assert view.gives
        assert view.finding.state in ("works", "asking") or view.finding.next, view.finding
        for line in (row(view, world.now, cells, True), *detail(view, world.now, cells)):
            assert sum(len(part.text) for part in line) <= cells


def test_an_old_answer_is_never_said_to_work() -> None:
    world = worlds.healthy()
    [vercel] = [one for one in views(world, Facts()) if one.id == "project"]
    late = world.now + 10 * 60_000
    assert "lost" in "".join(part.text for part in row(vercel, late, 80, False))


def test_a_refused_token_is_the_tokens_and_not_its_owners_fault() -> None:
    problem = Problem("unauthorised", "Vercel refused the token (401).", "Renew it.")
    world = replace(worlds.healthy(), account=Reading.missing("vercel", problem))
    [token] = [one for one in views(world, FACTS) if one.id == "token"]
    assert (token.finding.state, token.finding.next) == ("fails", "Renew it.")
    assert token.finding.says == "Vercel refused the token (401); from VERCEL_TOKEN"
