"""Leaving well: a killed or hung-up console restores the terminal, and nothing that hangs can hold it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

    from screens.app import CoalmineApp

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
CLOSE_WITHIN_S = 6.0
"""How long stores and sources may take to close once the terminal is restored: longer than a session
waits for the answer to what it has sent."""
GONE_WITHIN_S = CLOSE_WITHIN_S + 4
"""How long a console may live on without a terminal, also if its main thread hangs."""


def exit_on_signals(app: App[int]) -> None:
    """Make SIGTERM and SIGHUP end the app in order, with 128 + the signal's number as its code.

    Stock Textual dies at once and leaves the terminal raw, on the alternate screen. Headless runs
    (tests) share their process with others and are left alone, as is any thread but the main one.
    """
    if app.is_headless or threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, app.exit, None, 128 + number)


def terminal_gone(app: App[int]) -> bool:
    """Whether the terminal has gone away, as a closed window leaves it where no SIGHUP is sent."""
    return not app.is_headless and hung_up()


def hung_up(wait_ms: int | None = 0) -> bool:
    """Whether nobody is at the other end of standard input, asked for so long (``None``: until it is so)."""
    poll = select.poll()
    poll.register(sys.__stdin__ if sys.__stdin__ is not None else 0, 0)
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(event & gone for _, event in poll.poll(wait_ms))


def _end_without_terminal() -> None:
    """Wait until the terminal is gone, on a thread of its own, and end a console that does not end then.

    What it wrote down stays: the ledger is safe against a process that dies at any point.
    """
    if hung_up(None):
        time.sleep(GONE_WITHIN_S)
        os._exit(128 + signal.SIGHUP)


def run(app: CoalmineApp) -> int:
    """Run the console to its end and give the process's exit code.

    The terminal is restored before anything is closed. Closing has :data:`CLOSE_WITHIN_S`; a thread
    that still hangs then is abandoned: the process ends here, because joining it could take for ever.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    threads = ThreadPoolExecutor(thread_name_prefix="coalmine")
    loop.set_default_executor(threads)
    threading.Thread(target=_end_without_terminal, name="coalmine-terminal", daemon=True).start()
    app.run(loop=loop, mouse=app.look.mouse)
    code = app.return_code or 0
    deadline = time.monotonic() + CLOSE_WITHIN_S
    loop.run_until_complete(_close(app))
    threads.shutdown(wait=False, cancel_futures=True)  # idle threads end; one that hangs is not waited for
    left = _wait_for_threads(deadline)
    _flush()
    if left:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        return code
    os._exit(code)


def _flush() -> None:
    """Flush what was printed. A terminal that is gone takes nothing more: what is left for it is let go,
    or Python would end with its own code (120) instead of ours.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


async def _close(app: CoalmineApp) -> None:
    try:
        await asyncio.wait_for(app.close(), CLOSE_WITHIN_S)
    except Exception as error:  # the console is ending: say it, and end
        print(f"coalmine: closing went wrong: {str(error) or type(error).__name__}", file=sys.stderr)  # noqa: T201
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=1)


def _wait_for_threads(deadline: float) -> bool:
    """Whether every thread that would hold up the interpreter's end is gone by ``deadline``."""
    for thread in threading.enumerate():
        if thread is threading.main_thread() or thread.daemon:
            continue
        thread.join(max(deadline - time.monotonic(), 0))
        if thread.is_alive():
            return False
    return True
