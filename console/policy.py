"""Policy and people: who may do what. Pure: texts in, decisions out.

Both files lie beside the ledger; the digest in force is an event of the ledger. Whatever is unknown
or malformed refuses: there is no default that allows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from console.allowed_signers import FILE_NAME, SignersFault, load_signers

Role = Literal["development", "qa", "devops", "incident-response", "product-management"]
PolicyAction = Literal[
    "start",
    "advance",
    "complete",
    "abort",
    "promote",
    "rollback",
    "configure",
    "freeze",
    "thaw",
    "flag_off",
    "flag",
    "database",
    "command",  # what playbooks run, and requests of theirs that change something
    "adopt_policy",
]
ALONE: frozenset[PolicyAction] = frozenset({"database"})
"""What whoever works alone never gets to: that too few people are listed for it spoils nothing else."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AppliesTo(_Strict):
    """Which plans a rule is about."""

    action: list[PolicyAction] = Field(min_length=1)


class BreakGlass(_Strict):
    """Who may pass over the quorum, and how soon somebody else has to look at that."""

    roles: list[Role] = Field(min_length=1)
    review_within_hours: int = Field(24, ge=1, le=168)


class Rule(_Strict):
    """Who may do an action, and under which conditions."""

    applies_to: AppliesTo
    roles: list[Role] = Field(min_length=1)
    approvals: int = Field(ge=0, le=10)
    """Approvals needed besides the person who acts."""
    arming: Literal["required", "waived"] = "required"
    """``waived``: commands may do it without ``--arm`` (for unattended use)."""
    up_to_percent: int = Field(100, ge=1, le=100)
    """Exposure beyond this is not covered by the rule."""
    approvers: list[Role] = []
    """Whose approval counts; nothing said: that of whoever may do it."""
    at_least_one_from: list[Role] = []
    """One of the approvals has to come from one of these."""
    deny: int = Field(1, ge=1, le=10)
    """So many denials close a request."""
    approve_within_minutes: int = Field(15, ge=1, le=10_080)
    execute_within_minutes: int = Field(30, ge=1, le=10_080)
    """Counted from the last moment for approvals."""
    signature: Literal["none", "required", "hardware"] = "required"
    """The least that an approval rests on: the account behind a token, a key, a key that was touched."""
    break_glass: BreakGlass | None = None

    @property
    def approver_roles(self) -> frozenset[str]:
        return frozenset(self.approvers or self.roles)


class Policy(_Strict):
    """policy.yaml."""

    version: int = Field(ge=1)
    policies: dict[str, Rule] = Field(min_length=1)


class PersonEntry(_Strict):
    """One person, with everything that identifies them."""

    name: str = Field(min_length=1, max_length=80)
    roles: list[Role]
    vercel: list[str] = []
    """User ids or user names of their accounts on the host."""


class People(_Strict):
    """people.yaml."""

    version: int = Field(ge=1)
    people: dict[str, PersonEntry] = Field(min_length=1)


class PolicyFault(Exception):
    """A policy or people file cannot be used; ``faults`` names each with file and line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A usable pair of policy and people, with the digests of the bytes they were read from."""

    policy: Policy
    people: People
    policy_text: str
    people_text: str
    signers_text: str | None = None
    """allowed_signers; ``None`` where there is no such file: then no signature counts."""

    @property
    def policy_sha256(self) -> str:
        return hashlib.sha256(self.policy_text.encode()).hexdigest()

    @property
    def people_sha256(self) -> str:
        return hashlib.sha256(self.people_text.encode()).hexdigest()

    @property
    def signers_sha256(self) -> str | None:
        return None if self.signers_text is None else hashlib.sha256(self.signers_text.encode()).hexdigest()

    def person_of(self, *logins: str | None) -> str | None:
        """The key of the person who owns one of ``logins`` (compared without case)."""
        wanted = {login.casefold() for login in logins if login}
        for key, entry in self.people.people.items():
            if wanted & {login.casefold() for login in entry.vercel}:
                return key
        return None

    def rule_for(self, action: str, to_percent: int) -> tuple[str, Rule] | None:
        """The first rule, in the file's order, that covers ``action`` up to ``to_percent``."""
        for name, rule in self.policy.policies.items():
            if action in rule.applies_to.action and to_percent <= rule.up_to_percent:
                return name, rule
        return None

    def others_for(self, rule: Rule, person: str) -> int:
        """How many people besides ``person`` can approve what comes under ``rule``."""
        return sum(
            key != person and bool(set(entry.roles) & rule.approver_roles)
            for key, entry in self.people.people.items()
        )

    def who_may(self, action: str, to_percent: int) -> tuple[str, ...]:
        """Keys of the people whose roles allow ``action``."""
        found = self.rule_for(action, to_percent)
        if found is None:
            return ()
        return tuple(k for k, p in self.people.people.items() if set(p.roles) & set(found[1].roles))


def load_rulebook(
    policy_text: str,
    policy_name: str,
    people_text: str,
    people_name: str,
    signers_text: str | None = None,
    signers_name: str = FILE_NAME,
) -> Rulebook:
    """Parse and check the files. Raises :class:`PolicyFault` with every fault found."""
    faults: list[str] = []
    policy = _load(Policy, policy_text, policy_name, faults)
    people = _load(People, people_text, people_name, faults)
    if policy is not None and people is not None:
        faults.extend(_shared_logins(people, people_name))
        faults.extend(_unreachable(policy, people, policy_name))
    if people is not None and signers_text is not None:
        try:
            load_signers(signers_text, signers_name, people.people)
        except SignersFault as error:
            faults.extend(error.faults)
    if faults or policy is None or people is None:
        raise PolicyFault(faults)
    return Rulebook(policy, people, policy_text, people_text, signers_text)


def _shared_logins(people: People, name: str) -> list[str]:
    owners: dict[str, str] = {}
    faults = []
    for key, entry in people.people.items():
        for login in entry.vercel:
            other = owners.setdefault(login.casefold(), key)
            if other != key:
                faults.append(
                    f"{name}: the account {login!r} belongs to both {other} and {key}; give it to one."
                )
    return faults


def _unreachable(policy: Policy, people: People, name: str) -> list[str]:
    faults = []
    for rule_name, rule in policy.policies.items():
        able = {k for k, p in people.people.items() if set(p.roles) & rule.approver_roles}
        acting = [k for k, p in people.people.items() if set(p.roles) & set(rule.roles)]
        most = max((len(able - {one}) for one in acting), default=len(able))
        if rule.approvals > most and not set(rule.applies_to.action) <= ALONE:
            faults.append(
                f"{name}: policies.{rule_name}: {rule.approvals} approval(s) besides the person who acts, "
                f"but only {most} other {'person has' if most == 1 else 'people have'} a role for it."
            )
        if rule.approvals and not rule.approver_roles >= set(rule.at_least_one_from):
            faults.append(f"{name}: policies.{rule_name}: at_least_one_from names roles that do not approve.")
    return faults


def _load(model: type[Any], text: str, name: str, faults: list[str]) -> Any | None:
    try:
        for event in YAML(typ="rt", pure=True).parse(text):
            if isinstance(event, AliasEvent):  # a few lines of them can stand for gigabytes
                place = f"{name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
                faults.append(f"{place}: references (*{event.anchor}) are not allowed here: write it out.")
                return None
        tree = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        faults.append(f"{place}: this is not valid YAML: {error.problem or error.context}.")
        return None
    except (YAMLError, ValueError, RecursionError) as error:
        faults.append(f"{name}: this is not valid YAML: {error}.")
        return None
    try:
        return model.model_validate(_plain(tree))
    except ValidationError as error:
        for fault in error.errors():
            line = _line_of(tree, fault["loc"])
            key = ".".join(str(part) for part in fault["loc"])
            message = "there is no such key" if fault["type"] == "extra_forbidden" else fault["msg"]
            faults.append(f"{name}:{line}: {key or 'the file'}: {message}.")
    except RecursionError:
        faults.append(f"{name}: it refers to itself.")
    return None


def _plain(node: Any) -> Any:
    """ruamel's containers and scalars as plain ones, so that strict validation sees str and int."""
    if isinstance(node, dict):
        return {(str(k) if isinstance(k, str) else k): _plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if isinstance(node, str):
        return str(node)
    if isinstance(node, int) and not isinstance(node, bool):
        return int(node)
    return node


def _line_of(tree: Any, loc: tuple[int | str, ...]) -> int:
    line = 1
    for part in loc:
        marks = getattr(getattr(tree, "lc", None), "data", None) or {}
        if part in marks:
            line = marks[part][0] + 1
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            break
    return line


SHIPPED_POLICY = """\
# Who may change production. Stopping harm is wide, causing change is narrow.
# This file counts only as the ledger recorded it: change it with `coalmine config adopt`.
version: 1
policies:
  stop-harm:
    applies_to: {action: [abort, freeze, flag_off]}
    roles: [development, qa, devops, incident-response]
    approvals: 0
  widen:
    applies_to: {action: [start, advance]}
    roles: [development, devops]
    approvals: 0
    up_to_percent: 99
  all-traffic:
    applies_to: {action: [start, advance, complete, promote, thaw, configure]}
    roles: [devops]
    approvals: 0
  rollback:  # once a second person is listed in people.yaml, ask for one approval here
    applies_to: {action: [rollback]}
    roles: [devops, incident-response]
    approvals: 0
  flags:
    applies_to: {action: [flag]}
    roles: [development, devops, incident-response, product-management]
    approvals: 0
  database:  # out of reach until two people besides whoever asks are listed in people.yaml
    applies_to: {action: [database]}
    roles: [devops, development]
    at_least_one_from: [devops]
    approvals: 2
    signature: required
  policy:
    applies_to: {action: [adopt_policy]}
    roles: [devops]
    approvals: 0
"""


def shipped_people(key: str, name: str, logins: Sequence[str]) -> str:
    """A minimal people.yaml with one person who may do everything the shipped policy knows."""
    quoted = ", ".join(_quoted(login) for login in logins)
    return f"""\
# Who is who. An account belongs to one person; someone not listed here can look, and change nothing.
version: 1
people:
  {_quoted(key)}:
    name: {_quoted(name)}
    roles: [devops, incident-response]
    vercel: [{quoted}]
"""


def _quoted(text: str) -> str:
    return '"' + "".join(c for c in text if c.isprintable()).replace("\\", "\\\\").replace('"', '\\"') + '"'
