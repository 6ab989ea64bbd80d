"""The suspects of an incident on the flags screen: first in the list, and why in the marked one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from console.flags.model import Flag
from screens.paint import Line, Span, paragraph, span
from screens.present import count

if TYPE_CHECKING:
    from console.flags.suspecting import Suspects


def suspects_first(flags: Sequence[Flag], found: Suspects | None) -> tuple[Flag, ...]:
    """The suspects in their order, then the others in theirs."""
    if found is None:
        return tuple(flags)
    place = {one.key: at for at, one in enumerate(found.ranked)}
    return tuple(sorted(flags, key=lambda one: place.get(one.key, len(place))))


def summary(found: Suspects | None) -> list[Span]:
    """How many there are, and of what."""
    if found is None:
        return []
    if not found.ranked:
        return [span(f"   ▲ {found.incident.says}, nothing speaks against a flag", "caution", bold=True)]
    return [span(f"   ▲ {count(len(found.ranked), 'suspect')}: {found.incident.says}", "worse", bold=True)]


def why(flag: Flag, found: Suspects | None, cells: int) -> Iterator[Line]:
    """What speaks against the flag, what cannot be said of it, and whether turning it off is a way out."""
    one = None if found is None else found.of(flag.key)
    if one is None or found is None:
        return
    place = found.ranked.index(one) + 1
    yield from paragraph(f"▲ suspect {place} of {len(found.ranked)}", cells, "worse", bold=True)
    for reason in one.reasons:
        yield from paragraph(reason.says, cells, "worse", indent=2, most=3)
    for said in (*one.unsaid, *found.unsaid):
        yield from paragraph(f"not known: {said}", cells, "quiet", indent=2, most=2)
    if flag.key in found.hinders:
        yield from paragraph(
            f"off is no way out: {found.hinders[flag.key]}", cells, "caution", indent=2, most=3
        )
