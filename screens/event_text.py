"""One event of the ledger in full: what it says, its envelope, its payload. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.envelope import Recorded
from console.readings import Millis
from screens import clean
from screens.narration import sentence
from screens.paint import EMPTY, Line, Span, paragraph, span
from screens.present import ago, stamp

LABEL = 14


def event_text(event: Recorded, now: Millis, cells: int) -> list[Line]:
    """The sentence, then who and when, then the envelope and the payload field by field."""
    header, actor = event.header, event.actor
    lines: list[Line] = [*paragraph(sentence(event), cells, "strong", bold=True), EMPTY]
    lines += _field("when", f"{stamp(event.at)} ({ago(event.at, now)})", cells)
    if abs(header.recorded_at - header.at) >= 1_000:
        lines += _field("recorded", stamp(header.recorded_at), cells)
    lines += _field("who", f"{actor.person}, via {actor.via}, session {actor.session}", cells)
    lines += _field("event", f"{event.seq}, {event.kind} (schema {header.schema})", cells)
    lines += _field("stream", f"{event.stream}, version {event.version}", cells)
    lines += _field("id", header.id, cells)
    lines.append(EMPTY)
    if event.payload_text is None:
        lines += paragraph("Its payload was redacted; the chain still verifies.", cells, "caution")
    elif event.payload is None:
        lines += paragraph("Its payload is not readable.", cells, "worse")
    else:
        for name, text in flat(event.payload):
            lines += _field(name, text, cells)
    lines += [EMPTY, *_field("hash", event.hash, cells), *_field("before", header.prev_hash, cells)]
    return lines


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A payload as (dotted name, text), in its own order."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from flat(item, f"{name}.{index + 1}" if len(value) > 1 else name)
    else:
        yield name, str(value)


def _field(name: str, text: str, cells: int) -> list[Line]:
    label = clean.cut(clean.clean(name), max(cells // 2, LABEL))
    size = max(LABEL, clean.width(label) + 1)
    rows: list[Line] = []
    for part in text.split("\n")[:60]:
        rows += paragraph(part, max(cells - size, 8))
    head = Span(clean.fit(label, size), "quiet")
    return [(head if row == 0 else Span(" " * size), *line) for row, line in enumerate(rows)]


def event_title(event: Recorded) -> Span:
    """What a detail pane is headed with."""
    return span(f"event {event.seq}", "strong", bold=True)
