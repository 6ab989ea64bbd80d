"""The page of a request on a slow line: no longer than that carries at once; it says what it leaves out."""

from __future__ import annotations

from console.rollback.counting import View
from console.rollback.telling import page

MOST_BYTES = 3_500
"""Of the page; with the question under it, it stays below 4 kB."""


def short_page(view: View, most: int = MOST_BYTES) -> tuple[list[str], int]:
    """The page, and how many lines of the plan's details are left out of it (0: it is whole)."""
    details = view.request.opened.lines
    for shown in range(len(details), -1, -1):
        left = len(details) - shown
        more = [f"… {left} more lines: `coalmine rollback show {view.id}` has them"] if left else []
        lines = page(view, None, lines=[*details[:shown], *more])
        if not shown or sum(len(line.encode()) + 1 for line in lines) <= most:
            return lines, left
    raise AssertionError("the page without details was returned")
