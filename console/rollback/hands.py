"""What a session carries a plan out with: its two gates, and its eyes on what production serves."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import partial
from typing import TYPE_CHECKING

from console.actions import Abort, Promote, Rollback
from console.authorise import Allowed
from console.effect import Offload
from console.gate import Gate, Given
from console.host import Host
from console.intents import fate, open_intents
from console.outcome import End, Outcome
from console.ports import AliasJob, Clock, Ledger, SourceError
from console.probing import Prober
from console.rollback.command_gate import CommandGate
from console.rollback.command_step import CommandStep
from console.rollback.counting import View
from console.rollback.holding import moved
from console.rollback.plan import FlagStep, HostStep, Plan, Step
from console.rollback.policy_hands import PolicyHands
from console.rollback.policy_step import PolicyStep
from console.rollback.store_gate import StoreGate
from console.rollback.store_step import StoreStep

if TYPE_CHECKING:
    from console.flags.desk import FlagDesk
    from console.rollback.stores import ConfigStores

MOVE_S = 180.0
"""How long the domains are waited for, as the host's own tool does."""
LOOK_S = 1.5
NOT_SENT = Outcome(End.NOT_SENT, "It was never sent.")


class SessionHands:
    """Of one session. ``flags``: makes its flag desk; only asked for by plans with a flag in them."""

    def __init__(
        self,
        gate: Gate,
        host: Host,
        flags: Callable[[], FlagDesk],
        prober: Prober | None,
        ledger: Ledger,
        clock: Clock,
        policy: PolicyHands,
        stores: StoreGate,
        commands: CommandGate,
        offload: Offload,
    ) -> None:
        self.commands = commands
        self._gate, self._host, self._flags, self._prober = gate, host, flags, prober
        self._ledger, self._clock, self._offload = ledger, clock, offload
        self._policy, self._stores = policy, stores
        self._project_id: str | None = None

    async def project_id(self) -> str:
        """The host's id of the project; asked once."""
        if self._project_id is None:
            self._project_id = (await self._host.project()).id
        return self._project_id

    def stores(self) -> ConfigStores:
        """Raises :class:`SourceError` where there are none."""
        return self._stores.stores()

    async def moved(self, view: View) -> str | None:
        plan = view.plan
        if plan is None:
            return "Its plan cannot be read."
        for step in plan.steps:
            if isinstance(step, PolicyStep) and (why := await self._policy.moved(step)) is not None:
                return why
        flags = self._flags().provider if _has_flags(plan) else None
        return await moved(plan, self._host, flags, self.stores, self._clock.now())

    def unable(self, view: View) -> Outcome | None:
        attempt = view.request.attempt
        for index, step in enumerate(view.plan.steps if view.plan is not None else ()):
            before = attempt.last_of(index) if attempt is not None else None
            over = before is not None and (not before.certain or before.done)
            lacking = None if over or not isinstance(step, CommandStep) else self.commands.lacks(step)
            if lacking is not None:
                return lacking
        return None

    async def take(self, step: Step, action_id: str, reason: str, allowed: Allowed) -> Outcome:
        if isinstance(step, HostStep):
            given = Given(reason, (allowed.arming,), action_id=action_id)
            return await self._gate.with_authority(step.action, given, allowed)
        if isinstance(step, PolicyStep):
            return await self._policy.take(step, reason)
        if isinstance(step, StoreStep):
            return await self._stores.with_authority(step, reason, allowed, action_id)
        if isinstance(step, CommandStep):
            if step.project_id != await self.project_id():
                return Outcome(End.REFUSED_HERE, f"{step.command.name} was planned for another project.")
            return await self.commands.take(step, action_id, reason, allowed)
        from console.flags.gate import Order

        gate = self._flags().gate
        try:
            offer = await gate.of_plan(step.plan, step.what)
        except SourceError as error:
            return Outcome(End.NOT_SENT, error.problem.what, error.problem.next)
        made = await gate.with_authority(Order((offer,), reason), offer, allowed, action_id=action_id)
        return made.outcome

    async def became(self, step: Step, action_id: str) -> Outcome | None:
        if isinstance(step, FlagStep):
            return await self._flag_became(step, action_id)
        if isinstance(step, PolicyStep):
            return await self._policy.became(step)
        if isinstance(step, StoreStep):
            return await self._stores.became(step, action_id)
        if isinstance(step, CommandStep):
            return await self.commands.became(step, action_id)
        story = await self._offload(partial(self._ledger.read, stream=step.stream))
        intent = next((one for one in open_intents(story).open if one.action_id == action_id), None)
        if intent is not None:
            return await self._gate.reconcile(intent)
        settled = fate(story, action_id).settled
        return NOT_SENT if settled is None else _ended(settled)

    async def _flag_became(self, step: FlagStep, action_id: str) -> Outcome | None:
        from console.flags.intents import story_of

        story = story_of(await self._offload(partial(self._ledger.read, stream=step.stream)))
        mine = next((one for one in story.changes if one.event.action_id == action_id), None)
        if mine is None:
            return NOT_SENT
        if not mine.open and mine.ended is not None:
            return _ended(mine.ended.outcome)
        made = await self._flags().gate.reconcile(mine)
        return None if made is None else made.outcome

    # --- afterwards --------------------------------------------------------------------------

    def aim(self, view: View) -> str | None:
        """The deployment that production serves after it, if it moves production."""
        return _wanted(view.plan, _left_out(view))

    async def verify(self, view: View) -> tuple[bool, tuple[str, ...]]:
        """Every production domain has to serve what the plan wanted, once the host has moved them."""
        wanted, commands = self.aim(view), _commands(view.plan, _left_out(view))
        if wanted is None:
            return True, commands or ("every step was done and read back",)
        job = await self._moved_domains(wanted)
        project = await self._host.project()
        lines, wrong, domains = [], [], 0
        for domain in dict.fromkeys((*project.domains, *(one.domain for one in project.served))):
            if any(one.domain == domain and one.redirect for one in project.served):
                continue
            serving, domains = await self._host.serving(domain), domains + 1
            if serving != wanted:
                wrong.append(f"{domain} serves {serving or 'nothing'}, not {wanted}")
        right = domains - len(wrong)
        lines.append(f"{right} of {domains} {'domain serves' if domains == 1 else 'domains serve'} {wanted}")
        lines += wrong
        if job is not None and job.status == "failed":
            lines.append("the host says that moving the domains failed")
        probed = await self._probed(wanted)
        failed = job is not None and job.status == "failed"
        return bool(domains) and not wrong and not failed, (*lines, *probed, *commands)

    async def _moved_domains(self, wanted: str) -> AliasJob | None:
        """Wait until the host has ended its job of moving domains there, for a while at most."""
        deadline, job = self._clock.monotonic() + MOVE_S, None
        while True:
            found = (await self._host.project()).alias_job
            job = found if found is not None and found.to_deployment_id == wanted else None
            over = job is None or job.status not in ("pending", "in-progress")
            if over or self._clock.monotonic() >= deadline:
                return job
            await self._clock.sleep(LOOK_S)

    async def _probed(self, wanted: str) -> tuple[str, ...]:
        if self._prober is None:
            return ()
        try:
            found = (await self._prober.probe([wanted])).get(wanted)
        except SourceError as error:
            return (f"it could not be probed: {error.problem.what}",)
        if found is None:
            return ()
        return (f"probed: {found.total - found.bad:g} of {found.total:g} requests answered",)


def _has_flags(plan: Plan) -> bool:
    return any(isinstance(step, FlagStep) for step in plan.steps)


def _left_out(view: View) -> set[int]:
    attempt = view.request.attempt
    return {one.index for one in attempt.skipped} if attempt else set()


def _commands(plan: Plan | None, left_out: Container[int] = ()) -> tuple[str, ...]:
    """What is known of the database afterwards: what the commands themselves said."""
    steps = plan.steps if plan is not None else ()
    return tuple(
        f"{step.command.name} ended with 0; nothing here reads the database"
        for place, step in enumerate(steps)
        if isinstance(step, CommandStep) and place not in left_out
    )


def _wanted(plan: Plan | None, left_out: Container[int] = ()) -> str | None:
    """The deployment that production should serve when the plan is done, if the plan moves it."""
    wanted = None
    for place, step in enumerate(plan.steps if plan is not None else ()):
        if place in left_out:
            continue
        action = step.action if isinstance(step, HostStep) else None
        if isinstance(action, Abort):
            wanted = action.baseline_deployment_id
        elif isinstance(action, Rollback) or (
            isinstance(action, Promote) and action.leads_to in ("all", "completion")
        ):
            wanted = action.deployment_id
    return wanted


def _ended(outcome: str) -> Outcome:
    words = {
        "done": "It was done.",
        "refused": "The host had refused it.",
        "not_sent": "It was not sent.",
        "unknown": "What became of it can no longer be told.",
    }
    return Outcome(End(outcome), words[outcome])
