"""What needs no world: keys in reasons, consents, what a session may do, and what a step names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions import Abort, Rollback
from console.authorise import Standing
from console.canary.stages import Advancement, Release, ReleaseState, Stage
from console.envelope import NewEvent, Recorded
from console.objections import REASON_LIMIT
from console.outcome import End, Outcome
from console.policy import SHIPPED_POLICY, load_rulebook
from console.rollback.plan import HostStep, ordered
from console.runs.consent import Consent, Consents
from console.runs.ends import hindered, of_outcome
from console.runs.hand_rollout import reached
from console.runs.marks import bears, mark, marked
from console.world import Armed
from tests.console.rollback.people import ASKING, PEOPLE
from tests.console.runs.stepping import task

KEYS = st.from_regex(r"RUN-[0-9]{1,4}/[a-z0-9-]{1,60}/[0-9]{1,3}", fullmatch=True)
BOOK = load_rulebook(ASKING, "policy.yaml", PEOPLE, "people.yaml")
LAX = load_rulebook(SHIPPED_POLICY, "policy.yaml", PEOPLE, "people.yaml")
BACK = ordered("prj", [HostStep(Rollback("prj", "dpl_old", "dpl_now"))])
STOP = ordered("prj", [HostStep(Abort("dpl_canary", "dpl_old"))])


@given(st.text(), KEYS, KEYS)
def test_a_reason_bears_its_own_key_and_no_other(why: str, key: str, other: str) -> None:
    reason = marked(f"{why}{mark(other)}", key)
    assert bears(reason, key)
    assert key == other or not bears(reason, other)
    assert reason.isprintable()
    assert len(reason) <= REASON_LIMIT


def test_a_consent_is_to_one_attempt_of_exactly_this() -> None:
    consents, one, again = Consents(), task("rollout", {}), task("rollout", {}, attempt=2)
    shown, moved = Consent(("ADVANCE",), "25", "aa"), Consent(("ADVANCE",), "50", "bb")
    lacking = consents.lacking(one, shown)
    assert lacking is not None
    assert (lacking.ended, lacking.evidence) == ("ask", ("ADVANCE",))
    assert consents.give(one, shown, "24") == "The word to type is '25'."
    assert consents.lacking(one, shown) is not None
    assert consents.give(one, shown, " 25 ") is None
    assert consents.lacking(one, shown) is None
    assert consents.lacking(again, shown) is not None
    assert consents.lacking(one, moved) is not None
    assert consents.lacking(again, Consent(("ABORT",))) is None, "what stops harm asks for no word"
    assert Consents(beforehand=True).lacking(again, moved) is None


def standing(person: str | None = "ana", armed: str | None = None, read_only: str | None = None) -> Standing:
    by = None if armed is None else Armed(armed, 1_000, "on call")
    return Standing(BOOK, person, "Nobody is known.", by, read_only, False, 10)


@pytest.mark.parametrize(
    ("now", "name", "ended"),
    [
        (standing(armed="ana"), "advance", None),
        (standing(), "advance", "ask"),
        (standing(), "rollback", None),
        (standing(read_only="It only looks."), "rollback", "ask"),
        (standing(None), "abort", "ask"),
        (standing("jo", armed="jo"), "abort", "ask"),
        (standing(armed="ana"), "no-such-action", "failed"),
    ],
)
def test_what_keeps_a_step_from_being_tried(now: Standing, name: str, ended: str | None) -> None:
    found = hindered(task("rollout", {}), now, (name, 50))
    assert (None if found is None else found.ended) == ended


@pytest.mark.parametrize(
    ("end", "ended"),
    [
        (End.DONE, "succeeded"),
        (End.REFUSED_HERE, "failed"),
        (End.REFUSED_BY_HOST, "failed"),
        (End.NOT_SENT, "failed"),
        (End.UNKNOWN, "unknown"),
        (End.AWAITING, "ask"),
    ],
)
def test_every_outcome_has_an_end(end: End, ended: str) -> None:
    assert of_outcome(Outcome(end, "so")).ended == ended


def release(state: ReleaseState, at: int | None = None) -> Release:
    stages = (Stage(0, 5, True, None, False), Stage(1, 25, True, None, False))
    return Release(state, Advancement.MANUAL, None, None, stages, at, None, 0, 0)


def test_what_is_so_already_of_a_release() -> None:
    rolling = release(ReleaseState.ACTIVE, 1)
    assert reached("advance", 25, rolling)
    assert reached("advance", None, rolling) is None
    assert reached("advance", 50, rolling) is None
    assert reached("abort", None, rolling) is None
    assert reached("abort", None, release(ReleaseState.ABORTED))
    assert reached("complete", None, release(ReleaseState.COMPLETE))
    assert reached("complete", None, release(ReleaseState.ABORTED)) is None
    assert reached("abort", None, None) is None


def recorded(*events: NewEvent) -> list[Recorded]:
    return [_recorded(place, one) for place, one in enumerate(events, 1)]


def _recorded(seq: int, one: NewEvent) -> Recorded:
    from tests.console.recorded import recorded as made

    return made(one, seq)
