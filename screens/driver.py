"""The terminal's driver: neither a terminal that has gone away nor a signal in the midst of a write stops it.

Textual's writer thread ends at the first write that fails. Nothing empties its queue of 30 writes from then
on, and the next write but 30 waits for ever, on the thread that runs the console. Besides, Textual takes the
terminal anew at every SIGCONT, from within whatever that thread does; a terminal that hangs up sends one
right behind its SIGHUP.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from textual.driver import Driver


class Forgiving:
    """A file that lets go of what cannot be written, because nobody is there any more to read it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        try:
            self._file.write(text)
        except (OSError, ValueError):  # hung up, or closed
            return

    def flush(self) -> None:
        try:
            self._file.flush()
        except (OSError, ValueError):
            return

    def fileno(self) -> int:
        return self._file.fileno()


def driver_class() -> type[Driver] | None:
    """The driver for a terminal of Unix; ``None`` (Textual chooses) elsewhere or where one is asked for."""
    if sys.platform == "win32" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    from textual.drivers.linux_driver import LinuxDriver

    from screens.signals import hung_up

    class TerminalDriver(LinuxDriver):
        """Writes what can be written, and stops and goes on between two steps of the event loop."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._file = cast("Any", Forgiving(cast("IO[str]", self._file)))
            self._stopped = False
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTSTP, self._stop)
            loop.add_signal_handler(signal.SIGCONT, self._go_on)

        def _stop(self) -> None:
            """SIGTSTP: give the terminal back, then stop."""
            if self._auto_restart and not self._stopped:
                self._stopped = True
                self.suspend_application_mode()
            os.kill(os.getpid(), signal.SIGSTOP)

        def _go_on(self) -> None:
            """SIGCONT: take the terminal again. It was not given back where SIGSTOP stopped us."""
            if not self._auto_restart or hung_up():
                return
            if not self._stopped:
                self.suspend_application_mode()
            self._stopped = False
            self._must_signal_resume = True  # Textual then draws everything again
            self.resume_application_mode()

    return TerminalDriver
