"""The words of runs: the states of steps and of runs, and which kinds of step only wait. Pure."""

from __future__ import annotations

from enum import StrEnum


class StepState(StrEnum):
    """Where a step stands; the names are those in JSON."""

    PENDING = "pending"
    WAITING = "waiting"  # for a person, an approval, or for time to pass
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NO_DATA = "no_data"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"  # in hand when the run was aborted
    UNKNOWN = "unknown"  # it was begun, and nobody knows how it ended

    @property
    def in_hand(self) -> bool:
        """Begun and not ended."""
        return self in (StepState.RUNNING, StepState.WAITING)


class RunState(StrEnum):
    """Where a run stands; the names are those in JSON."""

    PREPARED = "prepared"  # started, and nobody has driven it yet
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"  # it does not go on until a person says how, or drives
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    ORPHANED = "orphaned"  # whoever drove it is not heard of any more

    @property
    def over(self) -> bool:
        return self in (RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED)


WAITING_KINDS = frozenset({"manual", "decision", "timer"})
"""Kinds of step that only wait: the time they take is no running time."""
