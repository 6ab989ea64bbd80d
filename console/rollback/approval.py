"""What an approval is, and which count. Pure: signatures are verified before, and come in as proofs.

Design: a yes is bound to the request, the exact plan, the policy, the person, a nonce and two clocks, in
canonical bytes that are signed. Nothing that is stored is believed: every look counts anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from console.envelope import canonical
from console.policy import Rule, Rulebook
from console.readings import Millis

SKEW_MS: Millis = 60_000
"""By so much an approver's clock may be ahead of the reader's."""

Level = Literal["account", "signed", "hardware"]
Decision = Literal["approve", "deny", "break_glass"]
RANK: Mapping[str, int] = {"none": 0, "account": 0, "required": 1, "signed": 1, "hardware": 2}


class Statement(BaseModel):
    """What is signed: every member of it, as canonical JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    namespace: Literal["coalmine-approval@v1"] = "coalmine-approval@v1"
    project_id: str
    request_id: str
    uid: str
    plan_sha256: str
    policy_sha256: str
    decision: Decision
    person: str
    nonce: str
    issued_at: Millis
    approve_by: Millis
    execute_by: Millis
    reason: str

    def text(self) -> str:
        """The bytes to sign, as text."""
        return canonical(self.model_dump(mode="json")).decode()


def statement_of(payload: str) -> Statement | None:
    """The statement, if these are its canonical bytes and nothing else."""
    try:
        found = Statement.model_validate(json.loads(payload))
    except (ValueError, ValidationError, RecursionError):
        return None
    return found if found.text() == payload else None


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature that was found good, for the person whom it names."""

    fingerprint: str
    touched: bool
    """Whether a hardware key says that somebody touched it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One recorded answer, as it was found."""

    seq: int
    at: Millis
    """When the ledger took it."""
    payload: str
    person: str
    """Whom the record names."""
    recorded_by: str
    """Whose session recorded it: the account behind its token, if it had one."""
    proof: Proof | str | None
    """``None``: unsigned. Text: why the signature is not good."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What answers are held against: the request as it was submitted."""

    project_id: str
    request_id: str
    uid: str
    plan_sha256: str
    policy_sha256: str
    requester: str
    approve_by: Millis
    execute_by: Millis


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer that counts."""

    person: str
    decision: Decision
    level: Level
    fingerprint: str
    at: Millis
    nonce: str
    reason: str


@dataclass(frozen=True, slots=True)
class Uncounted:
    """An answer that does not, and why."""

    person: str
    why: str
    at: Millis


@dataclass(frozen=True, slots=True)
class Need:
    """What one rule asks for."""

    rule: str
    approvals: int
    from_roles: frozenset[str]
    one_from: frozenset[str]
    signature: str
    deny: int

    @classmethod
    def of(cls, name: str, rule: Rule) -> Need:
        one_from = frozenset(rule.at_least_one_from)
        return cls(name, rule.approvals, rule.approver_roles, one_from, rule.signature, rule.deny)


@dataclass(frozen=True, slots=True)
class Met:
    """How far one need is met."""

    need: Need
    by: tuple[str, ...]
    missing: str
    """What is missing, in words; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Every answer, counted against the policy then and now."""

    answers: tuple[Counted, ...]
    uncounted: tuple[Uncounted, ...]
    met: tuple[Met, ...]
    denied: bool

    @property
    def approved(self) -> bool:
        """Whether nothing is missing and nobody's no closes it."""
        return not self.denied and not any(one.missing for one in self.met)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(one.missing for one in self.met if one.missing)


def tally(
    asked: Asked, answers: Sequence[Answer], revoked: frozenset[str], needs: Sequence[Need], book: Rulebook
) -> Tally:
    """Count. ``needs``: of the rules then and now, all of which have to be met; ``book``: the people now."""
    good: list[Counted] = []
    bad: list[Uncounted] = []
    seen: set[tuple[str, str]] = set()
    for one in answers:
        said = statement_of(one.payload)
        why = "it is not an answer in the form that is signed" if said is None else _amiss(one, said, asked)
        if not why and said is not None and said.decision == "break_glass":
            why = "it is no answer, but a broken glass"
        if not why and said is not None:
            why = _person_amiss(one, said, asked, book)
        if not why and said is not None and said.nonce in revoked:
            why = "it was taken back"
        if not why and said is not None and (said.person, said.nonce) in seen:
            why = "it is a copy of an earlier answer"
        if why or said is None:
            bad.append(Uncounted(one.person, why, one.at))
            continue
        seen.add((said.person, said.nonce))
        proof = one.proof if isinstance(one.proof, Proof) else None
        good.append(
            Counted(
                said.person,
                said.decision,
                level_of(proof),
                proof.fingerprint if proof else "",
                one.at,
                said.nonce,
                said.reason,
            )
        )
    latest, denied = _latest(good, bad, needs, book)
    return Tally(latest, tuple(bad), tuple(_met(need, latest, book) for need in needs), denied)


def glass_amiss(one: Answer, asked: Asked, rules: Sequence[tuple[str, Rule]], book: Rulebook) -> str:
    """Why a recorded breaking of the glass does not count; empty where it does."""
    said = statement_of(one.payload)
    if said is None or said.decision != "break_glass":
        return "it is not in the form that is signed"
    why = _amiss(one, said, asked) or _unlisted(one, said, book)
    if why:
        return why
    level = level_of(one.proof if isinstance(one.proof, Proof) else None)
    for name, rule in rules:
        if not rule.approvals:
            continue
        if rule.break_glass is None:
            return f"rule {name} has no way around its approvals"
        if not _roles(book, said.person) & set(rule.break_glass.roles):
            return f"rule {name} lets only {', '.join(rule.break_glass.roles)} pass over its approvals"
        if RANK[level] < RANK[rule.signature]:
            return f"rule {name} asks for a signature" + (
                " with a touched key" if rule.signature == "hardware" else ""
            )
    return ""


def level_of(proof: Proof | None) -> Level:
    """What an answer rests on."""
    if proof is None:
        return "account"
    return "hardware" if proof.touched else "signed"


def _amiss(one: Answer, said: Statement, asked: Asked) -> str:
    for name, of in (("request_id", "request"), ("uid", "request"), ("project_id", "project")):
        if getattr(said, name) != getattr(asked, name):
            return f"it is of another {of}"
    if said.plan_sha256 != asked.plan_sha256:
        return "it is of another plan"
    if said.policy_sha256 != asked.policy_sha256:
        return "it was given under another policy"
    if (said.approve_by, said.execute_by) != (asked.approve_by, asked.execute_by):
        return "it is of other deadlines"
    if said.issued_at > one.at + SKEW_MS:
        return "it says that it was given later than it was recorded: a clock is wrong"
    if one.at > asked.approve_by or said.issued_at > asked.approve_by:
        return "it came too late"
    if isinstance(one.proof, str):
        return one.proof
    return ""


def _person_amiss(one: Answer, said: Statement, asked: Asked, book: Rulebook) -> str:
    if said.person == asked.requester:
        return "nobody approves what they asked for"
    return _unlisted(one, said, book)


def _unlisted(one: Answer, said: Statement, book: Rulebook) -> str:
    if said.person != one.person:
        return "the record names somebody else than what was signed"
    if said.person not in book.people.people:
        return f"{said.person} is not listed in people.yaml"
    if one.proof is None and one.recorded_by != said.person:
        return f"it is unsigned, and the account that recorded it is not {said.person}'s"
    return ""


def _latest(
    good: Sequence[Counted], bad: list[Uncounted], needs: Sequence[Need], book: Rulebook
) -> tuple[tuple[Counted, ...], bool]:
    """The last answer of each person, and of each key, which can be of one person only; and whether the
    answers up to some moment closed the request: then those that came later count no more."""
    closes = min((need.deny for need in needs), default=1)
    by_person: dict[str, Counted] = {}
    owners: dict[str, str] = {}
    closed = False
    for one in good:
        if closed:
            bad.append(Uncounted(one.person, "the request was denied before", one.at))
            continue
        owner = owners.setdefault(one.fingerprint, one.person) if one.fingerprint else one.person
        if owner != one.person:
            bad.append(Uncounted(one.person, f"{owner} answered with the same key", one.at))
            continue
        by_person[one.person] = one
        denials = [each for each in by_person.values() if each.decision == "deny"]
        able = [
            each for each in denials if any(_roles(book, each.person) & need.from_roles for need in needs)
        ]
        closed = len(able) >= closes
    return tuple(by_person.values()), closed


def _roles(book: Rulebook, person: str) -> frozenset[str]:
    entry = book.people.people.get(person)
    return frozenset(entry.roles) if entry else frozenset()


def _met(need: Need, answers: Sequence[Counted], book: Rulebook) -> Met:
    fit = [
        one
        for one in answers
        if one.decision == "approve"
        and _roles(book, one.person) & need.from_roles
        and RANK[one.level] >= RANK[need.signature]
    ]
    by = tuple(one.person for one in fit)
    short = need.approvals - len(fit)
    special = not need.one_from or any(_roles(book, person) & need.one_from for person in by)
    words = []
    if short > 0:
        how = {"none": "", "required": ", signed", "hardware": ", signed with a touched key"}[need.signature]
        roles = ", ".join(sorted(need.from_roles))
        words.append(f"{short} more {'approval' if short == 1 else 'approvals'} of: {roles}{how}")
    if need.approvals and not special:
        words.append(f"one of them from: {', '.join(sorted(need.one_from))}")
    return Met(need, by, "; ".join(words))
