"""The two deployments side by side: canary and baseline, and how many visitors each serves."""

from __future__ import annotations

from dataclasses import replace

from console.canary.stages import Deployment, Release
from console.ending import ending
from console.readings import Freshness, Millis, Reading
from console.world import World
from screens import clean, paint
from screens.freshness import mark
from screens.paint import Line, Span, Tone, span
from screens.present import NOTHING, ago, clock, duration, percent

WIDE, LONGEST = 108, 60
"""Cells from which the lines say everything in words; and cells that a commit message may take."""


def known(world: World, deployment: Deployment | None) -> Deployment | None:
    """The deployment with what has been read of its commit since, if anything."""
    if deployment is None:
        return None
    more = world.deployments.get(deployment.id)
    if more is None:
        return deployment
    return replace(
        deployment,
        url=deployment.url or more.url,
        created_at=more.created_at if deployment.created_at is None else deployment.created_at,
        commit_sha=deployment.commit_sha or more.commit_sha,
        commit_message=deployment.commit_message or more.commit_message,
        author=deployment.author or more.author,
    )


def shares(world: World, release: Release) -> tuple[float | None, float | None]:
    """Percent of visitors that canary and baseline serve; ``None`` where the host did not say.

    Of a release that is over, what has happened to production since counts.
    """
    end = ending(world)
    if end is not None and end.since == "replaced":
        return 0.0, 0.0
    if end is not None:
        canary = end.since == "promoted" or (end.how == "completed" and end.since != "rolled back")
        return (100.0, 0.0) if canary else (0.0, 100.0)
    share = release.percentage
    return share, None if share is None else 100 - share


def tracks(world: World, now: Millis, cells: int) -> list[Line]:
    """The line of the canary and the line of the baseline; nothing when no release is known."""
    release = world.release.value
    if release is None:
        return []
    freshness = world.release.freshness(now, world.rhythm(world.release.source))
    canary, baseline = shares(world, release)
    lines = [
        _track(world, release.canary, "canary", canary, freshness, now, cells),
        _track(world, release.baseline, "baseline", baseline, freshness, now, cells),
    ]
    if freshness in (Freshness.FRESH, Freshness.MISSING):
        return lines
    return [*lines, paint.cut((Span(" "), _not_fresh(world.release, freshness, now)), cells)]


def _not_fresh(reading: Reading[Release], freshness: Freshness, now: Millis) -> Span:
    if freshness is Freshness.LOST:
        return span(
            f"{NOTHING} the host has not been heard since {clock(reading.at, now)} ({ago(reading.at, now)}):"
            " above is how it stood then",
            "worse",
            bold=True,
        )
    if freshness is Freshness.PARTIAL:
        return span("◐ partial: the host left out part of its answer", "caution")
    return span(
        f"{mark(freshness, reading.age_ms(now))}: how the host described it last", "caution", bold=True
    )


def _share(share: float | None, freshness: Freshness, track: str, wide: bool) -> str:
    if freshness is Freshness.LOST:
        return f"{NOTHING} (was {percent(share)})" if wide else NOTHING
    if not wide:
        return percent(share)
    visitors = " of visitors" if track == "canary" else ""
    return f"serves {percent(share)}{visitors}" if share is not None else "serves ? of visitors"


def _track(
    world: World,
    deployment: Deployment | None,
    track: str,
    share: float | None,
    freshness: Freshness,
    now: Millis,
    cells: int,
) -> Line:
    wide = cells >= WIDE
    tone: Tone = "canary" if track == "canary" else "baseline"
    glyph = "●" if track == "canary" else "○"
    head = Span(f" {glyph} {track}" if wide else f" {glyph}", tone, bold=True)
    details = known(world, deployment)
    if details is None:
        return (head, span("  the host did not say which deployment this is", "quiet"))
    sha = (details.commit_sha or "")[:7] or clean.cut(clean.clean(details.id), 12)
    message = clean.first_line(details.commit_message or details.name or details.id)
    age = NOTHING if details.created_at is None else duration(now - details.created_at)
    said = _share(share, freshness, track, wide)
    weight = freshness is Freshness.FRESH
    share_span = span(said, "strong" if weight else "quiet", bold=weight)
    if wide:
        url = min(30, max(18, cells // 5))
        fixed = 11 + 8 + 14 + 6 + url + 24 + 6 * 2
        parts = [
            (head, 11),
            (span(sha), 8),
            (span(message, "strong" if weight else "quiet"), min(max(cells - fixed, 8), LONGEST)),
            (span(details.author or NOTHING), 14),
            (span(age, "quiet"), 6),
            (span(details.url, "quiet"), url),
            (share_span, 24),
        ]
    else:
        fixed = 2 + 7 + 10 + 6 + 7 + 5
        parts = [
            (head, 2),
            (span(sha), 7),
            (span(message, "strong" if weight else "quiet"), max(cells - fixed - 1, 8)),
            (span(details.author or NOTHING), 10),
            (span(age, "quiet"), 6),
            (share_span, 7),
        ]
    return paint.cut(paint.columns(parts, gap=2 if wide else 1), cells)
