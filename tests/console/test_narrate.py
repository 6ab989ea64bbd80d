"""Every event is told in one line, whatever it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import events, unwatched
from console.envelope import Actor, Json, NewEvent, Recorded
from console.narrate import narrate
from console.world import Unwatched
from tests.ledgers import chained

GOLDEN = Path(__file__).parent.parent / "golden" / "events"
ANA, ENGINE = Actor("ana", "s1"), Actor("coalmine", "s1", "engine")


def told(event: events.Event, actor: Actor = ANA) -> str:
    return narrate(chained([("s", event.new(actor, 1))])[0])


def ended(outcome: Any, how: Any = "answered", says: str = "Advanced 5 % → 25 %.") -> events.ActionEnded:
    return events.ActionEnded(action_id="a", outcome=outcome, how=how, says=says)


def verdict(before: Any, word: Any, *reasons: str) -> events.VerdictChanged:
    return events.VerdictChanged(
        canary_id="b", word=word, before=before, since=1, reasons=list(reasons), judge="limits"
    )


def intended(**action: Any) -> events.ActionIntended:
    golden = json.loads((GOLDEN / "action.intended.v1.json").read_text("utf-8"))["payload"]
    return events.ActionIntended(**{**golden, "action": action})


def flag_intended(what: str = "off", words: str = "off for everyone in production") -> events.FlagIntended:
    return events.FlagIntended.model_validate(
        {
            "action_id": "a1",
            "provider": "Vercel Flags",
            "key": "new-cart",
            "what": what,
            "words": words,
            "token": "t",
            "before": "{}",
            "after": "{}",
            "body": "{}",
            "plan_sha256": "aa",
            "person": "ana",
            "reason": "errors at checkout",
            "rule": "stop-harm",
            "policy_sha256": "bb",
            "preview": [],
            "arming": "on call",
        }
    )


SENTENCES: list[tuple[events.Event, str]] = [
    (ended("done"), "ana advanced 5 % → 25 %"),
    (ended("refused", says="HTTP 409."), "the host refused: HTTP 409"),
    (ended("not_sent", says="No connection."), "not sent: No connection"),
    (ended("unknown", says="No answer came."), "outcome unknown: No answer came"),
    (
        ended("done", "asked_host", "The release is at 25 %."),
        "found out from the host: The release is at 25 %",
    ),
    (
        intended(action="advance", from_percentage=5, to_percentage=25),
        "ana asked to advance 5 % → 25 %: looks good",
    ),
    (intended(action="abort", from_percentage=25), "ana asked to abort the release: looks good"),
    (
        intended(action="complete", from_percentage=25),
        "ana asked to complete the release from 25 %: looks good",
    ),
    (intended(action="of the future"), "ana asked to of the future: looks good"),
    (
        verdict("hold", "rollback", "error rate", "latency"),
        "verdict hold → roll back (error rate; latency)",
    ),
    (verdict("none", "no_data"), "verdict no data"),
    (verdict("hold", "hold", "too little traffic"), "verdict still hold (too little traffic)"),
    (
        events.ReleaseSeen(canary_id="b", baseline_id="a", state="ACTIVE", says="moved 5 % → 25 %", by="jo"),
        "moved 5 % → 25 %, by jo",
    ),
    (events.SourceChanged(source="prometheus", state="back", says=""), "prometheus is back"),
    (
        events.WatchResumed(canary_id="dpl_b", since=1_785_500_000_000, until=1_785_500_720_000),
        unwatched.says(Unwatched(1_785_500_000_000, 1_785_500_720_000)),
    ),
    (
        events.EpochOpened(canary_id="dpl_b", cause="flag", since=5, why="flag new-cart off"),
        "the evidence starts afresh: flag new-cart off",
    ),
    (
        events.BakeBegan(deployment_id="dpl_b", since=0, until=1_800_000, how="completion", past_until=0),
        "dpl_b bakes for 30 min: the release was completed",
    ),
    (
        events.BakeJudged(
            deployment_id="dpl_b", word="rollback", before="hold", since=5, reasons=["errors", "weaker"]
        ),
        "production against its own past: roll back (errors; weaker)",
    ),
    (flag_intended(), "ana asked for flag new-cart → off for everyone in production: errors at checkout"),
    (
        flag_intended(what="undo", words="take back: off for everyone"),
        "ana asked to take back: off for everyone (new-cart): errors at checkout",
    ),
    (flag_intended(what="expire"), "the time is up: new-cart goes back"),
    (
        events.FlagEnded(action_id="a1", outcome="done", how="answered", says="New-cart: off (revision 4)."),
        "ana: new-cart: off (revision 4)",
    ),
    (
        events.FlagEnded(action_id="a1", outcome="not_sent", how="asked_host", says="It did not happen."),
        "not sent: It did not happen",
    ),
    (events.SourceChanged(source="vercel", state="lost", says="No answer."), "vercel lost: No answer"),
    (events.SessionArmed(person="ana", reason="canary", until=5), "ana armed the session: canary"),
    (events.LedgerRedacted(redacted_seq=7, why="a token"), "ana redacted event 7: a token"),
]


@pytest.mark.parametrize(("event", "sentence"), SENTENCES)
def test_sentences(event: events.Event, sentence: str) -> None:
    assert told(event) == sentence


@pytest.mark.parametrize("kind", events.KINDS)
def test_every_kind_has_words_of_its_own(kind: str) -> None:
    schema = events.KINDS[kind].SCHEMA
    payload = json.loads((GOLDEN / f"{kind}.v{schema}.json").read_text("utf-8"))["payload"]
    sentence = narrate(chained([("s", NewEvent(kind, payload, ENGINE, 1, schema))])[0])
    assert sentence
    assert kind not in sentence


def test_line_breaks_from_outside_do_not_break_the_line() -> None:
    assert told(events.SessionDisarmed(person="ana", why="one\r\ntwo\u2028three")) == (
        "ana disarmed the session: one two three"
    )


def test_redacted_unknown_and_damaged_events_are_told_too() -> None:
    armed = chained([("s", events.SessionArmed(person="ana", reason="x", until=5).new(ANA, 1))])[0]
    assert (
        narrate(replace(armed, payload_text=None, payload=None)) == "session.armed: its payload was redacted"
    )
    assert narrate(replace(armed, payload_text="{", payload=None)) == (
        "session.armed: its payload is not readable"
    )
    future = chained([("s", NewEvent("future.kind", {}, ANA, 1))])[0]
    assert narrate(future) == "future.kind: this program does not know the kind future.kind"


JSON = st.recursive(
    st.integers() | st.text() | st.none() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from(sorted(events.KINDS)), st.dictionaries(st.text(), JSON), st.integers(), st.data())
def test_nothing_in_a_payload_makes_it_fail(
    kind: str, payload: Json, schema: int, data: st.DataObject
) -> None:
    fields = list(events.KINDS[kind].model_fields)
    payload |= {name: data.draw(JSON) for name in fields if data.draw(st.booleans())}
    event = chained([("s", NewEvent(kind, {}, ANA, 1))])[0]
    strange = Recorded(replace(event.header, schema=schema), event.hash, "{…}", payload)
    assert "\n" not in narrate(strange)
