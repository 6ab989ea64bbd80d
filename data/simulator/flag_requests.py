"""What the shop counts of its requests by the variant of a flag, as an application instrumented so would.

Each flag is counted by itself: a request is in the counts of every flag that its code asks for. The label
``variant`` is the id of the variant; of an archived flag it is that of the code's default.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data.simulator.layout import Labels
from data.simulator.obeying import Shares

REQUESTS = "app_flag_requests_total"
HELP = {REQUESTS: ("counter", "Requests answered, by flag, variant and whether the answer was 5xx.")}
FAILED, ANSWERED = "5xx", "other"
FEW = 40
"""Up to so many requests are dealt one by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A flag that the shop's code asks for; the first of ``variants`` is the code's default."""

    flag: str
    variants: tuple[str, ...]
    new: bool = False
    """Only the code of the canary asks for it: the feature is not in the builds before."""


ASKED = (
    Asked("new-cart", ("off", "on"), new=True),
    Asked("recommendations", ("popular", "none", "personal")),
    Asked("guest-order-tracking", ("off", "on")),
)
COLUMNS: tuple[tuple[str, Labels], ...] = tuple(
    (REQUESTS, (("flag", one.flag), ("status", status), ("variant", variant)))
    for one in ASKED
    for variant in one.variants
    for status in (ANSWERED, FAILED)
)
"""Each exists only once something was counted in it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A tick of one deployment: how many requests, and how many of them were answered 5xx."""

    requests: int
    errors: int


def count(
    rng: random.Random,
    counters: list[float],
    tick: Answered,
    new_code: bool,
    shares: Callable[[str], Shares],
    failing: Callable[[str, str], float],
) -> None:
    """Deal the tick's answers to the variants: ``counters`` grow, in the order of :data:`COLUMNS`.

    ``shares``: of visitors by variant of a flag. ``failing``: the true share answered 5xx of those with a
    variant of a flag.
    """
    place = 0
    for one in ASKED:
        width = 2 * len(one.variants)
        if tick.requests and (new_code or not one.new):
            _deal(rng, counters, place, tick, one, shares(one.flag), failing)
        place += width


def _deal(
    rng: random.Random,
    counters: list[float],
    first: int,
    tick: Answered,
    one: Asked,
    shares: Mapping[str, float],
    failing: Callable[[str, str], float],
) -> None:
    served = [shares.get(variant, 0.0) for variant in one.variants]
    served[0] += max(0.0, 1.0 - sum(served))
    fails = [failing(one.flag, variant) for variant in one.variants]
    errors = dealt(rng, tick.errors, [share * bad for share, bad in zip(served, fails, strict=True)])
    good = [share * (1 - bad) for share, bad in zip(served, fails, strict=True)]
    for at, number in enumerate(dealt(rng, tick.requests - tick.errors, good)):
        counters[first + 2 * at] += number
        counters[first + 2 * at + 1] += errors[at]


def dealt(rng: random.Random, number: int, weights: Sequence[float]) -> list[int]:
    """``number`` dealt by chance in these proportions; all to the first where there are none."""
    found, left = [0] * len(weights), sum(weights)
    if left <= 0:
        found[0] = number
        return found
    if number <= FEW:
        for place in rng.choices(range(len(weights)), weights, k=number):
            found[place] += 1
        return found
    for place, weight in enumerate(weights[:-1]):
        share = weight / left if left > 0 else 0.0
        spread = math.sqrt(max(number * share * (1 - share), 0.0))
        found[place] = min(max(round(rng.gauss(number * share, spread)), 0), number)
        number, left = number - found[place], left - weight
    found[-1] = number
    return found
