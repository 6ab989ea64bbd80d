"""The marked flag in full: who gets what in each environment, what was changed, what ends by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from console.flags.counts import Counts
from console.flags.evaluating import MALFORMED
from console.flags.intents import FlagIntent
from console.flags.model import Flag
from console.flags.telling import fallthrough, people, rules, standing, variant_text
from console.readings import Millis
from screens.flags.known import Known, Past, changed_at
from screens.flags.suspected import why
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.present import clock, countdown, when

if TYPE_CHECKING:
    from console.flags.suspecting import Suspects

NAMED, RULED, LABEL = 6, 12, 9
"""People and rules that are told one by one, and cells of a label."""


def detail(
    flag: Flag,
    known: Known,
    past: Past | None,
    overrides: Sequence[FlagIntent],
    now: Millis,
    cells: int,
    suspects: Suspects | None = None,
) -> list[Line]:
    """``past``: ``None`` while it is being read. ``overrides``: those of this flag."""
    lines = [*_head(flag, known, now, cells), *why(flag, suspects, cells)]
    for one in overrides:
        lines += override_lines(one, now, cells)
    lines += _labelled("variants", _variants(flag), cells)
    lines.append(EMPTY)
    environments = flag.raw.get("environments")
    for name in environments if isinstance(environments, Mapping) else ():
        lines += _environment(flag, str(name), known.called(), now, cells)
        if past is not None and past.counts is not None:
            lines += _counted(flag, str(name), past.counts, cells)
    return [*lines, EMPTY, *_history(past, known, now, cells)]


def _head(flag: Flag, known: Known, now: Millis, cells: int) -> list[Line]:
    raw = flag.raw
    number = "" if raw.get("revision") is None else f"revision {raw['revision']}"
    tags = raw.get("tags")
    tagged = f"tags {', '.join(map(str, tags))}" if isinstance(tags, list) and tags else ""
    at, by = changed_at(flag), known.person(raw.get("updatedBy"))
    changed = "" if at is None else f"changed {when(at, now)}{f' by {by}' if by else ''}"
    about = [str(raw.get("kind") or ""), number, "permanent" if raw.get("permanent") else "", tagged]
    lines = paragraph(flag.key, cells, "strong", bold=True, most=3)
    lines += paragraph(", ".join(filter(None, [*about, changed])), cells, "quiet", most=4)
    if raw.get("description"):
        lines += paragraph(str(raw["description"]), cells, most=3)
    return lines


def override_lines(one: FlagIntent, now: Millis, cells: int) -> list[Line]:
    """When a change for a set time ends by itself, counted down, and whose it is."""
    event, until = one.event, one.event.back_at or 0
    left = "now, as soon as a console does it" if until <= now else f"{countdown(until - now)} left"
    said = f"↺ back at {clock(until, now)}, {left}: {event.words} by {event.person} ({event.reason})"
    return paragraph(said, cells, "caution", bold=True, most=4)


def _variants(flag: Flag) -> str:
    found = []
    for one in flag.raw.get("variants") or ():
        try:
            label = f" ({one['label']})" if one.get("label") else ""
            found.append(f"{variant_text(flag, one['id'])}{label}")
        except MALFORMED:
            found.append("one that cannot be read")
    more = f" and {len(found) - RULED} more" if len(found) > RULED else ""
    return ", ".join(found[:RULED]) + more


def _environment(flag: Flag, name: str, called: Mapping[str, str], now: Millis, cells: int) -> Iterator[Line]:
    stood = standing(flag, name, now)
    tone: Tone = "worse" if stood.state == "malformed" else "strong"
    yield from _labelled(name, stood.words, cells, tone)
    if stood.state not in ("rules", "static"):
        return
    rests = ", rests while static" if stood.state == "static" else ""
    tone = "quiet" if rests else "normal"
    by_variant: dict[str, list[str]] = {}
    try:
        for who, variant in people(flag.raw["environments"][name]):
            by_variant.setdefault(variant, []).append(who)
    except MALFORMED:
        yield from _labelled("", "people by name: cannot be read", cells, "worse")
    for variant, named in by_variant.items():
        more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
        told = f"{', '.join(named[:NAMED])}{more} → {variant_text(flag, variant)}{rests}"
        yield from _labelled("", f"by name: {told}", cells, tone)
    found = rules(flag, name, called)
    for place, one in enumerate(found[:RULED], start=1):
        yield from _labelled("", f"rule {place}: {one.conditions} → {one.outcome}{rests}", cells, tone)
    if len(found) > RULED:
        yield from _labelled("", f"and {len(found) - RULED} more rules", cells, "quiet")
    if found or by_variant:
        yield from _labelled("", f"everyone else → {fallthrough(flag, name)}{rests}", cells, tone)


def _counted(flag: Flag, name: str, counts: Counts, cells: int) -> Iterator[Line]:
    """What applications got there; nothing where they asked for it nowhere."""
    found = counts.by_environment.get(name, {})
    total = sum(found.values())
    parts = [
        f"{100 * hits / total:.3g} % {variant_text(flag, variant) if variant else 'the default in the code'}"
        for variant, hits in sorted(found.items(), key=lambda one: -one[1])[:RULED]
        if hits
    ]
    if parts:
        yield from _labelled("", f"{total:,} evaluations in a day: {', '.join(parts)}", cells, "quiet")


def _history(past: Past | None, known: Known, now: Millis, cells: int) -> list[Line]:
    if past is None:
        return paragraph("… its history is being read", cells, "quiet")
    if past.problem is not None:
        problem = f"! its history is not known: {past.problem.what} {past.problem.next}"
        return paragraph(problem, cells, "caution", most=4)
    if not past.versions:
        return paragraph("The back-end keeps no history of it.", cells, "quiet")
    lines: list[Line] = [(Span("history", "quiet"),)]
    for version, changes in past.versions:
        why = f": {version.message}" if version.message else ", no reason given"
        said = f"{version.number}  {when(version.at, now)} {known.person(version.by) or 'somebody'}{why}"
        lines += paragraph(said, cells, "normal", most=3)
        for change in changes[:6]:
            lines += paragraph(change, cells, "quiet", indent=4, most=3)
        if len(changes) > 6:
            lines.append((span(f"    and {len(changes) - 6} more", "quiet"),))
    return lines


def _labelled(label: str, text: str, cells: int, tone: Tone = "normal") -> list[Line]:
    """A paragraph beside its label; under it, where the label is long."""
    head = span(label, "quiet")
    size = LABEL + 2
    body = paragraph(text or "none", max(cells - size, 10), tone, most=6)
    if len(head.text) > LABEL + 1:
        return [(head,), *((Span(" " * size), *line) for line in body)]
    first = Span(f"{head.text:<{size}}", "quiet")
    return [(first if place == 0 else Span(" " * size), *line) for place, line in enumerate(body)]
