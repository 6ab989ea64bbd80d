"""The raw samples of many metrics with few questions: one for everything that a label splits by track."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.canary.measures import Window
from console.canary.selectors import Selector, selector
from data.prometheus import queries
from data.prometheus.client import Line, PrometheusClient
from data.prometheus.counting import Counter, Grown, grown
from data.prometheus.native import Native, on_grid

BUCKET = "_bucket"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the samples of a window amount to, by the name of the series."""

    window: Window
    grown: Mapping[str, Sequence[Grown]]
    natives: Mapping[str, Sequence[Line]]
    warnings: tuple[str, ...]

    def of(self, text: str) -> list[Grown]:
        """The growth of the series that a selector chooses."""
        chosen = selector(text)
        return [one for one in self.grown.get(chosen.name, ()) if chosen.fits(one.labels)]

    def native(self, text: str, scale: float) -> list[Native]:
        """The native histograms where ``text`` selects classic buckets."""
        chosen = selector(text)
        return [
            Native(
                line.labels,
                [(round(at * 1000), on_grid(one.buckets, scale)) for at, one in line.natives],
            )
            for line in self.natives.get(chosen.name.removesuffix(BUCKET), ())
            if chosen.fits(line.labels)
        ]


async def fetch(
    client: PrometheusClient, texts: Iterable[str], matchers: str, window: Window, look_back_s: float
) -> Fetched:
    """The samples of all selectors ``texts`` from ``look_back_s`` before the window to its end.

    Selectors of the same series differ by their matchers only, so each series is asked for once, and
    with it all others that ``matchers`` (the deployments') narrow down. What is not split by track is
    asked for by itself, with all matchers it has. Raises :class:`console.ports.SourceError`.
    """
    over = window.seconds + look_back_s
    asked = [queries.samples_over(one, over) for one in _questions({selector(t) for t in texts}, matchers)]
    results = await asyncio.gather(*(client.instant(query, window.end) for query in asked))
    counters: list[tuple[str, Counter]] = []
    natives: dict[str, list[Line]] = {}
    for result in results:
        for line in result.lines:
            name = line.labels.get("__name__", "")
            if line.natives:
                natives.setdefault(name, []).append(line)
            if line.pairs:
                counters.append((name, Counter.of(line.labels, line.pairs)))
    by_name: dict[str, list[Grown]] = {}
    for one in grown((counter for _, counter in counters), window):
        by_name.setdefault(one.labels.get("__name__", ""), []).append(one)
    return Fetched(window, by_name, natives, tuple(w for result in results for w in result.warnings))


def _questions(wanted: set[Selector], matchers: str) -> list[str]:
    split = {one for one in wanted if one.split}
    names = {one.name for one in split}
    names |= {name.removesuffix(BUCKET) for name in names}  # a native histogram has no buckets of its own
    asked = {one.text for one in wanted - split}
    if len(split) == 1 and len(names) == 1:
        asked |= {queries.selector(one.text, matchers) for one in split}
    elif len(names) == 1:
        asked |= {f"{name}{{{matchers}}}" for name in names}
    elif names:
        asked.add(queries.named(names, matchers))
    return sorted(asked)
