"""What the transport remembers of one host: its circuit, its limits, how it has been doing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from console.readings import CLOCK_TOLERANCE_MS, Millis, Problem
from data.http.circuit import Circuit, CircuitState
from data.http.quota import Allowance, allowance, blocked_until, http_date
from data.http.service import Answer


@dataclass(frozen=True, slots=True)
class TransportHealth:
    """How one host has been doing, for the display of sources. Moments are epoch milliseconds."""

    host: str
    circuit: CircuitState
    last_ok_at: Millis | None
    last_failure_at: Millis | None
    last_failure: Problem | None
    latency_ms: float | None
    """Of the newest answer."""
    remaining: int | None
    """Requests left of the limit the host last spoke of."""
    limit: int | None
    resets_at: Millis | None
    retry_at: Millis | None
    """When the next request goes out, where the circuit is open; else ``None``."""
    skew_ms: int | None
    """The host's clock minus ours; about a second of it is noise."""

    def clock_problem(self) -> Problem | None:
        """What to say when the two clocks disagree by more than readings tolerate."""
        if self.skew_ms is None or abs(self.skew_ms) <= CLOCK_TOLERANCE_MS:
            return None
        seconds = abs(self.skew_ms) / 1000
        span = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
        side = "ahead of" if self.skew_ms > 0 else "behind"
        return Problem(
            "clock",
            f"The clock of {self.host} is {span} {side} this machine's.",
            "Set this machine's clock (NTP): until then recent values look missing or from the future.",
        )


@dataclass(slots=True)
class Host:
    """The mutable memory of one host; only the transport writes it."""

    name: str
    circuit: Circuit
    slots: asyncio.Semaphore
    blocked: dict[str, Millis] = field(default_factory=dict)
    said: Allowance = field(default_factory=Allowance)
    last_ok_at: Millis | None = None
    last_failure_at: Millis | None = None
    last_failure: Problem | None = None
    latency_ms: float | None = None
    skew_ms: int | None = None

    def note_answer(self, answer: Answer, bucket: str) -> Millis | None:
        """Learn limits and clock from an answer; returns until when the host wants silence, if it does."""
        self.latency_ms = answer.ms
        self.said = allowance(answer.headers, answer.at) or self.said
        date = http_date(answer.headers.get("date"))
        if date is not None:
            # the header is cut to whole seconds; the answer was written about half its way ago
            self.skew_ms = int(date + 500 - (answer.at - answer.ms / 2))
        until = blocked_until(answer.status, answer.headers, answer.at)
        if until is not None:
            self.blocked[bucket] = until
        return until

    def note_failure(self, problem: Problem, at: Millis) -> None:
        self.last_failure, self.last_failure_at = problem, at

    def health(self, now: Millis, monotonic: float) -> TransportHealth:
        state = self.circuit.state
        closed = state is CircuitState.CLOSED
        return TransportHealth(
            host=self.name,
            circuit=state,
            last_ok_at=self.last_ok_at,
            last_failure_at=self.last_failure_at,
            last_failure=self.last_failure,
            latency_ms=self.latency_ms,
            remaining=self.said.remaining,
            limit=self.said.limit,
            resets_at=self.said.reset_at,
            retry_at=None if closed else now + int(self.circuit.opens_in(monotonic) * 1000),
            skew_ms=self.skew_ms,
        )
