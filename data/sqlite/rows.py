"""Rows of the ledger as events, whatever may have happened to the file."""

from __future__ import annotations

from functools import partial
from typing import Any

from console.envelope import Header, Recorded, without_salt

HEADER = (
    "seq",
    "id",
    "at",
    "recorded_at",
    "stream",
    "version",
    "kind",
    "schema",
    "actor",
    "payload_sha256",
    "prev_hash",
    "sig",
)
"""The header's columns in the order of :class:`Header`."""

_WHOLE = frozenset({"seq", "at", "recorded_at", "version", "schema"})

SELECT = f"SELECT {', '.join(f'e.{name}' for name in HEADER)}, e.hash, p.text FROM events e LEFT JOIN payloads p ON p.seq = e.seq"  # noqa: E501

Row = tuple[Any, ...]

readable = partial(str, encoding="utf-8", errors="replace")
"""A text factory for reading: what is no UTF-8 is shown as U+FFFD."""

exact = partial(str, encoding="utf-8", errors="surrogateescape")
"""A text factory for verifying: what is no UTF-8 equals no text that was ever written."""


def recorded(row: Row) -> Recorded:
    """The event of a row of :data:`SELECT`. Columns of a wrong type become -1 or ``?…``, never an error."""
    values: Row = row
    if wrong_types(row):
        values = tuple(_mended(name, value) for name, value in zip(_ALL, row, strict=True))
    text: str | None = values[13]
    return Recorded(Header(*values[:12]), values[12], text, without_salt(text))


def raw(row: Row) -> Recorded:
    """The event of a row exactly as it stands, for verification; its fields may be of any type."""
    return Recorded(Header(*row[:12]), row[12], row[13])


_ALL = (*HEADER, "hash", "text")


def wrong_types(row: Row) -> list[str]:
    """The columns that hold another type than the one they were written with."""
    return [name for name, value in zip(_ALL, row, strict=True) if not _sound(name, value)]


def _sound(name: str, value: object) -> bool:
    if name in _WHOLE:
        return type(value) is int
    return type(value) is str or (value is None and name in ("sig", "text"))


def _mended(name: str, value: object) -> object:
    if _sound(name, value):
        return value
    return -1 if name in _WHOLE else f"?{value!r}"
