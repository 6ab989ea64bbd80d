"""Matchers as they are typed, and silences as they are judged: pure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.happened import SilenceIntended
from console.alerts.model import Alert, BadMatcher, Matcher, Silence, matcher_of, matchers_of
from console.alerts.silencing import (
    MOST_MS,
    Offer,
    SilenceIntent,
    became,
    comment_of,
    moved,
    stream_of,
    unfit,
)
from console.reconcile import SETTLE_MS
from tests.ledgers import ANA, chained

NOW = 1_760_000_000_000
ALERT = Alert("bd001b0f28ab240c", {"alertname": "HighErrors", "severity": "page"}, {}, NOW, NOW + 1, "active")
OTHER = replace(ALERT, fingerprint="ad001b0f28ab240c", labels={"alertname": "HighErrors", "severity": "info"})
ALL = (Matcher("alertname", "HighErrors"),)
OFFER = Offer("silence", "http://am", ALL, (ALERT,), 60_000)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("alertname=A", Matcher("alertname", "A")),
        ('a="x, y=z"', Matcher("a", "x, y=z")),
        ("a=~b|c", Matcher("a", "b|c", regex=True)),
        ("a!~b", Matcher("a", "b", regex=True, equal=False)),
        ("a!=b", Matcher("a", "b", equal=False)),
    ],
)
def test_matchers_are_typed_as_the_alertmanager_has_them(text: str, meant: Matcher) -> None:
    assert matcher_of(text) == meant


@pytest.mark.parametrize("text", ["", "A", "a==b", "1a=b", 'a="b', "a b=c"])
def test_a_slip_is_said_instead_of_matching_nothing(text: str) -> None:
    with pytest.raises(BadMatcher):
        matcher_of(text)


@given(st.text(max_size=20), st.booleans(), st.booleans())
def test_what_is_written_is_read_back(value: str, regex: bool, equal: bool) -> None:
    one = Matcher("name", value, regex, equal)
    assert matcher_of(one.text) == one


def test_an_alert_is_meant_by_all_its_labels() -> None:
    assert matchers_of(ALERT) == (Matcher("alertname", "HighErrors"), Matcher("severity", "page"))


def test_what_is_too_wide_or_too_long_is_not_sent() -> None:
    assert unfit(ALL, 60_000) is None
    assert "nearly everything" in str(unfit((Matcher("a", ".*", regex=True),), 60_000))
    assert "nearly everything" in str(unfit((Matcher("a", "b", equal=False),), 60_000))
    assert "24 hours at most" in str(unfit(ALL, MOST_MS + 1))
    assert "a minute at least" in str(unfit(ALL, 59_999))


def test_who_silences_the_same_meets_on_one_stream() -> None:
    both = (Matcher("a", "1"), Matcher("b", "2"))
    assert stream_of("http://am", both) == stream_of("http://am", both[::-1])
    assert stream_of("http://am", both) != stream_of("http://other", both)


def test_an_alert_that_nobody_looked_at_is_not_covered() -> None:
    assert moved(OFFER, (ALERT,), ()) is None
    assert moved(OFFER, (), ()) is None
    assert 'severity="info"' in str(moved(OFFER, (ALERT, OTHER), ()))


def silence(**changes: object) -> Silence:
    one = Silence("id-1", "active", ALL, NOW, NOW + 60_000, "jo", comment_of("known", "aa"))
    return replace(one, **changes)  # type: ignore[arg-type]


def test_the_same_is_not_silenced_twice() -> None:
    assert "jo has silenced exactly this already" in str(moved(OFFER, (ALERT,), (silence(),)))
    assert moved(OFFER, (ALERT,), (silence(state="expired"),)) is None


def test_a_silence_that_is_over_or_another_is_not_ended() -> None:
    ending = Offer("unsilence", "http://am", ALL, (), ends=silence())
    assert moved(ending, (), (silence(),)) is None
    assert "not there" in str(moved(ending, (), ()))
    assert "over already" in str(moved(ending, (), (silence(state="expired"),)))
    assert "changed" in str(moved(ending, (), (silence(matchers=(Matcher("a", "b"),)),)))


def intent(what: str = "silence") -> SilenceIntent:
    event = SilenceIntended.model_validate(
        {
            "action_id": "aa", "what": what, "place": "http://am", "matchers": [one.text for one in ALL],
            "silence_id": "" if what == "silence" else "id-1", "covers": [], "starts_at": NOW,
            "ends_at": NOW + 60_000, "person": "ana", "reason": "known", "rule": "silences",
            "policy_sha256": "", "preview": [], "arming": "known",
        }
    )  # fmt: skip
    return SilenceIntent(event, chained([("silence:x", event.new(ANA, NOW))])[0])


def test_its_truth_is_found_by_its_comment() -> None:
    late = NOW + SETTLE_MS + 1
    found = became(intent(), (silence(),), NOW)
    assert found is not None
    assert (found.outcome, found.silence_id) == ("done", "id-1")
    assert became(intent(), (silence(comment="(coalmine:bb)"),), NOW) is None
    gone = became(intent(), (), late)
    assert gone is not None
    assert gone.outcome == "not_sent"


def test_the_end_of_a_silence_is_found_by_its_state() -> None:
    late = NOW + SETTLE_MS + 1
    words = [
        None if found is None else found.outcome
        for found in (
            became(intent("unsilence"), (silence(state="expired"),), NOW),
            became(intent("unsilence"), (silence(),), NOW),
            became(intent("unsilence"), (silence(),), late),
            became(intent("unsilence"), (), late),
        )
    ]
    assert words == ["done", None, "not_sent", "unknown"]
