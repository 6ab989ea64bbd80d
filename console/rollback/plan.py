"""A plan: steps in their order, smallest blast radius first, as data that a digest stands for. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from console import actions
from console.actions import Action, Effect
from console.authorise import Refused, target_percent
from console.envelope import Json, digest
from console.flags.changing import Changed
from console.flags.edits import canonical as canonical_flag
from console.flags.edits import differences
from console.flags.model import Flag
from console.flags.provider import Plan as FlagPlan
from console.policy import Rule, Rulebook
from console.rollback.command_step import CommandStep, step_of
from console.rollback.policy_step import PolicyStep
from console.rollback.store_step import StoreStep, store_step_of

Level = Literal["feature", "code", "configuration", "database"]
LEVELS: tuple[Level, ...] = ("feature", "code", "configuration", "database")
"""Smallest blast radius first."""

STOPPING = frozenset({"off", "expire"})
"""What a change of a flag is called that stops harm."""


class Unreadable(Exception):
    """A recorded plan is none that this program can carry out."""


@dataclass(frozen=True)
class HostStep:
    """An action on the host, made for the state that it names."""

    action: Action
    KIND: ClassVar[str] = "host"

    @property
    def level(self) -> Level:
        return "configuration" if isinstance(self.action, actions.Configure) else "code"

    @property
    def policy_name(self) -> tuple[str, int]:
        """What the policy calls it, and up to which exposure it goes."""
        return self.action.NAME, target_percent(self.action)

    @property
    def stops_harm(self) -> bool:
        return self.action.EFFECT is Effect.STOPS_HARM

    @property
    def stream(self) -> str:
        return actions.stream_of(self.action)

    def as_json(self) -> Json:
        return {"kind": self.KIND, "action": actions.as_json(self.action)}


@dataclass(frozen=True)
class FlagStep:
    """A change of a flag, made for the state that its token stands for."""

    plan: FlagPlan
    what: Literal["off", "change", "undo"]
    KIND: ClassVar[str] = "flag"

    @property
    def level(self) -> Level:
        return "feature"

    @property
    def policy_name(self) -> tuple[str, int]:
        return ("flag_off" if self.stops_harm else "flag"), 100

    @property
    def stops_harm(self) -> bool:
        return self.what in STOPPING

    @property
    def stream(self) -> str:
        return f"flag:{self.plan.provider}:{self.plan.key}"

    def as_json(self) -> Json:
        """A flag's numbers need not be whole: it stands as text in what is hashed."""
        change = self.plan.change
        return {
            "kind": self.KIND,
            "provider": self.plan.provider,
            "key": self.plan.key,
            "what": self.what,
            "words": change.words,
            "token": self.plan.token,
            "before": canonical_flag(change.before.raw),
            "after": canonical_flag(change.after.raw),
            "body": canonical_flag(dict(self.plan.body)),
        }


Step = HostStep | FlagStep | StoreStep | PolicyStep | CommandStep


@dataclass(frozen=True)
class Plan:
    """Steps on one project's production."""

    project_id: str
    steps: tuple[Step, ...]

    @property
    def stops_harm(self) -> bool:
        """Whether every step does: then one acceptance is enough."""
        return all(step.stops_harm for step in self.steps)

    def as_json(self) -> Json:
        steps = [{"level": step.level, **step.as_json()} for step in self.steps]
        return {"version": 1, "project_id": self.project_id, "environment": "production", "steps": steps}

    @property
    def sha256(self) -> str:
        """Ties approvals to exactly these steps, made for exactly this state of production."""
        return digest(self.as_json())


def ordered(project_id: str, steps: Sequence[Step]) -> Plan:
    """The plan of ``steps``, smallest blast radius first; within a level as given."""
    return Plan(project_id, tuple(sorted(steps, key=lambda step: LEVELS.index(step.level))))


def plan_of(recorded: Json) -> Plan:
    """The plan recorded as ``recorded``. Raises :class:`Unreadable` unless it is that to the last byte."""
    try:
        if recorded["version"] != 1:
            raise Unreadable(f"a plan of version {recorded['version']}")
        found = Plan(recorded["project_id"], tuple(_step(one) for one in recorded["steps"]))
        same = digest(found.as_json()) == digest(recorded)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"not a plan of this program ({type(error).__name__})") from error
    if not same:
        raise Unreadable("a plan with members that this program does not know")
    return found


def _step(one: dict[str, Any]) -> Step:
    if one["kind"] == HostStep.KIND:
        return HostStep(actions.from_json(one["action"]))
    if one["kind"] == FlagStep.KIND:
        before, after = json.loads(one["before"]), json.loads(one["after"])
        made = Changed(Flag(before), Flag(after), one["words"], differences(before, after))
        return FlagStep(
            FlagPlan(one["provider"], one["key"], made, one["token"], json.loads(one["body"])), one["what"]
        )
    if one["kind"] == PolicyStep.KIND:
        return PolicyStep(one["policy"], one["people"], one.get("signers"), one["replaces"])
    if one["kind"] == StoreStep.KIND:
        return store_step_of(one)
    if one["kind"] == CommandStep.KIND:
        return step_of(one)
    raise Unreadable(f"a step of the kind {one['kind']!r}")


def rules_of(plan: Plan, book: Rulebook, under: str | None = None) -> tuple[tuple[str, Rule], ...] | Refused:
    """The rule of each step, each once; or which step no rule covers. ``under``: a rule that is asked for
    besides: it adds to what these ask, and takes nothing from it."""
    found: dict[str, Rule] = {}
    for step in plan.steps:
        name, percent = step.policy_name
        rule = book.rule_for(name, percent)
        if rule is None:
            return Refused(
                f"No rule of policy.yaml covers {name} to {percent} %.", "What no rule covers is refused."
            )
        found[rule[0]] = rule[1]
    if under is not None and under not in found:
        if under not in book.policy.policies:
            there = ", ".join(book.policy.policies)
            return Refused(f"policy.yaml has no rule {under!r}.", f"It has {there}.")
        if book.policy.policies[under].approvals:  # one that asks for nobody has nothing to add
            found[under] = book.policy.policies[under]
    return tuple(found.items())
