"""A pinned plot as an SVG picture of its own: no script, nothing loaded, the same bytes every time. Pure."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from console.canary.measures import Point
from console.incidents import utc
from console.incidents.markdown import printable
from console.incidents.plot_numbers import Plotted, Track, holes, number
from console.incidents.plot_text import hole_words
from console.plotted import time_ticks

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, ABOVE, BELOW = 70, 20, 56, 64
LONGEST = 44
"""Characters of a line's name."""
ROWS = 11
"""As of the text: the same ticks."""
STYLES = (("#c2410c", ""), ("#1d4ed8", "6 4"), ("#4d7c0f", "2 3"), ("#7e22ce", "8 3 2 3"))
"""Colour and dashes of the lines: told apart without colour."""
INK, FAINT, HOLE = "#1f2937", "#d1d5db", "#f3f4f6"


def plot_svg(plot: Plotted) -> str:
    """The picture, a whole file."""
    top, ticks = plot.top(ROWS)
    about = f"{plot.title}, {plot.unit}"
    span = f"{utc.stamp(plot.start)} to {utc.stamp(plot.end)} UTC, from {plot.source or 'the samples'}"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>{_text(about)}</title>",
        f"<desc>{_text(span)}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _words(LEFT, 20, about, size=15),
        *_legend(plot),
        *_holes(plot),
        *_grid(plot, top, ticks),
    ]
    for (colour, dashes), track in zip(STYLES, plot.tracks, strict=False):
        body += _line(plot, track, top, colour, dashes)
    body += [_words(LEFT, HEIGHT - 12, span), "</svg>"]
    return "\n".join(body) + "\n"


def _grid(plot: Plotted, top: float, ticks: tuple[float, ...]) -> list[str]:
    out = []
    for tick in ticks:
        y = _y(tick, top)
        out.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{FAINT}" fill="none"/>')
        out.append(_words(LEFT - 8, float(y) + 4, number(tick), anchor="end"))
    for moment in time_ticks(plot.start, plot.end, 6):
        x = _x(plot, moment)
        out.append(f'<path d="M{x} {HEIGHT - BELOW}v5" stroke="{INK}" fill="none"/>')
        out.append(_words(float(x), HEIGHT - BELOW + 20, utc.clock(moment), anchor="middle"))
    frame = f"M{LEFT} {ABOVE}V{HEIGHT - BELOW}H{WIDTH - RIGHT}"
    return [*out, f'<path d="{frame}" stroke="{INK}" fill="none"/>']


def _legend(plot: Plotted) -> list[str]:
    out, x = [], float(LEFT)
    for (colour, dashes), track in zip(STYLES, plot.tracks, strict=False):
        name = f"{track.track} {track.deployment_id}".strip()[:LONGEST]
        out.append(
            f'<path d="M{x:g} 38h24" stroke="{colour}" stroke-width="2" fill="none"{_dashed(dashes)}/>'
        )
        out.append(_words(x + 30, 42, name))
        x += 50 + 7 * len(name)
    return out


def _holes(plot: Plotted) -> list[str]:
    """Where nothing was measured of the first line, grey; what was of the others is drawn over it."""
    out = []
    for since, until in holes(plot, plot.tracks[0]) if plot.tracks else ():
        x, end = float(_x(plot, since)), float(_x(plot, until))
        out.append(
            f'<rect x="{x:g}" y="{ABOVE}" width="{max(end - x, 0):.2f}" height="{HEIGHT - ABOVE - BELOW}" '
            f'fill="{HOLE}"><title>{_text(f"nothing was measured {hole_words(since, until)}")}</title></rect>'
        )
    return out


def _line(plot: Plotted, track: Track, top: float, colour: str, dashes: str) -> list[str]:
    out = []
    for part in track.parts:
        if len(part) == 1:
            out.append(
                f'<circle cx="{_x(plot, part[0].at)}" cy="{_y(part[0].value, top)}" r="2" fill="{colour}"/>'
            )
            continue
        first = f"M{_x(plot, part[0].at)} {_y(part[0].value, top)}"
        rest = "".join(_to(plot, point, top) for _, point in pairwise(part))
        out.append(
            f'<path d="{first}{rest}" stroke="{colour}" stroke-width="2" fill="none"{_dashed(dashes)}/>'
        )
    return out


def _to(plot: Plotted, point: Point, top: float) -> str:
    return f"L{_x(plot, point.at)} {_y(point.value, top)}"


def _x(plot: Plotted, at: int) -> str:
    return f"{LEFT + plot.place(at) * (WIDTH - LEFT - RIGHT):.2f}"


def _y(value: float, top: float) -> str:
    share = min(max(value / top, 0.0), 1.0)
    return f"{ABOVE + (1 - share) * (HEIGHT - ABOVE - BELOW):.2f}"


def _dashed(dashes: str) -> str:
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _words(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{INK}" text-anchor="{anchor}" font-size="{size}">'
        f"{_text(text)}</text>"
    )


def _text(text: str) -> str:
    """Text from outside as XML may hold it."""
    return escape(printable(text))
