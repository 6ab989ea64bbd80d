"""Acts and requests in one list: newest first, filtered, copied as commands, and still while nobody looks."""

from __future__ import annotations

from typing import cast

import pytest

from console.as_command import as_read_command
from console.calls import KEPT, Call
from console.outcome import End, Outcome
from console.readings import Problem
from screens.dialogs.call import CallDialog
from screens.dialogs.call_rows import command, entries
from screens.dialogs.calls import CallsDialog
from screens.log import Acted
from screens.widgets.rows import Rows
from tests.screens import worlds
from tests.screens.cockpit import PreparedCockpit
from tests.screens.running import Running, running

RELEASE = "/v1/projects/prj_Abcd1234Efgh5678/rolling-release"
LATE = Problem("server_error", "Vercel failed with 503 on the release.", "Coalmine tries again.")


def call(ago_ms: int, path: str = RELEASE, **more: object) -> Call:
    told = {"service": "Vercel", "method": "GET", "status": 200, "problem": None, "ms": 42.0, **more}
    return Call(worlds.NOW - ago_ms, path=path, host="api.vercel.com", **told)  # type: ignore[arg-type]


def with_calls() -> PreparedCockpit:
    behind = PreparedCockpit(worlds.healthy())
    for one in (
        call(9_000, query="teamId=team_1"),
        call(8_000, status=503, problem=LATE),
        call(7_900, attempt=2, size=1_331),
        call(5_000, "/api/v1/query", method="POST", service="Prometheus"),
        call(3_000, f"{RELEASE}/approve-stage", method="POST", effect=True),
        call(1_000, "/v2/user", status=None, held=True),
    ):
        behind.desk.calls.add(one)
    return behind


async def opened(session: Running) -> CallsDialog:
    await session.press("ctrl+l")
    await session.until(lambda: isinstance(session.app.screen, CallsDialog))
    return cast("CallsDialog", session.app.screen)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_every_call_is_a_line_newest_first(size: tuple[int, int]) -> None:
    async with running(worlds.healthy(), size=size, cockpit=with_calls()) as session:
        await opened(session)
        shown = await session.shows("– held", "! 503", "×2 GET api.vercel.com", "6 lines", "esc closes")
        order = ["/v2/user", "approve-stage", "/api/v1/query", "×2 GET", "! 503"]
        places = [shown.index(part) for part in order]
        assert places == sorted(places)


async def test_a_line_is_opened_and_copied_as_its_command() -> None:
    async with running(worlds.healthy(), size=(100, 30), cockpit=with_calls()) as session:
        await opened(session)
        await session.press("G", "k", "enter")
        await session.until(lambda: isinstance(session.app.screen, CallDialog))
        await session.shows(
            "Vercel failed with 503 on the release.", "attempt 1", "coalmine release show --json"
        )
        await session.press("escape", "y")
        assert session.app.clipboard == "coalmine release show --json"


async def test_the_filter_keeps_what_matches_and_esc_undoes_it_first() -> None:
    async with running(worlds.healthy(), size=(100, 30), cockpit=with_calls()) as session:
        dialog = await opened(session)
        await session.press("slash", *"503", "enter")
        shown = await session.shows("1 of 6 match 503", "! 503")
        assert "approve-stage" not in shown
        await session.press("escape")
        await session.shows("6 lines", "approve-stage")
        assert session.app.screen is dialog
        await session.press("escape")
        await session.until(lambda: not isinstance(session.app.screen, CallsDialog))


async def test_the_mark_stays_on_its_line_while_others_come_in_above() -> None:
    behind = with_calls()
    async with running(worlds.healthy(), size=(80, 24), cockpit=behind) as session:
        rows = (await opened(session)).query_one(Rows)
        await session.press("j", "j")
        before = rows.marked
        behind.desk.calls.add(call(0, "/v3/events"))
        await session.show(worlds.healthy())
        await session.shows("7 lines")
        assert (rows.marked, rows.at) == (before, 3)
        await session.press("g")
        behind.desk.calls.add(call(0, "/v3/events"))
        await session.show(worlds.healthy())
        await session.until(lambda: rows.at == 0 and rows.marked == ("call", 8))


async def test_nothing_is_painted_again_where_nothing_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    behind = with_calls()
    async with running(worlds.healthy(), size=(80, 24), cockpit=behind) as session:
        dialog = await opened(session)
        painted: list[object] = []
        rows = dialog.query_one(Rows)

        def noted(*regions: object, **more: object) -> Rows:
            painted.append(regions)
            return rows

        monkeypatch.setattr(rows, "refresh", noted)
        session.app.tick()
        await session.show(worlds.healthy())
        assert painted == []


async def test_a_full_log_is_shown_and_walked_to_its_end() -> None:
    behind = PreparedCockpit(worlds.healthy())
    for number in range(2 * KEPT):
        behind.desk.calls.add(call(2 * KEPT - number))
    async with running(worlds.healthy(), size=(80, 24), cockpit=behind) as session:
        rows = (await opened(session)).query_one(Rows)
        await session.press("G")
        await session.until(lambda: rows.marked == ("call", KEPT + 1))


def test_an_effect_has_the_command_of_the_act_that_sent_it() -> None:
    done = Outcome(End.DONE, "The host accepted it.")
    act = Acted(worlds.NOW - 4_000, "coalmine release advance --arm x", done)
    later = Acted(worlds.NOW, "coalmine release abort --arm y", done)
    log = with_calls().desk.calls.newest_first()
    told = {one.call.path: command(one, (act, later)) for one in log}
    assert told[f"{RELEASE}/approve-stage"] == act.command
    assert told["/v2/user"] == "coalmine doctor --json"
    assert [type(one).__name__ for one in entries((act, later), log)].index("Acted") == 0


@pytest.mark.parametrize(
    ("path", "effect", "says"),
    [
        ("/v9/projects/prj_1", False, "coalmine status --json"),
        (f"{RELEASE}/config", False, "coalmine release config show"),
        ("/v7/deployments", False, "coalmine release candidates --json"),
        ("/v10/projects/prj_1/promote/dpl_1", True, "coalmine release promote dpl_1 --dry-run"),
        ("/v1/projects/prj_1/rollback/$(x)", True, "coalmine release rollback '$(x)' --dry-run"),
    ],
)
def test_a_request_has_a_command_that_asks_the_same(path: str, effect: bool, says: str) -> None:
    assert as_read_command(path, effect=effect) == says
