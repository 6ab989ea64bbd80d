"""How long until a decision, at the pace of the last polls and at today's traffic."""

from __future__ import annotations

import numpy as np

from console.canary.evidence.arrays import Floats

LONGEST = 100_000
"""Polls beyond which no time is said."""


def polls_left(rows: Floats, worse_line: float, promote_line: float, floors_left: float) -> int | None:
    """Polls until one metric is decided; ``None`` where none is in sight.

    ``rows`` ``[polls, 3]`` are the last values of its evidence for worse, for a promotion, and of the
    promotion's growth were the tracks alike. The promotion is expected at that growth while nothing speaks
    against it, at the pace seen otherwise; a rollback at the pace seen.
    """
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return None
    worse, promote, growth = rows[-1, 0], rows[-1, 1], float(rows[:, 2].mean())
    span = max(1, len(rows) - 1)
    seen = float(rows[-1, 1] - rows[0, 1]) / span
    suspicion = float(rows[-1, 0] - rows[0, 0]) / span
    found = []
    if worse < worse_line / 2:
        pace = growth if promote > -1 else seen
        if pace > 0:
            found.append(max((promote_line - promote) / pace, floors_left, 1.0))
    if suspicion > 0 and worse > 0:
        found.append(max((worse_line - worse) / suspicion, 1.0))
    left = min(found, default=float("inf"))
    return int(np.ceil(left)) if left <= LONGEST else None
