"""An incident in full beside its timeline: how it stands, who does what, what is due. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.incidents.due import (
    acknowledge_by,
    suggestion_of,
    times_of,
    update_by,
    watched_until,
)
from console.incidents.measured import measured
from console.incidents.severity import suggested, upward
from console.incidents.terms import ROLE_WORDS, SEVERITY_WORDS, Role
from screens import paint
from screens.dialogs.review_text import labelled
from screens.incidents.rows import severity_span
from screens.paint import Line, Span, Tone, span
from screens.present import NOTHING, clock, countdown, duration, when
from screens.release.verdict import verdict_lines

if TYPE_CHECKING:
    from console.incidents.incident import Incident
    from console.incidents.severity import Suggestion
    from console.readings import Millis
    from console.world import World


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around an incident: how its requests stand, and which playbooks are offered."""

    requests: Mapping[str, str]
    playbooks: Sequence[str] = ()


NOTHING_AROUND = Around({})
LIVE_ROWS = 4
MANY_ROLES: tuple[Role, ...] = ("deputy", "expert")


def head(one: Incident, now: Millis, cells: int) -> list[Line]:
    """What decides: name, severity, state and how long, what is due when, who leads."""
    bad = severity_span(one.severity, one.confirmed)
    held = cells - paint.width((bad,)) - len(one.id) - 5
    title = span(one.opened.title, "strong", bold=True)
    first = (span(f" {one.id}", "strong", bold=True), Span("  "), bad, Span("  "), *paint.cut((title,), held))
    state = f" {one.state.value} {countdown(now - one.state_since)}"
    if one.merged_into:
        state += f", goes on in {one.merged_into}"
    waits: list[Span] = []
    for words, tone in _due(one, now):
        waits += [Span("   "), span(words, tone, bold=tone in ("worse", "caution"))]
    second: Line = (span(state, "quiet" if one.over else "strong", bold=True), *waits)
    return [
        paint.cut(first, cells),
        paint.cut(second, cells),
        paint.cut(_roles(one), cells),
        _times(one, now, cells),
    ]


def _due(one: Incident, now: Millis) -> Iterator[tuple[str, Tone]]:
    if one.over:
        return
    acknowledge, update, watched = acknowledge_by(one), update_by(one), watched_until(one)
    if acknowledge is not None:
        late = acknowledge <= now
        left = countdown(abs(acknowledge - now))
        yield (
            (f"! not acknowledged, {left} late", "worse")
            if late
            else (f"… acknowledge within {left}", "caution")
        )
    if update is not None:
        late, left = update <= now, countdown(abs(update - now))
        yield (f"! next word {left} late", "worse") if late else (f"next word due in {left}", "normal")
    if watched is not None:
        yield (
            (f"watched for {countdown(watched - now)} more", "normal")
            if watched > now
            else ("✓ watched long enough: s resolves it", "good")
        )


def _roles(one: Incident) -> Line:
    shown: list[Span] = []
    for role in ("commander", "communications", "scribe", "operations"):
        holder = one.roles.holder(role)
        if holder is None and role == "operations":
            continue
        word = {"communications": "comms", "operations": "ops"}.get(role, role)
        none = "(ledger)" if role == "scribe" else NOTHING
        missing = holder is None and role == "commander" and not one.over
        shown += [
            span(f" {word} ", "quiet"),
            span(holder or none, "caution" if missing else "normal"),
            Span("  "),
        ]
    return tuple(shown)


def _times(one: Incident, now: Millis, cells: int) -> Line:
    times = times_of(one)
    known = (
        ("detected", one.opened.detected_at, times.detect),
        ("acknowledged", one.acknowledged_at, times.acknowledge),
        ("mitigated", one.mitigated_at, times.mitigate),
        ("resolved", one.resolved_at, times.resolve),
    )
    shown: list[Span] = []
    for word, at, took in known:
        after = "" if took is None or cells < 110 else f" (after {duration(took)})"
        shown += [span(f" {word} ", "quiet"), span(f"{clock(at, now)}{after}"), Span(" ")]
    return paint.cut(tuple(shown), cells)


def page(
    one: Incident, world: World, now: Millis, cells: int, person: str | None, around: Around = NOTHING_AROUND
) -> list[Line]:
    """Everything else about it, what asks for a person first."""
    lines: list[Line] = []
    for label, text, tone in _pressing(one, world, now, person):
        lines += labelled(label, text, cells, tone)
    if not one.over:
        lines += live(world, now, cells)
    for label, text, tone in _known(one, now, around):
        lines += labelled(label, text, cells, tone)
    return lines


def live(world: World, now: Millis, cells: int) -> list[Line]:
    """The verdict on the release that rolls, with its worst metrics."""
    release = world.release.value
    if release is None or not release.active:
        return []
    return [paint.cut(line, cells) for line in verdict_lines(world, now, cells)[:LIVE_ROWS]]


def _pressing(
    one: Incident, world: World, now: Millis, person: str | None
) -> Iterator[tuple[str, str, Tone]]:
    if one.blocked:
        yield "BLOCKED", f"! not understood here: {one.blocked}. Update Coalmine.", "worse"
    yield from _suggestions(one, world, now)
    for offer in one.roles.pending(now):
        left = countdown(offer.until - now)
        mine = offer.to == person
        whom = "you are" if mine else f"{offer.to} is"
        accept = ": c accepts" if mine else ""
        words = f"{whom} asked by {offer.by} to be {ROLE_WORDS[offer.role]}, {left} left{accept}"
        yield "ASKED", words, "caution" if mine else "normal"


def _known(one: Incident, now: Millis, around: Around) -> Iterator[tuple[str, str, Tone]]:
    for role in MANY_ROLES:
        if names := one.roles.holders(role):
            yield "ROLES", f"{ROLE_WORDS[role]}: {', '.join(names)}", "normal"
    if one.update is not None:
        yield "SAID", f"{one.update.person}, {when(one.update.at, now)}: {one.update.says}", "normal"
    for at, (what, name) in enumerate(one.links):
        known = around.requests.get(name, "") if what == "request" else "o opens it" if what == "run" else ""
        yield "" if at else "LINKS", f"{what} {name}{f': {known}' if known else ''}", "normal"
    for at, name in enumerate(around.playbooks[:3]):
        yield "" if at else "PLAYBOOK", f"{name}{'' if at else ' (p opens)'}", "normal"
    for at, words in enumerate(one.opened.evidence):
        yield "" if at else "KNOWN", words, "quiet"
    opened = one.opened
    yield "BEGAN", f"{when(opened.started_at, now)}; opened by {opened.person} {when(one.at, now)}", "quiet"


def measured_worse(one: Incident, world: World) -> Suggestion | None:
    """What the numbers of this moment suggest, where that is worse than what is set."""
    if one.over:
        return None
    return upward(one.severity, suggested(measured(world)))


def _suggestions(one: Incident, world: World, now: Millis) -> Iterator[tuple[str, str, Tone]]:
    found, live = suggestion_of(one, now), measured_worse(one, world)
    if found is not None:
        yield "SUGGESTED", _worded(found), "caution"
    if live is not None and (found is None or live.severity != found.severity):
        yield "MEASURED", _worded(live), "caution"
    if not one.confirmed and not one.over and found is None and live is None:
        yield "SEVERITY", f"{SEVERITY_WORDS[one.severity]}: v says how bad it is", "caution"


def _worded(found: Suggestion) -> str:
    return f"{found.severity} ({found.rule}): {'; '.join(found.reasons)}. v sets it."
