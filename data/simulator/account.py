"""What kind of account the simulated project lives in: its plan, and what it has to do without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Plan = Literal["hobby", "pro", "enterprise"]
Without = Literal[
    "observability",
    "speed-insights",
    "web-analytics",
    "prometheus",
    "rolling-releases",
    "slots",
    "checks",
    "skew-protection",
]
Advancement = Literal["manual", "automatic"]
GateMode = Literal["off", "pause", "rollback", "dry-run"]

PLANS: tuple[str, ...] = get_args(Plan)
WITHOUT: tuple[str, ...] = get_args(Without)


@dataclass(frozen=True, slots=True)
class Account:
    """The account the world is made for.

    ``rolling-releases``: the project has none at the beginning, though the plan may allow them; ``slots``:
    another project uses the only one of the plan; ``observability``: the paid product is not there, its
    queries answer 402; ``speed-insights`` and ``web-analytics``, which every plan has: not switched on for
    the project; ``prometheus``: nobody answers where the application's metrics should be.
    """

    plan: Plan = "enterprise"
    without: frozenset[str] = frozenset()
    advancement: Advancement = "manual"
    gate: GateMode = "off"

    def has(self, what: Without) -> bool:
        """Whether the account can use ``what``."""
        if what in ("observability", "rolling-releases", "skew-protection") and self.plan == "hobby":
            return False
        if what == "slots":
            return self.plan == "enterprise" or (self.plan == "pro" and what not in self.without)
        if what == "rolling-releases" and not self.has("slots"):
            return False
        return what not in self.without

    @property
    def any_earlier(self) -> bool:
        """Whether a rollback may go to any earlier production deployment, not just the previous one."""
        return self.plan != "hobby"


def missing(words: Iterable[str]) -> frozenset[str]:
    """The parts named in ``words``, each a list separated by commas. Raises ``ValueError`` for others."""
    named = frozenset(part.strip() for word in words for part in word.split(",") if part.strip())
    unknown = sorted(named - set(WITHOUT))
    if unknown:
        raise ValueError(f"There is no {unknown[0]!r} to do without; there are {', '.join(WITHOUT)}.")
    return named
