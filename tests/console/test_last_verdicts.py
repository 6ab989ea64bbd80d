"""The last word on a deployment is the newest that was recorded while it was a canary."""

from __future__ import annotations

from pathlib import Path

from console import events
from console.canary.verdict import Word
from console.envelope import Actor
from console.last_verdicts import LastVerdict, last_verdicts
from tests.console.recorded import still_ledger
from tests.simulated import ORIGIN


def said(canary: str, word: str, since: int) -> events.VerdictChanged:
    return events.VerdictChanged.model_validate(
        {
            "canary_id": canary,
            "word": word,
            "before": "hold",
            "since": since,
            "reasons": ["as measured"],
            "judge": "limits",
        }
    )


def test_the_newest_word_of_each_and_none_of_who_was_never_judged(tmp_path: Path) -> None:
    engine = Actor("coalmine", "s1", "engine")
    with still_ledger(tmp_path) as ledger:
        for number, (canary, word) in enumerate(
            (("dpl_a", "hold"), ("dpl_b", "promote"), ("dpl_a", "rollback"))
        ):
            stream = f"release:{canary}"
            new = said(canary, word, ORIGIN + number).new(engine, ORIGIN + number)
            ledger.append(stream, ledger.version(stream), [new])
        assert last_verdicts(ledger, ["dpl_a", "dpl_b", "dpl_c"]) == {
            "dpl_a": LastVerdict(Word.ROLLBACK, ORIGIN + 2),
            "dpl_b": LastVerdict(Word.PROMOTE, ORIGIN + 1),
        }
