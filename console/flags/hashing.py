"""Buckets: a text's place among 2^32, and where one variant's range ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import xxhash

from console.flags.javascript import UNDEFINED, double, number_of

SPACE = 2**32
ALL = 100_000
"""Everyone, in the unit the host calls promille: one is 0.001 %."""


def seed_of(seed: Any) -> int:
    """The flag's seed as the hash takes it: absent is 0, the rest modulo 2^32."""
    value = 0.0 if seed is UNDEFINED else number_of(seed)
    return math.floor(value) % SPACE if math.isfinite(value) else 0


def bytes_of(text: str) -> bytes:
    """UTF-8; half of a surrogate pair becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def bucket(text: str, seed: Any) -> int:
    """XXH32 of the text alone: neither the flag's key nor the environment is part of it."""
    return xxhash.xxh32_intdigest(bytes_of(text), seed_of(seed))


def boundary(part: float, whole: float) -> float:
    """floor(part / whole · 2^32) in doubles, in that order; not-a-number or infinite where whole is 0."""
    part, whole = double(part), double(whole)
    if whole == 0:
        return math.nan if part == 0 or part != part else math.copysign(math.inf, part)
    value = part / whole * SPACE
    return math.floor(value) if math.isfinite(value) else value


def boundaries(weights: Sequence[float]) -> list[float]:
    """Where each variant's range ends, by index. Summed one by one: ``sum`` rounds otherwise from 3.12 on."""
    total = 0.0
    for weight in weights:
        total += double(weight)
    ends, upto = [], 0.0
    for weight in weights:
        upto += double(weight)
        ends.append(boundary(upto, total))
    return ends
