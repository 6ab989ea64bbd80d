"""Which answers count: only what was signed for exactly this, by somebody else who may, in time, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.policy import load_rulebook
from console.rollback.approval import Answer, Asked, Need, Proof, Statement, statement_of, tally
from tests.console.rollback.people import ASKING, PEOPLE

BOOK = load_rulebook(ASKING, "policy.yaml", PEOPLE, "people.yaml")
NEED = Need.of("rollback", BOOK.policy.policies["rollback"])
ASKED = Asked("prj", "RB-1", "u" * 32, "p" * 64, "q" * 64, "ana", 1_000, 2_000)
KEYS = {"ana": "SHA256:a", "jo": "SHA256:j", "bo": "SHA256:b", "dev": "SHA256:d"}


def said(person: str = "bo", decision: str = "approve", nonce: str = "n", at: int = 500) -> Statement:
    return Statement(
        project_id="prj",
        request_id="RB-1",
        uid="u" * 32,
        plan_sha256="p" * 64,
        policy_sha256="q" * 64,
        decision=decision,  # type: ignore[arg-type]
        person=person,
        nonce=nonce,
        issued_at=at,
        approve_by=1_000,
        execute_by=2_000,
        reason="seen it",
    )


def answered(one: Statement, seq: int = 1, at: int = 500, **other: object) -> Answer:
    proof = Proof(KEYS[one.person], touched=False)
    return replace(Answer(seq, at, one.text(), one.person, one.person, proof), **other)  # type: ignore[arg-type]


def approved(*answers: Answer, need: Need = NEED, revoked: frozenset[str] = frozenset()) -> bool:
    return tally(ASKED, answers, revoked, [need], BOOK).approved


def why_not(answer: Answer) -> str:
    [bad] = tally(ASKED, [answer], frozenset(), [NEED], BOOK).uncounted
    return bad.why


def test_one_signed_yes_of_another_is_enough_where_one_is_asked_for() -> None:
    assert approved(answered(said()))
    assert not approved()
    assert not approved(answered(said("dev"))), "no role for it"
    assert approved(answered(said("jo")))


@pytest.mark.parametrize(
    ("member", "value", "why"),
    [
        ("project_id", "prj_other", "another project"),
        ("request_id", "RB-2", "another request"),
        ("uid", "v" * 32, "another request"),
        ("plan_sha256", "0" * 64, "another plan"),
        ("policy_sha256", "0" * 64, "another policy"),
        ("approve_by", 99_000, "other deadlines"),
        ("execute_by", 99_000, "other deadlines"),
        ("issued_at", 900_000, "a clock is wrong"),
    ],
)
def test_what_was_signed_for_anything_else_does_not_count(member: str, value: object, why: str) -> None:
    assert why in why_not(answered(said().model_copy(update={member: value})))


def test_every_member_of_what_is_signed_is_held_against_the_request_or_the_record() -> None:
    free = {"version", "namespace", "decision", "nonce", "reason", "person", "issued_at"}
    bound = {"project_id", "request_id", "uid", "plan_sha256", "policy_sha256", "approve_by", "execute_by"}
    assert set(Statement.model_fields) == free | bound


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"proof": "the signature is not good"}, "not good"),
        ({"person": "jo"}, "somebody else than what was signed"),
        ({"at": 1_001}, "too late"),
        ({"payload": "{}"}, "not an answer"),
        ({"payload": said().text() + " "}, "not an answer"),
        ({"payload": said().text().replace('"version":1', '"version":1,"more":1')}, "not an answer"),
        ({"proof": None, "recorded_by": "jo"}, "not bo's"),
    ],
)
def test_what_the_record_says_of_it_has_to_agree(other: dict[str, Any], why: str) -> None:
    assert why in why_not(answered(said(), **other))


def test_at_the_last_moment_counts_and_one_later_does_not() -> None:
    assert approved(answered(said(at=1_000), at=1_000))
    assert not approved(answered(said(at=1_000), at=1_001))


def test_nobody_approves_what_they_asked_for_with_whatever_key() -> None:
    assert "asked for" in why_not(answered(said("ana")))
    assert "asked for" in why_not(answered(said("ana"), proof=Proof("SHA256:other", touched=True)))


def test_one_key_is_of_one_person_and_one_person_counts_once() -> None:
    two = replace(NEED, approvals=2)
    assert approved(answered(said()), answered(said("jo", nonce="m"), 2), need=two)
    same_key = answered(said("jo", nonce="m"), 2, proof=Proof(KEYS["bo"], touched=False))
    assert not approved(answered(said()), same_key, need=two)
    assert not approved(answered(said()), answered(said(nonce="m"), 2), need=two)
    assert not approved(answered(said()), answered(said(), 2), need=two), "a copy"


def test_unsigned_counts_only_where_the_policy_says_so() -> None:
    plain = answered(said("jo"), proof=None)
    assert not approved(plain)
    assert approved(plain, need=replace(NEED, signature="none"))


def test_a_touch_is_asked_for_where_the_policy_says_so() -> None:
    hard = replace(NEED, signature="hardware")
    assert not approved(answered(said()), need=hard)
    assert approved(answered(said(), proof=Proof(KEYS["bo"], touched=True)), need=hard)


def test_a_denial_closes_it_for_good_and_a_revoked_answer_is_none() -> None:
    no = answered(said(decision="deny"))
    yes = answered(said("jo", nonce="m"), 2)
    assert tally(ASKED, [no, yes], frozenset(), [NEED], BOOK).denied
    assert not tally(ASKED, [yes, replace(no, seq=3)], frozenset(), [NEED], BOOK).approved
    assert not approved(yes, revoked=frozenset({"m"}))
    outsider = answered(said("dev", "deny"))
    assert approved(outsider, yes), "whose approval is worth nothing closes nothing either"


def test_one_of_them_has_to_come_from_where_the_policy_says() -> None:
    special = replace(NEED, one_from=frozenset({"qa"}))
    assert not approved(answered(said("jo")), need=special)
    assert approved(answered(said("bo")), need=special)


def test_whoever_lost_the_right_meanwhile_counts_no_more() -> None:
    without = load_rulebook(
        ASKING, "policy.yaml", PEOPLE.replace("bo: {name: Bo, roles: [qa]", "bo: {name: Bo, roles: []"), "p"
    )
    assert not tally(ASKED, [answered(said())], frozenset(), [NEED], without).approved


TEXTS = st.text(max_size=12)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(KEYS)),
            st.sampled_from(["approve", "deny"]),
            st.sampled_from("abc"),
            st.integers(400, 1_200),
            st.sampled_from(["signed", "touched", "bad", "none"]),
            st.booleans(),
        ),
        max_size=6,
    ),
    st.integers(1, 3),
)
def test_whatever_is_recorded_approval_means_so_many_others_each_with_a_key_of_their_own(
    rows: list[tuple[str, str, str, int, str, bool]], wanted: int
) -> None:
    answers = []
    for seq, (person, decision, nonce, at, how, swapped) in enumerate(rows):
        one = said(person, decision, nonce, min(at, 1_000))
        proof: object = {"bad": "not good", "none": None}.get(how, Proof(KEYS[person], how == "touched"))
        if swapped:
            one = one.model_copy(update={"plan_sha256": "0" * 64})
        answers.append(answered(one, seq, at, proof=proof))
    found = tally(ASKED, answers, frozenset(), [replace(NEED, approvals=wanted)], BOOK)
    good = {
        person
        for person, decision, _, at, how, swapped in rows
        if decision == "approve" and at <= 1_000 and how in ("signed", "touched") and not swapped
    }
    if found.approved:
        assert len(good & {"jo", "bo"}) >= wanted
    assert set(found.met[0].by) <= good & {"jo", "bo"}


@given(st.one_of(TEXTS, st.builds(lambda a, b: f'{{"{a}":{b}}}', TEXTS, st.integers())))
def test_no_text_is_taken_for_a_statement(text: str) -> None:
    found = statement_of(text)
    assert found is None
