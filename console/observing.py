"""Changes of the rolling release that the host shows, recorded whoever made them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console import events
from console.actions import Abort, Action, Advance, Complete, Promote, Rollback, Start, from_json
from console.canary.stages import Release, ReleaseState
from console.effect import Offload
from console.envelope import Actor, Recorded
from console.ports import Activity, Clock, Ledger, LedgerConflict, SourceError, TrafficRouter
from console.readings import Millis

OWN_WITHIN_MS: Millis = 120_000
"""A change this soon after an action of ours that would make it is taken for its effect."""

TELLING = ("rolling-release", "rollback", "promotion")
"""Parts of the host's activity kinds that tell who moved a release."""

TIMER = "rolling-release-timer"
"""The kind of a stage that ended because its time was over."""


class Observing:
    """Compares each reading of the release with what was last recorded of it."""

    def __init__(
        self,
        router: TrafficRouter,
        ledger: Ledger,
        clock: Clock,
        actor: Actor,
        offload: Offload,
        name_of: Callable[[str], str | None],
    ) -> None:
        self._router, self._ledger, self._clock, self._actor = router, ledger, clock, actor
        self._offload, self._name_of = offload, name_of
        self._last: tuple[str, str, int | None] | None = None

    async def seen(self, release: Release) -> None:
        """Record the change, if there is one that no other process has recorded."""
        if release.canary is None or release.baseline is None:
            return
        state = (release.canary.id, release.state.value, release.active_index)
        if state == self._last:
            return
        stream = f"release:{release.canary.id}"
        story = await self._offload(lambda: self._ledger.read(stream=stream))
        before = last_seen(story)
        if before is None or change(before, release):
            ours = made_here(story, release, self._clock.now() - OWN_WITHIN_MS)
            by = None if ours else await self._who(before, release)
            if not await self._offload(lambda: self._append(stream, story, before, release, by)):
                return
        self._last = state

    def _append(
        self,
        stream: str,
        story: Sequence[Recorded],
        before: events.ReleaseSeen | None,
        release: Release,
        by: str | None,
    ) -> bool:
        assert release.canary is not None
        assert release.baseline is not None
        here = release.stage
        event = events.ReleaseSeen(
            canary_id=release.canary.id,
            baseline_id=release.baseline.id,
            state=release.state.value,
            stage_index=release.active_index,
            percentage=here.percentage if here else 100 if release.state is ReleaseState.COMPLETE else None,
            says=change(before, release) or "",
            by=by,
        )
        version = story[-1].version if story else 0
        try:
            at = dated(before, release, self._clock.now())
            self._ledger.append(stream, version, [event.new(self._actor, at)])
        except LedgerConflict:
            return False  # the next reading compares again
        return True

    async def _who(self, before: events.ReleaseSeen | None, release: Release) -> str | None:
        if before is None and release.active:
            since = release.started_at - OWN_WITHIN_MS
        else:
            since = release.updated_at - OWN_WITHIN_MS
        try:
            found = await self._router.activity(since)
        except SourceError:
            return None
        return self._principal(found)

    def _principal(self, found: Sequence[Activity]) -> str | None:
        telling = [
            a
            for a in found
            if any(part in a.kind for part in TELLING) and (a.principal_id or a.kind.endswith(TIMER))
        ]
        if not telling:
            return None
        newest = max(telling, key=lambda activity: activity.at)
        if newest.kind.endswith(TIMER):
            return "Vercel's timer"  # nobody pressed anything, whoever is named
        return self._name_of(newest.principal_id or "") or newest.principal_id


def dated(before: events.ReleaseSeen | None, release: Release, now: Millis) -> Millis:
    """When the change that is seen ``now`` happened; a release first seen when it is over is seen now."""
    if before is None and not release.active:
        return now
    at = release.started_at if before is None and (release.active_index or 0) == 0 else release.updated_at
    return at if release.started_at <= at <= now else now


def made_here(story: Sequence[Recorded], release: Release, since: Millis) -> bool:
    """Whether an action of ours, intended after ``since`` and not known to have failed, made this state.

    Once its effect was seen it makes no other: what comes then is somebody else's.
    """
    actions: dict[str, Action] = {}
    for one in story:
        try:
            event = events.read(one)
            if isinstance(event, events.ActionIntended) and one.at > since:
                actions[event.action_id] = from_json(event.action)
        except (events.Unknown, ValueError):
            continue
        if isinstance(event, events.ActionEnded) and event.outcome in ("refused", "not_sent"):
            actions.pop(event.action_id, None)
        elif isinstance(event, events.ReleaseSeen):
            stage = (event.state, event.stage_index)
            actions = {key: action for key, action in actions.items() if not _makes(action, *stage)}
    return any(_makes(action, release.state.value, release.active_index) for action in actions.values())


def _makes(action: Action, state: str, index: int | None) -> bool:
    if isinstance(action, Abort):
        return state == "ABORTED"
    if isinstance(action, Advance) and state == "ACTIVE":
        return index == action.next_stage_index
    if isinstance(action, Start):
        return state == "ACTIVE" and index == 0
    if isinstance(action, Rollback):
        return state == "ABORTED"
    if isinstance(action, Advance):
        return state == "COMPLETE" and action.to_percentage == 100
    return state == "COMPLETE" and isinstance(action, Complete | Promote)


def last_seen(story: Sequence[Recorded]) -> events.ReleaseSeen | None:
    """What was last recorded of the release."""
    for one in reversed(story):
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        if isinstance(event, events.ReleaseSeen):
            return event
    return None


def change(before: events.ReleaseSeen | None, release: Release) -> str | None:
    """What changed, in words; ``None`` if nothing did."""
    share = f"{release.stage.percentage} %" if release.stage else ""
    if before is None:
        first = {
            ReleaseState.ACTIVE: f"running at {share}",
            ReleaseState.COMPLETE: "complete",
            ReleaseState.ABORTED: "aborted",
        }
        return f"rolling release first seen: {first[release.state]}"
    if before.state != release.state.value:
        was = f" from {before.percentage} %" if before.percentage is not None else ""
        return {
            ReleaseState.ACTIVE: f"rolling release active again at {share}",
            ReleaseState.COMPLETE: f"rolling release completed{was} to 100 %",
            ReleaseState.ABORTED: f"rolling release aborted{was}",
        }[release.state]
    if before.stage_index != release.active_index and release.active:
        return f"rolling release moved {before.percentage} % → {share}"
    return None
