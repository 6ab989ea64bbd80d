"""The verification of the chain in words: under way, holds, or where it breaks."""

from __future__ import annotations

from console.envelope import VerifyReport
from screens.paint import Line, paragraph
from screens.present import count, duration

MOST = 4
"""Breaks named one by one; the others are counted."""


def under_way(events: int, elapsed_ms: int, cells: int) -> list[Line]:
    """What is being done, and for how long."""
    return paragraph(f"… verifying {count(events, 'event')}, {duration(elapsed_ms)}", cells, "caution")


def result(report: VerifyReport, cells: int) -> list[Line]:
    """The chain holds, or each place where it breaks."""
    redacted = f", {report.redacted} redacted" if report.redacted else ""
    if report.ok:
        head = f"head {report.head.seq} {report.head.hash[:8]}"
        text = f"✓ the chain holds: {count(report.checked, 'event')} verified{redacted}, {head}"
        return paragraph(text, cells, "good", bold=True)
    places = count(len(report.breaks), "place")
    lines = paragraph(
        f"! the chain is broken at {places} of {count(report.checked, 'event')}{redacted}",
        cells,
        "worse",
        bold=True,
    )
    for one in report.breaks[:MOST]:
        lines += paragraph(f"event {one.seq}: {one.what}", cells, "worse", indent=2)
    if len(report.breaks) > MOST:
        rest = f"and {len(report.breaks) - MOST} more: coalmine ledger verify lists them all"
        lines += paragraph(rest, cells, "quiet", indent=2)
    return lines


def failed(error: Exception, cells: int) -> list[Line]:
    """That it could not be verified, and why."""
    text = f"! it could not be verified: {str(error) or type(error).__name__}"
    return paragraph(text, cells, "worse", bold=True)
