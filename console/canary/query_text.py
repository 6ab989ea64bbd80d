"""The query of a metric, as a person would type it where the metric comes from. Pure.

Of a Prometheus the console asks for the raw samples and counts itself, so that nothing is extrapolated; the
expressions here show the same series over a minute, in a form that any dashboard takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from console.canary.catalogue import Metric, Observed, Series, Visited
from console.canary.headline import PROBED
from console.metric_sources import OBSERVABILITY, PROMETHEUS, REQUEST_LOGS, SPEED_INSIGHTS, WEB_ANALYTICS

OVER = "1m"
_RE2 = re.compile(r"([\\.+*?()|\[\]{}^$])")


def quoted(text: str) -> str:
    """``text`` as a PromQL string, quotes included."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def one_of(label: str, values: Sequence[str]) -> str:
    """A matcher for exactly these values: ``deployment=~"dpl_a|dpl_b"``."""
    pattern = "|".join(_RE2.sub(r"\\\1", value) for value in values)
    return f"{label}=~{quoted(pattern)}"


def queries(metric: Metric, source: str, label: str, deployment_ids: Sequence[str]) -> tuple[str, ...]:
    """How ``metric`` is asked of the source called ``source``, best first; empty where it cannot be.

    ``label`` is the one that holds the deployment's id. Of several the first that has data is in force.
    """
    if metric.id == PROBED or source == REQUEST_LOGS:
        return ()
    if source == WEB_ANALYTICS:
        return tuple(_visited(one) for one in metric.analytics)
    if source == SPEED_INSIGHTS:
        return tuple(
            _observed(replace(one, group_by=()), ())
            for one in metric.vercel
            if one.metrics[0].startswith("vercel.speed_insights")
        )
    if source == OBSERVABILITY:
        return tuple(_observed(one, deployment_ids) for one in metric.vercel)
    if source == PROMETHEUS:
        return tuple(_promql(metric, one, label, one_of(label, deployment_ids)) for one in metric.series)
    return ()


def _promql(metric: Metric, series: Series, label: str, matchers: str) -> str:
    own = label if metric.split else ""

    def chosen(template: str | None) -> str:
        return (template or "").replace("$D", matchers)

    def summed(template: str | None, *others: str, how: str = "increase") -> str:
        by = ", ".join(one for one in (own, *others) if one)
        return f"sum{f' by ({by}) ' if by else ''}({how}({chosen(template)}[{OVER}]))"

    if series.expression is not None:
        return chosen(" ".join(series.expression.replace("$W", OVER).replace("$BY", label).split()))
    if series.buckets is not None:
        return f"histogram_quantile({metric.quantile:g}, {summed(series.buckets, 'le', how='rate')})"
    if metric.kind in ("categorical", "set"):
        return summed(series.numerator, *series.labels)
    if series.numerator is None or series.denominator is None:
        return summed(series.denominator or series.numerator, how="rate")
    return f"{summed(series.numerator)} / {summed(series.denominator)}"


def _observed(one: Observed, deployment_ids: Sequence[str]) -> str:
    """A question to Vercel's Observability in its own terms."""
    kept = [one.filter] if one.filter else []
    if one.split != "no" and deployment_ids:
        ids = ", ".join(f"'{each}'" for each in deployment_ids)
        kept.append(f"deployment_id in ({ids})")
    parts = [f"{one.aggregation} of {one.metrics[0]}"]
    if one.numerator:
        parts.append(f"those with {one.numerator} of all")
    if one.group_by:
        parts.append(f"by {', '.join(one.group_by)}")
    if kept:
        parts.append(f"where {' and '.join(kept)}")
    return "; ".join(parts)


def _visited(one: Visited) -> str:
    """A question to Web Analytics in its own terms."""
    what = f"{one.count} of eventName eq '{one.event}'" if one.event else one.count
    by = " by eventName" if one.count == "events" and not one.event else ""
    return f"web-analytics: {what}{by}{f' of {one.of}' if one.of else ''}"
