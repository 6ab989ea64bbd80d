"""Whether a plan is still what it would be today: each step is made anew and compared."""

from __future__ import annotations

from collections.abc import Callable

from console import actions
from console.actions import Impossible
from console.flags.provider import FlagProvider
from console.flags.words import shown_text
from console.host import Host
from console.planning import choice_of, plan
from console.readings import Millis
from console.rollback.command_step import CommandStep, beyond
from console.rollback.plan import FlagStep, HostStep, Plan, Step
from console.rollback.store_step import StoreStep, moved_store
from console.rollback.stores import ConfigStores
from console.situation import read_situation


async def moved(
    whole: Plan, host: Host, flags: FlagProvider | None, stores: Callable[[], ConfigStores], now: Millis
) -> str | None:
    """What has moved since the plan was made, in words; ``None`` where nothing that it depends on has.

    That a release only went on to another stage is none of it: what stops a release names no stage. Raises
    :class:`console.ports.SourceError` where it cannot be read.
    """
    for step in whole.steps:
        found = await moved_under(step, host, flags, stores, now)
        if found is not None:
            return found
    return None


async def moved_under(
    step: Step, host: Host, flags: FlagProvider | None, stores: Callable[[], ConfigStores], now: Millis
) -> str | None:
    """The same for one step."""
    if isinstance(step, HostStep):
        return await _host(step, host)
    if isinstance(step, StoreStep):
        return await moved_store(step, stores())
    if isinstance(step, CommandStep):
        return beyond(step, now) or await _left(step, host)
    if isinstance(step, FlagStep):
        return await _flag(step, flags)
    return None  # what it depends on is in the ledger: whoever has that looks


async def _host(step: HostStep, host: Host) -> str | None:
    action = step.action
    choice = choice_of(action)
    situation = await read_situation(host, action.NAME, choice.target_id)
    try:
        present = plan(action.NAME, choice, situation)
    except Impossible as error:
        return str(error)
    if actions.plan_digest(present) == actions.plan_digest(action):
        return None
    before, now = actions.as_json(action), actions.as_json(present)
    changed = [f"{key}: {before[key]} → {now.get(key)}" for key in before if before[key] != now.get(key)]
    return f"Production has moved ({', '.join(changed)})."


async def _left(step: CommandStep, host: Host) -> str | None:
    """Whether what a command leaves still serves, alone or as a release's canary."""
    serving, release = (await host.project()).serving_id, await host.release()
    canary = release.canary if release is not None and release.active else None
    if step.left_deployment_id in (serving, canary.id if canary is not None else None):
        return None
    return f"{step.left_deployment_id}, for which {step.command.name} was asked, serves no more."


async def _flag(step: FlagStep, flags: FlagProvider | None) -> str | None:
    key = shown_text(step.plan.key)
    if flags is None or flags.name != step.plan.provider:
        return f"There is no {step.plan.provider} here that has {key}."
    held = await flags.get(step.plan.key)
    return None if held.token == step.plan.token else f"The flag {key} was changed meanwhile."
