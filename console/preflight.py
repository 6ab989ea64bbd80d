"""Before a rolling release is started: what speaks for it, what against, and how long it will take. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from console.actions import Impossible, Preview, StagePlan
from console.host import Candidate, Check, Slots
from console.host_words import gate_may
from console.planning import stages_of, unready
from console.ports import ReleaseTemplate
from console.production_previews import stage_words


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the preflight; ``stop`` stands in the way, ``warn`` should be looked at."""

    state: Literal["ok", "warn", "stop", "unknown"]
    title: str
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read for it; ``None`` = the host did not say (or refused to)."""

    candidate: Candidate
    template: ReleaseTemplate | None
    slots: Slots | None
    skew_protection_s: int | None
    checks: Sequence[Check] | None
    running_canary_id: str


def preflight(facts: Facts) -> tuple[Item, ...]:
    """The lines in the order in which they matter."""
    return (
        _deployment(facts.candidate),
        _running(facts.running_canary_id),
        _slots(facts.slots),
        _stages(facts.template),
        *_gate(facts.template),
        _skew(facts.skew_protection_s),
        _checks(facts.checks),
    )


def stops(items: Sequence[Item]) -> list[Item]:
    """What stands in the way."""
    return [item for item in items if item.state == "stop"]


def _deployment(candidate: Candidate) -> Item:
    why_not = unready(candidate)
    return Item("stop" if why_not else "ok", "deployment", why_not or "ready, built for production")


def _running(canary_id: str) -> Item:
    if canary_id:
        return Item("stop", "running", f"another release is running ({canary_id})")
    return Item("ok", "running", "no other release is running")


def _slots(slots: Slots | None) -> Item:
    if slots is None:
        return Item("unknown", "slots", "the host did not say how many are free")
    if slots.reason == "plan_not_supported":
        return Item("stop", "slots", "this plan has no rolling releases")
    if slots.reason == "no_available_slots":
        return Item("warn", "slots", slots.message or "no slot is free for another project")
    free = "unlimited" if slots.available is None else f"{slots.available} free"
    return Item("ok", "slots", free)


def _stages(template: ReleaseTemplate | None) -> Item:
    if template is None:
        return Item("stop", "stages", "rolling releases are not configured: `release config set`")
    stages = stages_of(template)
    return Item("ok", "stages", f"{stage_words(stages)}; {how_long(stages)}")


def how_long(stages: Sequence[StagePlan]) -> str:
    """How long the stages take, as far as it is settled."""
    minutes = sum(stage.seconds for stage in stages) // 60
    waits = sum(1 for stage in stages if stage.percentage < 100 and (stage.approval or not stage.seconds))
    if waits and minutes:
        return f"{minutes} min and {waits} approval{'s' if waits > 1 else ''}"
    if waits:
        return f"as long as its {waits} approvals take" if waits > 1 else "as long as its approval takes"
    return f"{minutes} min by itself"


def _gate(template: ReleaseTemplate | None) -> tuple[Item, ...]:
    if template is None or not template.gate_enabled:
        return ()
    return (Item("warn", "Vercel's gate", f"on: it {gate_may(template)}"),)


def _skew(seconds: int | None) -> Item:
    if not seconds:
        return Item("warn", "skew protection", "off or not said: a page may call the other track's API")
    return Item("ok", "skew protection", f"on, {seconds // 3600} h")


def _checks(checks: Sequence[Check] | None) -> Item:
    if checks is None:
        return Item("unknown", "checks", "could not be read")
    red = [check.name for check in checks if check.red]
    if red:
        return Item("stop", "checks", f"still red: {', '.join(red)}")
    return Item("ok", "checks", f"{len(checks)} passed" if checks else "none are configured")


GLYPHS = {"ok": "✓", "warn": "!", "stop": "✗", "unknown": "?"}


def with_preflight(preview: Preview, items: Sequence[Item]) -> Preview:
    """The preview of a start with its preflight. Raises :class:`Impossible` while something stops it."""
    red = stops(items)
    if red:
        raise Impossible("; ".join(f"{item.title}: {item.says}" for item in red))
    lines = tuple(f"{GLYPHS[item.state]} {item.title}: {item.says}" for item in items)
    warnings = tuple(f"{item.title}: {item.says}" for item in items if item.state != "ok")
    return replace(preview, what=(*preview.what, *lines), warnings=(*preview.warnings, *warnings))
