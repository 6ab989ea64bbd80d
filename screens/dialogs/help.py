"""The keys of the present screen, from its live bindings: what each does, and why not now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.screen import Screen

from console.readings import Millis
from console.world import World
from screens.dialogs.reading import ReadingDialog, joined
from screens.keys import changes, key_text, live, refusals, withheld
from screens.paint import EMPTY, Line, Span, paragraph, span
from screens.room import Room


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One key: what it says, what it does, and why it would do nothing now, if it would."""

    key: str
    does: str
    refused: str | None
    changes: bool = False
    """Whether it may lead to a change of production."""
    name: str = ""
    """What it is called elsewhere: by its id, and in the line of keys."""


def key_helps(screen: Screen[Any]) -> list[KeyHelp]:
    """The live bindings that a person may press, each action once with all of its keys."""
    refused = refusals(screen)
    keys: dict[str, list[str]] = {}
    first: dict[str, Binding] = {}
    for active in live(screen):
        binding = active.binding
        if not (binding.id and active.enabled):
            continue
        keys.setdefault(binding.action, []).append(key_text(binding))
        first.setdefault(binding.action, binding)
    return [
        KeyHelp(
            ", ".join(keys[action]),
            one.tooltip or one.description,
            refused.get(action),
            changes(one),
            f"{one.id} {one.description}",
        )
        for action, one in first.items()
    ]


def withheld_lines(screen: Screen[Any], cells: int) -> list[Line]:
    """What is not offered here, and why; nothing if all is."""
    found: dict[str, tuple[list[str], str, str]] = {}
    for active, reason in (withheld(screen) if isinstance(screen, Room) else {}).values():
        binding = active.binding
        keys, _, _ = found.setdefault(binding.action, ([], binding.tooltip or binding.description, reason))
        keys.append(key_text(binding))
    if not found:
        return []
    lines: list[Line] = [EMPTY, (span("Not offered now", "strong"),)]
    for keys, does, reason in found.values():
        rows = [*paragraph(does, cells - 5, "quiet"), *paragraph(reason, cells - 5, "caution")]
        for row, line in enumerate(rows):
            lines.append((Span(f"{', '.join(keys) if row == 0 else '':<3}  ", "quiet"), *line))
    return lines


def help_pieces(helps: list[KeyHelp], cells: int) -> list[list[Line]]:
    """Each key in two columns; those that may change production first, then the rest."""
    size = min(max((len(one.key) for one in helps), default=1), 24)
    pieces: list[list[Line]] = []
    for one in sorted(helps, key=lambda one: not one.changes):
        rows = paragraph(one.does, cells - size - 2)
        if one.refused is not None:
            word = "refused now" if one.changes else "not now"
            rows += paragraph(
                f"{word}: {one.refused}", cells - size - 2, "caution" if one.changes else "quiet"
            )
        pieces.append(
            [
                (Span(f"{one.key if row == 0 else '':<{size}}  ", "key"), *line)
                for row, line in enumerate(rows)
            ]
        )
    return pieces


class HelpDialog(ReadingDialog):
    """Built when it opens, from the screen under it."""

    heading = "Keys of this screen"

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._helps = key_helps(screen)
        self._screen = screen

    def pieces(self, world: World, now: Millis, cells: int) -> list[list[Line]]:
        return help_pieces(self._helps, cells)

    def also(self) -> list[str]:
        return [one.name for one in sorted(self._helps, key=lambda one: not one.changes)]

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        pieces, first = self.pieces(world, now, cells), sum(one.changes for one in self._helps)
        says = "The keys above the gap may change production: each previews first, and asks before it sends."
        gap: list[Line] = [EMPTY] if first else []
        closing = [EMPTY, *paragraph(says, cells, "quiet")] if first else []
        withheld = withheld_lines(self._screen, cells)
        return [*joined(pieces[:first], ()), *gap, *joined(pieces[first:], ()), *withheld, *closing]
