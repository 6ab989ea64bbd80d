"""The clocks: the only place that reads the time of day."""

from __future__ import annotations

import asyncio
import time

from console.readings import Millis


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Millis:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ScaledClock:
    """A clock that starts at ``origin`` and runs ``speed`` times as fast as the machine's own.

    The simulated world and a console that looks at it share one, so that "4 s ago" means four
    seconds of that world.
    """

    def __init__(self, origin: Millis, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self._origin = origin
        self._speed = speed
        self._started = time.monotonic()
        self._skipped_ms = 0

    @property
    def speed(self) -> float:
        return self._speed

    def now(self) -> Millis:
        return self._origin + self._skipped_ms + int((time.monotonic() - self._started) * 1000 * self._speed)

    def monotonic(self) -> float:
        return (self.now() - self._origin) / 1000

    def advance(self, seconds: float) -> None:
        """Jump forward by ``seconds`` of this clock's time."""
        if seconds < 0:
            raise ValueError("a clock only goes forward")
        self._skipped_ms += int(seconds * 1000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)
