"""What needs no world: keys in reasons, consents, what a session may do, and what a step names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions import Abort, Advance, Impossible, Rollback
from console.authorise import Refused, Standing
from console.canary.stages import Advancement, Release, ReleaseState, Stage
from console.events import ActionEnded
from console.objections import REASON_LIMIT
from console.outcome import End, Outcome
from console.playbooks.model import Plain
from console.policy import SHIPPED_POLICY, Rulebook, load_rulebook
from console.rollback.plan import HostStep, Plan, ordered, rules_of
from console.runs.consent import Consent, Consents
from console.runs.ends import hindered, of_outcome
from console.runs.hand_rollout import became, intended, reached
from console.runs.marks import bears, mark, marked
from console.runs.rolling_back import Asked, asked_of, is_asked, rules_amiss, unapproved, word_of
from console.world import Armed
from tests.console.recorded import append, still_ledger
from tests.console.recorded import intended as intent
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


def test_what_was_intended_for_a_step_is_found_by_its_key(tmp_path: Path) -> None:
    action = Advance("dpl_c", "dpl_b", 0, 1, 5, 25)
    one, other = task("rollout", {"do": "advance"}), task("rollout", {"do": "abort"})
    with still_ledger(tmp_path) as ledger:
        append(ledger, intent(action).model_copy(update={"reason": marked("so", one.key)}))
        mine = intended(ledger.read(), one.key)
        assert mine is not None
        assert (mine.action, mine.outcome) == (action, None)
        assert became(one, mine).ended == "unknown"
        assert became(other, mine).ended == "ask", "it is about something else"
        assert intended(ledger.read(), f"{one.key}0") is None
        for outcome, how, ended in (
            ("unknown", "answered", "unknown"),
            ("not_sent", "asked_host", "failed"),
            ("done", "answered", "succeeded"),
        ):
            over = ActionEnded.model_validate(
                {"action_id": "a1", "outcome": outcome, "how": how, "says": "so"}
            )
            append(ledger, over)
            mine = intended(ledger.read(), one.key)
            assert mine is not None
            assert became(one, mine).ended == ended


def asked(**fields: Plain) -> Asked:
    made: dict[str, Plain] = {"scope": "code", "to": "dpl_old", "approval": {"policy": "rollback"}}
    return asked_of(task("rollback", {**made, **fields}))


@pytest.mark.parametrize(
    "fields",
    [
        {"approval": "rollback"},
        {"to": ""},
        {"scope": "config"},
        {"scope": "feature"},
        {"scope": "database"},
    ],
)
def test_a_step_that_lacks_what_its_scope_needs_asks_for_nothing(fields: dict[str, Plain]) -> None:
    with pytest.raises(Impossible):
        asked(**fields)


def test_a_named_rule_adds_to_what_the_policy_asks_and_takes_nothing_from_it() -> None:
    def names(plan: Plan, book: Rulebook, under: str) -> list[str]:
        rules = rules_of(plan, book, under)
        assert not isinstance(rules, Refused)
        return [name for name, _ in rules]

    assert names(BACK, BOOK, "rollback") == ["rollback"]
    assert names(BACK, BOOK, "stop-harm") == ["rollback"], "a laxer one has nothing to add"
    assert names(STOP, BOOK, "rollback") == ["stop-harm", "rollback"]
    assert isinstance(rules_of(BACK, BOOK, "nobody"), Refused)
    assert rules_amiss(asked(approval={"policy": "nobody"}), BACK, BOOK)
    assert rules_amiss(asked(), BACK, BOOK) is None


def test_an_armed_session_is_wanted_where_nobody_else_is() -> None:
    assert unapproved(asked(), BACK, BOOK) == ()
    assert unapproved(asked(), STOP, BOOK) == ()
    assert unapproved(asked(), BACK, LAX) == (("rollback", 100),)


def test_a_plan_is_what_the_step_asks_for_and_nothing_beside_it() -> None:
    targets = {"dpl_old"}
    assert is_asked(asked(), BACK, targets, "production")
    assert is_asked(asked(), STOP, targets, "production")
    assert not is_asked(asked(), BACK, {"dpl_older"}, "production")
    assert not is_asked(asked(scope="database", database="shop"), BACK, targets, "production")
    twice = Plan("prj", (*BACK.steps, *STOP.steps))
    assert not is_asked(asked(), twice, targets, "production")
    assert not is_asked(asked(), Plan("prj", ()), targets, "production")


def test_the_word_is_of_what_does_not_only_stop_harm() -> None:
    assert word_of(BACK, "shop") == "shop"
    assert word_of(STOP, "shop") is None
