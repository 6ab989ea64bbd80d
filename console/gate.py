"""The gate: the only road by which anything changes production.

preview → authorise → record the intent → send once → record the outcome. The intent is appended with
the version of the release's stream that was read *before* the host was asked for its state, so that of
two people acting on one release exactly one gets through and the other learns who did.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from console import actions, freeze
from console.actions import Abort, Action, Advance, Complete, Impossible, Preview, Rollback
from console.authorise import Allowed, Refused, Standing, authorise
from console.canary.stages import Deployment
from console.canary.verdict import Verdict
from console.effect import TOO_LATE, TOO_LATE_MS, Offload, OnRecord, sent_once, unrecorded
from console.envelope import Actor, NewEvent, Recorded
from console.events import ActionEnded, ActionIntended
from console.host import Host
from console.intents import OpenIntent, fate
from console.objections import Confirmed, as_it_is, by_whom, frozen_out, in_the_way, unconfirmed
from console.outcome import End, Outcome
from console.planning import Choice, choice_of, plan
from console.ports import (
    Clock,
    Ledger,
    SourceError,
    StoreUnusable,
)
from console.previews import preview, with_details
from console.production_previews import preview_production
from console.reconcile import what_happened
from console.sending import send
from console.situation import Situation, read_situation
from console.variables import stays_built_in

NO_CHOICE = Choice()


@dataclass(frozen=True, slots=True)
class Given:
    """What is recorded beside an action: why, what whoever decided was shown, and the id of its intent."""

    reason: str
    preview: tuple[str, ...]
    verdict: str | None = None
    action_id: str = field(default_factory=lambda: secrets.token_hex(8))


def as_confirmed(confirmed: Confirmed) -> Given:
    """What a person confirmed, as it is recorded."""
    return Given(confirmed.reason.strip(), confirmed.preview.what, confirmed.preview.verdict)


class Gate:
    """Takes one confirmed action at a time to the host, and records what became of it."""

    def __init__(
        self,
        ledger: Ledger,
        host: Host,
        clock: Clock,
        standing: Callable[[], Standing],
        actor: Callable[[], Actor],
        offload: Offload,
    ) -> None:
        self._ledger, self._host, self._clock = ledger, host, clock
        self._standing, self._actor, self._offload = standing, actor, offload
        self._record = OnRecord(ledger, offload)
        self._project_id: str | None = None

    async def preview(
        self,
        name: str,
        verdict: Verdict | None,
        requests_per_minute: float | None,
        project: str,
        details: Mapping[str, Deployment] | None = None,
        choice: Choice = NO_CHOICE,
    ) -> Preview:
        """What ``name`` would do to production as the host has it now.

        ``details`` are deployments read before, with their commits. Raises :class:`Impossible` or
        :class:`SourceError`.
        """
        details = details or {}
        situation = await read_situation(self._host, name, choice.target_id, blast=True)
        action = plan(name, choice, situation)
        release = situation.release
        if isinstance(action, Advance | Complete | Abort) and release is not None:
            release = with_details(release, details)
            made = preview(action, release, verdict, requests_per_minute, project)
            back = (release.baseline, release.canary) if isinstance(action, Abort) else None
        else:
            named = situation.project.name if situation.project else project
            serving = await self._serving(situation, details)
            made = preview_production(action, situation, named, serving)
            target = situation.target.deployment if situation.target else None
            back = (target, serving) if isinstance(action, Rollback) else None
        return made if back is None else replace(made, not_back=await stays_built_in(self._host, *back))

    async def _serving(self, situation: Situation, details: Mapping[str, Deployment]) -> Deployment | None:
        serving = situation.project.serving_id if situation.project else None
        if serving is None or serving in details:
            return details.get(serving or "")
        return await self._host.deployment(serving)

    def refusal(self, action: Action) -> Refused | None:
        """Why ``action`` would be refused now, if so."""
        decided = authorise(action, self._standing())
        return decided if isinstance(decided, Refused) else None

    async def perform(self, confirmed: Confirmed) -> Outcome:
        """Take a confirmed action through; the outcome says it all, nothing is raised for the expected."""
        wrong = unconfirmed(confirmed)
        if wrong:
            return wrong
        action = confirmed.preview.action
        decided = authorise(action, self._standing())
        if isinstance(decided, Refused):
            return Outcome(End.REFUSED_HERE, decided.says, decided.next, decided.rule)
        return await self.with_authority(action, as_confirmed(confirmed), decided)

    async def with_authority(self, action: Action, given: Given, allowed: Allowed) -> Outcome:
        """The same, authorised already: by the gate, or by other people's approval of exactly this."""
        try:
            intent = await self._intend(action, given, allowed)
        except StoreUnusable as error:
            return Outcome(End.REFUSED_HERE, f"Nothing was sent: {error.problem.what}", error.problem.next)
        if isinstance(intent, Outcome):
            return intent
        return await self._send(action, intent)

    # --- intent ------------------------------------------------------------------------------

    async def _intend(self, action: Action, given: Given, allowed: Allowed) -> Recorded | Outcome:
        async def objection(story: Sequence[Recorded]) -> Outcome | None:
            return in_the_way(action, story) or await self._moved(action)

        stream = actions.stream_of(action)
        intent = await self._record.intend(stream, objection, lambda: self._intent(action, given, allowed))
        if intent is not None:
            return intent
        return Outcome(
            End.REFUSED_HERE,
            "Others are writing about this release all the time.",
            "Look again, then try again.",
        )

    def _intent(self, action: Action, given: Given, allowed: Allowed) -> NewEvent:
        standing = self._standing()
        book = standing.rulebook
        return ActionIntended(
            action_id=given.action_id,
            action=actions.as_json(action),
            plan_sha256=actions.plan_digest(action),
            person=allowed.person,
            reason=given.reason,
            rule=allowed.rule,
            policy_sha256="" if isinstance(book, str) else book.policy_sha256,
            preview=list(given.preview),
            verdict=given.verdict,
            arming=allowed.arming,
        ).new(self._actor(), self._clock.now())

    async def _moved(self, action: Action) -> Outcome | None:
        """Refuse if production is no longer what the plan was made for."""
        try:
            choice = choice_of(action)
            situation = await read_situation(self._host, action.NAME, choice.target_id)
            present = plan(action.NAME, choice, situation)
            frozen = await self._frozen(action)
        except SourceError as error:
            return Outcome(
                End.REFUSED_HERE,
                f"Nothing was sent: the present state could not be read. {error.problem.what}",
                error.problem.next,
            )
        except Impossible as error:
            says = f"Nothing was sent: {error}{await self._by_whom(action)}"
            return Outcome(End.REFUSED_HERE, says, "Look at the release again.")
        if actions.plan_digest(present) == actions.plan_digest(action):
            return frozen
        return Outcome(
            End.REFUSED_HERE,
            "Nothing was sent: production has moved since the preview. "
            f"{as_it_is(situation)}{await self._by_whom(action)}",
            "Look at the preview again.",
        )

    async def _by_whom(self, action: Action) -> str:
        """Who acted last: read anew, since whoever moved production came after what was read before."""
        return by_whom(await self._offload(partial(self._ledger.read, stream=actions.stream_of(action))))

    async def _frozen(self, action: Action) -> Outcome | None:
        """The refusal of a standing freeze. Looked at once more after the intent is recorded, so that a
        freeze recorded before it cannot be missed. Raises :class:`SourceError` the first time only.
        """
        if not freeze.stops(action):
            return None
        if self._project_id is None:
            self._project_id = (await self._host.project()).id
        story = await self._offload(partial(self._ledger.read, stream=freeze.stream(self._project_id)))
        stands = freeze.stands(story)
        return None if stands is None else frozen_out(stands)

    # --- effect and outcome --------------------------------------------------------------------

    async def _send(self, action: Action, intent: Recorded) -> Outcome:
        if self._clock.now() - intent.at > TOO_LATE_MS:  # this machine slept, or its disk hung
            return await self._end(action, intent, TOO_LATE)
        frozen = await self._frozen(action)
        if frozen is not None:
            return await self._end(action, intent, replace(frozen, end=End.NOT_SENT))
        reason = str((intent.payload or {}).get("reason", ""))
        answer = await sent_once(lambda: send(self._host, action, reason), action.NAME)
        return await self._end(
            action, intent, answer if isinstance(answer, Outcome) else Outcome(End.DONE, answer)
        )

    async def _end(self, action: Action, intent: Recorded, outcome: Outcome) -> Outcome:
        ended = ActionEnded.model_validate(
            {
                "action_id": str((intent.payload or {})["action_id"]),
                "outcome": outcome.end.value,
                "how": "answered",
                "says": outcome.says,
                "next": outcome.next,
            }
        )
        try:
            seq = await self._append_end(actions.stream_of(action), ended)
        except StoreUnusable as error:
            return unrecorded(outcome, error.problem.what, error.problem.next, intent)
        return replace(outcome, seq=seq)

    async def _append_end(self, stream: str, ended: ActionEnded) -> int | None:
        return await self._record.end(
            stream,
            partial(fate, action_id=ended.action_id),
            ended.outcome,
            ended.how == "answered",
            lambda: ended.new(self._actor(), self._clock.now()),
        )

    # --- after a crash -------------------------------------------------------------------------

    async def reconcile(self, intent: OpenIntent) -> Outcome | None:
        """Ask the host what became of an intent nobody is working on; ``None`` if it can't be told yet."""
        action = intent.action
        try:
            seen = await read_situation(self._host, action.NAME)
            seen = replace(seen, project=await self._host.project())
        except SourceError:
            return None
        found = what_happened(action, seen, intent.at, self._clock.now())
        if found is None:
            return None
        ends = {"done": End.DONE, "not_sent": End.NOT_SENT, "unknown": End.UNKNOWN}
        ended = ActionEnded(
            action_id=intent.action_id, outcome=found.outcome, how="asked_host", says=found.says
        )
        seq = await self._append_end(intent.stream, ended)
        return Outcome(ends[found.outcome], found.says, seq=seq) if seq is not None else None
