"""Production against its own past, where no second track runs beside it: the weaker kind of evidence.

The past is one or more *spans* (the hour before, the same hour yesterday, the same hour last week), each in
pieces of some minutes. Events are compared: failures of requests, or answers slower than an edge that one
in twenty (say) exceeded then. With ``x0`` events in ``n0`` chances of the past and ``x`` in ``n`` since, a
Poisson rate with Jeffreys' prior, and a ratio of the rates of ``theta`` against the tolerated ``rho``,

    log e = x log(theta / rho) + (x0 + x + 1/2) [log(n0 + rho n) - log(n0 + theta n)],

which is the ratio of the two predictions of what was seen since, given the past (conjugate gamma law; the
same form as the conditional binomial with the past as one look). It is a martingale under those predictions,
so it may be looked at whenever one likes. It is tempered by the past's own long-run dispersion, and mixed
over ``theta`` and over the moment from which on harm may have been there. Of several spans the *smallest*
counts: an e-value of "worse than each of them" (the union of the nulls), since production has to be worse
than all of its pasts before anybody is woken. What swings from hour to hour without being in any of the
spans is not seen, hence the tolerance, which is wider where there is only one span. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.canary.catalogue import Metric
from console.canary.measures import Count, Histogram, Measure, Ratio
from console.canary.values import combine
from console.readings import Millis

TOLERANCE, LONELY_TOLERANCE = 1.25, 1.5
"""Up to how many times its past's rate production counts as before: with several spans, and with one."""
DISASTER = 5.0
"""The same while not all of the past has been read: it might be no news."""
THETAS = (1.2, 1.5, 2.0, 3.0, 6.0)
"""Alternatives, as multiples of what is tolerated, equally likely."""
MOST_STARTS = 48
"""From how many moments since the change harm may have begun."""
AT_ONCE = 0.5
"""The weight of "from the change on" among them."""
LAGS = 4
LEAST_PIECES = 4
"""Pieces of a span from which on its dispersion is known; with fewer it says nothing."""
LEAST_EVENTS = 3
"""Events since the change below which nothing is ever called worse."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Production over some time ``(start, end]``: each metric's measure over all deployments together."""

    start: Millis
    end: Millis
    measures: Mapping[str, Measure | None]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the past, called ``name``, in the pieces that the source had."""

    name: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric against one span."""

    span: str
    usual: Measure
    evidence: float
    """log10 of the e-value that it is worse than then."""


@dataclass(frozen=True, slots=True)
class Against:
    """One metric against every span that has it."""

    metric: Metric
    seen: Measure | None
    """Since the change, everything together."""
    spans: tuple[Compared, ...]
    evidence: float | None
    """log10 of the e-value that it is worse than each of its pasts; ``None`` where there is none."""


Events = list[tuple[float, float]]
"""(events, chances) of each piece."""


def against(
    metric: Metric, since: Sequence[Piece], past: Iterable[Span], planned: int, *, complete: bool = True
) -> Against:
    """``metric`` since the change, piece by piece, against each of the spans.

    ``planned``: how many pieces there will be when the time is over. ``complete``: whether these are all the
    spans that there are.
    """
    ours = [piece.measures.get(metric.id) for piece in since]
    seen = combine(ours)
    known = []
    for span in past:
        theirs = [one for piece in span.pieces if (one := piece.measures.get(metric.id)) is not None]
        usual = combine(theirs)
        if usual is not None and len(theirs) >= LEAST_PIECES:
            known.append((span.name, usual, theirs))
    rho = DISASTER if not complete else TOLERANCE if len(known) > 1 else LONELY_TOLERANCE
    compared = []
    for name, usual, theirs in known:
        found = _evidence(metric, [one for one in ours if one is not None], usual, theirs, rho, planned)
        if found is not None:
            compared.append(Compared(name, usual, found / math.log(10)))
    evidence = min((one.evidence for one in compared), default=None)
    return Against(metric, seen, tuple(compared), evidence)


def _evidence(
    metric: Metric,
    ours: Sequence[Measure],
    usual: Measure,
    theirs: Sequence[Measure],
    rho: float,
    planned: int,
) -> float | None:
    """log e-value; ``None`` where the two cannot be compared."""
    edge = _edge(metric, usual)
    then = [_events(one, edge) for one in theirs]
    now = [_events(one, edge) for one in ours]
    before = [one for one in then if one is not None]
    after = [one for one in now if one is not None]
    if len(before) < LEAST_PIECES or not after:
        return None
    if metric.worse == "lower":
        if any(events > chances for events, chances in (*before, *after)):
            return None
        before, after = ([(of - bad, of) for bad, of in pieces] for pieces in (before, after))
    if sum(bad for bad, _ in after) < LEAST_EVENTS:
        return 0.0
    return e_value(before, after, rho, planned)


def _edge(metric: Metric, usual: Measure) -> float | None:
    """The bucket edge beside the past's own quantile, beyond which an answer counts as slow."""
    if not isinstance(usual, Histogram):
        return None
    level, edges = usual.quantile(metric.quantile), usual.bounds[:-1]
    return min(edges, key=lambda one: abs(one - level)) if level is not None and edges else None


def _events(one: Measure, edge: float | None) -> tuple[float, float] | None:
    match one:
        case Ratio():
            return (one.bad, one.total)
        case Count() if one.of is not None:
            return (one.events, one.of)
        case Histogram() if edge is not None and edge in one.bounds:
            slow = sum(n for bound, n in zip(one.bounds, one.counts, strict=True) if bound > edge)
            return (slow, one.total)
        case _:
            return None


def e_value(before: Events, after: Events, rho: float, planned: int) -> float:
    """log e-value of the rate after being more than ``rho`` times the one before, mixed as said above.

    ``planned``: how many pieces there will be at the end. What may begin later is bet on from the start, with
    money that lies idle until then: that is why one may look as often as one likes.
    """
    x0, n0 = (sum(column) for column in zip(*before, strict=True))
    if n0 <= 0:
        return 0.0
    phi, starts = dispersion(before), _starts(max(planned, len(after)))
    weights = (
        [AT_ONCE, *[(1 - AT_ONCE) / (len(starts) - 1)] * (len(starts) - 1)] if len(starts) > 1 else [1.0]
    )
    logs: list[float] = []
    for weight, first in zip(weights, starts, strict=True):
        x, n = (sum(column) for column in zip(*after[first:], strict=True)) if first < len(after) else (0, 0)
        for theta in THETAS:
            gain = x * math.log(theta)
            gain += (x0 + x + 0.5) * (math.log(n0 + rho * n) - math.log(n0 + rho * theta * n))
            logs.append(math.log(weight / len(THETAS)) + gain / phi)
    top = max(logs)
    return top + math.log(sum(math.exp(one - top) for one in logs))


def _starts(pieces: int) -> list[int]:
    """Places from which on harm may have begun, evenly among all of the pieces."""
    if pieces <= MOST_STARTS:
        return list(range(pieces))
    return sorted({round(one * (pieces - 1) / (MOST_STARTS - 1)) for one in range(MOST_STARTS)})


def dispersion(pieces: Events) -> float:
    """Long-run variance of the counts over what chance alone gives them (Bartlett, 4 lags), and a standard
    error on top (a variance of so few pieces is as often too small); 1 at least."""
    x, n = (sum(column) for column in zip(*pieces, strict=True))
    if x <= 0 or n <= 0:
        return 1.0
    rate = x / n
    residuals = [bad - rate * of for bad, of in pieces]
    total: float = sum(one * one for one in residuals)
    for lag in range(1, LAGS):
        product = sum(a * b for a, b in zip(residuals[lag:], residuals, strict=False))
        total += 2 * (1 - lag / LAGS) * product
    return float(max(1.0, total / x * (1 + math.sqrt(2 / len(pieces)))))


def joined(pieces: Sequence[Piece], least_ms: Millis) -> list[Piece]:
    """Neighbouring pieces together, each at least so long; the last may be shorter."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if found and found[-1][-1].end - found[-1][0].start < least_ms:
            found[-1].append(piece)
        else:
            found.append([piece])
    return [
        Piece(
            some[0].start,
            some[-1].end,
            {name: combine([one.measures.get(name) for one in some]) for name in some[0].measures},
        )
        for some in found
    ]
