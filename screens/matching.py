"""What a filter keeps: the one way in which ``/`` filters anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text is kept: a regular expression without case, inverted by a leading ``!``.

    What is no regular expression is looked for as it stands.
    """
    wanted, inverted = (pattern[1:], True) if pattern.startswith("!") else (pattern, False)
    try:
        search = re.compile(wanted, re.IGNORECASE).search
    except re.error:
        search = re.compile(re.escape(wanted), re.IGNORECASE).search
    return lambda text: (search(text) is not None) != inverted
