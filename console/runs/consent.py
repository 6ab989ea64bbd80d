"""Whoever drives agrees to what widens exposure or rolls back: to exactly what was shown, by a typed word.

It is kept in memory only. After a crash nothing is sent on the strength of an old word.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.runs.doing import Done, Task


@dataclass(frozen=True, slots=True)
class Consent:
    """What there is to agree to."""

    lines: tuple[str, ...]
    """What would be done, in words."""
    word: str | None = None
    """What has to be typed; ``None`` where it stops harm, or is not going to be sent at all."""
    digest: str = ""
    """Stands for exactly this, made for the present state of production."""


class Consents:
    """The consents given in one session. ``beforehand``: whoever started the run agreed to all of its steps,
    as a command's own words with ``--arm`` are the consent to what it does."""

    def __init__(self, *, beforehand: bool = False) -> None:
        self._beforehand = beforehand
        self._given: dict[str, str] = {}

    def give(self, task: Task, consent: Consent, typed: str) -> str | None:
        """Agree to one attempt of a step; what is wrong with it, if anything."""
        if consent.word is not None and typed.strip() != consent.word:
            return f"The word to type is {consent.word!r}."
        if consent.digest:
            self._given[task.key] = consent.digest
        return None

    def lacking(self, task: Task, consent: Consent) -> Done | None:
        """The end of a step that nobody has agreed to as it is now: a person has to."""
        if consent.word is None or self._beforehand:
            return None
        given = self._given.get(task.key)
        if given is None:
            says = f"Nothing was sent: it waits for {consent.word!r} to be typed."
            return Done("ask", says, consent.lines)
        if given != consent.digest:
            says = "Nothing was sent: production has moved since it was agreed to. Look at it again."
            return Done("ask", says, consent.lines)
        return None
