"""Policy and people: what is unknown or malformed refuses, and says where it is wrong."""

from __future__ import annotations

import pytest

from console.actions import Abort, Action, Advance, Complete
from console.authorise import Allowed, Refused, Standing, authorise
from console.policy import SHIPPED_POLICY, PolicyFault, Rulebook, load_rulebook, shipped_people
from console.world import Armed

PEOPLE = """\
version: 1
people:
  ana: {name: Ana, roles: [devops], vercel: [usr_ana]}
  jo: {name: Jo, roles: [development], vercel: [usr_jo]}
  mia: {name: Mia, roles: [qa], vercel: [usr_mia]}
  sam: {name: Sam, roles: [product-management], vercel: [usr_sam]}
"""
NOW = 1_800_000_000_000
TO_25 = Advance("dpl_c", "dpl_b", 0, 1, 5, 25)
TO_100 = Advance("dpl_c", "dpl_b", 2, 3, 50, 100)
COMPLETE = Complete("dpl_c", "dpl_b", 0, 5)
ABORT = Abort("dpl_c", "dpl_b")


def load(policy: str = SHIPPED_POLICY, people: str = PEOPLE) -> Rulebook:
    return load_rulebook(policy, "policy.yaml", people, "people.yaml")


def faults(policy: str = SHIPPED_POLICY, people: str = PEOPLE) -> tuple[str, ...]:
    with pytest.raises(PolicyFault) as caught:
        load(policy, people)
    return caught.value.faults


def standing(person: str | None = "ana", **changes: object) -> Standing:
    values: dict[str, object] = {
        "rulebook": load(),
        "person": person,
        "person_problem": "not listed",
        "armed": None if person is None else Armed(person, NOW + 60_000, "on call"),
        "read_only": None,
        "command": False,
        "now": NOW,
    }
    return Standing(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("person", "action", "allowed"),
    [
        ("ana", TO_25, True),
        ("ana", TO_100, True),
        ("ana", COMPLETE, True),
        ("ana", ABORT, True),
        ("jo", TO_25, True),
        ("jo", TO_100, False),
        ("jo", COMPLETE, False),
        ("jo", ABORT, True),
        ("mia", TO_25, False),
        ("mia", ABORT, True),
        ("sam", TO_25, False),
        ("sam", ABORT, False),
    ],
)
def test_the_shipped_policy_is_the_permission_matrix(person: str, action: Action, allowed: bool) -> None:
    decided = authorise(action, standing(person))
    assert isinstance(decided, Allowed) is allowed


def test_a_refusal_names_the_rule_and_who_could() -> None:
    decided = authorise(COMPLETE, standing("jo"))
    assert isinstance(decided, Refused)
    assert decided.rule == "all-traffic"
    assert "ana" in decided.next


@pytest.mark.parametrize(
    "changes",
    [
        {"rulebook": "policy.yaml changed since it was adopted"},
        {"person": None},
        {"read_only": "Read-only by the settings."},
        {"armed": None},
        {"armed": Armed("ana", NOW, "over")},
        {"armed": Armed("jo", NOW + 60_000, "somebody else's arming")},
    ],
)
def test_whatever_is_missing_refuses_even_an_abort(changes: dict[str, object]) -> None:
    decided = authorise(ABORT, standing(**changes))  # type: ignore[arg-type]
    assert isinstance(decided, Refused)
    assert decided.says
    assert decided.next


def test_arming_is_waived_only_for_commands_and_only_where_the_rule_says_so() -> None:
    waiving = SHIPPED_POLICY.replace("    approvals: 0\n", "    approvals: 0\n    arming: waived\n", 1)
    book = load(waiving)
    assert isinstance(authorise(ABORT, standing(rulebook=book, armed=None, command=True)), Allowed)
    assert isinstance(authorise(ABORT, standing(rulebook=book, armed=None)), Refused)
    assert isinstance(authorise(TO_25, standing(rulebook=book, armed=None, command=True)), Refused)


def test_a_quorum_that_cannot_be_collected_refuses() -> None:
    asking = SHIPPED_POLICY.replace("approvals: 0", "approvals: 1", 1)
    decided = authorise(ABORT, standing(rulebook=load(asking)))
    assert isinstance(decided, Refused)
    assert "approval" in decided.says


def test_an_action_no_rule_covers_is_refused() -> None:
    only_abort = (
        "version: 1\npolicies:\n  stop: {applies_to: {action: [abort]}, roles: [devops], approvals: 0}\n"
    )
    assert isinstance(authorise(TO_25, standing(rulebook=load(only_abort))), Refused)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("version: 1\npolicies: {a: [", "policy.yaml:2"),
        (SHIPPED_POLICY + "  extra: {}\n", "policies.extra.applies_to"),
        (SHIPPED_POLICY.replace("devops]", "devop]"), "policies.widen.roles.1"),
        (SHIPPED_POLICY + "surprise: 1\n", "surprise: there is no such key"),
        (
            SHIPPED_POLICY.replace("approvals: 0", "approvals: none", 1),
            ":8: policies.stop-harm.approvals",
        ),
        (SHIPPED_POLICY.replace("version: 1", "version: yes"), "policy.yaml:3: version"),
        ("", "the file"),
    ],
)
def test_a_malformed_policy_names_the_place(policy: str, expected: str) -> None:
    assert any(expected in fault for fault in faults(policy)), faults(policy)


def test_a_duplicate_key_is_refused() -> None:
    assert faults(SHIPPED_POLICY + "version: 2\n")


def test_one_account_belongs_to_one_person_whatever_its_case() -> None:
    twice = PEOPLE + "  eve: {name: Eve, roles: [devops], vercel: [USR_ANA]}\n"
    assert any("belongs to both ana and eve" in fault for fault in faults(people=twice))


def test_a_quorum_nobody_can_reach_is_a_fault() -> None:
    asking = SHIPPED_POLICY.replace(
        "roles: [devops]\n    approvals: 0", "roles: [devops]\n    approvals: 2", 1
    )
    assert any("only 0 other people have" in fault for fault in faults(asking))


def test_a_yaml_bomb_is_refused_quickly() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(8)
    )
    assert faults(bomb)


@pytest.mark.parametrize("name", ["Ana", 'O"Brien\n: x', "\x1b[2J", "山田 太郎", "a: b # c"])
def test_shipped_people_reads_back_whatever_the_account_is_called(name: str) -> None:
    book = load(people=shipped_people(name, name, ["usr_1", name]))
    assert book.person_of("usr_1") is not None
    assert "\n" not in next(iter(book.people.people))
