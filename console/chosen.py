"""What the settings choose: which sources, how often, which judge and by what. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.bake import BakeTerms
from console.canary.limits import Limits, Rules
from console.judging_terms import JudgingTerms
from console.metric_sources import OBSERVABILITY, PROMETHEUS, REQUEST_LOGS, VERCEL_EVERY_MS
from console.polling import Intervals
from console.readings import Problem
from console.settings import Settings

if TYPE_CHECKING:
    from console.flags.exposure import Linked
    from console.incidents.opening import Terms


def metrics_choice(settings: Settings) -> tuple[str, ...]:
    """The sources that may measure the tracks, the one to ask first in front; the others stand in for it."""
    chosen = settings.metrics.source
    if chosen == "off":
        return (PROMETHEUS,)
    if chosen != "auto":
        return (chosen,)
    return (OBSERVABILITY, REQUEST_LOGS) if settings.prometheus.url is None else (PROMETHEUS,)


def supplemented(settings: Settings) -> bool:
    """Whether other sources stand in for what the metrics source does not have."""
    return settings.metrics.supplements and metrics_off(settings) is None


def metrics_off(settings: Settings) -> Problem | None:
    """Why nothing is measured, where the settings say so."""
    if settings.metrics.source == "off":
        following = 'Remove it, and Vercel is asked ("auto"); without a source nothing is judged.'
        return Problem("unconfigured", "Metrics are switched off (metrics.source).", following)
    if settings.metrics.source == "prometheus" and settings.prometheus.url is None:
        following = "Set COALMINE_PROMETHEUS__URL or [prometheus] url; without it nothing is judged."
        return Problem("unconfigured", "metrics.source is prometheus, but none has an address.", following)
    return None


def incident_terms(settings: Settings) -> Terms:
    """What opens incidents by itself."""
    from console.incidents.opening import Terms

    chosen = settings.incidents
    return Terms(
        chosen.open_on_alert,
        chosen.open_on_verdict,
        chosen.open_on_rollback,
        chosen.alert_severities,
        chosen.critical_journeys,
    )


def linked_flags(settings: Settings) -> tuple[Linked, ...]:
    """The flags that belong to a release."""
    if not settings.release.flags:
        return ()
    from console.flags.exposure import Linked

    return tuple(
        Linked(one.key, one.variant, plan, plan[-1][1] if one.after is None else one.after)
        for one in settings.release.flags
        for plan in [tuple(sorted(one.at.items()))]
    )


def intervals(settings: Settings) -> Intervals:
    """The polling intervals in milliseconds. Vercel is asked once a minute at most: it has nothing finer."""
    poll = settings.poll
    metrics, scrape = int(poll.metrics_s * 1000), int(settings.prometheus.scrape_s * 1000)
    if PROMETHEUS not in metrics_choice(settings):
        metrics, scrape = max(metrics, VERCEL_EVERY_MS), VERCEL_EVERY_MS
    return Intervals(int(poll.release_s * 1000), int(poll.project_s * 1000), metrics, scrape)


def rules(settings: Settings) -> Rules:
    """The judge's limits. Beside the statistical judge, which compares the tracks better, only those relative
    to the baseline count that somebody asked for: a few errors more than twice theirs are often chance."""
    judge = settings.judge
    limits = {}
    for name, one in (("error_rate", judge.error_rate), ("latency_p95", judge.latency_p95)):
        asked = judge.kind == "limits" or "max_ratio" in one.model_fields_set
        limits[name] = Limits(one.max, one.max_ratio if asked else None, one.min_difference)
    return Rules(judge.min_sample, judge.failures, judge.passes, limits, round(judge.warmup_s * 1000))


def judging_terms(settings: Settings) -> JudgingTerms:
    """Which judge speaks, and by what."""
    judge = settings.judge
    return JudgingTerms(judge.kind, rules(settings), judge.alpha, judge.alpha_promote, judge.warmup_s)


def bake_terms(settings: Settings) -> BakeTerms:
    """For how long production is watched after a change, and by what."""
    judge = settings.judge
    return BakeTerms(round(judge.bake_minutes * 60_000), judge.slo / 100, judge.alpha, rules(settings))
