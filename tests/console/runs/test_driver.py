"""Runs driven on a real ledger: every step once, in order, and by one person at a time."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.incidents import role_rules
from console.incidents.desk import Opening
from console.outcome import End
from console.runs import rules
from console.runs.desk import Start
from console.runs.happened import stream_of
from console.runs.params import given
from console.runs.terms import RunState, StepState
from data.sqlite.follow import follow
from data.sqlite.ledger import SqliteLedger
from tests.console.runs.imagined import FRONT, manual
from tests.console.runs.scene import SECRET, Stage, kinds, pin, who

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WAIT = "id: wait\nkind: timer\nfor: 300ms"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    front = FRONT.replace("playbook: a", "playbook: part")
    one = Stage.at(tmp_path, {"part": pin(manual("inner"), front=front)})
    yield one
    one.close()


def command(*argv: str, more: str = "", id_: str = "go") -> str:
    return f"id: {id_}\nkind: command\nargv: {json.dumps(argv)}\n{more}".rstrip()


def python(code: str, *words: str, more: str = "") -> str:
    return command(sys.executable, "-c", code, *words, more=more)


async def test_a_run_from_its_start_to_its_end(stage: Stage) -> None:
    run_id = await stage.start(pin(WAIT, manual("tell", "evidence: text"), manual("then")))
    stopped = await stage.drives(run_id)
    assert (stopped.run.state, stopped.why) == (RunState.PAUSED, "a person has to answer")
    refused = await stage.says(run_id, lambda one, now: rules.said(one, "ana", "tell", "done", ""))
    assert "wants a few words as evidence" in refused.says
    await stage.answers(run_id, "tell", "done", "told them")
    assert (await stage.drives(run_id)).run.step("tell").state is StepState.SUCCEEDED
    await stage.answers(run_id, "then", "failed")
    stopped = await stage.drives(run_id)
    assert stopped.run.asks is not None, "it failed and no way says what then"
    done = await stage.says(run_id, lambda one, now: rules.skipped(one, "ana", "nobody is there"))
    assert done.end is End.DONE
    run = (await stage.drives(run_id)).run
    assert run.state is RunState.SUCCEEDED
    assert run.says == "2 of 3 steps that were come to have succeeded; skipped: then"
    assert kinds(run)[:7] == [
        "started", "driver_took", "step_began", "step_waits", "step_ended", "step_began", "step_waits"
    ]  # fmt: skip
    assert stage.ledger.verify().ok


async def test_the_run_goes_by_the_text_it_began_with(stage: Stage) -> None:
    first = await stage.start(pin(manual("a")))
    await stage.start(pin(manual("a")))
    assert len(stage.ledger.streams("playbook:")) == 1, "the text of both is kept once"
    run = await stage.runs.get(first)
    assert run is not None
    playbook = stage.runs.playbook(run)
    assert playbook is not None
    assert [step.id for step in playbook.steps] == ["a"]


async def test_an_argument_stays_one_and_no_secret_is_kept(stage: Stage, tmp_path: Path) -> None:
    hostile = f"; touch {tmp_path}/pwned && `touch {tmp_path}/pwned` $(id) {{{{ API_TOKEN }}}}"
    code = "import os, sys; print(len(sys.argv), sys.argv[1], os.environ['API_TOKEN'], sorted(os.environ))"
    run = await stage.ran(python(code, "{{ other }}", more="cwd: /"), other=hostile)
    assert run.state is RunState.SUCCEEDED, run.says
    ended = run.step("go").ended
    assert ended is not None
    said = "\n".join(ended.evidence)
    assert f"2 {hostile} *** " in said, "one argument, and nothing in it was filled in again"
    assert "'PATH'" in said
    assert "COALMINE" not in said
    assert "PYTEST" not in said
    assert not (tmp_path / "pwned").exists()
    assert leaks(tmp_path) == []


async def test_what_the_policy_refuses_is_not_run(stage: Stage, tmp_path: Path) -> None:
    stage.objection = "No rule covers it."
    run = await stage.ran(command("touch", str(tmp_path / "made")))
    assert run.state is RunState.PAUSED
    assert "Nothing was run" in run.step("go").says
    assert not (tmp_path / "made").exists()


async def test_a_condition_on_what_was_captured(stage: Stage) -> None:
    capture = "capture:\n  much: {type: number, value: exit}\n  said: {type: string, value: stdout}"
    after = manual("after", "if: much > 1")
    run = await stage.ran(python("print('x')", more=capture), after, "id: last\nkind: timer\nfor: 10ms")
    assert run.captured == {"much": 0, "said": "x\n"}
    assert run.step("after").state is StepState.SKIPPED
    assert run.state is RunState.SUCCEEDED


async def test_a_command_that_takes_too_long_is_stopped_with_what_it_started(
    stage: Stage, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    code = (
        "import subprocess, sys, time; "
        "child = subprocess.Popen(['sleep', '300']); "
        "open(sys.argv[1], 'w').write(str(child.pid)); time.sleep(300)"
    )
    run = await stage.ran(python(code, str(pid), more="timeout: 2s\non_timeout: {goto: end}"))
    assert run.step("go").state is StepState.TIMED_OUT
    assert not alive(int(pid.read_text()))
    assert run.state is RunState.FAILED


def leaks(folder: Path) -> list[str]:
    """Files that hold the secret."""
    return [one.name for one in folder.iterdir() if SECRET.encode() in one.read_bytes()]


def alive(pid: int) -> bool:
    """Whether it still runs: one that has ended and was not asked for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_an_abort_stops_what_is_being_done(stage: Stage) -> None:
    run_id = await stage.start(pin(python("import time; time.sleep(60)")))
    driving = asyncio.create_task(stage.drives(run_id))
    await stage.until(run_id, lambda run: run.current == "go")
    other = Stage(stage.ledger, stage.leases, stage.runs, stage.incidents, {})
    done = await other.says(run_id, lambda one, now: rules.aborted(one, "jo", "wrong one"), "jo")
    assert done.end is End.DONE
    stopped = await asyncio.wait_for(driving, 20)
    assert (stopped.run.state, stopped.run.ended_by) == (RunState.ABORTED, "jo")
    assert stopped.run.step("go").state is StepState.CANCELLED


async def test_who_is_asked_is_who_has_the_role(stage: Stage) -> None:
    opened = await stage.incidents.open(Opening("x", "prj_1"), who("ana"))
    took = await stage.incidents.record(
        opened.next, who("jo"), lambda one, now: role_rules.taken(one, "jo", "commander", ""), ""
    )
    assert took.end is End.DONE, took
    options = "options:\n  - {label: A, goto: end}\n  - {label: B, goto: end}"
    ask = f"id: ask\nkind: decision\nprompt: so?\nrole: incident_commander\n{options}"
    run_id = await stage.start(pin(ask), incident_id=opened.next)
    assert (await stage.drives(run_id)).why == "a person has to answer"
    refused = await stage.says(run_id, lambda one, now: rules.said(one, "ana", "ask", "1", ""))
    assert "is for the incident commander of INC-1: jo" in refused.says
    await stage.answers(run_id, "ask", "b", person="jo")
    assert (await stage.drives(run_id)).run.state is RunState.SUCCEEDED


async def test_somebody_who_is_not_listed_can_look_only(stage: Stage) -> None:
    one = pin(manual("a"))
    refused = await stage.runs.start(Start(one, "a.md", given(one.playbook, {})), who("eve"))
    assert "eve is not listed" in refused.says
    run_id = await stage.start(one)
    assert (await stage.driver(who("eve")).take(run_id)) is not None


async def test_only_one_of_a_kind_runs_at_once(stage: Stage) -> None:
    front = f'{FRONT}\nconcurrency: {{key: "x:{{{{ most }}}}", policy: reject}}'
    one = pin(manual("a"), front=front)
    first = await stage.start(one)
    again = await stage.runs.start(Start(one, "a.md", given(one.playbook, {})), who("jo"))
    assert f"{first} (A) runs already" in again.says
    assert await stage.start(one, {"most": "1"}), "another key"
    await stage.says(first, lambda scene, now: rules.aborted(scene, "ana", "x"))
    assert await stage.start(one)


async def test_a_part_is_a_run_of_its_own(stage: Stage) -> None:
    run_id = await stage.start(pin("id: more\nkind: playbook\nuse: part", manual("then")))
    stopped = await stage.drives(run_id)
    part = (await stage.runs.all())[0]
    assert (part.started.parent, part.current) == (f"{run_id}/more/1", "inner")
    assert part.id in stopped.why
    assert stopped.run.step("more").state.in_hand, "it goes on in its part"
    await stage.answers(part.id, "inner", "done")
    run = (await stage.drives(run_id)).run
    ended = run.step("more").ended
    assert ended is not None
    assert (run.step("more").state, ended.links) == (StepState.SUCCEEDED, [["run", part.id]])
    assert len(await stage.runs.all()) == 2, "after a stop the same part goes on"


async def test_a_playbook_that_calls_itself_ends(tmp_path: Path) -> None:
    loop = pin("id: again\nkind: playbook\nuse: a")
    stage = Stage.at(tmp_path, {"a": loop})
    await stage.drives(await stage.start(loop))
    every = await stage.runs.all()
    assert "do they call one another" in every[0].step("again").says
    stage.close()


async def test_a_kind_that_nobody_does_here_is_asked_about(stage: Stage) -> None:
    run = await stage.ran("id: hold\nkind: rollout\ndo: hold")
    assert run.state is RunState.PAUSED
    assert "cannot be done from here" in run.step("hold").says


async def test_hand_over_and_take_over(stage: Stage) -> None:
    run_id = await stage.start(pin(manual("a")))
    ana, jo = stage.driver(who("ana")), stage.driver(who("jo"), stays=False)
    assert await ana.take(run_id) is None
    driving = asyncio.create_task(ana.drive(run_id))
    await stage.until(run_id, lambda run: run.current == "a")
    for over in (False, True):
        refused = await jo.take(run_id, "gone", over=over)
        assert refused is not None
        assert "ana drives" in refused.says
    done = await stage.says(run_id, lambda one, now: rules.handed_over(one, "ana", "jo", known=True))
    assert done.end is End.DONE
    assert (await asyncio.wait_for(driving, 20)).run.driver is None
    assert await jo.take(run_id) is None
    await stage.answers(run_id, "a", "done", person="jo")
    run = (await jo.drive(run_id)).run
    took = [one.payload for one in run.story if one.kind == "run.driver_took"]
    assert [one["person"] for one in took if one] == ["ana", "jo"]
    assert run.state is RunState.SUCCEEDED


async def test_a_timer_keeps_its_moment_across_drivers(stage: Stage) -> None:
    run_id = await stage.start(pin("id: w\nkind: timer\nfor: 2s"))
    driving = asyncio.create_task(stage.drives(run_id))
    begun = await stage.until(run_id, lambda run: run.current == "w")
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    run = (await stage.drives(run_id, "jo")).run
    step = run.step("w")
    assert step.attempt == 1
    assert step.until == begun.step("w").until
    assert step.until is not None
    assert step.ended_at >= step.until
    assert run.state is RunState.SUCCEEDED


async def test_a_watcher_sees_each_step_while_it_is_done(stage: Stage, tmp_path: Path) -> None:
    """The steps take a second each: what is seen before the step has ended is seen within one."""
    run_id = await stage.start(pin(*(f"id: w{n}\nkind: timer\nfor: 1s" for n in range(3))))
    ledger = SqliteLedger(tmp_path / "ledger.db", stage.runs.clock)
    in_time: list[bool] = []

    async def watch() -> None:
        async for page in follow(ledger, stage.runs.clock, after_seq=0, stream=stream_of(run_id)):
            for one in page:
                if one.kind == "run.step_began":
                    in_time.append(ledger.version(stream_of(run_id)) <= one.version + 1)
                if one.kind == "run.ended":
                    return

    watching = asyncio.create_task(watch())
    await stage.drives(run_id, stays=True)
    await asyncio.wait_for(watching, 20)
    ledger.close()
    assert in_time == [True, True, True]
