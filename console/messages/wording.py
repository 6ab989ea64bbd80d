"""Words of a message: made harmless, and what the public is not told. Pure.

A value comes from people, incidents and playbooks. It is filled in as text: it starts no markup of a chat,
calls nobody together, and holds nothing that a reader would not see.
"""

from __future__ import annotations

import re
import unicodedata

MENTION = re.compile(r"@(?=(?:all|channel|everyone|group|here|online|room|team)\b)", re.IGNORECASE)
TAG = re.compile(r"<(?=[!@#/A-Za-z])")
"""What begins a mention of Slack or Discord, a link with another text, or an element of HTML."""
LINK = re.compile(r"\](?=[(\[])")
"""The middle of a link in Markdown, whose text can name another place than its address."""

PROMISES = re.compile(
    r"\beta\b"
    r"|\b(?:with)?in\s+(?:about\s+|the\s+next\s+|less\s+than\s+)?(?:\d+|an?|one|two|a\s+few)\s*(?:m|min|minutes?|h|hours?|days?)\b"
    r"|\bby\s+\d{1,2}[:.]\d\d\b"
    r"|\b(?:will|should)\s+be\s+(?:fixed|resolved|solved|restored|back)\b"
    r"|\b(?:guarantee|promise)(?:d|s)?\b",
    re.IGNORECASE,
)
INSIDE = re.compile(
    r"\b(?:dpl|prj|usr|team)_[A-Za-z0-9]{4,}"
    r"|\b[\w.-]+\.(?:internal|local|lan|corp)\b"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"
    r"|\blocalhost\b",
    re.IGNORECASE,
)


def harmless(text: str, *, lines: bool = False) -> str:
    """``text`` as it may stand in a message; with ``lines`` its line breaks stay.

    What cannot be seen becomes an escape first, so that nothing which is taken out joins a mention again.
    """
    kept = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    if not lines:
        kept = " ".join(kept.split())
    seen = "".join(one if one.isprintable() or one == "\n" else _escaped(one) for one in kept)
    seen = MENTION.sub("＠", TAG.sub("‹", seen))
    return LINK.sub("] ", seen).strip()


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "replace").decode("ascii")


def unfit_for_public(text: str) -> str | None:
    """What in a text the public is not told, in words; ``None`` where there is nothing."""
    promise = PROMISES.search(text)
    if promise is not None:
        return f"“{promise[0]}” promises when it is over; say when the next update comes instead"
    inside = INSIDE.search(text)
    if inside is not None:
        return f"“{inside[0]}” names something inside; say what people notice instead"
    return None
