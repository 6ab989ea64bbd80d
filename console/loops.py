"""What a session does again and again: each in a loop of its own, whose faults end nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from console.engine import own_fault
from console.ports import Clock, StoreUnusable
from console.world import Banner

log = logging.getLogger("coalmine.session")

Step = Callable[[], Coroutine[Any, Any, None]]


class Loops:
    """Runs steps with pauses between them until it is ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self.faults: dict[str, Banner] = {}
        """By what was being done; each stands until the same loop has gone well again."""

    def begin(self, doing: str, step: Step, pause: Step) -> None:
        """Run ``step`` and ``pause`` in turn; ``doing`` says it in words."""
        self._tasks.append(asyncio.create_task(self._forever(doing, step, pause), name=doing))

    async def end(self) -> None:
        """Cancel all of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _forever(self, doing: str, step: Step, pause: Step) -> None:
        while True:
            try:
                await step()
                self.faults.pop(doing, None)
            except StoreUnusable as error:
                self.faults[doing] = Banner("error", f"{error.problem.what} {error.problem.next}")
            except Exception as error:  # whatever it is, it must not end the watch
                log.exception("while %s", doing)
                fault = own_fault(doing, error)
                self.faults[doing] = Banner("error", f"{fault.what} {fault.next}")
            await (self._clock.sleep(1.0) if doing in self.faults else pause())
