"""What a reader of a review should look at again: words of blame, one root cause, long silences. It warns and
never forbids. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from console.incidents.naming import Naming
from console.incidents.timeline import Line
from console.readings import Millis

_BLAME = re.compile(
    r"(?i)\b(forgot|forgotten|failed to|should have|shouldn't have|careless\w*|human error|fault|blame\w*|"
    r"negligen\w+|neglected|mistake)\b"
)
_ROOT = re.compile(r"(?i)\broot[ -]cause\b")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
SILENCE_MS: Millis = 30 * 60_000


def remarks(texts: Iterable[tuple[str, str]], naming: Naming) -> tuple[str, ...]:
    """``texts``: (where it stands, what people wrote there)."""
    found = []
    for where, text in texts:
        for sentence in _SENTENCE.split(text):
            if _BLAME.search(sentence) and naming.mentioned(sentence):
                found.append(f"{where}: a person stands beside a word of blame. Say what let it happen.")
            if _ROOT.search(sentence):
                found.append(f"{where}: one root cause. Several things contribute, as a rule: name those.")
    return tuple(dict.fromkeys(found))


def silences(lines: Sequence[Line], since: Millis, until: Millis) -> tuple[tuple[Millis, Millis], ...]:
    """From when to when, from ``since`` to ``until``, nothing was recorded for longer than half an hour."""
    moments = [line.at for line in lines if since < line.at < until]
    return tuple(
        (before, after) for before, after in pairwise([since, *moments, until]) if after - before > SILENCE_MS
    )
