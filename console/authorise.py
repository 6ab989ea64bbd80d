"""The gate's second step: may this person do this now? Pure; refusals say the rule and who could."""

from __future__ import annotations

from dataclasses import dataclass

from console.actions import Abort, Action, Advance, Configure, Start
from console.policy import Rulebook
from console.readings import Millis, Problem
from console.world import Armed


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the decision rests on. Texts in place of values say why those are missing."""

    rulebook: Rulebook | str
    """The rulebook in force, or why there is none."""
    person: str | None
    """Key in people.yaml of the account behind the token."""
    person_problem: str
    armed: Armed | None
    read_only: str | None
    """Why this session can never be armed, if so."""
    command: bool
    now: Millis
    unsound: Problem | None = None
    """Why the ledger itself cannot be relied on, if so."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The name of the rule that allows it, and what it rests on."""

    rule: str
    person: str
    arming: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, and what to do about it."""

    says: str
    next: str
    rule: str = ""
    approvals: int = 0
    """Of how many other people's approval there is need; then that alone stands in the way."""


def target_percent(action: Action) -> int:
    """The exposure of the canary after the action."""
    if isinstance(action, Abort | Configure):
        return 0
    if isinstance(action, Start):
        return action.first_percentage
    return action.to_percentage if isinstance(action, Advance) else 100


def authorise(action: Action, standing: Standing) -> Allowed | Refused:
    """Decide about an action on the host."""
    return authorise_named(action.NAME, target_percent(action), standing)


def authorise_named(name: str, to_percent: int, standing: Standing) -> Allowed | Refused:
    """Decide about what the policy calls ``name``.

    The order is from what can never be overcome to what one key overcomes.
    """
    refused = out_of_the_question(standing)
    decided = refused or may(name, to_percent, standing)
    if isinstance(decided, Refused):
        return decided
    rule, waived = decided
    if waived and standing.command:
        return Allowed(rule, standing.person or "", f"waived by rule {rule}")
    armed = standing.armed
    if armed is None or armed.until <= standing.now:
        how = "Add --arm REASON to the command." if standing.command else "Press W to arm it for a set time."
        over = "This session's arming is over." if armed else "This session is read-only."
        return Refused(over, how, rule)
    if armed.person != standing.person:
        return Refused(
            f"This session was armed by {armed.person}, but the token belongs to {standing.person}.",
            "Disarm (W) and arm it again.",
            rule,
        )
    return Allowed(rule, armed.person, armed.reason)


def out_of_the_question(standing: Standing) -> Refused | None:
    """Why nobody here can change anything, arming and roles aside; ``None`` if somebody can."""
    if standing.read_only:
        return Refused(standing.read_only, "Open a console without it to change anything.")
    if standing.unsound:
        return Refused(standing.unsound.what, standing.unsound.next)
    return _unknown(standing)


def _unknown(standing: Standing) -> Refused | None:
    if isinstance(standing.rulebook, str):
        return Refused(standing.rulebook, "Nothing is sent until the policy in force is known.")
    if standing.person is None:
        return Refused(
            standing.person_problem, "Someone not listed in people.yaml can look, and change nothing."
        )
    return None


def may_now(name: str, standing: Standing) -> Refused | None:
    """Why ``name`` would be refused now whatever it is about, if so; ``None`` where it depends on that."""
    refused = None
    for percent in (1, 100):
        decided = authorise_named(name, percent, standing)
        if not isinstance(decided, Refused):
            return None
        refused = decided
    return refused


def may(action: str, to_percent: int, standing: Standing) -> tuple[str, bool] | Refused:
    """Whether policy and people allow it, arming aside: (rule, whether arming is waived), or why not."""
    book, refused = standing.rulebook, _unknown(standing)
    if isinstance(book, str) or standing.person is None or refused is not None:
        return refused or Refused(standing.person_problem, "")
    found = book.rule_for(action, to_percent)
    if found is None:
        return Refused(
            f"No rule of policy.yaml covers {action} to {to_percent} %.", "What no rule covers is refused."
        )
    name, rule = found
    entry = book.people.people.get(standing.person)
    if entry is None or not set(entry.roles) & set(rule.roles):
        able = ", ".join(book.who_may(action, to_percent)) or "nobody in people.yaml"
        roles = ", ".join(entry.roles) if entry else ""
        return Refused(
            f"Rule {name} asks for one of {', '.join(rule.roles)}; {standing.person} has {roles or 'none'}.",
            f"Who could: {able}.",
            name,
        )
    if rule.approvals > 0:
        of = ", ".join(sorted(rule.approver_roles))
        return Refused(
            f"Rule {name} asks for {rule.approvals} {'approval' if rule.approvals == 1 else 'approvals'} of: "
            f"{of}.",
            "Nothing is sent before others have approved it.",
            name,
            rule.approvals,
        )
    return name, rule.arming == "waived"
