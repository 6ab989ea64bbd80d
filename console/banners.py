"""The standing lines that must not be missed, whatever screen is open. Pure."""

from __future__ import annotations

from console import auto_assign
from console.host_words import WAITED_LONG_MIN, moves_itself, waited_min
from console.world import Banner, SourceState, World

BY_KEY = {"advance": "A", "abort": "X", "rollback": "R"}
BY_COMMAND = {name: f"coalmine release {name}" for name in BY_KEY}
"""What stands in braces in a banner's text, in the console and outside it."""


def acting(level: str, text: str) -> Banner:
    """A banner whose ``text`` names what can be done in braces."""
    return Banner(level, text.format_map(BY_KEY), text.format_map(BY_COMMAND))


def standing_banners(world: World) -> tuple[Banner, ...]:
    """What must not be missed, whatever screen is open."""
    found = (
        _undecided(world),
        _frozen(world),
        _paused(world),
        _waits_for_you(world),
        _waiting(world),
        _automatic_off(world),
        _blind(world),
        _worse_than_before(world),
    )
    return tuple(banner for banner in found if banner is not None)


def _undecided(world: World) -> Banner | None:
    unknown = [p for p in world.pending if p.unknown]
    if not unknown:
        return None
    return Banner(
        "error", f"Outcome unknown: {unknown[0].says}. It is not sent again; the host is being asked."
    )


def _waiting(world: World) -> Banner | None:
    release = world.release.value
    if release is None or not release.active or not release.queued_deployment_id:
        return None
    return Banner("info", f"Deployment {release.queued_deployment_id} waits until this release is over.")


def _automatic_off(world: World) -> Banner | None:
    found = auto_assign.off(world)
    if found is None:
        return None
    release = world.release.value
    releasing = release is not None and release.active
    texts = (
        auto_assign.sentence(found, releasing, world.now, by) for by in ("P", "coalmine release promote")
    )
    return Banner("warning", *texts)


def _blind(world: World) -> Banner | None:
    release = world.release.value
    lost = [s for s in world.sources if s.state is SourceState.LOST]
    if not lost or release is None or not release.active:
        return None
    return Banner("error", f"{', '.join(s.title for s in lost)}: lost. What is shown is what was known last.")


def _worse_than_before(world: World) -> Banner | None:
    bake = world.bake
    if bake is None or not bake.worse:
        return None
    why = _plain(bake.verdict.reasons[0])
    return acting("error", f"Production is worse than its own past: {why}. {{rollback}} rolls back.")


def _plain(text: str) -> str:
    """``text`` without what would be taken for an action's name."""
    return text.replace("{", "{{").replace("}", "}}")


def _frozen(world: World) -> Banner | None:
    frozen = world.frozen
    if frozen is None:
        return None
    text = f"{frozen.person} froze changes: {frozen.reason}. Nothing that widens exposure is sent."
    release = world.release.value
    if release is None or not moves_itself(release):
        return Banner("warning", text)
    more = acting("", " Vercel advances this release by itself and cannot be stopped by it: {abort} aborts.")
    return Banner("warning", text + more.text, text + more.commands)


def _paused(world: World) -> Banner | None:
    """The host has stopped the release: its gate, or somebody there. Coalmine has no call to continue it."""
    release = world.release.value
    if release is None or not release.active or not release.paused:
        return None
    template = world.template.value
    pauses = template is not None and template.gate_enabled and template.gate_action == "pause"
    reports = template is not None and template.gate_dry_run
    who = "Vercel's gate (or somebody there)" if pauses and not reports else "Vercel"
    share = "where it is" if release.percentage is None else f"at {release.percentage:g} %"
    return acting(
        "warning",
        f"{who} paused this release: it stays {share} until it is continued in Vercel's dashboard, "
        "or {advance} advances or {abort} aborts it.",
    )


def _waits_for_you(world: World) -> Banner | None:
    """An approval that the host waits for is said aloud once it has waited for a while."""
    release, waited = world.release.value, waited_min(world)
    if release is None or release.next_stage is None or waited is None or world.frozen is not None:
        return None
    if waited < WAITED_LONG_MIN:
        return None
    share = f"{release.next_stage.percentage} %"
    return acting("warning", f"Vercel has waited for you {waited} min: {share} needs approval ({{advance}}).")
