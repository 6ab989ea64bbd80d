"""How bad an incident seems by what is known: a suggestion with its reasons, which only ever goes up. Pure.

The rules are those of the shipped practice (guide, *Incidents*): looked at from the worst down, the first
that fits is the suggestion. A person sets the severity; this never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.incidents.terms import SEVERITY_WORDS, Severity, rank
from console.readings import Millis

Known = Literal["yes", "no", "unknown"]

MIN_REQUESTS = 100
"""Fewer say nothing about a share."""
MOST, MANY, SOME = 0.5, 0.05, 0.005
"""Shares of users hurt from which on it is SEV1 (of a critical journey), SEV2, SEV3."""
SMALL_CANARY = 0.1
ESCALATE_MS: Millis = 60 * 60_000
"""Unmitigated for so long, SEV3 (and what is not determined) suggests SEV2, and SEV2 suggests SEV1."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of the harm. Shares are from 0 to 1; ``None`` is not known."""

    errors: float | None = None
    """Of the requests of the canary, or of production where none is exposed alone."""
    baseline_errors: float = 0.0
    exposed: float | None = None
    """The canary's share of visitors; not known counts as everybody."""
    requests: int | None = None
    journey: str = ""
    """The critical journey that fails, if one does."""
    data: Known = "unknown"
    """Whether customers' data was lost or exposed; only a person knows."""
    worse: bool = False
    """Whether a judge finds the canary worse than its baseline."""

    @property
    def affected(self) -> float | None:
        """The share of all users that is hurt."""
        if self.errors is None:
            return None
        share = 1.0 if self.exposed is None else self.exposed
        return self.errors * share + self.baseline_errors * (1 - share)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A severity, the rule that says so, and what it decided by."""

    severity: Severity
    rule: str
    reasons: tuple[str, ...]


def suggested(signals: Signals) -> Suggestion:
    """The first rule, from the worst down, that fits."""
    few = signals.requests is not None and signals.requests < MIN_REQUESTS
    affected = None if few else signals.affected
    reasons = _reasons(signals, few=few)

    def of(severity: Severity, rule: str) -> Suggestion:
        return Suggestion(severity, rule, reasons)

    if signals.data == "yes":
        return of("SEV1", "customer data lost or exposed")
    if signals.journey and affected is not None and affected >= MOST:
        return of("SEV1", "a critical journey fails for most users")
    if affected is not None and affected >= MANY:
        return of("SEV2", f"{percent(MANY)} of users or more")
    if signals.journey:
        return of("SEV2", "a critical journey fails")
    if affected is not None and affected >= SOME:
        return of("SEV3", f"{percent(SOME)} of users or more")
    if signals.worse and signals.exposed is not None and signals.exposed <= SMALL_CANARY:
        return of("SEV3", "worse than the baseline on a small canary")
    if affected is None:
        missing = "too few requests" if few else "the share of errors is not known"
        return of("undetermined", missing)
    return of("SEV4", "hardly any user is hurt")


def _reasons(signals: Signals, *, few: bool) -> tuple[str, ...]:
    found = []
    if signals.data == "yes":
        found.append("customer data was lost or exposed")
    if signals.journey:
        found.append(f"{signals.journey} is a critical journey and fails")
    if signals.errors is not None:
        found.append(f"{percent(signals.errors)} of the exposed requests fail")
        share = "not known: taken as everybody" if signals.exposed is None else percent(signals.exposed)
        found.append(f"exposed: {share}")
    if signals.baseline_errors:
        found.append(f"{percent(signals.baseline_errors)} of the baseline's requests fail")
    if signals.affected is not None and not few:
        found.append(f"about {percent(signals.affected)} of users")
    if few:
        found.append(f"only {signals.requests} requests: at least {MIN_REQUESTS} say something")
    if signals.worse:
        found.append("the judge finds the canary worse")
    return tuple(found) or ("nothing was measured",)


def upward(now: Severity, found: Suggestion) -> Suggestion | None:
    """``found`` if it is worse than what is set, or the first that determines it; else ``None``."""
    if found.severity == "undetermined":
        return None
    if now == "undetermined" or rank(found.severity) < rank(now):
        return found
    return None


def escalated(severity: Severity, since: Millis, now: Millis) -> Suggestion | None:
    """What an incident that nobody has mitigated since ``since``, when its severity was set, suggests."""
    worse: dict[Severity, Severity] = {"SEV3": "SEV2", "SEV2": "SEV1", "undetermined": "SEV2"}
    if severity not in worse or now - since < ESCALATE_MS:
        return None
    minutes = (now - since) // 60_000
    return Suggestion(
        worse[severity], "not mitigated for an hour", (f"{SEVERITY_WORDS[severity]} for {minutes} min",)
    )


def percent(share: float) -> str:
    """``2 %``, ``0.5 %``."""
    return f"{share * 100:.3g} %"


def ppm(share: float | None) -> int | None:
    """A share as the ledger keeps it."""
    return None if share is None else round(share * 1_000_000)
