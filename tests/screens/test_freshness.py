"""Fresh, partial, stale, lost and missing look different, also without colour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.readings import Freshness, Problem, Reading, Rhythm
from console.world import SourceState
from screens import paint
from screens.freshness import GLYPHS, shown, source, source_state
from tests.screens.worlds import METRICS_RHYTHM, MINUTE, NOW, SOURCES

RHYTHM = Rhythm.of(10_000)
FRESH = Reading("25 %", NOW - 2_000, "vercel")
CASES = {
    Freshness.FRESH: FRESH,
    Freshness.PARTIAL: replace(FRESH, partial=True),
    Freshness.STALE: replace(FRESH, at=NOW - 43_000),
    Freshness.LOST: replace(FRESH, at=NOW - 8 * MINUTE),
    Freshness.MISSING: Reading[str].missing("vercel"),
}


@pytest.mark.parametrize(
    ("freshness", "text"),
    [
        (Freshness.FRESH, "25 %"),
        (Freshness.PARTIAL, "25 %  ◐ partial"),
        (Freshness.STALE, "25 %  ⧗ stale 43 s"),
        (Freshness.LOST, "–  was 25 % at 14:00 (8 min ago)"),
        (Freshness.MISSING, "? no data"),
    ],
)
def test_how_each_freshness_reads(freshness: Freshness, text: str) -> None:
    reading = shown(CASES[freshness], NOW, RHYTHM)
    assert reading.freshness is freshness
    assert paint.plain(reading.line()) == text


def test_no_two_look_alike_without_colour() -> None:
    texts = {paint.plain(shown(reading, NOW, RHYTHM).line()) for reading in CASES.values()}
    assert len(texts) == len(Freshness)


def test_only_what_is_fresh_or_partial_has_the_normal_tone() -> None:
    normal = {name for name, reading in CASES.items() if shown(reading, NOW, RHYTHM).tone == "normal"}
    assert normal == {Freshness.FRESH, Freshness.PARTIAL}


def test_a_reading_dated_ahead_says_so() -> None:
    ahead = shown(replace(FRESH, at=NOW + 3_600_000), NOW, RHYTHM)
    assert ahead.beside == "⧗ dated 60 min ahead"


def test_missing_data_says_why() -> None:
    problem = Problem("forbidden", "Vercel answered 403.", "Ask for access.")
    assert shown(Reading.missing("vercel", problem), NOW, RHYTHM).beside == "Vercel answered 403."


PROMETHEUS = SOURCES[1]
REFUSED = Problem("unreachable", "refused connection", "start it")


@pytest.mark.parametrize(
    ("health", "text"),
    [
        (PROMETHEUS, "✓ prometheus <5 s"),
        (replace(PROMETHEUS, state=SourceState.OFF, fresh_at=None), "· prometheus not configured"),
        (replace(PROMETHEUS, state=SourceState.STARTING, fresh_at=None), "… prometheus asking"),
        (replace(PROMETHEUS, state=SourceState.SLOW), "◐ prometheus 4 s, slow, answers in 84 ms"),
        (
            replace(
                PROMETHEUS,
                state=SourceState.FAILING,
                fresh_at=NOW - 43_000,
                problem=REFUSED,
                retry_at=NOW + 8_000,
            ),
            "! prometheus no answer for 43 s, again in 8 s: refused connection",
        ),
        (
            replace(PROMETHEUS, state=SourceState.FAILING, fresh_at=None, problem=REFUSED),
            "! prometheus has not answered yet: refused connection",
        ),
        (
            replace(PROMETHEUS, state=SourceState.LOST, fresh_at=NOW - 8 * MINUTE),
            "– prometheus lost: no answer for 8 min, since 14:00",
        ),
    ],
)
def test_how_each_source_reads(health: object, text: str) -> None:
    assert paint.plain(source(health, NOW)) == text  # type: ignore[arg-type]


def test_a_source_called_ok_long_ago_is_not_believed() -> None:
    assert source_state(PROMETHEUS, NOW) is SourceState.OK
    assert source_state(PROMETHEUS, NOW + METRICS_RHYTHM.stale_after_ms) is SourceState.FAILING
    assert source_state(PROMETHEUS, NOW + METRICS_RHYTHM.lost_after_ms) is SourceState.LOST


def test_every_source_state_has_a_glyph_of_its_own() -> None:
    assert len({glyph for glyph, _ in GLYPHS.values()}) == len(SourceState)
