"""How far a reading may be trusted, as glyph and words: no two states look alike, even without colour."""

from __future__ import annotations

from dataclasses import dataclass

from console.readings import Freshness, Millis, Reading, Rhythm
from console.world import SourceHealth, SourceState
from screens import clean
from screens.paint import Line, Span, Tone, span
from screens.present import NOTHING, SECOND, ago, clock, countdown, duration


@dataclass(frozen=True, slots=True)
class Shown:
    """A reading's value as it may be shown: ``text`` in ``tone``, and what must stand beside it."""

    text: str
    tone: Tone
    beside: str
    freshness: Freshness

    def line(self) -> Line:
        """Value and remark together."""
        return (
            (span(self.text, self.tone), span(f"  {self.beside}", "quiet"))
            if self.beside
            else (span(self.text, self.tone),)
        )


def mark(freshness: Freshness, age: Millis | None) -> str:
    """The glyph and word of a freshness; empty for fresh."""
    if freshness is Freshness.STALE:
        return (
            f"⧗ stale {duration(age or 0)}" if (age or 0) >= 0 else f"⧗ dated {duration(-(age or 0))} ahead"
        )
    return {
        Freshness.FRESH: "",
        Freshness.PARTIAL: "◐ partial",
        Freshness.LOST: NOTHING,
        Freshness.MISSING: "? no data",
    }[freshness]


def shown(reading: Reading[str], now: Millis, rhythm: Rhythm) -> Shown:
    """A reading of text as it may be shown now.

    Fresh: the value. Partial: the value, ``◐ partial``. Stale: dimmed, ``⧗ stale 43 s``. Lost: ``–``,
    with the last value and when beside it. Missing: ``? no data``, with the reason if there is one.
    """
    freshness = reading.freshness(now, rhythm)
    value, word = reading.value or "", mark(freshness, reading.age_ms(now))
    if freshness is Freshness.MISSING:
        return Shown(word, "quiet", reading.problem.what if reading.problem else "", freshness)
    if freshness is Freshness.LOST:
        return Shown(
            NOTHING, "quiet", f"was {value} at {clock(reading.at, now)} ({ago(reading.at, now)})", freshness
        )
    if freshness is Freshness.STALE:
        return Shown(value, "quiet", word, freshness)
    return Shown(value, "normal", word, freshness)


def source_state(health: SourceHealth, now: Millis) -> SourceState:
    """The state as it must be read now: a source last heard long ago is lost, whatever was said then."""
    if health.state in (SourceState.OFF, SourceState.STARTING) or health.fresh_at is None:
        return health.state
    age = now - health.fresh_at
    if age > health.rhythm.lost_after_ms:
        return SourceState.LOST
    if age > health.rhythm.stale_after_ms and health.state in (SourceState.OK, SourceState.SLOW):
        return SourceState.FAILING
    return health.state


GLYPHS: dict[SourceState, tuple[str, Tone]] = {
    SourceState.OK: ("✓", "good"),
    SourceState.SLOW: ("◐", "caution"),
    SourceState.STARTING: ("…", "quiet"),
    SourceState.FAILING: ("!", "worse"),
    SourceState.LOST: (NOTHING, "worse"),
    SourceState.OFF: ("·", "quiet"),
}


def source(health: SourceHealth, now: Millis) -> Line:
    """One source in a few words: ``✓ vercel 2 s``, ``! prometheus no answer for 43 s, again in 8 s: …``."""
    state = source_state(health, now)
    glyph, tone = GLYPHS[state]
    age = None if health.fresh_at is None else now - health.fresh_at
    name = (span(f"{glyph} ", tone), span(clean.cut(clean.clean(health.title), 24)))
    if state is SourceState.OFF:
        return (*name, span(" not configured", "quiet"))
    if state is SourceState.STARTING:
        return (*name, span(" asking", "quiet"))
    if state is SourceState.OK:
        return (*name, span(f" {well(age or 0)}", "quiet"))
    if state is SourceState.SLOW:
        took = "" if health.latency_ms is None else f", answers in {health.latency_ms} ms"
        return (*name, span(f" {duration(age or 0)}, slow{took}", "quiet"))
    silence = " has not answered yet" if age is None else f" no answer for {duration(age)}"
    if state is SourceState.LOST and age is not None:
        silence = f" lost: no answer for {duration(age)}, since {clock(health.fresh_at, now)}"
    return (*name, span(silence, tone), *_why(health, now))


def well(age: Millis) -> str:
    """The age of what is as fresh as it should be, in steps of five seconds: ``<5 s``, ``5 s``, ``10 s``.

    The status line has the oldest to the second; here a figure that changes means something.
    """
    step = 5 * SECOND
    return f"<{duration(step)}" if age < step else duration(age // step * step)


def _why(health: SourceHealth, now: Millis) -> tuple[Span, ...]:
    again = ""
    if health.retry_at is not None:
        left = health.retry_at - now
        again = f", again in {duration(left)}" if left > 0 else ", asking again"
    why = f": {health.problem.what}" if health.problem else ""
    return (span(f"{again}{why}", "normal"),) if again or why else ()


def left(until: Millis, now: Millis) -> str:
    """What is left until a moment, counted down."""
    return countdown(until - now)
