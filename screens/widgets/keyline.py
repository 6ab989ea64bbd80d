"""The keys at the foot, built from the live bindings of the screen; a click presses the key."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events

from screens import clean, paint
from screens.keys import action_of, key_text, live, refusals
from screens.paint import Line, Span
from screens.widgets.painted import Painted

ALWAYS = ("app.help", "app.palette")
"""Bindings whose keys are on show however narrow the terminal."""


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key at the foot: what it says, the Textual key it presses, and whether it is refused now."""

    key: str
    label: str
    press: str
    refused: bool = False
    action: str = ""


def keys_line(
    hints: list[KeyHint], always: list[KeyHint], cells: int
) -> tuple[Line, list[tuple[int, int, str]]]:
    """As many ``hints`` as fit, in their order, then those of ``always``; with the columns of each."""
    room = cells - 1 - sum(_size(hint, 3) for hint in always)
    shown: list[KeyHint] = []
    for hint in hints:
        if _size(hint, 3) > room:
            break
        room -= _size(hint, 3)
        shown.append(hint)
    out: list[Span] = [Span(" ")]
    places: list[tuple[int, int, str]] = []
    at = 1
    for hint in (*shown, *always):
        size = _size(hint, 0)
        out.append(Span(hint.key, "quiet" if hint.refused else "key"))
        out.append(Span(f" {hint.label}", "quiet" if hint.refused else "normal"))
        out.append(Span("   "))
        places.append((at, at + size, hint.press))
        at += size + 3
    return paint.cut(tuple(out), cells), places


def _size(hint: KeyHint, gap: int) -> int:
    return clean.width(hint.key) + 1 + clean.width(hint.label) + gap


class KeyLine(Painted):
    """The foot of a screen."""

    _places: list[tuple[int, int, str]]

    def show_keys(self) -> None:
        """Draw the present bindings of the screen."""
        bindings = live(self.screen)
        refused = refusals(self.screen, bindings)
        hints: list[KeyHint] = []
        always: list[KeyHint] = []
        for active in bindings:
            binding = active.binding
            if not (binding.show and active.enabled):
                continue
            held = binding.action in refused
            hint = KeyHint(key_text(binding), binding.description, binding.key, held, binding.action)
            (always if binding.id in ALWAYS else hints).append(hint)
        if any(action_of(hint.action) and not hint.refused for hint in hints):
            hints.sort(key=lambda hint: hint.refused)  # what can be done now comes before what cannot
        line, self._places = keys_line(hints, always, self.screen.size.width)
        self.show([line])

    def on_click(self, event: events.Click) -> None:
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)
