"""The hand of ``metric``: counts of one or two deployments over a window, from the metrics source in use.

In expressions a metric is in its natural unit: a share of 1 (not per cent), seconds, bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.canary.catalogue import Catalogue, Metric
from console.canary.measures import Measure, Window
from console.canary.values import natural_of, sample_of, text_of, value_of
from console.playbooks.evaluate import NO_DATA, Value
from console.playbooks.shapes import milliseconds
from console.playbooks.telling import says as words
from console.ports import Clock, MetricsSource, SourceError
from console.readings import Millis
from console.runs.doing import Done, Say, Task
from console.runs.holding import conditions, judged

OLD_SCRAPES = 4
"""A deployment whose newest sample is so many scrapes older than the window's end has gone silent."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """Looks at a metric; changes nothing, so after a crash it just looks again."""

    source: Callable[[], MetricsSource | None]
    catalogue: Catalogue
    clock: Clock
    scrape_ms: Millis

    async def would(self, task: Task) -> tuple[str, ...]:
        return (f"would {words(task.step)}: {' and '.join(conditions(task.fields))}",)

    async def do(self, task: Task, say: Say) -> Done:
        metric = self.catalogue.get(str(task.fields.get("query")))
        source = self.source()
        if metric is None:
            return Done("no_data", f"The catalogue has no metric {task.fields.get('query')}.")
        if source is None:
            return Done("no_data", "No metrics source is set up: see [prometheus] in coalmine.toml.")
        lacks = source.lacks(metric)
        if lacks is not None:
            return Done("no_data", f"{metric.title} cannot be measured here: {lacks}")
        return await self._held(task, metric, source, say)

    resume = do

    async def _held(self, task: Task, metric: Metric, source: MetricsSource, say: Say) -> Done:
        """Look until it has held for as long as is wanted; at once where no time is."""
        wanted = task.fields.get("hold_for")
        held_ms = milliseconds(wanted) if isinstance(wanted, str) else 0
        began = self.clock.now()
        while True:
            done = await self._once(task, metric, source)
            held = self.clock.now() - began
            if done.ended != "succeeded" or held >= held_ms:
                return done
            if task.deadline is not None and self.clock.now() >= task.deadline:
                return Done(
                    "timed_out", f"It held for {held // 1000} s, and {wanted} are wanted.", done.evidence
                )
            say(f"holds since {held // 1000} s of {wanted}")
            await self.clock.sleep(min(self.scrape_ms, held_ms - held) / 1000)

    async def _once(self, task: Task, metric: Metric, source: MetricsSource) -> Done:
        ids = _ids(task)
        now = self.clock.now()
        try:
            settled = await source.settled(list(ids.values()), now)
            end = min(now, settled)
            window = Window(end - milliseconds(str(task.fields.get("window"))), end)
            found = await source.measure(metric, list(ids.values()), window)
            newest = await source.newest(list(ids.values()))
        except SourceError as error:
            return Done("no_data", f"{error.problem.what} {error.problem.next}")
        values: dict[str, Value] = {}
        lines = []
        for name, deployment in ids.items():
            measure = found.get(deployment) if metric.split else next(iter(found.values()), None)
            least = task.fields.get("min_requests")
            why = _silent(newest, deployment, end - OLD_SCRAPES * self.scrape_ms) or _few(measure, least)
            values[name] = NO_DATA if why else _natural(metric, measure)
            lines.append(_line(metric, name, deployment, measure, why))
        return judged(task, values, tuple(lines))


def _ids(task: Task) -> Mapping[str, str]:
    compare = task.fields.get("compare")
    if isinstance(compare, dict):
        return {"subject": str(compare.get("subject")), "control": str(compare.get("control"))}
    return {"subject": str(task.fields.get("subject"))}


def _natural(metric: Metric, measure: Measure | None) -> Value:
    value = natural_of(metric, measure)
    return NO_DATA if value is None else value


def _silent(newest: Mapping[str, Millis | None], deployment: str, since: Millis) -> str:
    """Why its numbers are old ones, if so. A source that does not know when its samples were taken is
    believed."""
    at = newest.get(deployment)
    return "nothing new has come in since" if at is not None and at < since else ""


def _few(measure: Measure | None, least: object) -> str:
    if measure is None:
        return "the source has nothing of it"
    if isinstance(least, int) and sample_of(measure) < least:
        return f"{sample_of(measure):,.0f} requests, and {least:,} are wanted"
    return ""


def _line(metric: Metric, name: str, deployment: str, measure: Measure | None, why: str) -> str:
    of = f"{name} {deployment}: {metric.title} {text_of(metric, value_of(metric, measure))}"
    count = f" of {sample_of(measure):,.0f}" if measure is not None and sample_of(measure) else ""
    return f"{of}{count}{f' (no data: {why})' if why else ''}"
