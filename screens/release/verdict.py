"""The verdict in words, one line a metric, and the line of the sources."""

from __future__ import annotations

from dataclasses import replace

from console.canary.verdict import Verdict, Word
from console.ending import ending, last_word
from console.readings import Freshness, Millis
from console.world import World
from screens import clean, paint
from screens.freshness import source
from screens.metrics.ages import worst as worst
from screens.paint import Line, Span, span
from screens.present import clock, duration
from screens.release.judged import table
from screens.words import VERDICTS

WIDE = 108
SPOKE = {"limits": "by limits", "both": "by both judges"}


def verdict_lines(world: World, now: Millis, cells: int) -> list[Line]:
    """The head with the word and since when, then the metrics; what is not fresh says so."""
    verdict = world.verdict
    if verdict is None:
        return [_nothing_yet(world)]
    release = world.release.value
    if release is not None and not release.active:
        return [_last(verdict, world, now, cells), *table(last_word(verdict), world, now, cells)]
    return [_head(_still(verdict, world, now), now, cells), *table(verdict, world, now, cells)]


def _still(verdict: Verdict, world: World, now: Millis) -> Verdict:
    """The verdict; a promotion that rests on data no longer fresh is none, however recently it was given."""
    guards = [view for view in world.metrics if view.metric.guard]
    if verdict.word is not Word.PROMOTE or all(worst(v, world, now)[0] is Freshness.FRESH for v in guards):
        return verdict
    reason = "it was promote, but the data it rests on are not fresh any more"
    return replace(verdict, word=Word.NO_DATA, reasons=(reason,))


def _last(verdict: Verdict, world: World, now: Millis, cells: int) -> Line:
    """What became of a release that is over, and its last word: said as such, and quietly."""
    _, word, _ = VERDICTS[verdict.word]
    end = ending(world)
    became = "" if end is None else f"{end.how} {clock(end.at, now)}; "
    said = f" · {became}last verdict while it ran: {word}, {clock(verdict.judged_at, now)}"
    return paint.cut((span(said, "quiet"), span(f"   {'; '.join(verdict.reasons)}", "quiet")), cells)


def _nothing_yet(world: World) -> Line:
    release = world.release.value
    if release is not None and not release.active:
        return (span(" · no verdict: no release is running", "quiet"),)
    return (span(" … no verdict yet: nothing has been measured of this canary", "quiet"),)


def _head(verdict: Verdict, now: Millis, cells: int) -> Line:
    glyph, word, tone = VERDICTS[verdict.word]
    wide = cells >= WIDE
    age = duration(now - verdict.since)
    since = (
        f"   since {clock(verdict.since, now)} ({age} ago)"
        if wide
        else f" since {clock(verdict.since, now)} ({age})"
    )
    care = verdict.care if verdict.word is Word.PROMOTE else ()
    warned: Line = (Span(", with care", "caution", bold=True),) if care else ()
    head: Line = (Span(f" {glyph} {word}", tone, bold=True), *warned, span(since), *_spoke(verdict))
    why = "; ".join((*care, *verdict.reasons))
    room = cells - paint.width(head) - 4
    if why and room >= 12:
        head = (*head, Span("   ", "normal"), span(clean.cut(clean.clean(why), room), "quiet"))
    return paint.cut(head, cells)


def _spoke(verdict: Verdict) -> Line:
    """Which judge spoke, where it is not the one whose evidence stands in the rows."""
    if verdict.evidence is None or verdict.judge not in SPOKE:
        return ()
    return (span(f"   {SPOKE[verdict.judge]}", "quiet"),)


def source_lines(world: World, now: Millis, cells: int) -> list[Line]:
    """The sources: side by side when they fit, else one a row, the unwell ones in full."""
    parts = [source(health, now) for health in world.sources]
    if not parts:
        return []
    gap = Span("   ")
    joined: Line = (Span(" " * (3 if cells >= WIDE else 1)),)
    for part in parts:
        joined = (*joined, *part, gap)
    if paint.width(joined) - 3 <= cells:
        return [joined[:-1]]
    indent = joined[0]
    return [paint.cut((indent, *part), cells) for part in parts]
