"""Fresh samples into a real Prometheus without waiting for a scrape: its remote-write protocol.

Protobuf inside snappy; snappy may be written as literals only, so no package is needed. The samples
of a series go in oldest first; one write must not go behind what the server already has of a series.
"""

from __future__ import annotations

import struct
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

STALE: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
"""The value that ends a series at once."""
_CHUNK = 65_536


def series(labels: Mapping[str, str], samples: Sequence[tuple[int, float]]) -> bytes:
    """One time series: ``labels`` with ``__name__`` among them, samples as (milliseconds, value)."""
    return series_of(named(labels), samples)


def named(labels: Mapping[str, str]) -> bytes:
    """The labels of a series as they are written, for whoever writes it again and again."""
    return b"".join(
        _block(1, _block(1, name.encode()) + _block(2, labels[name].encode())) for name in sorted(labels)
    )


def series_of(labels: bytes, samples: Sequence[tuple[int, float]]) -> bytes:
    """As :func:`series`, with ``labels`` from :func:`named`."""
    values = b"".join(
        _block(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _number(at)) for at, value in samples
    )
    return _block(1, labels + values)


def native(labels: Mapping[str, str], schema: int, samples: Sequence[tuple[int, Mapping[int, int]]]) -> bytes:
    """A native histogram; samples as (milliseconds, observations by the index of the bucket)."""
    return native_of(named(labels), schema, samples)


def native_of(labels: bytes, schema: int, samples: Sequence[tuple[int, Mapping[int, int]]]) -> bytes:
    """As :func:`native`, with ``labels`` from :func:`named`."""
    return _block(1, labels + b"".join(_block(4, _histogram(schema, *one)) for one in samples))


def _histogram(schema: int, at: int, counts: Mapping[int, int]) -> bytes:
    """One sample: buckets that follow one another are a span, and each count is told by its difference."""
    spans, deltas, last, before = b"", b"", None, 0
    runs: list[list[int]] = []
    for index in sorted(counts):
        if last is None or index != last + 1:
            runs.append([])
        runs[-1].append(index)
        deltas += _number(_signed(counts[index] - before))
        last, before = index, counts[index]
    end = 0
    for run in runs:
        spans += _block(11, b"\x08" + _number(_signed(run[0] - end)) + b"\x10" + _number(len(run)))
        end = run[-1] + 1
    total = b"\x08" + _number(sum(counts.values()))
    threshold = b"\x29" + struct.pack("<d", 1e-128)
    base = 2.0 ** (2.0**-schema)
    weight = b"\x19" + struct.pack("<d", sum(base**index * count for index, count in counts.items()))
    shape = b"\x20" + _number(_signed(schema))
    return (
        total + weight + shape + threshold + b"\x30\x00" + spans + _block(12, deltas) + b"\x78" + _number(at)
    )


def _signed(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def push(base: str, many: Iterable[bytes]) -> None:
    """Write series into the Prometheus at ``base``; visible to queries when this returns."""
    raw = b"".join(many)
    packed = _number(len(raw))
    for start in range(0, len(raw), _CHUNK):
        part = raw[start : start + _CHUNK]
        packed += bytes([61 << 2]) + struct.pack("<H", len(part) - 1) + part
    request = urllib.request.Request(
        base + "/api/v1/write",
        data=packed,
        headers={
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status in (200, 204), answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            raise AssertionError(f"{refused.code}: {refused.read().decode(errors='replace')}") from None


@lru_cache(maxsize=4096)
def _number(value: int) -> bytes:
    out = b""
    while True:
        low, value = value & 127, value >> 7
        if not value:
            return out + bytes([low])
        out += bytes([low | 128])


def _block(field: int, body: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(body)) + body
