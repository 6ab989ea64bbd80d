"""What stands on the screen of a running app, as text."""

from __future__ import annotations

from typing import Any

from textual.app import App


def screen_text(app: App[Any]) -> str:
    """The rows of the screen as drawn, without colours."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    rows = ["".join(segment.text for segment in strip) for strip in strips]
    assert len(rows) == height, (len(rows), height)
    return "\n".join(row.rstrip() for row in rows[:height]) if width else ""
