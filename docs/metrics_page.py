"""docs/metrics.md: the catalogue as tables, from the file that the console reads."""

# ruff: noqa: E501 - rows of a Markdown table cannot be broken

from __future__ import annotations

from collections.abc import Iterable

from console.canary.catalogue import Catalogue, Metric, Series
from console.canary.headline import HEADLINE
from data.vercel.observability.others import readable
from data.vercel.request_logs.source import CACHE
from data.vercel.supplements.speed_insights import mine

HEAD = """\
# Metrics

<!-- Written by `make docs` from console/canary/catalogue.toml and docs/metrics_page.py. -->

Sixteen metrics in four families, as data. A *guard* can decide a verdict; the others inform. What no label splits by
track is *context*: it is shown once, for all that run. Guards are asked for at every poll, the rest once a minute.

Counts are fetched, never ready-made ratios: the raw samples of the counters over the window, of both tracks and all
metrics in one query. Nothing is extrapolated, a restart of a counter is seen, and a series that is born counts from zero.
No errors where requests are counted are none; without requests it is unknown. Histograms may be classic or native.
Where several names stand, they are the conventions of different libraries: the first with data is used.
"""

SCREEN = """\
## The screen

`7` shows all of them, family by family: state, canary, baseline, effect, the canary's last quarter of an hour, and
the evidence (the power of ten against "as good as the baseline"; its bar is full where the metric alone would decide).
It opens on what is worse. Beside or under the list stands the marked metric: both lines with stages and gaps, what it
is, which way is worse, what it weighs, how late it is, its parts with the worst first, and its query.

| state | means |
| --- | --- |
| `✓ ok`, `≈ no worse` | within the limits; not worse by the margin |
| `! worse` | beyond doubt, or over its limit |
| `◔ warming up`, `… collecting`, `∼ undecided` | too early to say; the sentence says how long at this traffic |
| `⧗ stale 43 s`, `– lost`, `◐ partial` | the numbers are old or not whole, and count for nothing |
| `· left out` | has values, and is not judged for now; the sentence says why |
| `◇ informs`, `◇ context` | no verdict rests on it; context is one value for both tracks |
| `? no data`, `· not measured` | the source has nothing yet; nobody measures it, and the cheapest step to have it |

What informs only is asked for once a minute, and is stale by that rhythm.

| key | does |
| --- | --- |
| `j` `k` `g` `G`, page keys | move the mark |
| `x` | mark the next that is worse |
| `enter` | all that is known of the marked metric |
| `y` | copy its query, as a Prometheus takes it; the console itself asks for the raw samples behind it |
| `/` | keep what matches; `esc` undoes it, then the screen mode, then goes back |
| `+` `_` | the list alone, the plot large |
| `w` `d` `s` | why the verdict is so; the raw data; the sources |

"""

STANDS_IN = """\
## What stands in

Each metric is answered by the first source that has it: the one that measures both tracks (`metrics.source`), the
console's own probes for failed probes, then Speed Insights, then Web Analytics. The last two are free on every plan and
know no deployments, so what they say is *context*: one value for both tracks, since the release began (the newest hour
of it) and for as long before it. It is never compared, never judged, and kept apart from what the judge reads. The
detail of a metric names who answered and how many stand behind it, and says what stands in for what (INP for time to
interactive, different visitors for visits).

They are asked every five minutes, and only for what the other source cannot have or had of neither track: four questions
for page load and time to interactive, two for visits and events, twice that until the release is an hour old. Names
come from the account's schema. One that is refused, a plan without custom events or a product that is not switched on
concerns that metric or that source alone: both screens say why in words, everything else goes on. Web Analytics has no
sessions, no bounces and no length of a visit, and says nothing about them.

"""

OWN = """\
## Changing them, and adding your own

```toml
[metrics.conversion_rate]
margin = 1.2                     # single keys of a metric above

[metrics.bounce_rate]
guard = false

[metrics.failed_payments]        # a metric of your own
title = "failed payments"
family = "errors"
kind = "ratio"
unit = "%"
worse = "higher"
by = { labels = ["provider"], min_cell = 100 }

[[metrics.failed_payments.prometheus]]
numerator = 'payments_total{$D,result!="paid"}'
denominator = 'payments_total{$D}'
```

`$D` is the place of the matchers that choose the deployments; values are escaped. A list takes the place of the whole
list. Mistakes are named with file and line. A single key can come from the environment:
`COALMINE_METRICS__BOUNCE_RATE__GUARD=false`.

| key | value |
| --- | --- |
| `title`, `about` | what people read |
| `family` | `errors`, `performance`, `experience` or `infrastructure` |
| `kind` | `ratio` (numerator of denominator), `count` (denominator for each second; with a numerator, that for each of the denominator), `histogram` (buckets), `gauge` (expression), `categorical` (numerator by one label), `set` (numerator; the values of one label are its members) |
| `unit` | `%`, `ms`, `s`, `req/s`, `per min`, `MB`, `MB/s`, `cores`, `per session` or `types` |
| `worse` | `higher` or `lower` |
| `tolerance`, `margin` | factors in the direction of worse, 1 or more: up to the first the tracks count as equal; a promotion has to exclude the second |
| `weight` | share of the error budget, relative to the other guards |
| `guard`, `required` | whether a verdict may rest on it; whether nothing is promoted without it |
| `by` | `labels` of a dimension, `min_cell` events before a cell is looked at by itself, `budget` of the cells together (0 to 1) |
| `quantile` | of a histogram, which is shown |
| `worst` | of a categorical, the categories whose share is shown |
| `memory_s` | of a set, how far back a member counts as known |
| `split` | `false` where no label tells the tracks apart: then `$D` stands nowhere |
| `late_s` | how long after a visit began its events may still come |
| `part_of` | the metric in whose row it stands |
| `prometheus` | `numerator`, `denominator`, `buckets` (selectors without a range), or an `expression` with `$BY` (the label that tells deployments apart) and `$W` (a window); `labels`; `scale` to seconds or bytes; `instead`, if it only stands in |
| `vercel` | candidates of Vercel's Observability: `metrics`, `aggregation`, `group_by`, `numerator` and `filter` (OData), `sizes`, `split` (`yes`, `ask`, `no`), `paid`, `scale`, `instead`; those of `vercel.speed_insights` are asked of Speed Insights |
| `analytics` | at Web Analytics: `count` (`pageviews`, `visitors`, `events`), `of` (`pageviews`, `visitors`), `event` (a custom event's name; without one all, by name), `instead` |
"""

FAMILIES = {
    "errors": "Errors",
    "performance": "Performance",
    "experience": "User experience",
    "infrastructure": "Infrastructure",
}


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def counted(metric: Metric, series: Series) -> str:
    """Where a Prometheus has it, in a few words."""
    if metric.kind in ("categorical", "set"):
        text = f"`{series.numerator}` by `{series.labels[0]}`"
    elif series.expression is not None:
        text = f"`{series.expression}`"
    elif series.buckets is not None:
        text = f"`{series.buckets}`"
    elif series.numerator is not None and series.denominator is not None:
        text = f"`{series.numerator}` of `{series.denominator}`"
    else:
        text = f"`{series.numerator or series.denominator}`"
    return text + (f" ({series.instead} stands in)" if series.instead else "")


def use(metric: Metric) -> str:
    if not metric.split:
        return "context"
    if not metric.guard:
        return "informs"
    return "guard, required" if metric.required else "guard"


def notes(metric: Metric) -> str:
    parts = [metric.about]
    if metric.by is not None:
        parts.append(f"By {', '.join(metric.by.labels)}.")
    if metric.late_s:
        parts.append(f"Its events come up to {metric.late_s // 60} min late.")
    return cell(" ".join(parts))


def table(metrics: Iterable[Metric]) -> str:
    lines = ["| metric | kind | worse | use | what it is |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{m.id}` {m.title} | {m.kind}, {m.unit} | {m.worse or '–'} | {use(m)} | {notes(m)} |"
        for m in metrics
    ]
    lines += ["", "| metric | in Prometheus |", "| --- | --- |"]
    lines += [
        f"| `{m.id}` | {'<br>'.join(cell(counted(m, series)) for series in m.series) or '–'} |"
        for m in metrics
    ]
    elsewhere = [f"| `{m.id}` | {'<br>'.join(map(cell, at_vercel(m)))} |" for m in metrics if at_vercel(m)]
    if elsewhere:
        lines += ["", "| metric | at Vercel |", "| --- | --- |", *elsewhere]
    return "\n".join(lines) + "\n"


def at_vercel(metric: Metric) -> list[str]:
    """Where Vercel has it, in a few words, the sources in the order in which they are asked."""
    found = []
    if metric.id in HEADLINE:
        found.append(f"Observability: `{metric.vercel[0].metrics[0]}`, by deployment")
    for one in readable(metric):
        where = "by deployment, where the schema has it" if metric.split else "of everybody"
        found.append(f"Observability: `{one.metrics[0]}`, {where}{_stands(one.instead)}")
    if metric.id == CACHE or (metric.id in HEADLINE and metric.kind != "histogram"):
        found.append("request logs, by deployment")
    vitals = mine(metric)
    if vitals is not None:
        found.append(
            f"Speed Insights: `{vitals.metrics[0]}` with its count, of everybody{_stands(vitals.instead)}"
        )
    for visited in metric.analytics:
        event = f" with `{visited.event}`" if visited.event else ""
        of = f" of {visited.of}" if visited.of else ""
        found.append(f"Web Analytics: {visited.count}{event}{of}, of everybody{_stands(visited.instead)}")
    return found


def _stands(instead: str) -> str:
    return f" (in its place: {instead})" if instead else ""


def metrics_page(catalogue: Catalogue) -> str:
    """The page for a catalogue."""
    parts = [HEAD, SCREEN.rstrip() + "\n"]
    for family, title in FAMILIES.items():
        parts.append(f"## {title}\n\n{table([m for m in catalogue if m.family == family])}")
    return "\n".join([*parts, STANDS_IN.rstrip() + "\n", OWN])
