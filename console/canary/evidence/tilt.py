"""What each kind of metric makes of a block of polls, before the dispersion is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.canary.evidence.arrays import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Grid:
    """The alternatives that a kind bets on: three questions side by side on the last axis.

    *Worse* (null: not worse than tolerated), *disaster* (null: not worse by a large factor; asked while
    warming up) and *promote* (null: worse by the margin at least).
    """

    worse: slice
    disaster: slice
    promote: slice
    log_weights: Floats
    """Each alternative's part of its question's wealth; the parts of one question add up to 1."""
    score: Ints
    """Which residual's dispersion tempers each alternative."""

    @property
    def size(self) -> int:
        return len(self.log_weights)

    @property
    def first(self) -> Floats:
        """What enters at the first poll: most where harm may begin late, nearly all for a promotion."""
        first = np.full(self.size, 0.7)
        first[self.promote] = 0.9
        return first


@dataclass(frozen=True, slots=True)
class Tilt:
    """A block's growth of each alternative, and the residuals by which it is tempered."""

    growth: Floats
    """log e-value per poll ``[polls, lanes, alternatives]``; 0 where nothing is known."""
    residual: Floats
    """Canary's excess over its share ``[polls, lanes, scores]``; 0 where nothing is known."""
    information: Floats
    """The residual's variance, were the tracks alike ``[polls, lanes, scores]``."""
    part: Floats
    """The high track's part of the requests, for residuals of counts; 0 for others. As the residual."""
    valid: Flags
    """Whether the poll says anything of both tracks ``[polls, lanes]``."""
    requests: Floats
    """The canary's own number of requests or observations ``[polls, lanes]``."""
    expected: Floats
    """Events its share of the traffic should have had ``[polls, lanes]``; infinite where none are needed."""
    if_equal: Floats
    """Growth of the promotion's log wealth per poll, were the tracks alike ``[polls, lanes]``."""


def weights(*parts: tuple[float, ...]) -> Floats:
    """log weights of the questions' alternatives, each question's scaled to a sum of 1."""
    logs: Floats = np.log(np.concatenate([np.array(part) / sum(part) for part in parts]))
    return logs
