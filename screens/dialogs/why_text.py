"""The text of ``w``, for three in the morning: the word, what its number means, the metrics. Pure."""

from __future__ import annotations

from console.canary.headline import HEADLINE
from console.canary.measures import Count, Gauge, Histogram, Measure, Members, Point, Quantile, Ratio
from console.canary.verdict import MetricState, MetricVerdict, Verdict, Word
from console.ending import ending, last_word
from console.readings import Freshness, Millis, Reading
from console.world import MetricView, World
from screens import clean
from screens.freshness import mark
from screens.metrics.ages import rhythm
from screens.metrics.marks import figure
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.present import NOTHING, duration, when
from screens.release.judged import ordered
from screens.widgets.plot_frame import PlotData
from screens.words import METRICS, VERDICTS

LABEL = 12
JUDGES = {
    "limits": "the judge of limits",
    "statistical": "the statistical judge",
    "both": "both judges, the statistical one and that of limits",
}
ENDS = ("● evidence", "○ its line")


def why_lines(world: World, now: Millis, cells: int) -> list[Line]:
    """The verdict with all its reasons, then each metric with its counts, ages and sentence."""
    if world.verdict is None:
        return paragraph("No verdict has been given on this release.", cells)
    return [*lead_lines(world, now, cells), *metric_lines(world, now, cells)]


def lead_lines(world: World, now: Millis, cells: int) -> list[Line]:
    """The word, who gave it and on what: what decides."""
    verdict = world.verdict
    if verdict is None:
        return []
    glyph, word, tone = VERDICTS[verdict.word]
    end = ending(world)
    over = (
        "" if end is None else f"the last verdict while it ran; {end.how} {when(end.at, now)}, {end.outcome}"
    )
    judge = JUDGES.get(verdict.judge, f"the judge of {verdict.judge}")
    since = () if over else (span(f"   since {when(verdict.since, now)}"),)
    lines: list[Line] = [
        (Span(f"{glyph} {word}", "quiet" if over else tone, bold=not over), *since),
        *(paragraph(over, cells, bold=True) if over else ()),
        *paragraph(f"judged {when(verdict.judged_at, now)} by {judge}", cells, "quiet"),
        *paragraph(f"measured by {measured_by(world)}", cells, "quiet"),
        EMPTY,
    ]
    if verdict.care and verdict.word is Word.PROMOTE:
        lines += [*paragraph(f"Compare with care: {'; '.join(verdict.care)}.", cells, "caution"), EMPTY]
    for reason in verdict.reasons:
        for row, line in enumerate(paragraph(reason, max(cells - 2, 8))):
            lines.append((Span("· " if row == 0 else "  ", "quiet"), *line))
    told = _evidence(verdict if end is None else last_word(verdict), cells)
    return [*lines, EMPTY, *told] if told else lines


def _evidence(verdict: Verdict, cells: int) -> list[Line]:
    """What the statistical judge has in hand, and what its number means."""
    if verdict.evidence is None or verdict.line is None:
        return []
    over = verdict.evidence >= verdict.line
    head: Line = (
        Span(f"evidence {figure(verdict.evidence)}", "worse" if over else "strong", bold=True),
        span(f" against a line of {verdict.line:.1f}" + ("" if over else ", not reached")),
    )
    lines = [head, *paragraph(meaning(verdict.evidence, verdict.line), cells, "quiet")]
    if verdict.judge == "limits":
        says = "The limits spoke by themselves; this evidence stands beside them."
        lines += paragraph(says, cells, "quiet")
    lines += paragraph(epoch(verdict), cells, "quiet")
    if verdict.eta_ms is not None:
        lines += paragraph(f"A decision takes about {duration(verdict.eta_ms)} more at this pace.", cells)
    return lines


def meaning(evidence: float, line: float) -> str:
    """The number in one sentence: by Ville's inequality an e-value of x comes once in x times by chance."""
    if evidence < 0.05:
        return (
            "Nothing speaks against the canary. If it is as good as the baseline, evidence ever reaches "
            f"{line:.1f}, from which on it is rolled back, in {odds(line)}, however often anybody looks."
        )
    return (
        f"If the canary were as good as the baseline, evidence would ever reach {evidence:.1f} in "
        f"{odds(evidence)}, however often anybody looks; from {line:.1f} on ({odds(line)}) it is rolled back."
    )


def odds(evidence: float) -> str:
    """``10 ** evidence`` to 1, for a person: ``at most 1 release in 400``."""
    if evidence <= 0:
        return "any release"
    many = 10 ** min(evidence, 12.0)
    if many < 10:
        return f"at most {10 / many:.0f} releases in 10"
    scale = 10 ** max(len(str(int(many))) - 2, 0)
    return f"at most 1 release in {int(many) // scale * scale:,}"


def epoch(verdict: Verdict) -> str:
    """Which epoch it is, and its share of the budget of false alarms."""
    share = 100 * 10 ** -(verdict.line or 0.0)
    budget = f"false alarms of this epoch: at most {share:.2g} % of good releases"
    if verdict.epoch == 1:
        return f"First epoch; {budget}."
    return (
        f"Epoch {verdict.epoch}: something else changed (a flag, a rollback), and evidence began afresh; "
        f"{budget}."
    )


def evidence_plot(world: World) -> PlotData | None:
    """The evidence over time against its line; ``None`` where the statistical judge has none."""
    if len(world.evidence) < 2:
        return None
    return PlotData(
        "evidence",
        "rolled back from its line on",
        tuple(Point(one.at, max(one.evidence, 0.0)) for one in world.evidence),
        tuple(Point(one.at, one.line) for one in world.evidence),
        world.marks,
        world.evidence[-1].at,
        tuple((gap.since, gap.until) for gap in world.unwatched),
        ENDS,
    )


# --- the metrics ------------------------------------------------------------------------------


def metric_lines(world: World, now: Millis, cells: int) -> list[Line]:
    """Each metric of the verdict, the culprits first."""
    if world.verdict is None:
        return []
    views = {view.metric.id: view for view in (*world.metrics, *world.all_metrics)}
    lines: list[Line] = []
    for one in ordered(world.verdict if ending(world) is None else last_word(world.verdict)):
        lines += _metric(one, views.get(one.metric_id), world, now, cells)
    return lines


def _metric(one: MetricVerdict, view: MetricView | None, world: World, now: Millis, cells: int) -> list[Line]:
    glyph, tone = METRICS[one.state]
    lines: list[Line] = [EMPTY, (Span(f"{glyph} ", tone, bold=True), span(one.title, "strong", bold=True))]
    lines += _row("says", one.sentence, cells)
    effect = one.effect or NOTHING
    if one.interval:
        effect += f"; {one.interval} at all looks together"
    lines += _row("effect", effect, cells)
    if one.evidence is not None:
        lines += _row("evidence", _own_evidence(one), cells)
    if one.eta_ms is not None:
        lines += _row("decided", f"in about {duration(one.eta_ms)} at this traffic", cells)
    for track, text in (("canary", one.canary), ("baseline", one.baseline)):
        lines += _track(track, text, view, world, now, cells)
    if view is not None and not view.metric.guard:
        lines += _row("weight", "informs only; the verdict does not rest on it", cells)
    return lines


def _own_evidence(one: MetricVerdict) -> str:
    evidence = one.evidence or 0.0
    if evidence <= 0:
        return f"{figure(evidence)}: nothing says that it is worse"
    highest = "the highest it was, " if one.state is MetricState.WORSE else ""
    return f"{figure(evidence)}, {highest}by chance in {odds(evidence)}"


def measured_by(world: World) -> str:
    """The source that was really asked for the numbers."""
    source = world.metrics_source
    return "no source" if source is None else clean.clean(source.title)


def _track(
    track: str, text: str, view: MetricView | None, world: World, now: Millis, cells: int
) -> list[Line]:
    tone: Tone = "canary" if track == "canary" else "baseline"
    glyph = "●" if track == "canary" else "○"
    if view is None:
        return _row(f"{glyph} {track}", text, cells, tone)
    reading: Reading[Measure] = view.canary if track == "canary" else view.baseline
    freshness = reading.freshness(now, rhythm(view, reading, world))
    parts = [text] if freshness is not Freshness.LOST else [f"{NOTHING} (was {text})"]
    if reading.value is not None:
        parts.append(counted(reading.value, "requests" if view.metric.id in HEADLINE else "events"))
    if reading.at is not None:
        parts.append(f"measured {when(reading.at, now)}")
    if freshness is not Freshness.FRESH:
        parts.append(mark(freshness, reading.age_ms(now)) if freshness is not Freshness.LOST else "lost")
    if reading.problem is not None:
        parts.append(reading.problem.what)
    return _row(f"{glyph} {track}", ", ".join(parts), cells, tone)


def counted(measure: Measure, what: str = "requests") -> str:
    """What was counted, before any arithmetic; ``what`` names the chances."""
    match measure:
        case Ratio():
            return f"{measure.bad:,.0f} of {measure.total:,.0f} {what}"
        case Count(of=None):
            return f"{measure.events:,.0f} {what} in {measure.seconds:,.0f} s"
        case Count():
            return f"{measure.events:,.0f} in {measure.of:,.0f} {what}"
        case Quantile():
            return f"of {measure.total:,.0f} {what}, as the source says"
        case Histogram():
            return f"{measure.total:,.0f} {what} timed"
        case Gauge():
            return f"over {measure.seconds:,.0f} s"
        case Members():
            return f"{measure.present} of {len(measure.members)} known"
        case _:
            return f"{measure.total:,.0f} events"


def _row(label: str, text: str, cells: int, tone: Tone = "quiet") -> list[Line]:
    rows = paragraph(text, max(cells - LABEL - 2, 8))
    head = Span(f"  {label:<{LABEL}}", tone)
    return [(head if row == 0 else Span(" " * (LABEL + 2)), *line) for row, line in enumerate(rows)]
