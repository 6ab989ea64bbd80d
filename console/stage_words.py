"""Stages of a rolling release as they are written on a command line. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.actions import StagePlan
from console.planning import fault_of

FORM = "PERCENT[:DURATION][:approval]"

MOST_MINUTES = 7 * 24 * 60
"""Longer stages are taken for a slip of the hand."""

_TIME = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,6})m)?")


class Unreadable(ValueError):
    """The stages cannot be read or cannot be a configuration; ``faults`` has a sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read_stages(words: Sequence[str]) -> tuple[StagePlan, ...]:
    """The stages written as ``words``, each ``PERCENT[:DURATION][:approval]``.

    A stage before 100 % that has no duration waits for an approval: there is nothing else that could end
    it. Raises :class:`Unreadable`, naming each stage by its place and all faults at once.
    """
    faults: list[str] = []
    stages: list[StagePlan] = []
    for place, word in enumerate(words, 1):
        try:
            stages.append(_stage(word))
        except ValueError as error:
            faults.append(f"Stage {place} ({word}): {error}")
    if not faults:
        whole = fault_of(stages)
        faults = [whole] if whole else []
    if faults:
        raise Unreadable(faults)
    return tuple(stages)


def _stage(word: str) -> StagePlan:
    share, *rest = word.strip().split(":")
    if not re.fullmatch(r"\d{1,3} ?%?", share):
        raise ValueError(f"it begins with a whole percentage: {FORM}.")
    percentage = int(share.rstrip("% "))
    if percentage > 100:
        raise ValueError("a share is from 0 to 100 %.")
    approval = "approval" in rest
    times = [part for part in rest if part != "approval"]
    if len(times) > 1 or rest.count("approval") > 1 or (approval and rest[-1] != "approval"):
        raise ValueError(f"it has too many parts, or in another order: {FORM}.")
    minutes = _minutes(times[0]) if times else 0
    if percentage == 100 and rest:
        raise ValueError("the last stage ends the release: no duration and no approval.")
    waits = approval or (not minutes and percentage < 100)
    return StagePlan(percentage, minutes * 60, int(waits))


def _minutes(text: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None or not text:
        raise ValueError(f"{text or 'nothing'!s} is no duration: whole minutes, as 10m, 2h or 1h30m.")
    minutes = int(found[1] or 0) * 60 + int(found[2] or 0)
    if not minutes:
        raise ValueError("a stage that advances by itself lasts at least one minute.")
    if minutes > MOST_MINUTES:
        raise ValueError(f"that is more than {MOST_MINUTES // 60 // 24} days.")
    return minutes


def written(stage: StagePlan) -> str:
    """A stage as :func:`read_stages` reads it."""
    time = f":{stage.seconds // 60}m" if stage.seconds else ""
    return f"{stage.percentage}{time}{':approval' if stage.approval and stage.percentage < 100 else ''}"
