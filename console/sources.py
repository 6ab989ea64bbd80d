"""Every source of the console and what it rests on: works or why not, what it gives, the cheapest next step.

The words are those of the check-up (:mod:`console.doctor`); here they are taken from what is known already,
so that looking costs no request. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from console import doctor
from console.alerts.port import SOURCE as ALERTMANAGER
from console.doctor import Finding
from console.host import Listed
from console.metric_sources import PROMETHEUS
from console.probing import SOURCE as PROBING
from console.readings import Millis, Problem, Reading
from console.world import SourceHealth, SourceState, World

HOST = "vercel"


@dataclass(frozen=True, slots=True)
class Wire:
    """How the connection to one host does, as far as this process has asked it."""

    host: str
    circuit: str
    """``closed``: asked as usual; ``open``: not asked for a while; ``half-open``: one try is under way."""
    last_ok_at: Millis | None = None
    last_failure_at: Millis | None = None
    last_failure: Problem | None = None
    latency_ms: float | None = None
    remaining: int | None = None
    limit: int | None = None
    resets_at: Millis | None = None
    retry_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a session is not in its picture."""

    wires: Mapping[str, Wire] = field(default_factory=dict)
    """By the source's name."""
    asked: Mapping[str, tuple[tuple[str, Millis], ...]] = field(default_factory=dict)
    """By the source's name: what is asked, and how often."""
    polling: bool = True
    """Whether this session asks; else it reads what another one asked."""
    token_origin: str = ""
    logins: tuple[str, ...] = ()
    """Tokens that other programs keep on this machine, in words."""
    policy: str | None = None
    """Why there is no policy in force; ``None``: there is."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """One row: the finding, and what is known beside it."""

    finding: Finding
    gives: str
    health: SourceHealth | None = None
    wire: Wire | None = None
    asked: tuple[tuple[str, Millis], ...] = ()
    by_another: bool = False
    """Another session asks it, and this one reads what that kept."""

    @property
    def id(self) -> str:
        return self.finding.id

    @property
    def problem(self) -> Problem | None:
        """The newest failure."""
        if self.health is not None and self.health.problem is not None:
            return self.health.problem
        return self.wire.last_failure if self.wire is not None else None


def views(world: World, facts: Facts) -> tuple[SourceView, ...]:
    """All rows: what is asked all the time first, then what it rests on."""
    by_name = {health.name: health for health in world.sources}
    metrics = world.metrics_source
    measuring = metrics.name if metrics is not None else PROMETHEUS
    found = (
        _polled(HOST, _project(world, by_name.get(HOST)), by_name, facts),
        _polled(measuring, _metrics(metrics), by_name, facts, doctor.MEASURED_BY[measuring]),
        _probes(by_name, facts),
        *(_stands_in(one, world, facts) for one in world.supplements),
        _still(_token(world, facts)),
        _still(_rolling(world)),
        _still(doctor.checks(*_checked(world.candidates))),
        _still(doctor.observability(measuring)),
        _alerts(world, by_name, facts),
        _still(doctor.git()),
        _still(doctor.logins(facts.logins)),
        _still(Finding("ledger", "ledger", "works", f"{world.ledger_size:,} events; {world.ledger_place}")),
        _still(doctor.policy(facts.policy)),
        _still(_you(world, facts)),
    )
    return tuple(one for one in found if one is not None)


def _still(finding: Finding | None) -> SourceView | None:
    return None if finding is None else SourceView(finding, doctor.GIVES.get(finding.id, finding.unlocks))


def _polled(
    name: str, finding: Finding, by_name: Mapping[str, SourceHealth], facts: Facts, gives: str = ""
) -> SourceView | None:
    return SourceView(
        finding,
        gives or doctor.GIVES[finding.id],
        by_name.get(name),
        facts.wires.get(name),
        facts.asked.get(name, ()),
        not facts.polling,
    )


def _of_health(own: Finding, health: SourceHealth | None) -> Finding:
    """``own`` unless the source's last answer was none, or there was none yet."""
    if health is None or health.state is SourceState.STARTING:
        return replace(own, state="asking", says="asked for the first time")
    if health.problem is not None:
        return doctor.of_problem(own, health.problem)
    if health.state in (SourceState.LOST, SourceState.FAILING):
        return replace(own, state="fails", says="no answer for too long", next=doctor.WAIT)
    return own


def _project(world: World, health: SourceHealth | None) -> Finding:
    unlocks = doctor.GIVES["project"]
    if world.project.value is not None:
        own = replace(doctor.project(world.project.value), unlocks=unlocks)
    else:
        own = Finding("project", "Vercel", "works", "it answers", unlocks)
        if world.project.problem is not None:
            own = doctor.of_problem(own, world.project.problem)
    return _of_health(replace(own, title="Vercel"), health)


def _metrics(health: SourceHealth | None) -> Finding:
    if health is None:
        return Finding("metrics", "metrics", "asking", "asked for the first time", doctor.GIVES["metrics"])
    if health.state is SourceState.OFF:
        return doctor.no_metrics(health.problem or Problem("unconfigured", "No source is configured.", ""))
    own = Finding("metrics", health.title, "works", health.note or "it answers", doctor.GIVES["metrics"])
    return _of_health(own, health)


def _probes(by_name: Mapping[str, SourceHealth], facts: Facts) -> SourceView | None:
    """Only where they were set up."""
    health = by_name.get(PROBING)
    if health is None:
        return None
    own = Finding("probes", health.title, "works", "both deployments are asked", doctor.GIVES["probes"])
    return _polled(PROBING, _of_health(own, health), by_name, facts)


def _alerts(world: World, by_name: Mapping[str, SourceHealth], facts: Facts) -> SourceView | None:
    health = by_name.get(ALERTMANAGER)
    if health is None:
        return _still(doctor.alertmanager(None))
    own = Finding("alertmanager", health.title, "works", "it answers", doctor.GIVES["alertmanager"])
    if world.alerts.value is not None:
        count = len(world.alerts.value.alerts)
        own = replace(own, says=f"{count} alert{'' if count == 1 else 's'}")
    return _polled(ALERTMANAGER, _of_health(own, health), by_name, facts)


def _stands_in(health: SourceHealth, world: World, facts: Facts) -> SourceView | None:
    """A source that tells no deployments apart: what it is context for, or why for nothing."""
    titles = [view.metric.title for view in world.all_metrics if view.canary.source == health.name]
    own = Finding(health.name, health.title, "works", "", doctor.GIVES[health.name])
    if titles:
        own = replace(own, says=f"stands in for {', '.join(titles)}, of both tracks together")
        if health.note:
            own = replace(own, state="warn", says=f"{own.says}; not for {health.note}")
    elif health.note:
        own = replace(own, state="off", says=health.note)
    else:
        own = replace(own, says="it answers, and has nothing yet")
    by_name = {health.name: health}
    return _polled(health.name, _of_health(own, health), by_name, facts)


def _token(world: World, facts: Facts) -> Finding:
    account = world.account
    own = Finding("token", "token", "works", "", doctor.GIVES["token"])
    if account.problem is not None:
        found = doctor.of_problem(own, account.problem)
    elif account.value is None:
        return replace(own, state="asking", says="asked whose it is")
    else:
        found = doctor.account(account.value)
    return (
        replace(found, says=f"{found.says.rstrip('.')}; {facts.token_origin}")
        if facts.token_origin
        else found
    )


def _rolling(world: World) -> Finding:
    template, slots = world.template, world.slots
    if template.value is None and template.at is None:
        own = Finding("rolling", "rolling releases", "asking", "asked for the first time", doctor.STAGES)
        return own if template.problem is None else doctor.of_problem(own, template.problem)
    if template.value is None and slots.value is None:
        problem = slots.problem or Problem("unreachable", "the host was not asked yet.", doctor.WAIT)
        return doctor.rolling(None, problem)
    return doctor.rolling(template.value, slots.value or Problem("unreachable", "", ""))


def _checked(candidates: Reading[Listed]) -> tuple[bool, int]:
    """Whether the newest deployments are known, and how many of them were checked."""
    if candidates.value is None:
        return False, 0
    told = [one for one in candidates.value.candidates if one.checks_state or one.checks_alias_state]
    return True, len(told)


def _you(world: World, facts: Facts) -> Finding | None:
    person, account = world.person.value, world.account.value
    if facts.policy is not None or person is None or account is None:
        return None
    return doctor.you(person.key if person.roles else None, person.roles, account.username)
