"""Standard output and error as they really are: another encoding, closed early, or on a full disk."""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterator

ESCAPED = "coalmine.escaped"
"""The name of the error handler for characters that the terminal's encoding does not have."""

PIPE_CLOSED = 141
"""The exit code of a program that wrote to a closed pipe (128 + SIGPIPE), as shells know it."""

_HARMFUL = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
"""What JSON leaves as it is and a terminal may obey: more control characters, marks of direction."""


class OutputClosed(Exception):
    """Whoever read our output has gone."""


def escaped(char: str) -> str:
    """``char`` as JSON (and Python) write it in a string; beyond the first plane as two surrogates."""
    code = ord(char)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def harmless(json_text: str) -> str:
    """JSON that means the same and holds nothing that a terminal would obey."""
    return _HARMFUL.sub(lambda found: escaped(found[0]), json_text)


def as_json(value: object, indent: int | None = None) -> str:
    """``value`` as a document for standard output: UTF-8, as JSON has to be, or ASCII where that is not."""
    try:
        plain = codecs.lookup(sys.stdout.encoding or "").name != "utf-8"
    except (AttributeError, LookupError):
        plain = False
    return harmless(json.dumps(value, ensure_ascii=plain, indent=indent))


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(escaped, error.object[error.start : error.end])), error.end


def prepare() -> None:
    """No character may end the program: what the encoding cannot say is written as an escape.

    The escapes are those of JSON, so that ``--json`` stays exact in every locale.
    """
    codecs.register_error(ESCAPED, _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPED)


def flush() -> None:
    """Write out what is still held. Raises :class:`OutputClosed` or ``OSError`` (a full disk)."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise OutputClosed from None


@contextlib.contextmanager
def closed_said() -> Iterator[None]:
    """A closed pipe as :class:`OutputClosed`: click itself would end with 1, which is a verdict here."""
    try:
        yield
    except BrokenPipeError:
        raise OutputClosed from None


def abandon() -> None:
    """Nothing can be written any more: let what is held go nowhere, so that the end is quiet."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
