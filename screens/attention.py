"""When to call a person who looks elsewhere: the bell rings for a decision, not for every change."""

from __future__ import annotations

from dataclasses import dataclass

from console.canary.stages import Release, ReleaseState
from console.canary.verdict import Word
from console.host_words import WAITED_LONG_MIN, waited_min
from console.world import OpenIncident, SourceState, World
from screens.words import VERDICTS


def calls(before: World, after: World) -> str | None:
    """What changed between two pictures that somebody should look at now; the release comes first."""
    if said := _of_the_release(before, after):
        return said
    if said := _of_incidents(before, after):
        return said
    if after.waiting.of_others > before.waiting.of_others:
        return "A request waits for approval: on the screen of rollbacks"
    return None


def _of_incidents(before: World, after: World) -> str | None:
    """One was opened, or one is worse than it was."""
    was = {one.id: one.severity for one in before.incidents}
    for one in after.incidents:
        if one.id not in was:
            return f"{one.id} is open ({one.severity}): {one.title}"
        if _rank(one.severity) < _rank(was[one.id]):
            return f"{one.id} is {one.severity} now: {one.title}"
    return None


def _rank(severity: str) -> int:
    """1 is the worst; what is not determined counts as SEV2."""
    return int(severity[-1]) if severity[-1:].isdigit() else 2


def _of_the_release(before: World, after: World) -> str | None:
    release, earlier = after.release.value, before.release.value
    if release is None or earlier is None:
        return None
    if not release.active:
        return _ended(earlier, release)
    was = before.verdict.word if before.verdict else None
    now = after.verdict.word if after.verdict else None
    if now is not was and now in (Word.ROLLBACK, Word.PROMOTE):
        reasons = "; ".join(after.verdict.reasons) if after.verdict else ""
        return f"{VERDICTS[now][1]}: {reasons}"
    if asks := _asks(before, after):
        return asks
    lost = {s.title for s in after.sources if s.state is SourceState.LOST}
    newly = lost - {s.title for s in before.sources if s.state is SourceState.LOST}
    if newly:
        return f"{', '.join(sorted(newly))}: lost"
    unknown = {p.action_id for p in after.pending if p.unknown} - {
        p.action_id for p in before.pending if p.unknown
    }
    return "The outcome of an act is unknown: the host is being asked" if unknown else None


def _asks(before: World, after: World) -> str | None:
    """The host began to wait for an approval, has waited for long, or stopped the release."""
    was, now = before.release.value, after.release.value
    if was is None or now is None or now.canary != was.canary:
        return None
    if now.paused and not was.paused:
        return f"Vercel paused the release at {now.percentage or 0:g} %"
    waited, waited_before = waited_min(after), waited_min(before)
    if waited is None or now.next_stage is None or after.frozen is not None:
        return None
    asked = f"{now.next_stage.percentage} % needs approval"
    if waited_before is None or was.active_index != now.active_index:
        return f"Vercel waits for you: {asked}"
    if waited_before < WAITED_LONG_MIN <= waited:
        return f"Vercel has waited for you {waited} min: {asked}"
    return None


def _ended(was: Release, now: Release) -> str | None:
    """A running release was aborted: by whom, the ledger says."""
    same = was.canary is not None and now.canary is not None and was.canary.id == now.canary.id
    if was.active and same and now.state is ReleaseState.ABORTED:
        return "The release was aborted: everybody has the baseline"
    return None


@dataclass(frozen=True, slots=True)
class Worst:
    """What needs a person most, and where that is: the room of an incident, or a numbered screen."""

    says: str
    room: str = ""
    """Empty where nothing needs anybody."""
    incident_id: str = ""


def worst(world: World) -> Worst:
    """The worst thing now: harm that is known, then what waits for a person, then what cannot be seen."""
    bad = world.incidents[0] if world.incidents else None
    if bad is not None and bad.severity not in ("SEV3", "SEV4"):
        return _incident(bad)
    if (found := _harm(world)) is not None:
        return found
    if bad is not None:
        return _incident(bad)
    return _waits(world) or _blind(world) or Worst("Nothing needs anybody now.")


def _incident(bad: OpenIncident) -> Worst:
    return Worst(f"{bad.id} ({bad.severity}): {bad.title}", "incidents", bad.id)


def _harm(world: World) -> Worst | None:
    release, verdict, bake = world.release.value, world.verdict, world.bake
    if any(one.unknown for one in world.pending):
        return Worst("The outcome of an act is not known", "release")
    if release is not None and release.active and verdict is not None and verdict.word is Word.ROLLBACK:
        return Worst(f"{VERDICTS[verdict.word][1]}: {'; '.join(verdict.reasons)}", "release")
    if bake is not None and bake.worse and (release is None or not release.active):
        return Worst("Production is worse than its own past", "release")
    if world.waiting.reopened:
        return Worst("A rollback was reopened: it did not help", "rollbacks")
    return None


def _waits(world: World) -> Worst | None:
    waiting, release = world.waiting, world.release.value
    if waiting.of_others:
        return Worst("A request waits for approval", "rollbacks")
    if waiting.hands:
        return Worst("An approved request waits for somebody who carries it out", "rollbacks")
    if waiting.approvals:
        return Worst("Your request waits for somebody else's approval", "rollbacks")
    if waiting.reviews:
        return Worst("A broken glass waits for its review", "rollbacks")
    if release is not None and release.active and waited_min(world) is not None and release.next_stage:
        return Worst(f"Vercel waits for you: {release.next_stage.percentage} % needs approval", "release")
    return None


def _blind(world: World) -> Worst | None:
    lost = [one.title for one in world.sources if one.state is SourceState.LOST]
    return Worst(f"{', '.join(lost)}: lost", "sources") if lost else None
