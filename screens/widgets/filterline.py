"""The line a filter is typed into: hidden until ``/``, gone again with ``esc``, the same everywhere."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import Input

from screens.keys import writes


class FilterLine(Input):
    """Says by ``Input.Changed`` what to keep; ``undo`` takes it all back."""

    DEFAULT_CSS = """
    FilterLine { display: none; height: 1; background: $panel; padding: 0 1; }
    FilterLine.-open { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(
            id="filter", compact=True, placeholder="regular expression, ! inverts; esc undoes it"
        )

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return writes(key) or super().check_consume_key(key, character)

    @property
    def open(self) -> bool:
        """Whether it is on show."""
        return self.has_class("-open")

    def begin(self) -> None:
        """Show it, and let what is typed go into it from the next key on."""
        self.add_class("-open")
        self.screen.set_focus(self)

    def done(self, back: Widget | None) -> None:
        """Keep the filter; the keys go ``back`` (``None``: to the screen). An empty one hides."""
        self.set_class(bool(self.value), "-open")
        self.screen.set_focus(back)

    def undo(self, back: Widget | None) -> bool:
        """Take the filter back; whether there was one."""
        if not self.open:
            return False
        self.value = ""
        self.done(back)
        return True

    def put(self, pattern: str) -> None:
        """Filter by ``pattern`` without typing it here."""
        self.value = pattern
        self.set_class(bool(pattern), "-open")
