"""What YAML as most programs read it (1.1) makes of a word without quotes, where that is not what it says.

Playbooks are read by other tools too, and by people who know those; so such words are refused, never guessed.
"""

from __future__ import annotations

import re

WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
SIXTIES = re.compile(r"[-+]?\d+(:[0-5]?\d)+(\.\d*)?")
OCTAL = re.compile(r"[-+]?0[0-7]+")
DATE = re.compile(r"\d{4}-\d\d?-\d\d?([Tt ].*)?")


def read_as(text: str) -> str | None:
    """``the number 90`` for ``1:30``; ``None`` where the text is read as it is written."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if SIXTIES.fullmatch(text) and len(text) < 30:
        return f"the number {_sixties(text)}"
    if OCTAL.fullmatch(text) and len(text) < 30:
        return f"the number {int(text, 8)}"
    return "a date" if DATE.fullmatch(text) else None


def seconds(text: str) -> int | None:
    """What ``1:30`` stands for as seconds."""
    return int(_sixties(text)) if SIXTIES.fullmatch(text) and len(text) < 30 else None


def _sixties(text: str) -> str:
    whole, _, part = text.lstrip("+-").partition(".")
    total = 0
    for one in whole.split(":"):
        total = total * 60 + int(one)
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{total}.{part}" if part else f"{sign}{total}"
