"""The one thread that touches the stores, so that nothing blocks the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class StoreThread:
    """Runs blocking calls one after another on one thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stores")

    def __call__(self, call: Callable[[], T]) -> Awaitable[T]:
        """Await ``call``'s result; its exceptions are raised here."""
        return asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Finish what was begun, take nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
