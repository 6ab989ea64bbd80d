"""Each action as exactly one call of the host, and as a sentence once it was accepted."""

from __future__ import annotations

from dataclasses import replace

from console.actions import Abort, Action, Advance, Complete, Configure, Promote, Rollback, Start
from console.host import Host
from console.ports import EffectNotSent, ReleaseTemplate, SourceError


async def send(host: Host, action: Action, reason: str) -> str:
    """Send it once; what the host accepted, in words. Raises the three ``Effect…`` exceptions."""
    if isinstance(action, Advance):
        await host.advance(action.canary_deployment_id, action.next_stage_index)
        return f"Advanced {action.from_percentage} % → {action.to_percentage} %."
    if isinstance(action, Complete):
        await host.complete(action.canary_deployment_id)
        return "Completed: the canary gets all visitors."
    if isinstance(action, Abort):
        await host.abort(action.baseline_deployment_id, reason)
        return f"Aborted: the host rolls back to {action.baseline_deployment_id}."
    if isinstance(action, Start):
        await host.start(action.canary_deployment_id)
        return f"Started the rolling release at {action.first_percentage} %."
    if isinstance(action, Promote):
        return await _promote(host, action)
    if isinstance(action, Rollback):
        await host.rollback(action.deployment_id, reason)
        return f"Rolled back: the host points production at {action.deployment_id}."
    return await _configure(host, action)


async def _promote(host: Host, action: Promote) -> str:
    if await host.promote(action.deployment_id) == "queued":
        return f"Queued: {action.deployment_id} waits until the running release is over."
    if action.leads_to == "release":
        return "Promoted: a rolling release of it has begun."
    return f"Promoted: production is {action.deployment_id}."


async def _configure(host: Host, action: Configure) -> str:
    if not action.stages:
        await host.configure(None)
        return "Configured: rolling releases are off."
    stages = tuple(
        (s.percentage, s.seconds / 60 if s.seconds else None, bool(s.approval)) for s in action.stages
    )
    present = await _present(host)
    await host.configure(ReleaseTemplate(stages) if present is None else replace(present, stages=stages))
    return "Configured: the next release takes these stages."


async def _present(host: Host) -> ReleaseTemplate | None:
    """The configuration as it is: what the plan does not speak of (Vercel's own gate) stays."""
    try:
        return await host.template()
    except SourceError as error:
        raise EffectNotSent(error.problem) from error
