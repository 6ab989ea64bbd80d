"""What comes next in a run, whatever has happened in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from console.playbooks.model import Playbook
from console.runs import happened as h
from console.runs.next import Ask, Begin, Finish, InHand, Later, LeaveOut, Move, Standing, Undecided
from console.runs.run import run_of, standing
from console.runs.terms import RunState, StepState
from tests.console.runs.imagined import ANA, JO, START, Imagined, began, manual, playbook_of

GO = "id: go\nkind: command\nargv: [make]"
LOOK = 'id: look\nkind: http\nrequest: {url: "https://example.com/"}\nassert: status == 200'


def looking(*more: str) -> Imagined:
    one = Imagined(playbook_of("\n".join((LOOK, *more)), manual("then"), manual("other")))
    one.take()
    return one


def test_steps_come_in_the_order_of_the_document_and_then_it_is_over() -> None:
    one = Imagined(playbook_of(manual("first"), manual("second")))
    one.take()
    assert [one.done(), one.done()] == ["first", "second"]
    move = one.next
    assert move == Finish(True, "2 of 2 steps that were come to have succeeded")
    assert one.run.state is RunState.RUNNING, "whoever drives has still to say so"
    run = one.add(h.RunEnded(state="succeeded", says="well"))
    assert (run.state, run.driver) == (RunState.SUCCEEDED, None)
    assert isinstance(one.next, Standing)


def test_each_end_takes_its_own_way_and_without_one_a_person_is_asked() -> None:
    ways = ("on_fail: {goto: other}", "on_no_data: {goto: then}", "on_timeout: {goto: end}")
    for ended, to in (("failed", "other"), ("no_data", "then"), ("succeeded", "then")):
        one = looking(*ways)
        one.done(ended)
        move = one.next
        assert isinstance(move, Begin), ended
        assert move.step.id == to
    one = looking(*ways)
    one.done("timed_out")
    found = one.next
    assert isinstance(found, Finish)
    assert not found.succeeded, "by the way out of a step that did not succeed nothing succeeds"
    for ended in ("failed", "no_data", "timed_out", "ask", "unknown"):
        one = looking()
        one.done(ended)
        move = one.next
        assert isinstance(move, Ask), ended
        assert move.step == "look"


def test_a_way_is_taken_no_more_often_than_it_says() -> None:
    one = Imagined(playbook_of(manual("a"), "\n".join((LOOK, "on_fail: {goto: a, at_most: 2}"))))
    one.take()
    for _ in range(2):
        assert [one.done(), one.done("failed")] == ["a", "look"]
    assert one.done() == "a"
    one.done("failed")
    move = one.next
    assert isinstance(move, Ask)
    assert "may be taken 2 times" in move.why


def test_it_is_tried_again_after_its_pause_which_may_double() -> None:
    one = looking("retry: {times: 3, every: 10s, backoff: exponential}")
    for pause, attempt in ((10_000, 2), (20_000, 3)):
        one.done("failed")
        pausing: Move = one.next
        assert pausing == Later(one.playbook.steps[0], one.now + pause)
        one.now += pause
        move: Move = one.next
        assert isinstance(move, Begin)
        assert (move.attempt, move.way) == (attempt, "retry")
    one.done("failed")
    assert isinstance(one.next, Ask), "three tries, and no more"
    one.add(h.StepRetried(person="jo", step="look"), JO)
    again = one.begin()
    assert (again.attempt, one.run.step("look").tries) == (4, 1), "keys are never given twice"


def test_an_effect_that_ran_out_of_time_is_not_tried_again_by_itself() -> None:
    action = "id: go\nkind: command\nargv: [make, deploy]\nretry: {times: 5, every: 1s}\ntimeout: 1m"
    one = Imagined(playbook_of(action))
    one.take()
    assert one.begin().deadline == START + 60_000
    one.end("timed_out")
    assert isinstance(one.next, Ask)


def test_a_condition_leaves_a_step_out_and_one_without_data_does_neither() -> None:
    playbook = playbook_of(
        manual("a", "if: loud"), manual("b", "if: other == 'x'", "on_no_data: {goto: c}"), manual("c")
    )
    one = Imagined(playbook, {"loud": False})
    one.take()
    move = one.next
    assert isinstance(move, LeaveOut)
    one.add(h.StepSkipped(person="ana", step="a", how="condition", why=move.why, way="start"))
    assert one.run.step("a").state is StepState.SKIPPED
    found = one.next
    assert isinstance(found, Undecided), "`other` was not given"
    one.add(began(found.begin))
    one.end("no_data")
    assert one.done() == "c"
    last = one.next
    assert isinstance(last, Finish)
    assert "1 of 3 steps" in last.says, "what was left out has not succeeded"


def test_nothing_succeeds_in_which_everything_was_skipped() -> None:
    one = Imagined(playbook_of(manual("a")))
    one.take()
    one.begin()
    run = one.add(h.StepSkipped(person="jo", step="a", how="person", why="known"), JO)
    assert (run.step("a").state, run.step("a").by) == (StepState.SKIPPED, "jo")
    assert one.next == Finish(False, "0 of 1 steps that were come to have succeeded; skipped: a")


def test_while_nobody_knows_how_a_step_ended_nothing_goes_on() -> None:
    one = Imagined(playbook_of(GO, manual("b")))
    one.take()
    one.done("unknown")
    assert isinstance(one.next, Ask)
    one.add(h.RunPaused(step="go", why="nobody knows"))
    for event in (
        h.StepRetried(person="ana", step="go"),
        h.StepSkipped(person="ana", step="go", how="person", why="x"),
        h.RunEnded(state="succeeded", says="x"),
        h.RunGoesOn(person="ana"),
    ):
        run = one.add(event)
        assert run.step("go").state is StepState.UNKNOWN, event
        assert run.state is RunState.PAUSED, event
    run = one.add(h.StepSettled(person="jo", step="go", attempt=1, ended="succeeded", why="seen"), JO)
    assert run.step("go").state is StepState.SUCCEEDED
    assert one.done() == "b"


def test_its_own_time_is_over_and_a_person_lets_it_go_on() -> None:
    one = Imagined(playbook_of(manual("a"), manual("b")), deadline=START + 1_000)
    one.take()
    one.done()
    one.now += 1_000
    assert isinstance(one.next, Ask)
    one.add(h.RunPaused(why="its time is over"))
    assert one.run.state is RunState.PAUSED
    one.add(h.RunGoesOn(person="ana"))
    assert one.done() == "b"


def test_only_whoever_drives_begins_and_ends_steps() -> None:
    one = Imagined(playbook_of(manual("a"), manual("b")))
    one.take()
    move = one.next
    assert isinstance(move, Begin)
    assert one.add(began(move).model_copy(update={"person": "jo"}), JO).current == ""
    one.add(began(move))
    assert one.add(began(move)).step("a").attempt == 1, "what is begun is not begun again"
    ended = h.StepEnded(step="a", attempt=1, ended="succeeded", says="x")
    assert one.add(ended, JO).step("a").state is StepState.RUNNING
    one.take(JO)
    assert one.add(ended).step("a").state is StepState.RUNNING, "it is jo's now"
    assert one.add(ended, JO).step("a").state is StepState.SUCCEEDED
    assert one.add(h.RunAborted(person="jo", why="x"), ANA).state is RunState.RUNNING, "ana is not jo"


def test_time_that_is_waited_is_told_apart() -> None:
    one = Imagined(playbook_of(manual("a"), manual("b")))
    one.take()
    one.begin()
    one.now += 1_000
    run = one.add(h.StepWaits(step="a", attempt=1, what="a person"))
    assert run.state is RunState.WAITING
    one.now += 5_000
    assert one.run.times(one.now) == (1_000, 5_000)
    one.end()
    one.now += 60_000
    one.begin()
    one.now += 2_000
    run = one.add(h.RunAborted(person="ana", why="enough"))
    assert run.times(one.now + 99) == (3_000, 5_000)
    assert run.step("b").state is StepState.CANCELLED
    assert (run.state, run.ended_by, run.says) == (RunState.ABORTED, "ana", "enough")


def test_a_run_whose_driver_is_not_heard_of_is_orphaned() -> None:
    one = Imagined(playbook_of(manual("a")))
    assert standing(one.run, heard=False) is RunState.PREPARED
    one.take()
    assert standing(one.run, heard=True) is RunState.RUNNING
    assert standing(one.run, heard=False) is RunState.ORPHANED
    one.add(h.DriverLetGo(person="ana", session="other", why="x"))
    assert one.run.driver is not None, "another session of hers does not drive"
    one.add(h.DriverLetGo(person="ana", session="s1", why="x"))
    assert standing(one.run, heard=False) is RunState.PAUSED


def test_a_decision_goes_the_way_that_was_answered() -> None:
    options = "options:\n  - {label: Left, goto: b}\n  - {label: Right, goto: end}"
    one = Imagined(playbook_of(f"id: ask\nkind: decision\nprompt: which?\n{options}", manual("b")))
    one.take()
    one.begin()
    one.add(h.StepAnswered(person="jo", step="ask", attempt=1, choice="Left"), JO)
    one.add(h.StepAnswered(person="ana", step="ask", attempt=1, choice="Right"))
    one.end()
    assert one.run.step("ask").answer is not None
    assert one.done() == "b", "the first answer is the one"


TRIES = ("retry: {times: 2, every: 1s}", "on_fail: {goto: a, at_most: 2}")
ASK = "id: ask\nkind: decision\nprompt: which?"
OPTIONS = "options:\n  - {label: Left, goto: ask}\n  - {label: Right, goto: w}"
SHAPES = tuple(
    playbook_of(*shape)
    for shape in (
        (manual("a"), "\n".join((LOOK, *TRIES)), manual("b")),
        (f"{GO}\non_timeout: {{goto: b}}", manual("a", "if: loud"), manual("b")),
        (
            f"{ASK}\n{OPTIONS}",
            "id: w\nkind: timer\nfor: 1s\nif: other == 'x'",
        ),
    )
)
ENDS = st.sampled_from(["succeeded", "failed", "no_data", "timed_out", "unknown", "ask"])
WORDS = st.sampled_from(["retry", "skip", "settle", "abort", "take", "stray"])


def told(one: Imagined, word: str, step: str) -> Any:
    """A word of somebody, fitting or not."""
    attempt = one.run.step(step).attempt
    return {
        "retry": h.StepRetried(person="jo", step=step),
        "skip": h.StepSkipped(person="jo", step=step, how="person", why="x"),
        "settle": h.StepSettled(person="jo", step=step, attempt=attempt, ended="failed", why="x"),
        "abort": h.RunAborted(person="jo", why="x"),
        "take": h.DriverLetGo(person="jo", session="s2", why="x"),
        "stray": h.StepEnded(step=step, attempt=attempt, ended="succeeded", says="x"),
    }[word]


HAPPENED = st.lists(st.tuples(ENDS, WORDS, st.integers(0, 3_000)), min_size=8, max_size=25)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SHAPES), HAPPENED)
def test_whatever_happens_a_run_stays_sound(playbook: Playbook, words: list[tuple[str, str, int]]) -> None:
    one = Imagined(playbook, {"loud": False})
    one.take()
    keys: set[tuple[str, int]] = set()
    for ended, word, pause in words:
        one.now += pause
        before, move = one.run, one.next
        if isinstance(move, Begin | Undecided):
            begin = move.begin if isinstance(move, Undecided) else move
            assert (begin.step.id, begin.attempt) not in keys, "no key is given twice"
            keys.add((begin.step.id, begin.attempt))
            one.add(began(begin))
            assert one.next == InHand(begin.step, begin.attempt), "the same is decided again after a crash"
        elif isinstance(move, Finish):
            run = one.add(h.RunEnded(state="succeeded" if move.succeeded else "failed", says=move.says))
            assert run.over
            assert not (run.state is RunState.SUCCEEDED and run.in_state(StepState.UNKNOWN))
            assert not move.succeeded or run.in_state(StepState.SUCCEEDED)
        elif before.current or not isinstance(move, Standing):
            moved(one, move, ended, word)
        run = one.run
        assert sum(step.state.in_hand for step in run.steps.values()) <= 1
        assert run.taken.get(("look", "on_fail"), 0) <= 2
        assert not before.over or run.state is before.state, "what is over stays as it is"
    read = run_of(one.story)
    assert read == replace(one.run, story=tuple(one.story)), "grown or read at once, it is the same"


def moved(one: Imagined, move: Move, ended: str, word: str) -> None:
    """What the driver, or somebody else, puts down next."""
    match move:
        case InHand():
            if move.step.kind == "decision" and ended == "succeeded":
                one.add(
                    h.StepAnswered(person="jo", step=move.step.id, attempt=move.attempt, choice="Left"), JO
                )
            one.end(ended)
        case LeaveOut():
            left = h.StepSkipped(
                person="ana", step=move.step.id, how="condition", why="x", origin=move.origin, way=move.way
            )
            one.add(left)
        case Ask():
            one.add(h.RunPaused(step=move.step, why=move.why))
        case Standing():
            one.add(told(one, word, one.run.current), JO)
        case _:
            pass
