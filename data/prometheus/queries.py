"""PromQL text: matchers with foreign values escaped, and the expressions Coalmine asks. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from console.canary.query_text import one_of as one_of
from console.canary.query_text import quoted as quoted


def selector(template: str, matchers: str) -> str:
    """The template of the catalogue with ``$D`` filled in."""
    return template.replace("$D", matchers)


def expression(template: str, label: str, matchers: str, seconds: float) -> str:
    """An expression of the catalogue with the window, the label and the deployments filled in.

    The deployments come last, so that nothing in their names is taken for a place to fill.
    """
    text = template.replace("$W", f"{math.ceil(seconds)}s").replace("$BY", label)
    return text.replace("$D", matchers)


def named(names: Iterable[str], matchers: str) -> str:
    """All series of these names with these matchers, in one selector."""
    return f"{{{one_of('__name__', sorted(names))},{matchers}}}"


def samples_over(chosen: str, seconds: float) -> str:
    """Raw samples: an instant query of this gives each series with the times it was really sampled at."""
    return f"{chosen}[{math.ceil(seconds)}s]"


def by(*labels: str) -> str:
    """``by (a, b)`` for an aggregation; nothing to group by is no label at all."""
    kept = [label for label in labels if label]
    return f" by ({', '.join(kept)}) " if kept else ""


def rate_by(label: str, chosen: str, seconds: float, *others: str) -> str:
    return f"sum{by(label, *others)}(rate({chosen}[{math.ceil(seconds)}s]))"


def quantile_by(q: float, label: str, buckets: str, seconds: float) -> str:
    return f"histogram_quantile({q:g}, {rate_by(label, buckets, seconds, 'le')})"


def native_quantile_by(q: float, label: str, chosen: str, seconds: float) -> str:
    return f"histogram_quantile({q:g}, {rate_by(label, chosen, seconds)})"


def known_by(label: str, member: str, chosen: str, seconds: float) -> str:
    """One row for each member that had a sample within the time."""
    return f"count{by(label, member)}(last_over_time({chosen}[{math.ceil(seconds)}s]))"


def newest_by(label: str, chosen: str) -> str:
    return f"max by ({label}) (timestamp({chosen}))"
