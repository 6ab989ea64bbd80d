"""Equal work under way at the same time is done once, and everybody gets the result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Work(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Shared(Generic[T]):
    """Runs work by key. A caller that gives up leaves the others undisturbed; the last one out cancels it."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Work[T]] = {}

    async def run(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        shared = self._under_way.get(key)
        if shared is None:
            shared = _Work(asyncio.create_task(work()))
            shared.task.add_done_callback(lambda task: self._done(key, task))
            self._under_way[key] = shared
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if not shared.waiting and not shared.task.done():
                shared.task.cancel()
                self._forget(key, shared.task)

    async def cancel(self) -> None:
        """Give up everything under way."""
        tasks: list[Awaitable[T]] = []
        for shared in self._under_way.values():
            shared.task.cancel()
            tasks.append(shared.task)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, key: Hashable, task: asyncio.Task[T]) -> None:
        self._forget(key, task)
        if not task.cancelled():
            task.exception()  # fetched, so that asyncio does not warn when every caller has left

    def _forget(self, key: Hashable, task: asyncio.Task[T]) -> None:
        shared = self._under_way.get(key)
        if shared is not None and shared.task is task:
            del self._under_way[key]
