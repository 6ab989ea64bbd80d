"""Environment variables set since a build: what is said of them, and what where they cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.actions import Preview
from console.host import Variable, Variables
from console.planning import Choice
from console.session import Session
from console.variables import MOST, UNSAID, differences, later_words
from data.simulator.answers import FaultRequest
from tests.console.consoles import Console
from tests.console.rollback.people import asked_for, office, seen

BUILT = 1_795_000_000_000
HOUR = 3_600_000


def variable(
    key: str, set_h: float, added_h: float = -1_000, *targets: str, branch: str | None = None
) -> Variable:
    """``set_h``, ``added_h``: hours after the build."""
    created, updated = BUILT + round(added_h * HOUR), BUILT + round(set_h * HOUR)
    return Variable(key, "plain", targets or ("production", "preview"), created, updated, branch)


def lines(*found: Variable, present_h: float = 100, whole: bool = True) -> tuple[str, ...]:
    return differences(Variables(found, whole), BUILT, BUILT + round(present_h * HOUR))


def test_changed_and_added_ones_are_said_the_newest_first() -> None:
    assert lines(
        variable("OLD", -1), variable("NEXT_PUBLIC_X", 2), variable("NEW", 30, 30, "production")
    ) == (
        "NEW (plain; production) added 1 d after that build: the rolled-back build does without it",
        "NEXT_PUBLIC_X (plain; production, preview) changed 2 h after that build: "
        "the rolled-back build keeps what it was built with",
        UNSAID,
    )


def test_what_neither_build_has_is_said() -> None:
    [line, _] = lines(variable("X", 5), present_h=4)
    assert line.endswith("keeps what it was built with; the build that it replaces does too")


def test_other_environments_and_branches_are_none_of_it() -> None:
    [line] = lines(variable("A", 2, -1, "preview"), variable("B", 2, -1, "production", branch="feat/x"))
    assert line == f"no environment variable of production was set since; {UNSAID}"


def test_what_is_not_known_is_said() -> None:
    undated = Variable("A", "plain", ("production",), None, None)
    found = lines(undated, whole=False)
    assert found[1] == "when 1 environment variable was set is not known: the host does not say"
    assert found[2].startswith("which environment variables were set since that build is not known")


def test_many_are_counted() -> None:
    found = lines(*(variable(f"V{number}", 1 + number) for number in range(MOST + 4)))
    assert len(found) == MOST + 2
    assert found[MOST] == "and 4 more environment variables that were set since that build"


@pytest.mark.parametrize(
    ("elapsed", "words"),
    [(1, "less than 1 s"), (59_999, "59 s"), (60_000, "1 min"), (HOUR * 47, "1 d"), (HOUR * 5, "5 h")],
)
def test_times_in_the_largest_unit(elapsed: int, words: str) -> None:
    assert later_words(elapsed) == words


# --- on a host ------------------------------------------------------------------------------------


async def rollback_of(session: Session) -> Preview:
    """The preview of an instant rollback to the oldest deployment that is offered."""
    candidates = await session.production.candidates(for_rollback=True)
    return await session.preview("rollback", Choice(candidates[-1].deployment.id))


@pytest.mark.slow
async def test_a_request_says_which_variables_do_not_come_back(tmp_path: Path) -> None:
    async with office(tmp_path, speed=1.0) as scene:
        ana = await scene.of("ana")
        room = ana.session.requests()
        view = await seen(room, await asked_for(ana))
        told = view.request.opened.not_covered
        [shipping] = [one for one in told if one.startswith("NEXT_PUBLIC_FREE_SHIPPING_FROM (plain; prod")]
        [loyalty] = [one for one in told if one.startswith("LOYALTY_API_URL (encrypted; production) added")]
        assert "the rolled-back build keeps what it was built with" in shipping
        assert "the rolled-back build does without it" in loyalty
        assert not [one for one in told if "PREVIEW_BANNER" in one or "DATABASE_URL" in one]
        assert "eyJ" not in " ".join(told)
        asked = [one for one in scene.sim.journal.entries if one.path.endswith("/env")]
        assert asked
        assert all("decrypt" not in one.query for one in asked)
        abort = await ana.session.preview("abort")
        assert any(one.startswith("NEXT_PUBLIC_FREE_SHIPPING_FROM") for one in abort.not_back)
        assert any("SEARCH_URL" in one for one in (await rollback_of(ana.session)).not_back)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"kind": "status", "status": 403}, "forbidden"),
        ({"kind": "status", "status": 500}, ""),
        ({"kind": "garbage"}, ""),
        ({"kind": "delay", "seconds": 60}, "did not answer within 3 s"),
    ],
    ids=["not for this token", "down", "garbage", "slow"],
)
async def test_a_list_that_cannot_be_read_is_said_and_keeps_nobody_from_asking(
    tmp_path: Path, fault: dict[str, Any], why: str
) -> None:
    async with office(tmp_path, speed=1.0) as scene:
        ana: Console = await scene.of("ana")
        scene.sim.faults.add(FaultRequest.model_validate({"path": "/env", "times": 1_000, **fault}))
        view = await seen(ana.session.requests(), await asked_for(ana))
        told = [one for one in view.request.opened.not_covered if "not known" in one]
        assert len(told) == 1
        assert told[0].startswith("which environment variables were set since that build is not known: ")
        assert why in told[0]
