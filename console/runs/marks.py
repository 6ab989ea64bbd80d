"""How what was done for a step is found again: its key ends the recorded reason. Pure.

A reason is recorded with every intent and every request, signed with and shown to whoever approves; so a key
there needs no field of its own, and everybody sees which run it came from.
"""

from __future__ import annotations

from console.objections import REASON_LIMIT

NO_WORDS = "a step of a playbook"


def mark(key: str) -> str:
    """How a reason ends that was given for the step with this key."""
    return f" [{key}]"


def marked(why: str, key: str) -> str:
    """``why`` as a reason that bears the key: one line of text, as long as a reason may be."""
    text = " ".join("".join(one if one.isprintable() else " " for one in why).split()) or NO_WORDS
    most = REASON_LIMIT - len(mark(key))
    return f"{text if len(text) <= most else f'{text[: most - 1]}…'}{mark(key)}"


def bears(reason: str, key: str) -> bool:
    """Whether a recorded reason was given for the step with this key; what it says before proves nothing."""
    return reason.endswith(mark(key))
