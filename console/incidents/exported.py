"""Whether an exported file is still as it was written, so that nobody's edits are lost. Pure.

The last line of each file names the digest of all above it.
"""

from __future__ import annotations

import hashlib
import re

_SEAL = re.compile(r"<!-- written by Coalmine, unedited while sha256 is ([0-9a-f]{64}) -->\n\Z")


def sealed(text: str) -> str:
    """``text`` (which ends its last line) with the mark; a comment in Markdown and in SVG."""
    return f"{text}<!-- written by Coalmine, unedited while sha256 is {_digest(text)} -->\n"


def edited(there: str) -> bool:
    """Whether a file is not one that was exported, or somebody has changed it since."""
    found = _SEAL.search(there)
    return found is None or _digest(there[: found.start()]) != found[1]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
