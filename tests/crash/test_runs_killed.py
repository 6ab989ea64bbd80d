"""Drivers of playbooks that die, and many at once: each step is begun once, and no effect happens twice."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from threading import Barrier, Thread
from typing import TypeVar

import pytest

from console.ports import LedgerConflict
from console.runs import happened as h
from console.runs.next import Begin, next_of
from console.runs.pinned import Pinned
from console.runs.rules import settled
from console.runs.run import Run
from console.runs.terms import RunState, StepState
from console.runs.wheel import EXPIRY_MS
from data.clock import ScaledClock
from tests.commands.running import simulating
from tests.console.playbooks.written import written
from tests.console.runs.imagined import FRONT, manual
from tests.console.runs.scene import Stage, pin, who
from tests.crash.children import ROOT, line
from tests.crash.scale import sized

pytestmark = [pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(3_000)]

T = TypeVar("T")

ROUNDS = 50
"""At each kind of step, at full size."""
FURTHEST = 14
"""More boundaries than a run of one step and its resumption cross."""
LAST = "id: last\nkind: timer\nfor: 10ms"


@dataclass
class Server:
    """Counts what it is asked, by path."""

    port: int
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def counting() -> Iterator[Server]:
    asked: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] += 1
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 (the name that the library looks for)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Server(server.server_address[1], asked)
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Bench:
    """A ledger, and drivers of it that are told when to die."""

    stage: Stage
    drivers: asyncio.subprocess.Process
    rng: random.Random = field(default_factory=lambda: random.Random(11))
    points: Iterator[int] = field(default_factory=lambda: cycle(range(1, FURTHEST + 1)))
    """Where each run's first driver dies: one boundary after the other, so that none is left out."""

    async def drives(self, run_id: str, point: int, session: str = "s1") -> str:
        assert self.drivers.stdin is not None
        self.drivers.stdin.write(f"{run_id} {session} {point}\n".encode())
        await self.drivers.stdin.drain()
        return await line(self.drivers)

    async def killed(self, run_id: str, point: int | None = None) -> bool:
        """Drive it, with death somewhere on the way: at a boundary, or at any moment."""
        anywhere = self.rng.randint(1, FURTHEST) if self.rng.random() < 0.7 else -self.rng.randint(20, 500)
        return await self.drives(run_id, point or anywhere) == "killed"

    async def seen(self, run_id: str) -> Run:
        run = await self.stage.runs.get(run_id)
        assert run is not None
        return run


@asynccontextmanager
async def bench(folder: Path, prometheus: str = "http://127.0.0.1:9") -> AsyncIterator[Bench]:
    library = folder / "library"
    library.mkdir()
    part = written(manual("inner"), front=FRONT.replace("playbook: a", "playbook: part"))
    (library / "part.md").write_bytes(part)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.driving", str(folder), prometheus, str(library),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert await line(process) == "ready"
    stage = Stage.at(folder)
    try:
        yield Bench(stage, process)
    finally:
        process.kill()
        await process.communicate()
        stage.close()


def began(run: Run, step: str) -> list[int]:
    """The attempts of a step that were begun."""
    found = [one.payload for one in run.story if one.kind == "run.step_began"]
    return [one["attempt"] for one in found if one and one["step"] == step]


async def through(on: Bench, one: Pinned, done: Callable[[Run], bool]) -> tuple[Run, int]:
    """Start a run, kill its drivers up to three times, then drive it to where it stands; the deaths."""
    run_id = await on.stage.start(one)
    deaths = int(await on.killed(run_id, next(on.points)))
    for _ in range(2):
        deaths += await on.killed(run_id)
    await on.drives(run_id, 0)
    run = await on.seen(run_id)
    assert began(run, one.playbook.steps[0].id) == [1], "begun once, whoever died over it"
    assert done(run), (run.state, run.story)
    assert on.stage.ledger.verify().ok
    return run, deaths


async def test_a_command_is_run_once_and_only_an_idempotent_one_again(tmp_path: Path) -> None:
    deaths = doubtful = 0
    async with bench(tmp_path) as on:
        for number in range(sized(ROUNDS)):
            for idempotent in (False, True):
                marks = tmp_path / f"marks-{number}-{idempotent}"
                argv = json.dumps(["sh", "-c", 'echo x >> "$1"; sleep 0.1', "x", str(marks)])
                said = f"id: go\nkind: command\nargv: {argv}\nidempotent: {str(idempotent).lower()}"
                run, died = await through(on, pin(said, LAST), lambda run: run.over or run.asks is not None)
                deaths += died
                count = marks.read_text().count("x") if marks.exists() else 0
                if idempotent:
                    assert run.state is RunState.SUCCEEDED
                    assert count >= 1
                    continue
                assert count <= 1, "never twice"
                unknown = run.step("go").state is StepState.UNKNOWN
                doubtful += unknown
                assert unknown or run.state is RunState.SUCCEEDED
                assert count == 1 or unknown
                if unknown:
                    await _found_out(on, run)
    assert deaths
    assert doubtful


async def _found_out(on: Bench, run: Run) -> None:
    """Only with a person's word does it go on."""
    assert await on.drives(run.id, 0) == "paused"
    done = await on.stage.says(run.id, lambda scene, now: settled(scene, "ana", "go", "succeeded", "looked"))
    assert done.seq
    assert await on.drives(run.id, 0) == "succeeded"


async def test_a_request_that_changes_something_is_sent_once_and_one_that_looks_again(tmp_path: Path) -> None:
    front = FRONT.replace("hosts: [example.com]", "hosts: [127.0.0.1]")
    with counting() as server:
        async with bench(tmp_path) as on:
            for number in range(sized(ROUNDS)):
                for method in ("GET", "POST"):
                    path = f"/{number}/{method}"
                    url = f"http://127.0.0.1:{server.port}{path}"
                    asked = f'request: {{method: {method}, url: "{url}"}}'
                    said = f"id: ask\nkind: http\n{asked}\nassert: status == 200"
                    run, _ = await through(
                        on, pin(said, LAST, front=front), lambda run: run.over or run.asks is not None
                    )
                    if method == "GET":
                        assert run.state is RunState.SUCCEEDED
                        continue
                    unknown = run.step("ask").state is StepState.UNKNOWN
                    assert server.asked[path] <= 1
                    assert unknown or server.asked[path] == 1


async def test_a_timer_keeps_its_moment(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        for _ in range(sized(ROUNDS)):
            run, _ = await through(on, pin("id: w\nkind: timer\nfor: 400ms", LAST), lambda run: run.over)
            first = next(one.payload for one in run.story if one.kind == "run.step_began")
            step = run.step("w")
            assert first is not None
            assert step.until == first["until"]
            assert step.ended_at >= first["until"]


async def test_what_a_person_is_asked_goes_on_waiting_with_the_same_deadline(tmp_path: Path) -> None:
    options = "options:\n  - {label: Left, goto: last}\n  - {label: Right, goto: last}"
    ask = f"id: ask\nkind: decision\nprompt: which?\ntimeout: 1h\n{options}"
    async with bench(tmp_path) as on:
        for _ in range(sized(ROUNDS)):
            for said, choice in ((manual("ask", "timeout: 1h"), "done"), (ask, "2")):
                run, _ = await through(on, pin(said, LAST), lambda run: run.step("ask").state.in_hand)
                deadline = run.step("ask").deadline
                await on.stage.answers(run.id, "ask", choice)
                await on.killed(run.id)
                await on.drives(run.id, 0)
                run = await on.seen(run.id)
                assert run.state is RunState.SUCCEEDED
                assert (began(run, "ask"), run.step("ask").deadline) == ([1], deadline)


async def test_a_metric_is_looked_at_again(tmp_path: Path) -> None:
    with simulating() as shop:
        serving = shop.control("truth")["tracks"]["baseline"]["deployment_id"]
        said = (
            f"id: look\nkind: metric\nquery: error_rate\nsubject: {serving}\nwindow: 1m\n"
            "assert: subject < 1\nmin_requests: 1"
        )
        async with bench(tmp_path, shop.settings["COALMINE_PROMETHEUS__URL"]) as on:
            for _ in range(sized(ROUNDS)):
                run, _ = await through(on, pin(said, LAST), lambda run: run.over)
                assert run.state is RunState.SUCCEEDED


async def test_a_part_is_begun_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        for _ in range(sized(ROUNDS)):
            whole = pin("id: more\nkind: playbook\nuse: part", LAST)
            run, _ = await through(on, whole, lambda run: run.step("more").state.in_hand)
            parts = [one for one in await on.stage.runs.all() if one.started.parent == f"{run.id}/more/1"]
            assert len(parts) == 1
            await on.stage.answers(parts[0].id, "inner", "done")
            await on.killed(run.id)
            await on.drives(run.id, 0)
            assert (await on.seen(run.id)).state is RunState.SUCCEEDED


async def test_of_two_drivers_one_wins_and_take_over_works(tmp_path: Path) -> None:
    """Two take the wheel at once; and two that both believe to have it begin the same step at once."""
    stages = {"ana": Stage.at(tmp_path), "jo": Stage.at(tmp_path)}
    won: Counter[str] = Counter()
    for _ in range(sized(100)):
        run_id = await stages["ana"].start(pin(manual("a"), manual("b")))
        drivers = {name: stage.driver(who(name), stays=False) for name, stage in stages.items()}
        wrong = await _at_once(*(partial(asyncio.run, one.take(run_id)) for one in drivers.values()))
        assert wrong.count(None) == 1, wrong
        winner, loser = ("ana", "jo") if wrong[0] is None else ("jo", "ana")
        won[winner] += 1
        begun = await _at_once(*(partial(_begin, one, run_id, winner) for one in stages.values()))
        assert sorted(begun) == [False, True]
        refused = await drivers[loser].take(run_id, "gone", over=True)
        assert refused is not None, "whoever has it was heard of just now"
        assert "was heard of within the last 30 s" in refused.says
        later = Stage.at(tmp_path)
        later.runs.clock = ScaledClock(later.runs.clock.now() + EXPIRY_MS + 1_000)
        over = later.driver(who(loser, "another"), stays=False)
        assert await over.take(run_id, "gone", over=True) is None
        lost = await drivers[winner].drive(run_id)
        assert lost.lost, "it is told that somebody else drives"
        await later.answers(run_id, "a", "done", person=loser)
        run = (await over.drive(run_id)).run
        assert (run.current, began(run, "a")) == ("b", [1])
        later.close()
    assert won.total() == sized(100)
    for stage in stages.values():
        stage.close()


async def _at_once(*calls: Callable[[], T]) -> list[T]:
    """Their answers, begun at the same moment on threads of their own."""
    start = Barrier(len(calls))

    def call(one: Callable[[], T]) -> T:
        start.wait()
        return one()

    return await asyncio.gather(*(asyncio.to_thread(call, one) for one in calls))


def _begin(stage: Stage, run_id: str, driver: str) -> bool:
    """Begin the first step as ``driver``, from a place of its own; whether the ledger took it."""
    run = stage.runs.seen(run_id)
    assert run is not None
    playbook = stage.runs.playbook(run)
    assert playbook is not None
    now = stage.runs.clock.now()
    move = next_of(run, playbook, now)
    if not isinstance(move, Begin):
        return False  # the other one was so much faster that it is seen already
    event = h.StepBegan(person=driver, step=move.step.id, attempt=move.attempt, way=move.way)
    try:
        stage.ledger.append(h.stream_of(run_id), run.version, [event.new(who(driver), now)])
    except LedgerConflict:
        return False
    return True
