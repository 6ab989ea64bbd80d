"""All that is known of one metric, in lines: what it is, which way is worse, where it comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.canary.catalogue import Metric
from console.canary.headline import PROBED
from console.canary.measures import Categorical, Cell, Count, Measure, Members, Ratio, Window
from console.canary.query_text import queries
from console.canary.values import effect_of, sample_of, text_of, value_of
from console.metric_rhythm import often, rhythm_of
from console.metric_sources import REQUEST_LOGS, title_of
from console.readings import Freshness, Millis
from console.together import Together
from console.world import World
from screens import paint
from screens.metrics.ages import rhythm
from screens.metrics.found import Entry
from screens.metrics.state import sentence, state
from screens.paint import EMPTY, Line, Span, Tone, paragraph, span
from screens.present import NOTHING, clock, duration, when

LABEL = 11
MOST_CELLS = 12
"""So many parts of a metric are listed, worst first; the rest are counted."""


def head(entry: Entry, world: World, now: Millis, cells: int, rows: int = 4) -> list[Line]:
    """The state, the values and the sentence: what decides, in at most ``rows`` rows."""
    own, metric = state(entry, world, now), entry.metric
    first: Line = (
        Span(f"{own.glyph} {own.word}", own.tone, bold=True),
        span(f"   {metric.title}", "strong", bold=True),
        span(f"   {use(metric)}", "quiet"),
    )
    lines = [first]
    if entry.view is not None and own.freshness is not Freshness.MISSING:
        lines.append(_values(entry, own.freshness))
    if rows > len(lines):
        lines += paragraph(sentence(entry, world, now), cells, most=rows - len(lines))
    return lines[:rows]


def _values(entry: Entry, freshness: Freshness) -> Line:
    if freshness is Freshness.LOST:
        return (span(f"{NOTHING}   was {entry.text('canary')} on the canary", "quiet"),)
    if not entry.metric.split:
        return (span(f"{entry.text('canary')}   of both tracks together", "normal"),)
    interval = f" ({entry.said.interval})" if entry.said is not None and entry.said.interval else ""
    return (
        span(f"● {entry.text('canary')}", "canary", bold=True),
        span(" against ", "quiet"),
        span(f"○ {entry.text('baseline')}", "baseline"),
        span(f"   {entry.effect}{interval}" if entry.effect else ""),
    )


def about(entry: Entry, world: World, now: Millis, cells: int, *, every: bool = False) -> list[Line]:
    """What it is, what it rests on, its parts worst first, and its query (``every``: all places to look)."""
    metric = entry.metric
    lines = _row("is", metric.about or "a metric of your own", cells)
    lines += _row("worse", direction(metric), cells)
    if metric.split:
        lines += _row("judged", bounds(metric), cells)
        lines += _row("weight", weight(metric), cells)
    elif entry.view is not None and entry.view.together is not None:
        lines += _row("judged", "never: its source tells no deployments apart, so it is context", cells)
    else:
        lines += _row("judged", "never: no label splits it by track, so it is context for the others", cells)
    lines += _row("asked", _asked(entry, world), cells)
    if metric.late_s and metric.split:
        late = f"events come up to {metric.late_s // 60} min after a visit began; of a young canary they are"
        lines += _row("late", f"{late} of short visits", cells)
    lines += _measured(entry, world, now, cells)
    return [*lines, *_parts(entry, cells), EMPTY, *_query(entry, world, cells, every)]


def use(metric: Metric) -> str:
    """Guard, informative or context, in a few words."""
    if not metric.split:
        return "context"
    if not metric.guard:
        return "informs"
    return "guard, required" if metric.required else "guard"


def direction(metric: Metric) -> str:
    """Which way is worse."""
    return "neither way" if metric.worse is None else f"{metric.worse} is worse"


def bounds(metric: Metric) -> str:
    """Tolerance and margin as a person says them."""
    if metric.worse is None:
        return "not for being higher or lower"
    tolerance, margin = _by(metric.tolerance), _by(metric.margin)
    return f"{tolerance} {metric.worse} counts as equal; a promotion must exclude {margin} {metric.worse}"


def _by(factor: float) -> str:
    return f"{factor:.3g} ×" if factor >= 2 else f"{(factor - 1) * 100:.3g} %"


def weight(metric: Metric) -> str:
    """What a verdict may rest on it."""
    if not metric.guard:
        return "informs only; the verdict does not rest on it"
    needed = "; without it nothing is promoted" if metric.required else ""
    return f"a guard of weight {metric.weight:g}{needed}"


def _asked(entry: Entry, world: World) -> str:
    source = world.metrics_source
    reading = None if entry.view is None else entry.view.canary
    base = world.rhythm(reading.source) if reading is not None else source.rhythm if source else None
    if base is None:
        return "of nobody"
    if entry.view is not None and entry.view.together is not None:
        return f"every {duration(base.poll_ms)}, while the source of the others has nothing of it"
    how = "" if often(entry.metric) else "; it informs only, and is no older for that"
    return f"every {duration(rhythm_of(entry.metric, base).poll_ms)}{how}"


def _measured(entry: Entry, world: World, now: Millis, cells: int) -> list[Line]:
    view = entry.view
    if view is None:
        return _row("from", "nobody", cells)
    lines: list[Line] = []
    tracks = ("canary", "baseline") if entry.metric.split else ("canary",)
    for track in tracks:
        reading = entry.reading(track)
        name = next((one.title for one in world.sources if one.name == reading.source), None)
        parts = [f"from {name or title_of(reading.source)}"]
        if reading.value is not None:
            parts.append(counted(reading.value, "" if view.together is None else over(view.together.since)))
        fresh = reading.freshness(now, rhythm(view, reading, world)) is Freshness.FRESH
        parts.append(clock(reading.at, now, seconds=True) if fresh else when(reading.at, now))
        if reading.partial:
            parts.append("◐ partial: the source said that a part is missing")
        if reading.problem is not None:
            parts.append(f"{reading.problem.what} {reading.problem.next}".strip())
        label = f"{'●' if track == 'canary' else '○'} {track}" if entry.metric.split else "◇ both"
        tone: Tone = "quiet" if not entry.metric.split else "canary" if track == "canary" else "baseline"
        lines += _row(label, ", ".join(parts), cells, tone)
    if view.together is not None:
        lines += _row("◇ before", _before(entry, view.together, now), cells)
    return lines


def _before(entry: Entry, together: Together, now: Millis) -> str:
    """What it was before the release."""
    value = text_of(entry.metric, value_of(entry.metric, together.was))
    behind = "" if together.was is None else f", {counted(together.was, over(together.before))}"
    return f"{value}{behind}, until {clock(together.before.end, now)}"


def over(window: Window) -> str:
    """How long a window is, as part of a sentence."""
    return f"in {duration(window.end - window.start)}"


def counted(measure: Measure, span: str = "") -> str:
    """What stands behind a measure; ``span``: of which time, if not of the last minute."""
    span = span or "in the last minute"
    if isinstance(measure, Ratio):
        return f"{measure.bad:,.0f} of {measure.total:,.0f} {span}"
    if isinstance(measure, Members):
        return f"{measure.present} of {len(measure.members)} known"
    events = sample_of(measure)
    return f"{events:,.0f} {span}" if events else "a level"


def asked_by(entry: Entry, world: World) -> tuple[str, ...]:
    """The queries of a metric in the terms of its source, best first."""
    release, source = world.release.value, world.metrics_source
    if entry.view is not None and entry.view.together is not None:
        return queries(entry.metric, entry.view.canary.source, world.metrics_label, ())
    tracks = () if release is None else (release.canary, release.baseline)
    ids = [one.id for one in tracks if one is not None]
    return () if source is None else queries(entry.metric, source.name, world.metrics_label, ids)


def _query(entry: Entry, world: World, cells: int, every: bool) -> list[Line]:
    found = asked_by(entry, world)
    if not found:
        return _row("query", no_query(entry, world), cells)
    lines = _row("query", found[0], cells)
    if not every and len(found) > 1:
        lines += _row("", f"(enter has {len(found) - 1} more: the first with data is in force)", cells)
        return lines
    for other in found[1:]:
        lines += _row("or", other, cells)
    if len(found) > 1:
        lines += _row("", "The first of them that has data is in force.", cells)
    instead = [one.instead for one in entry.metric.series if one.instead]
    if instead:
        lines += _row("", f"Where the metric itself is missing there stands in: {', '.join(instead)}.", cells)
    return lines


def no_query(entry: Entry, world: World) -> str:
    """Why there is no query to copy."""
    source = world.metrics_source
    if entry.metric.id == PROBED:
        return "none: the console asks both deployments itself"
    if source is None:
        return "none: no metrics source is configured"
    if source.name == REQUEST_LOGS:
        return "none: counted from the request logs, line by line"
    return f"none: the catalogue names nothing at {source.title} for it"


# --- the parts of a metric --------------------------------------------------------------------


def _parts(entry: Entry, cells: int) -> list[Line]:
    if entry.view is None:
        return []
    canary, baseline = entry.view.canary.value, entry.view.baseline.value
    if isinstance(canary, Members):
        return _members(canary, baseline if isinstance(baseline, Members) else None, cells)
    if isinstance(canary, Categorical):
        return _categories(entry.metric, canary, baseline, cells)
    if isinstance(canary, Ratio | Count) and canary.cells:
        together = entry.view.together
        against = baseline if together is None else together.was
        theirs = against.cells if isinstance(against, Ratio | Count) else ()
        what = "worst first" if together is None else "since and before the release, worst first"
        return _cells(entry.metric, canary.cells, theirs, cells, what)
    return []


def ranked(
    metric: Metric, canary: Iterable[Cell], baseline: Iterable[Cell]
) -> list[tuple[Cell, Cell | None]]:
    """The cells of the canary with those of the baseline; first where most was worse than there.

    What counts is how many events went wrong beyond those that the baseline's rate explains: a small cell
    with a terrible rate comes before a large one that is as it was.
    """
    theirs = {one.name: one for one in baseline}
    sign = -1.0 if metric.worse == "lower" else 1.0

    def beyond(pair: tuple[Cell, Cell | None]) -> tuple[float, str]:
        ours, other = pair
        return (-sign * (ours.events - ours.of * (_rate(other) or 0.0)), ours.name)

    return sorted(((one, theirs.get(one.name)) for one in canary), key=beyond)


def _rate(cell: Cell | None) -> float | None:
    return cell.events / cell.of if cell is not None and cell.of > 0 else None


def _cells(
    metric: Metric, canary: Iterable[Cell], baseline: Iterable[Cell], cells: int, what: str
) -> list[Line]:
    every = ranked(metric, canary, baseline)
    by = ", ".join(metric.by.labels) if metric.by is not None else "part"
    least = metric.by.min_cell if metric.by is not None else 0
    rows = []
    for ours, theirs in every[:MOST_CELLS]:
        values = [None if (rate := _rate(one)) is None else rate * metric.factor for one in (ours, theirs)]
        few = f"   few yet: {ours.of:,.0f} of {least}" if ours.of < least else ""
        rows.append((ours.name, *(text_of(metric, value) for value in values), effect_of(*values) + few))
    return _listed(f"by {by}, {what}", rows, len(every), cells)


def _categories(metric: Metric, canary: Categorical, baseline: Measure | None, cells: int) -> list[Line]:
    theirs = baseline if isinstance(baseline, Categorical) else None
    names = dict.fromkeys([*metric.worst, *(one.name for one in canary.categories)])
    rows = []
    for name in names:
        shares = [None if one is None else one.share((name,)) for one in (canary, theirs)]
        values = [None if share is None else share * metric.factor for share in shares]
        worst = "counts as worst" if name in metric.worst else ""
        rows.append((name, *(text_of(metric, value) for value in values), worst))
    return _listed("by category", rows[:MOST_CELLS], len(rows), cells)


def _members(canary: Members, baseline: Members | None, cells: int) -> list[Line]:
    new = {one.name for one in canary.beyond(baseline or Members(())).members}
    theirs = {one.name: one.events for one in (baseline.members if baseline else ())}
    heard = [one for one in canary.members if one.events > 0 or one.name in theirs]
    heard.sort(key=lambda one: (one.name not in new, -one.events, one.name))
    rows = [
        (one.name, f"{one.events:,.0f}", f"{theirs[one.name]:,.0f}" if one.name in theirs else NOTHING,
         "! only on the canary" if one.name in new else "")
        for one in heard[:MOST_CELLS]
    ]  # fmt: skip
    return _listed("by type, new ones first (events)", rows, len(heard), cells)


def _listed(title: str, rows: Sequence[tuple[str, ...]], every: int, cells: int) -> list[Line]:
    name = max(min(cells - 44, 34), 12)
    lines: list[Line] = [EMPTY, (span(title, "strong"),)]
    for label, canary, baseline, remark in rows:
        parts = (
            (span(label), name),
            (span(f"{canary:>12}", "canary"), 12),
            (span(f"{baseline:>12}", "baseline"), 12),
        )
        bad = remark.startswith("!")
        lines.append(
            paint.cut((*paint.columns(parts), span(f"  {remark}", "worse" if bad else "quiet")), cells)
        )
    if every > len(rows):
        lines.append((span(f"and {every - len(rows)} more", "quiet"),))
    return lines


def _row(label: str, text: str, cells: int, tone: Tone = "quiet") -> list[Line]:
    rows = paragraph(text, max(cells - LABEL, 8))
    first = Span(f"{label:<{LABEL}}", tone)
    return [(first if index == 0 else Span(" " * LABEL), *line) for index, line in enumerate(rows)]
