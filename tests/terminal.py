"""A program on a real pseudo-terminal, and the screen it draws there, in memory."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

ENTER_SCREEN, LEAVE_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
"""What a full-screen program sends to take a terminal's second screen and to give it back (xterm)."""


class NeverShown(AssertionError):
    """The program ended, or the time was up, before the screen showed what was waited for."""


class Terminal:
    """The screen of ``process`` and the keys sent to it; made by :func:`opened`."""

    def __init__(self, fd: int, process: subprocess.Popen[bytes], columns: int, lines: int) -> None:
        self._fd, self.process = fd, process
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        """All that the program wrote, escape codes and all."""

    def shown(self) -> str:
        """The lines of the screen as they are now."""
        return "\n".join(self._screen.display)

    def colours(self) -> set[str]:
        """The colours on the screen now, of text and ground: six hexadecimal digits, or a name."""
        cells = (
            self._screen.buffer[y][x] for y in range(self._screen.lines) for x in range(self._screen.columns)
        )
        return {colour for cell in cells for colour in (cell.fg, cell.bg)} - {"default"}

    def read(self, seconds: float) -> bool:
        """Take in what the program writes within ``seconds``; false once it has closed the terminal."""
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return True
        try:
            chunk = os.read(self._fd, 65536)
        except OSError:  # Linux says EIO where the last writer has gone
            return False
        self.raw += chunk
        self._stream.feed(chunk)
        return bool(chunk)

    def wait_until(self, holds: Callable[[], bool], what: str, seconds: float = 120) -> str:
        """The screen, once ``holds`` says yes of it. Raises :class:`NeverShown` with ``what``."""
        end = time.monotonic() + seconds
        while not holds():
            if not self.read(min(0.5, end - time.monotonic())) or time.monotonic() >= end:
                raise NeverShown(f"{what}:\n{self.shown()}")
        return self.shown()

    def wait_for(self, *texts: str, seconds: float = 120) -> str:
        """The screen, once each of ``texts`` is on it. Raises :class:`NeverShown`."""
        return self.wait_until(
            lambda: all(text in self.shown() for text in texts), f"{texts} not shown", seconds
        )

    def wait_while(self, text: str, seconds: float = 120) -> str:
        """The screen, once ``text`` is on it no more. Raises :class:`NeverShown`."""
        return self.wait_until(lambda: text not in self.shown(), f"{text} stays", seconds)

    def ground(self, text: str, cells: int) -> str:
        """The background colour so many ``cells`` from where ``text`` begins, which must be on the screen."""
        line, column = next((y, row.index(text)) for y, row in enumerate(self._screen.display) if text in row)
        colour: str = self._screen.buffer[line][column + cells].bg
        return colour

    def wait_for_bytes(self, enough: Callable[[bytes], bool], seconds: float = 120) -> float:
        """When (monotonic seconds) so much had arrived that ``enough`` says yes of all since this call.

        The bytes are taken in as they come and drawn only afterwards: drawing takes longer than many
        a thing that is measured. Raises :class:`NeverShown`.
        """
        chunks: list[bytes] = []
        end = time.monotonic() + seconds
        while True:
            if not select.select([self._fd], [], [], max(end - time.monotonic(), 0))[0]:
                raise NeverShown(f"not enough was written:\n{self.shown()}")
            chunks.append(os.read(self._fd, 65536))
            now = time.monotonic()
            self.raw += chunks[-1]
            if enough(b"".join(chunks)):
                break
        for chunk in chunks:
            self._stream.feed(chunk)
        return now

    def catch_up(self) -> None:
        """Take in all that is there already."""
        before = -1
        while len(self.raw) > before:
            before = len(self.raw)
            self.read(0)

    def wait_for_the_end(self, seconds: float = 30) -> int:
        """The exit code, once the program has ended. Raises :class:`NeverShown` if it does not."""
        end = time.monotonic() + seconds
        while self.read(0.1) and self.process.poll() is None:
            if time.monotonic() >= end:
                raise NeverShown(f"the program did not end:\n{self.shown()}")
        code = self.process.wait(timeout=seconds)
        while self.raw and select.select([self._fd], [], [], 0)[0] and self.read(0):
            pass  # what it wrote last
        return code

    def press(self, keys: str) -> None:
        """Send ``keys`` as typed."""
        os.write(self._fd, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size and tell the program."""
        termios.tcsetwinsize(self._fd, (lines, columns))
        self._screen.resize(lines, columns)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def settings(self) -> list[object]:
        """The line settings of the terminal (echo, line mode and so on), to compare before and after."""
        return list(termios.tcgetattr(self._fd))

    def given_back(self) -> bool:
        """Whether the program left the second screen if it ever took it."""
        return self.raw.rfind(LEAVE_SCREEN) > self.raw.rfind(ENTER_SCREEN) or ENTER_SCREEN not in self.raw


@contextmanager
def opened(
    command: Sequence[str | Path],
    *,
    columns: int = 120,
    lines: int = 34,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Terminal]:
    """Run ``command`` on a terminal of its own, in a session of its own; it is gone at the end."""
    ours, theirs = pty.openpty()
    try:
        termios.tcsetwinsize(ours, (lines, columns))
        process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=env, start_new_session=True
        )
        os.close(theirs)
        try:
            yield Terminal(ours, process, columns, lines)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    finally:
        os.close(ours)
