"""The gate where time, a fault or somebody else comes between the intent and its outcome."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from console import events
from console.effect import TOO_LATE_MS
from console.envelope import NewEvent, Recorded
from console.intents import open_intents, outcome_of
from console.objections import Confirmed
from console.outcome import End
from console.reconcile import SETTLE_MS
from tests.console.test_gate import Operator, Scene, scene


def after_intent(operator: Operator, does: Any) -> None:
    """Call ``does`` right after the intent was recorded."""
    append = operator.gate._ledger.append

    def appending(stream: str, version: int, new: list[NewEvent]) -> list[Recorded]:
        done = append(stream, version, new)
        if new[0].kind == events.ActionIntended.KIND:
            does()
        return done

    operator.gate._ledger.append = appending  # type: ignore[assignment,method-assign]


def outcomes(s: Scene) -> list[tuple[str, str]]:
    return [(e.outcome, e.how) for e in s.story() if isinstance(e, events.ActionEnded)]


async def test_an_intent_that_has_waited_too_long_is_not_sent(tmp_path: Path) -> None:
    """A suspended machine must not act on what others have meanwhile found not to have happened."""
    async with scene(tmp_path) as s:
        operator = s.operator()
        after_intent(operator, lambda: s.clock.advance(TOO_LATE_MS / 1000 + 1))
        outcome = await s.act(operator, "advance")
        assert outcome.end is End.NOT_SENT
        assert s.effects() == []
        assert outcomes(s) == [("not_sent", "answered")]
        assert TOO_LATE_MS < SETTLE_MS


async def test_a_fault_of_our_own_while_sending_is_an_unknown_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scene(tmp_path) as s:
        operator = s.operator()

        async def broken(canary_id: str, next_stage_index: int) -> None:
            raise RuntimeError("a bug")

        operator.gate._host.advance = broken  # type: ignore[method-assign]
        outcome = await s.act(operator, "advance")
        assert outcome.end is End.UNKNOWN
        [intent] = open_intents(s.ledgers[0].read()).open
        assert intent.unknown
        s.clock.advance(SETTLE_MS / 1000 + 1)
        settled = await operator.gate.reconcile(intent)
        assert settled is not None
        assert settled.end is End.NOT_SENT
        assert outcomes(s) == [("unknown", "answered"), ("not_sent", "asked_host")]


@pytest.mark.parametrize(
    ("guess", "written"),
    [("not_sent", [("not_sent", "asked_host"), ("done", "answered")]), ("done", [("done", "asked_host")])],
)
async def test_the_hosts_answer_corrects_what_somebody_else_concluded(
    tmp_path: Path, guess: str, written: list[tuple[str, str]]
) -> None:
    async with scene(tmp_path) as s:
        operator, other = s.operator(), s.operator()

        def concluded() -> None:
            [intent] = open_intents(s.ledgers[0].read()).open
            event = events.ActionEnded.model_validate(
                {"action_id": intent.action_id, "outcome": guess, "how": "asked_host", "says": "so"}
            ).new(other.gate._actor(), s.clock.now())
            s.ledgers[1].append(intent.stream, s.ledgers[1].version(intent.stream), [event])

        after_intent(operator, concluded)
        assert (await s.act(operator, "advance")).end is End.DONE
        assert len(s.effects()) == 1
        assert outcomes(s) == written
        story = s.ledgers[0].read()
        action_id = next(e.action_id for e in s.story() if isinstance(e, events.ActionIntended))
        assert outcome_of(story, action_id) == "done"
        assert open_intents(story).open == ()


async def test_who_comes_too_late_is_told_who_acted(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        late, first = s.operator(), s.operator()
        preview = await late.gate.preview("advance", None, None, "shop")
        assert (await s.act(first, "complete", "a good night")).end is End.DONE
        outcome = await late.gate.perform(Confirmed(preview, "why", "25"))
        assert outcome.end is End.REFUSED_HERE
        assert "ana asked to complete the release from 5 %: a good night" in outcome.says


async def test_who_loses_between_two_looks_is_told_the_winner_not_whoever_was_before(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        late, first = s.operator(), s.operator()
        assert (await s.act(first, "advance", "the day before")).end is End.DONE
        preview = await late.gate.preview("advance", None, None, "shop")
        loop, read = asyncio.get_running_loop(), late.gate._ledger.read
        winners = iter([s.act(first, "complete", "a good night")])

        def reading(**which: Any) -> list[Recorded]:
            found = read(**which)
            for winner in winners:  # after our look at the ledger, before our look at the host
                assert asyncio.run_coroutine_threadsafe(winner, loop).result(30).end is End.DONE
            return found

        late.gate._ledger.read = reading  # type: ignore[method-assign]
        outcome = await late.gate.perform(Confirmed(preview, "why", "50"))
        assert outcome.end is End.REFUSED_HERE
        assert "a good night" in outcome.says
        assert len(s.effects()) == 2
