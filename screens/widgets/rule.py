"""A horizontal line across the screen."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget


class Rule(Widget):
    """One row of ─ in the rule's colour."""

    DEFAULT_CSS = "Rule { height: 1; width: 1fr; color: $rule; }"

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return Strip([Segment("─" * width, self.rich_style)], width)
