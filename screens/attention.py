"""When to call a person who looks elsewhere: the bell rings for a decision, not for every change."""

from __future__ import annotations

from console.canary.stages import Release, ReleaseState
from console.canary.verdict import Word
from console.host_words import WAITED_LONG_MIN, waited_min
from console.world import SourceState, World
from screens.words import VERDICTS


def calls(before: World, after: World) -> str | None:
    """What changed between two pictures that somebody should look at now; the release comes first."""
    if said := _of_the_release(before, after):
        return said
    if after.waiting.of_others > before.waiting.of_others:
        return "A request waits for approval: on the screen of rollbacks"
    return None


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
