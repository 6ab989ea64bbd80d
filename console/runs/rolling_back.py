"""What a rollback step of a playbook asks for, and whether a plan, a rule and a project are that. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from console.actions import Abort, Impossible, Rollback
from console.authorise import Refused
from console.planning import named
from console.playbooks.shapes import milliseconds
from console.policy import Rulebook
from console.ports import Project
from console.readings import Millis
from console.rollback.command_step import CommandStep
from console.rollback.making import Wishes
from console.rollback.plan import FlagStep, HostStep, Plan, rules_of
from console.rollback.store_step import StoreStep
from console.runs.doing import Task
from console.runs.hand_flag import stands


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of one step. Of code ``to`` is a deployment and ``left`` what serves now; of a feature the
    variant and the flag; of configuration the backup and the store; of a database the restore point."""

    scope: str
    to: str
    left: str
    project: str
    policy: str
    database: str
    reason: str
    expires_ms: Millis | None

    @property
    def wishes(self) -> Wishes:
        """As ``coalmine rollback request`` has them; not of a feature, which is a flag."""
        if self.scope == "code":
            return Wishes("rollback", named(self.to))
        if self.scope == "config":
            return Wishes(store=self.left, backup=self.to)
        return Wishes(database=self.database, restore_point=self.to)


def asked_of(task: Task) -> Asked:
    """Raises :class:`Impossible` where a field is missing that its scope needs."""
    fields = task.fields
    approval = fields.get("approval")
    if not isinstance(approval, Mapping) or not isinstance(approval.get("policy"), str):
        raise Impossible("The step names no rule of the policy.")
    expires = approval.get("expires")
    found = Asked(
        str(fields.get("scope", "")),
        str(fields.get("to", "")),
        str(fields.get("from", "")),
        str(fields.get("project", "")),
        str(approval["policy"]),
        str(fields.get("database", "")),
        str(fields.get("reason", "")),
        milliseconds(expires) if isinstance(expires, str) else None,
    )
    needs = {"config": ("from", "the store"), "feature": ("from", "the flag")}.get(found.scope)
    if needs is not None and not found.left:
        raise Impossible(f"A rollback of {found.scope} names {needs[1]} in `{needs[0]}`.")
    if found.scope == "database" and not found.database:
        raise Impossible("A rollback of a database names it in `database`.")
    if not found.to:
        raise Impossible("The step does not say what it goes back to.")
    return found


def of_another_project(asked: Asked, project: Project) -> str | None:
    """Why the step is not about the project of this session, if so."""
    if not asked.project or asked.project in (project.id, project.name):
        return None
    return f"it is about the project {asked.project!r}, and this session is of {project.name!r}."


def rules_amiss(asked: Asked, plan: Plan, book: Rulebook) -> str | None:
    """Why the policy in force cannot decide about it.

    It decides whose approval it takes, whatever the playbook says. The rule that a playbook names can only
    ask for more than that: it is met besides those that the plan comes under.
    """
    rules = rules_of(plan, book, asked.policy)
    return f"{rules.says} {rules.next}" if isinstance(rules, Refused) else None


def unapproved(asked: Asked, plan: Plan, book: Rulebook) -> tuple[tuple[str, int], ...]:
    """What the policy calls the steps, where it takes nobody else's word: then the session has to be armed,
    for which an approval would stand in."""
    rules = rules_of(plan, book, asked.policy)
    if not isinstance(rules, Refused) and any(rule.approvals for _, rule in rules):
        return ()
    return tuple(step.policy_name for step in plan.steps)


def is_asked(asked: Asked, plan: Plan, targets: Collection[str], environment: str) -> bool:
    """Whether a plan is what the step asks for, and nothing beside it. ``targets``: the ids of ``to``."""
    only = plan.steps[0] if len(plan.steps) == 1 else None
    if isinstance(only, HostStep):
        action = only.action
        if isinstance(action, Rollback):
            return asked.scope == "code" and action.deployment_id in targets
        return (
            asked.scope == "code" and isinstance(action, Abort) and action.baseline_deployment_id in targets
        )
    if isinstance(only, FlagStep):
        after = only.plan.change.after
        return asked.scope == "feature" and after.key == asked.left and stands(after, environment, asked.to)
    if isinstance(only, StoreStep):
        return (
            asked.scope == "config" and asked.left in (only.store_id, only.name) and only.backup == asked.to
        )
    if isinstance(only, CommandStep):
        meant = (only.command.name, only.restore_point) == (asked.database, asked.to)
        return asked.scope == "database" and meant
    return False


def word_of(plan: Plan, project: str) -> str | None:
    """The word to type: none where all of it stops harm; else what would be changed most."""
    if plan.stops_harm:
        return None
    only = plan.steps[-1]
    if isinstance(only, FlagStep):
        return only.plan.key
    if isinstance(only, StoreStep):
        return only.name
    return only.command.name if isinstance(only, CommandStep) else project


def approval_lines(asked: Asked, plan: Plan, book: Rulebook) -> tuple[str, ...]:
    """Whose approval it takes, by the policy in force."""
    rules = rules_of(plan, book, asked.policy)
    if isinstance(rules, Refused):
        return (f"! {rules.says} {rules.next}",)
    found = []
    for name, rule in rules:
        of = ", ".join(sorted(rule.approver_roles))
        wanted = f"{rule.approvals} of: {of}" if rule.approvals else "nobody else's"
        found.append(f"approval by rule {name}: {wanted}")
    return tuple(found)
