"""Our judge over a simulated release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.judging.families import POLLS_A_MINUTE


@dataclass(frozen=True, slots=True)
class Outcome:
    """When ours first said so, in minutes from the start; ``None`` if it never did."""

    rollback: float | None
    promote: float | None
    """Whether or not a rollback followed; never one after a rollback."""
    culprits: tuple[str, ...]


def judged(recording: Mapping[str, Any]) -> Outcome:
    """Judge one recording to its end and read the verdicts off its trace."""
    from console.canary.recorded import judge_recording
    from console.canary.recording import Recording

    answer = judge_recording(Recording.model_validate(recording), trace=True)
    words = list(answer.trace or ())
    rollback = _first(words, "rollback")
    promote = _first(words if rollback is None else words[:rollback], "promote")
    if answer.verdict == "rollback":
        assert answer.decided_at == rollback, "decided_at is not where the trace first says rollback"
    return Outcome(_minutes(rollback), _minutes(promote), tuple(answer.culprits))


def _first(words: list[Any], word: str) -> int | None:
    return words.index(word) if word in words else None


def _minutes(poll: int | None) -> float | None:
    """A verdict is given when its poll is over."""
    return None if poll is None else (poll + 1) / POLLS_A_MINUTE
