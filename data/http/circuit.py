"""The circuit of one host: stop asking what does not answer, and try again now and then."""

from __future__ import annotations

from enum import StrEnum


class CircuitState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Circuit:
    """Opens after so many failures (or timeouts) in a row; lets one request try after ``probe_after_s``.

    Moments are seconds of a clock that never goes backwards. Any answer of the host closes it.
    """

    def __init__(self, *, failures: int = 5, timeouts: int = 3, probe_after_s: float = 30.0) -> None:
        self._failures_allowed = failures
        self._timeouts_allowed = timeouts
        self._probe_after_s = probe_after_s
        self._failures = 0
        self._timeouts = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> CircuitState:
        if self._opened_at is None:
            return CircuitState.CLOSED
        return CircuitState.HALF_OPEN if self._probing else CircuitState.OPEN

    def admit(self, now: float) -> bool:
        """Whether a request may go out now. A yes while open makes that request the probe."""
        if self._opened_at is None:
            return True
        if self._probing or now < self._opened_at + self._probe_after_s:
            return False
        self._probing = True
        return True

    def opens_in(self, now: float) -> float:
        """Seconds until the next probe is let through; 0 when one may go now."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._probe_after_s - now)

    def answered(self) -> None:
        """The host answered: whatever it said, it is alive."""
        self._failures = self._timeouts = 0
        self._opened_at, self._probing = None, False

    def failed(self, now: float, *, timeout: bool) -> None:
        """No usable answer came."""
        self._failures += 1
        self._timeouts += timeout
        over = self._failures >= self._failures_allowed or self._timeouts >= self._timeouts_allowed
        if self._probing or (self._opened_at is None and over):
            self._opened_at, self._probing = now, False

    def abandoned(self) -> None:
        """A request was given up by its caller: it says nothing about the host."""
        self._probing = False
