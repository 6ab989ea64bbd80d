"""The build's log: both shapes of its events, in one piece, in pages, and followed to the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.host import BuildLine, Host
from console.ports import SourceError
from console.readings import Problem
from data.http import Limits
from data.vercel.build_log import OVERLAP_MS, PAGE, Reader, follow, lines_of, parse
from data.vercel.models_host import LogItem
from tests.data.hosts import EPOCH, Step, StillClock, drops, large, says
from tests.data.vercel import documents as doc
from tests.data.vercel import documents_host as more
from tests.data.vercel.hosting import hosting

TOO_LARGE = Problem("too_large", "It is too large.", "Ask for less.")
EVENTS = "/v3/deployments/dpl_2/events"
STATE = "/v13/deployments/dpl_2"

READ = [
    BuildLine(EPOCH + 1000, "Cloning"),
    BuildLine(EPOCH + 2000, "warn \x1b[31mold\x1b[0m lockfile\r"),
    BuildLine(EPOCH + 3000, "no such module", error=True),
    BuildLine(EPOCH + 3000, "at shop.ts:7", error=True),
    BuildLine(EPOCH + 4000, "Command failed", error=True),
]


async def batches(host: Host, *, follow: bool) -> list[Sequence[BuildLine]]:
    return [batch async for batch in host.build_log("dpl_2", follow=follow)]


# --- one answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(more.LOG).encode(),
        b"\n".join(json.dumps(item).encode() for item in more.LOG) + b"\n\n",
        b"\r\n".join(json.dumps(item).encode() for item in more.LOG),
        json.dumps(more.LOG[::-1]).encode(),
    ],
    ids=["array", "lines", "CRLF", "backward"],
)
async def test_the_log_in_every_shape_is_the_same_text(body: bytes) -> None:
    async with hosting(says(body)) as (there, host):
        assert await batches(host, follow=False) == [READ]
    [asked] = there.asked
    assert asked.path == EVENTS
    assert asked.query == {"direction": "forward", "follow": "0", "limit": "-1", "teamId": "team_1"}


@pytest.mark.parametrize("body", [b"[]", b"", b"  \n"])
async def test_no_log_yet(body: bytes) -> None:
    async with hosting(says(body)) as (_, host):
        assert await batches(host, follow=False) == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b"null",
        b"7",
        b'[{"type": "stdout"',
        b'{"type": "stdout", "created": 1, "text": "a"}\n{"type"',
        b'[{"type": "stdout", "text": "without a date"}]',
        b'[{"type": "stdout", "created": 1, "text": 7}]',
        b'[{"type": "stdout", "created": 1, "payload": {"text": ["x"]}}]',
        b"[" * 9000,
    ],
)
async def test_garbage_is_said(body: bytes) -> None:
    async with hosting(says(body)) as (_, host):
        with pytest.raises(SourceError) as raised:
            await batches(host, follow=False)
    assert raised.value.problem.kind == "garbage"
    assert "the build log of dpl_2" in raised.value.problem.what


# --- what was read is given once --------------------------------------------------------------

moments = st.integers(0, 3 * OVERLAP_MS)
written = st.lists(st.tuples(moments, st.sampled_from(["a", "b", "\x1b[2J"])), max_size=30)


def items(lines: Sequence[tuple[int, str]], ids: bool) -> list[LogItem]:
    named = [
        more.line(number, text, at=EPOCH + at)
        if ids
        else {"type": "stdout", "created": EPOCH + at, "text": text}
        for number, (at, text) in enumerate(lines)
    ]
    return parse(json.dumps(named).encode())


@given(lines=written, ids=st.booleans(), rounds=st.lists(st.integers(0, 30), max_size=4), cap=st.booleans())
async def test_however_often_it_is_sent_each_line_is_given_once(
    lines: list[tuple[int, str]], ids: bool, rounds: list[int], cap: bool
) -> None:
    """The host knows more of the log at each round, and honours ``since`` or not."""
    whole = items(sorted(lines, key=lambda line: line[0]), ids)
    known = 0

    async def read(since: int | None, limit: int) -> list[LogItem]:
        return [one for one in whole[:known] if not cap or since is None or (one.at or 0) >= since]

    reader, found = Reader(read), []
    for grown in [*sorted(rounds), len(whole)]:
        known = min(max(grown, known), len(whole))
        found += await reader.news()
    assert found == lines_of(whole)


async def test_a_late_line_of_a_parallel_step_is_not_missed() -> None:
    late, shown = more.line(1, "late", at=EPOCH + 2000), more.line(2, "early", at=EPOCH + 5000)
    answers = [[shown], [late, shown]]
    asked: list[int | None] = []

    async def read(since: int | None, limit: int) -> list[LogItem]:
        asked.append(since)
        return parse(json.dumps(answers.pop(0)).encode())

    reader = Reader(read)
    assert [line.text for line in await reader.news()] == ["early"]
    assert [line.text for line in await reader.news()] == ["late"]
    assert asked == [None, EPOCH + 5000 - OVERLAP_MS]


async def test_a_log_too_large_for_one_answer_is_read_in_pages() -> None:
    whole = [more.line(n, f"line {n}", at=EPOCH + n // 3) for n in range(2 * PAGE + 10)]

    async def log(request: Any) -> Any:
        limit, since = int(request.query["limit"]), int(request.query.get("since", 0))
        if limit < 0:
            return await large(10)(request)
        return await says([one for one in whole if one["created"] >= since][:limit])(request)

    async with hosting(log) as (there, host):
        [batch] = await batches(host, follow=False)
    assert [line.text for line in batch] == [one["text"] for one in whole]
    assert [asked.query["limit"] for asked in there.asked][:2] == ["-1", str(PAGE)]


async def test_paging_ends_on_a_host_that_ignores_where_it_should_begin() -> None:
    same = [more.line(n, "x", at=EPOCH + n) for n in range(PAGE)]
    asked = 0

    async def read(since: int | None, limit: int) -> list[LogItem]:
        nonlocal asked
        asked += 1
        if limit < 0:
            raise SourceError(TOO_LARGE)
        return parse(json.dumps(same).encode())

    assert len(await Reader(read).news()) == PAGE
    assert asked < 8


async def test_a_page_that_is_too_large_is_said() -> None:
    async with hosting(large(10)) as (there, host):
        with pytest.raises(SourceError) as raised:
            await batches(host, follow=False)
    assert raised.value.problem.kind == "too_large"
    assert len(there.asked) == 2


async def test_once_it_was_too_large_only_pages_are_asked_for() -> None:
    limits: list[int] = []

    async def read(since: int | None, limit: int) -> list[LogItem]:
        limits.append(limit)
        raise SourceError(TOO_LARGE)

    reader = Reader(read)
    for _ in range(2):
        with pytest.raises(SourceError):
            await reader.news()
    assert limits == [-1, PAGE, PAGE]


# --- following ------------------------------------------------------------------------------------


def in_turn(*steps: Step) -> Step:
    left = list(steps)

    async def step(request: Any) -> Any:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return step


def state(word: str) -> Step:
    return says({**doc.DEPLOYMENT, "readyState": word})


async def followed(
    states: Sequence[Step], logs: Sequence[Step], limits: Limits | None = None
) -> tuple[list[list[str]], StillClock, list[str | None]]:
    clock = StillClock()
    async with hosting(says("?", 500), clock=clock, limits=limits) as (there, host):
        there.routes |= {STATE: in_turn(*states), EVENTS: in_turn(*logs)}
        found = [[line.text for line in batch] for batch in await batches(host, follow=True) if batch]
    return found, clock, [one.query.get("since") for one in there.asked if one.path == EVENTS]


ONE, TWO, THREE = (more.line(n, f"line {n}") for n in (1, 2, 3))


async def test_a_build_is_followed_until_it_ends_and_nothing_more_comes() -> None:
    found, clock, since = await followed(
        [state("QUEUED"), state("BUILDING"), state("BUILDING"), state("READY")],
        [says([]), says([ONE]), says([ONE]), says([ONE, TWO]), says([ONE, TWO, THREE])],
    )
    assert found == [["line 1"], ["line 2"], ["line 3"]]
    assert since[:3] == [None, None, str(EPOCH + 1000 - OVERLAP_MS)]
    assert len(since) == 6
    assert all(1 <= slept <= 5 for slept in clock.slept)


@pytest.mark.parametrize("end", ["READY", "ERROR", "CANCELED", "BLOCKED", "DELETED"])
async def test_a_build_that_is_over_is_read_and_not_waited_for(end: str) -> None:
    found, clock, _ = await followed([state(end)], [says([ONE, TWO])])
    assert found == [["line 1", "line 2"]]
    assert not clock.slept


async def test_what_passes_is_waited_out_and_nothing_is_lost() -> None:
    found, _, _ = await followed(
        [state("BUILDING"), says("x", 503), state("BUILDING"), drops, state("BUILDING"), state("READY")],
        [says([ONE]), says("<html>", 502), says([ONE, TWO]), says(b"garbage"), says([TWO, THREE])],
    )
    assert found == [["line 1"], ["line 2"], ["line 3"]]


async def test_a_limit_of_the_host_is_kept() -> None:
    found, clock, _ = await followed(
        [state("READY")], [says({"error": {}}, 429, {"Retry-After": "40"}), says([ONE])], Limits(retries=0)
    )
    assert found == [["line 1"]]
    assert clock.slept[0] == 40


@pytest.mark.parametrize(("status", "attempts"), [(404, 1), (401, 1), (403, 1), (500, 6)])
async def test_what_does_not_pass_is_said(status: int, attempts: int) -> None:
    clock = StillClock()
    limits = Limits(retries=0, open_after_failures=100)
    async with hosting(says({"error": {}}, status), clock=clock, limits=limits) as (there, host):
        with pytest.raises(SourceError):
            await batches(host, follow=True)
    assert len(there.asked) == attempts


async def test_whoever_stops_listening_stops_the_asking() -> None:
    async with hosting(says("?", 500)) as (there, host):
        there.routes |= {STATE: state("BUILDING"), EVENTS: says([ONE])}
        lines = host.build_log("dpl_2", follow=True)
        assert [line.text for line in await anext(lines)] == ["line 1"]
        asked = len(there.asked)
        await lines.aclose()  # type: ignore[attr-defined]  # an async generator, which the port does not promise
        assert len(there.asked) == asked


async def test_a_state_that_is_not_said_is_not_taken_for_the_end() -> None:
    states = ["", "", "READY"]

    async def said() -> str:
        return states.pop(0)

    async def read(since: int | None, limit: int) -> list[LogItem]:
        return []

    assert [batch async for batch in follow(read, said, StillClock())] == [[], [], []], "asked, nothing new"
    assert not states
