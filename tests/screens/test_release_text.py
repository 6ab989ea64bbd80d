"""What the release screen says: tracks, stage bar, verdict, sources and absences, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.stages import Advancement, Release, ReleaseState, Stage
from console.canary.verdict import Word
from console.readings import Reading
from console.world import StageMark, World
from screens import clean, paint
from screens.dialogs.why_text import why_lines
from screens.opening import Opening
from screens.paint import Line
from screens.release.absence import absence
from screens.release.baking import bake_lines
from screens.release.layout import PLOT_MAX_ROWS, PLOT_MIN_ROWS, share
from screens.release.stages import bar, next_words, stage_lines, standing
from screens.release.tracks import tracks
from screens.release.verdict import source_lines, verdict_lines
from screens.words import METRICS, VERDICTS
from tests.screens import worlds
from tests.screens.worlds import MINUTE, NOW, RELEASE

OPEN = Opening("open", 0.0)


def text(lines: Sequence[Line]) -> str:
    return "\n".join(paint.plain(line).rstrip() for line in lines)


# --- tracks -----------------------------------------------------------------------------------


def test_both_tracks_say_who_what_when_and_how_many_visitors() -> None:
    canary, baseline = text(tracks(worlds.healthy(), NOW, 120)).splitlines()
    for part in ("● canary", "bd41e0c", "Fix cart rounding", "ana", "26 min", "shop-b2.vercel.app"):
        assert part in canary
    assert canary.endswith("serves 25 % of visitors")
    assert "○ baseline" in baseline
    assert baseline.endswith("serves 75 %")


def test_a_narrow_terminal_keeps_what_decides() -> None:
    canary, baseline = text(tracks(worlds.healthy(), NOW, 60)).splitlines()
    assert canary.startswith(" ● bd41e0c Fix cart rounding")
    assert canary.endswith("25 %")
    assert baseline.endswith("75 %")


def test_details_read_later_are_filled_in() -> None:
    bare = replace(RELEASE, canary=replace(worlds.CANARY, commit_sha=None, commit_message=None, author=None))
    world = replace(worlds.healthy(), release=worlds.reading(bare))
    assert "Fix cart rounding" in text(tracks(world, NOW, 120))
    without = replace(world, deployments={})
    assert "Fix cart rounding" not in text(tracks(without, NOW, 120))
    assert "dpl_8Fq…" in text(tracks(without, NOW, 120))


@pytest.mark.parametrize(
    ("state", "serving", "canary", "baseline"),
    [
        (ReleaseState.COMPLETE, worlds.CANARY.id, "100 %", "0 %"),
        (ReleaseState.COMPLETE, worlds.BASELINE.id, "0 %", "100 %"),
        (ReleaseState.COMPLETE, "dpl_another", "0 %", "0 %"),
        (ReleaseState.ABORTED, worlds.BASELINE.id, "0 %", "100 %"),
        (ReleaseState.ABORTED, worlds.CANARY.id, "100 %", "0 %"),
    ],
)
def test_an_ended_release_says_who_serves_everyone_now(
    state: ReleaseState, serving: str, canary: str, baseline: str
) -> None:
    over = replace(worlds.complete().release.value or RELEASE, state=state)
    project = replace(worlds.complete().project.value, serving_id=serving)  # type: ignore[type-var]
    world = replace(worlds.healthy(), release=worlds.reading(over), project=worlds.reading(project))
    first, second = text(tracks(world, NOW, 80)).splitlines()
    assert first.endswith(f" {canary}")
    assert second.endswith(f" {baseline}")


def test_an_old_share_is_never_shown_as_live() -> None:
    fresh = text(tracks(worlds.healthy(), NOW, 120))
    stale = text(tracks(worlds.host_down(), NOW, 120))
    lost = text(tracks(worlds.host_down(), NOW + 6 * MINUTE, 120))
    assert "⧗" not in fresh
    assert "⧗ stale 70 s" in stale
    assert "serves 25 %" not in lost
    assert "– (was 25 %)" in lost
    assert "not been heard since 14:06" in lost


def test_a_deployment_the_host_did_not_name_is_said() -> None:
    world = replace(worlds.healthy(), release=worlds.reading(replace(RELEASE, canary=None)))
    assert "did not say which deployment" in text(tracks(world, NOW, 80))


# --- stage bar ---------------------------------------------------------------------------------


def staged(*percentages: int, at: int, minutes: float | None = None) -> Release:
    """A release of those stages, standing on stage ``at``."""
    stages = tuple(
        Stage(i, p, minutes is None and p < 100, None if minutes is None else int(minutes * 60), p == 100)
        for i, p in enumerate(percentages)
    )
    return replace(RELEASE, stages=stages, active_index=at, percentage=float(percentages[at]))


def test_the_bar_shows_done_here_and_to_do() -> None:
    world = worlds.healthy()
    line = text(stage_lines(world, NOW, 120)).splitlines()[0]
    done, rest = line.split("◉")
    assert done.split() == ["5", "%", done.split()[2], "25", "%", done.split()[-1]]
    assert set(done.split()[2]) == {"━"}
    assert rest.startswith("╌")
    assert "100 %" in rest
    assert "stage 2 of 4, 11 min here" in rest


@pytest.mark.parametrize(
    ("release", "words"),
    [
        (staged(5, 25, 100, at=1), "next: 100 %, needs approval"),
        (staged(5, 25, 100, at=1, minutes=15), "next: 100 %, by itself 14:12 (in 4 min)"),
        (staged(5, 25, 100, at=1, minutes=11.5), "next: 100 %, by itself 14:08 (in 30 s)"),
        (staged(5, 25, 100, at=1, minutes=5), "next: 100 %, by itself, due now"),
        (staged(5, 25, 100, at=2), "the last stage: complete it to end the release"),
        (replace(staged(5, 25, 100, at=1, minutes=15), paused=True), "paused by the host: stays at 25 %"),
    ],
)
def test_what_moves_the_release_on(release: Release, words: str) -> None:
    here = standing(release, worlds.MARKS, NOW)
    assert next_words(release, here, NOW) == words


def test_the_marker_moves_with_the_time_of_an_automatic_stage() -> None:
    release = staged(5, 25, 100, at=1, minutes=22)
    marks = (StageMark(NOW - 11 * MINUTE, 25),)
    places = [
        paint.plain(bar(release, standing(release, marks, NOW + after), 80)).index("◉")
        for after in (-10 * MINUTE, 0, 10 * MINUTE, 60 * MINUTE)
    ]
    assert places == sorted(places)
    assert len(set(places)) == 4


@given(
    st.lists(st.integers(1, 100), min_size=1, max_size=20, unique=True).map(sorted),
    st.integers(0, 19),
    st.integers(10, 220),
    st.sampled_from(ReleaseState),
)
def test_any_stages_fit_any_width(percentages: list[int], at: int, cells: int, state: ReleaseState) -> None:
    at = min(at, len(percentages) - 1)
    release = replace(staged(*percentages, at=at), state=state, advancement=Advancement.MANUAL)
    world = replace(worlds.healthy(), release=worlds.reading(release))
    for line in stage_lines(world, NOW, cells):
        assert paint.width(line) <= cells


def test_how_a_release_ended_and_what_waits() -> None:
    assert "✓ complete 14:06 (2 min ago)" in text(stage_lines(worlds.complete(), NOW, 120))
    assert "▼ aborted 14:06 (2 min ago)" in text(stage_lines(worlds.aborted(), NOW, 120))
    assert "dpl_next77 waits for the next release" in text(stage_lines(worlds.queued(), NOW, 80))
    assert "paused by the host" in text(stage_lines(worlds.paused(), NOW, 80))


# --- verdict -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (Word.PROMOTE, "✓ PROMOTE"),
        (Word.HOLD, "● HOLD"),
        (Word.ROLLBACK, "▼ ROLL BACK"),
        (Word.NO_DATA, "? NO DATA"),
    ],
)
def test_each_verdict_is_a_glyph_and_a_word(word: Word, said: str) -> None:
    world = replace(worlds.healthy(), verdict=replace(worlds.HOLD, word=word))
    assert text(verdict_lines(world, NOW, 120)).lstrip().startswith(said + " ")


def test_glyphs_tell_states_apart_without_colour() -> None:
    assert len({glyph for glyph, _, _ in VERDICTS.values()}) == len(VERDICTS)
    assert len({glyph for glyph, _ in METRICS.values()}) == len(METRICS)


def test_the_verdict_in_words_with_its_metrics() -> None:
    head, error, latency, _ = text(verdict_lines(worlds.rollback(), NOW, 120)).splitlines()
    assert head.strip().startswith("▼ ROLL BACK   since 14:02 (6 min ago)")
    assert "over the limit of 2 % in 3 checks in a row" in head
    assert error.split("  ")[0:1] == [""]
    assert "! error rate" in error
    assert "2.4 % against 0.5 %" in error
    assert "4.6 ×" in error
    assert "✓ latency p95" in latency


def test_columns_of_the_metrics_stand_under_each_other() -> None:
    for cells in (80, 120, 200):
        rows = text(verdict_lines(worlds.rollback(), NOW, cells)).splitlines()[1:]
        starts = {rows[0].index("4.6 ×"), rows[1].index("+1.7 %")}
        assert len(starts) == 1


def test_stale_and_lost_measurements_are_not_shown_as_live() -> None:
    stale = text(verdict_lines(worlds.stale(), NOW, 120))
    lost = text(verdict_lines(worlds.lost(), NOW, 120))
    assert stale.count("⧗") == 3
    assert "stale 43 s" in stale
    assert lost.count(" – ") == 6
    assert "lost: was 0.5 % against 0.5 % at 14:00" in lost


def test_a_verdict_left_behind_by_its_measurements_says_so_by_itself() -> None:
    """Nobody judged again, yet time went on: the screen does not wait for the judge to notice."""
    lines = text(verdict_lines(worlds.rollback(), NOW + 2 * MINUTE, 120))
    assert lines.count("⧗") == 3
    assert "! error rate" not in lines


def test_no_verdict_is_said() -> None:
    assert "no verdict yet" in text(verdict_lines(replace(worlds.healthy(), verdict=None), NOW, 80))
    assert "no release is running" in text(verdict_lines(worlds.complete(), NOW, 80))


def test_sources_stand_side_by_side_or_one_a_row() -> None:
    assert len(source_lines(worlds.healthy(), NOW, 80)) == 1
    rows = text(source_lines(worlds.stale(), NOW, 80)).splitlines()
    assert len(rows) == 2
    assert "again in 8 s" in rows[1]


# --- absences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "parts"),
    [
        (worlds.never_connected(), ("No release has been read yet",)),
        (
            worlds.unauthorised(),
            ("does not show this project to this token", "rejected the token (401)", "Set VERCEL_TOKEN"),
        ),
        (worlds.no_release_ever(), ("has not had a rolling release yet", "Nothing is wrong")),
        (
            replace(
                worlds.no_release_ever(),
                project=worlds.reading(replace(worlds.healthy().project.value, rolling_releases=False)),  # type: ignore[type-var]
            ),
            ("switched off for shop", "project's settings"),
        ),
        (
            replace(worlds.no_release_ever(), release=Reading(None, NOW - 3 * MINUTE, worlds.HOST)),
            ("has not had a rolling release yet", "said so 3 min ago"),
        ),
    ],
)
def test_a_sentence_stands_where_a_release_would(world: World, parts: tuple[str, ...]) -> None:
    said = " ".join(text(absence(world, OPEN, NOW, 80)).split())
    for part in parts:
        assert part in said


def test_nothing_is_said_where_there_is_a_release() -> None:
    assert absence(worlds.healthy(), OPEN, NOW, 80) == []


# --- rows --------------------------------------------------------------------------------------


@given(st.integers(60, 250), st.integers(5, 90), st.integers(5, 14))
def test_rows_are_shared_out_without_overlap(cells: int, rows: int, fixed: int) -> None:
    room = share(cells, rows, fixed)
    used = fixed + room.plot_rows + room.events + room.gaps
    assert used <= max(rows, fixed)
    assert room.plots in (0, 1, 3)
    if room.plots:
        assert PLOT_MIN_ROWS <= room.plot_rows <= PLOT_MAX_ROWS
        assert room.events >= 1
        assert used == rows


def test_plots_come_before_air_and_air_before_more_events() -> None:
    assert share(80, 11, 9).plots == 0
    assert share(80, 16, 9).plots == 1
    assert share(120, 29, 9) == share(120, 29, 9)
    assert share(120, 29, 9).gaps == 3
    assert share(80, 19, 9).gaps == 1


def test_a_promotion_on_data_that_grew_old_is_not_shown_as_one() -> None:
    world = replace(worlds.healthy(), verdict=replace(worlds.holding().verdict, word=Word.PROMOTE))  # type: ignore[type-var]
    now = worlds.NOW
    assert "PROMOTE" in paint.plain(verdict_lines(world, now, 120)[0])
    later = now + world.rhythm("prometheus").stale_after_ms + 60_000
    head = paint.plain(verdict_lines(world, later, 120)[0])
    assert "NO DATA" in head
    assert "not fresh any more" in head


@pytest.mark.parametrize("cells", [80, 120, 200])
def test_a_promotion_that_other_signals_qualify_says_so_beside_its_word(cells: int) -> None:
    plain = worlds.healthy()
    assert plain.verdict is not None
    careful = replace(plain, verdict=replace(plain.verdict, care=("split 16.7 % where 5 % is set",)))
    head = paint.plain(verdict_lines(careful, worlds.NOW, cells)[0])
    assert head.startswith(" ✓ PROMOTE, with care since" if cells < 108 else " ✓ PROMOTE, with care   since")
    assert "split 16.7 % where 5 % is set" in head
    assert "with care" not in paint.plain(verdict_lines(plain, worlds.NOW, cells)[0])
    told = "\n".join(paint.plain(row) for row in why_lines(careful, worlds.NOW, 100))
    assert "Compare with care: split 16.7 % where 5 % is set." in told
    held = replace(careful, verdict=replace(careful.verdict, word=Word.HOLD))  # type: ignore[type-var]
    assert "with care" not in paint.plain(verdict_lines(held, worlds.NOW, cells)[0])


def test_the_verdict_of_a_release_that_is_over_is_said_to_be_the_last() -> None:
    over = replace(worlds.complete(), verdict=worlds.holding().verdict)
    for cells in (80, 120):
        rows = [paint.plain(row) for row in verdict_lines(over, worlds.NOW, cells)]
        assert rows[0].startswith(" · completed 14:06; last verdict while it ran: HOLD, 14:07")
        assert "●" not in rows[0]
        assert not any("more" in row for row in rows)  # nobody waits for it
        assert sum("not decided when the release ended" in row for row in rows) == 1


def test_the_stages_say_what_became_of_a_release_and_of_production_since() -> None:
    def said(world: World) -> str:
        return paint.plain(stage_lines(world, worlds.NOW, 120)[0])

    def serving(deployment: str, world: World) -> World:
        project = worlds.healthy().project.value
        assert project is not None
        return replace(world, project=worlds.reading(replace(project, serving_id=deployment)))

    assert "✓ complete 14:06 (2 min ago): the canary serves everyone" in said(worlds.complete())
    assert "▼ completed 14:06 (2 min ago): rolled back since: everyone has the baseline" in said(
        serving(worlds.BASELINE.id, worlds.complete())
    )
    assert "▼ aborted 14:06 (2 min ago): everyone has the baseline" in said(worlds.aborted())


def test_why_of_a_release_that_is_over_says_so_before_anything_else() -> None:
    over = replace(worlds.complete(), verdict=worlds.holding().verdict)
    told = "\n".join(paint.plain(row) for row in why_lines(over, worlds.NOW, 100))
    head, below = told.split("\n", 1)
    assert head == "● HOLD"
    assert below.startswith("the last verdict while it ran; completed 14:06 (2 min ago), the canary serves")
    assert "not decided when the release ended" in below
    assert "more at this traffic" not in below


@pytest.mark.parametrize("cells", [60, 80, 120, 200])
@pytest.mark.parametrize("word", list(Word))
def test_a_bake_says_where_it_stands_and_never_more_than_fits(word: Word, cells: int) -> None:
    bake = worlds.bake(word)
    lines = [paint.plain(line) for line in bake_lines(bake, worlds.NOW, cells)]
    assert all(clean.width(line) <= cells for line in lines)
    head = {
        Word.HOLD: "baking, 18 of 30 min left",
        Word.PROMOTE: "baking, 18 of 30 min left",
        Word.ROLLBACK: "ROLL BACK: worse than its own past",
        Word.NO_DATA: "baking, 18 of 30 min left",
    }[word]
    assert head in lines[0]
    assert "error rate" in lines[1]
    if cells == 200 and word is Word.HOLD:
        assert "no data of last week" in lines[0]
        assert "the weaker kind of evidence" in lines[-1]
        assert "0.5 % was 0.5 %" in lines[1]
