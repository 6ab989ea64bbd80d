"""Text that somebody brings as evidence, made fit to be kept: what is cut, hidden and made visible. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from console.hiding import HIDDEN, hidden
from console.incidents.evidence_happened import EvidencePasted
from console.incidents.rules import refused
from console.outcome import Outcome

MOST = 1024 * 1024
"""Bytes that are looked at; more is refused, as nobody reads it."""
KEPT = 64 * 1024
"""Bytes that are kept, its beginning."""
TITLE = "pasted text"
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|.?)"
)


def pasted(person: str, title: str, given: bytes, scrub: Callable[[str], str]) -> EvidencePasted | Outcome:
    """The event that keeps it, or why it is not kept.

    ``scrub`` puts ``***`` in place of the secrets whose values are known. Secrets are hidden before it is
    cut, so that none stands cut in two at its end.
    """
    if len(given) > MOST:
        return refused(
            f"It is larger than {MOST // 1024:,} KiB.",
            "Bring the lines that matter: tail -n 200 FILE | coalmine incident paste ID",
        )
    text = cleaned(given.decode("utf-8", "replace"))
    if not text.strip():
        return refused(
            "There is nothing in it.", "Give the text on standard input: … | coalmine incident paste ID"
        )
    known = scrub(text)
    formed, found = hidden(known)
    kept, cut = _cut(formed)
    return EvidencePasted(
        person=person,
        title=title or TITLE,
        text=kept,
        given=len(given),
        sha256=hashlib.sha256(kept.encode()).hexdigest(),
        hidden=max(known.count(HIDDEN) - text.count(HIDDEN), 0) + found,
        cut=cut,
    )


def cleaned(text: str) -> str:
    """Lines and tabs stay, escape sequences go, and what else does not print is made visible."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(_visible(line) for line in text.split("\n")).strip("\n")


def _visible(line: str) -> str:
    line = line.replace("\t", "    ").rstrip()
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else f"⟨{ord(char):04X}⟩" for char in line)


def _cut(text: str) -> tuple[str, int]:
    """The beginning in whole lines where there are any, and how many bytes are not in it."""
    raw = text.encode()
    if len(raw) <= KEPT:
        return text, 0
    kept = raw[:KEPT].decode("utf-8", "ignore")
    whole, line_end, _ = kept.rpartition("\n")
    kept = whole if line_end else kept
    return kept, len(raw) - len(kept.encode())
