"""What was said last of a deployment while it was a canary: whoever chooses one sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console import events
from console.canary.verdict import Word
from console.envelope import Recorded
from console.ports import Ledger
from console.readings import Millis


@dataclass(frozen=True, slots=True)
class LastVerdict:
    """The newest recorded word, and since when it was the word."""

    word: Word
    since: Millis


def last_verdict(story: Sequence[Recorded]) -> LastVerdict | None:
    """The newest of a release's stream; ``None`` where none was given, or what follows cannot be read."""
    found = None
    for one in story:
        try:
            event = events.read(one)
        except events.Unknown:
            found = None
            continue
        if isinstance(event, events.VerdictChanged):
            found = LastVerdict(Word(event.word), event.since)
    return found


def last_verdicts(ledger: Ledger, deployments: Iterable[str]) -> Mapping[str, LastVerdict]:
    """Of each that was ever judged as a canary. Blocking; raises :class:`console.ports.StoreUnusable`."""
    found = {one: last_verdict(ledger.read(stream=f"release:{one}")) for one in deployments}
    return {key: said for key, said in found.items() if said is not None}
