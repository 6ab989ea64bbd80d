"""Two judges, one verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.combined import combined, unproven
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word

words = st.sampled_from(list(Word))


def metric(state: MetricState, name: str = "error_rate") -> MetricVerdict:
    return MetricVerdict(name, name, state, "9 %", "1 %", "9 ×", "over the limit of 5 %")


def verdict(word: Word, judge: str, *metrics: MetricVerdict, since: int = 5, epoch: int = 1) -> Verdict:
    return Verdict(word, since, 10, (f"{judge} says so",), metrics, judge, epoch=epoch)


@given(
    words, words, st.one_of(st.none(), st.builds(verdict, words, st.sampled_from(["limits", "statistical"])))
)
def test_either_rolls_back_and_only_the_statistical_one_promotes(
    ours: Word, theirs: Word, before: Verdict | None
) -> None:
    found = combined(verdict(ours, "statistical"), verdict(theirs, "limits"), before)
    if Word.ROLLBACK in (ours, theirs):
        assert found.word is Word.ROLLBACK
        spoke = {(True, True): "both", (True, False): "statistical", (False, True): "limits"}
        assert found.judge == spoke[(ours is Word.ROLLBACK, theirs is Word.ROLLBACK)]
    if found.word is Word.PROMOTE:
        assert ours is Word.PROMOTE
    same = before is not None and before.word is found.word
    assert found.since == (before.since if same and before is not None else 10)


def test_what_is_over_a_limit_is_shown_first_and_by_whom() -> None:
    ours = verdict(
        Word.HOLD, "statistical", metric(MetricState.OK, "latency"), metric(MetricState.COLLECTING)
    )
    found = combined(ours, verdict(Word.ROLLBACK, "limits", metric(MetricState.WORSE)), None)
    assert [one.metric_id for one in found.metrics] == ["error_rate", "latency"]
    assert found.metrics[0].sentence == "over the limit of 5 % (limits)"
    assert found.reasons == ("limits says so (limits)",)


@pytest.mark.parametrize(
    ("ours", "epoch", "word"),
    [(Word.HOLD, 1, Word.ROLLBACK), (Word.PROMOTE, 1, Word.PROMOTE), (Word.HOLD, 2, Word.HOLD)],
)
def test_an_alarm_of_the_limits_stands_until_it_is_disproved_or_something_changes(
    ours: Word, epoch: int, word: Word
) -> None:
    alarm = verdict(Word.ROLLBACK, "limits", since=3)
    found = combined(verdict(ours, "statistical", epoch=epoch), verdict(Word.HOLD, "limits"), alarm)
    assert found.word is word
    if word is Word.ROLLBACK:
        assert "over the limits at" in found.reasons[0]
        assert found.since == 3
        assert (
            combined(verdict(ours, "statistical"), verdict(Word.HOLD, "limits"), found).word is Word.ROLLBACK
        )


@pytest.mark.parametrize("word", list(Word))
def test_limits_alone_promote_nothing_while_the_other_judge_has_nothing(word: Word) -> None:
    found = unproven(verdict(word, "limits"), None)
    assert found.word is (Word.HOLD if word is Word.PROMOTE else word)
    assert replace(found, word=word, since=5, reasons=("limits says so",)) == verdict(word, "limits")
