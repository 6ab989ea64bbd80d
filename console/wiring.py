"""Stores, the first picture and sessions, put together. Heavy imports happen inside the functions: what the
first paint does not need is not loaded before it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from console.alerts.polling import ALERTS
from console.alerts.port import SOURCE as ALERTMANAGER
from console.chosen import (
    bake_terms,
    incident_terms,
    intervals,
    judging_terms,
    linked_flags,
    metrics_choice,
    metrics_off,
    supplemented,
)
from console.health import Source
from console.keeping import METRICS, RELEASE, scope_of
from console.metric_sources import (
    SUPPLEMENTS,
    SUPPLEMENTS_EVERY_MS,
    TITLES,
)
from console.picture import Picture, Self, Where
from console.ports import Clock
from console.probing import SOURCE as PROBING
from console.readings import Reading, Rhythm
from console.settings import Settings
from console.target import Target
from data.sqlite.ledger import SqliteLedger
from data.sqlite.samples import SqliteSamples

if TYPE_CHECKING:
    from console.envelope import Actor
    from console.runs.agreeing import Board
    from console.runs.desk import Runs
    from console.runs.driver import Driver, Told
    from console.session import Session
    from console.world import World


@dataclass(frozen=True, slots=True)
class Stores:
    """The two files of one ledger's folder, open."""

    ledger: SqliteLedger
    samples: SqliteSamples
    folder: Path


def open_stores(path: Path, clock: Clock) -> Stores:
    """Open (or create) the ledger and the samples beside it. Raises ``StoreUnusable``."""
    return Stores(SqliteLedger(path, clock), open_samples(path, clock), path.parent)


def open_samples(ledger: Path, clock: Clock) -> SqliteSamples:
    """Open (or create) the samples beside a ledger. Raises ``StoreUnusable``."""
    return SqliteSamples(ledger.with_name(f"{ledger.stem}-samples.db"), clock)


def where_of(aim: Target) -> Where:
    """The fixed facts of what is looked at."""
    settings, every = aim.settings, intervals(aim.settings)
    vercel, metrics = settings.vercel, metrics_choice(settings)[0]
    return Where(
        linked=linked_flags(settings),
        scope=scope_of(vercel.api_url, vercel.team_id, vercel.project_id),
        project_label=vercel.project_id or "no project",
        demo=aim.demo,
        sources=(
            Source("vercel", "Vercel", RELEASE, Rhythm.of(every.release)),
            Source(
                metrics,
                TITLES[metrics],
                METRICS,
                Rhythm.of(every.metrics, sample_every_ms=every.scrape),
                metrics_off(settings),
            ),
            *_probes_source(settings),
            *_alerts_source(settings),
        ),
        began=aim.clock.now(),
        speed=aim.speed,
        catalogue=aim.loaded.catalogue,
        metrics_label=settings.prometheus.deployment_label,
        supplements=tuple(
            Source(name, title, name, Rhythm.of(SUPPLEMENTS_EVERY_MS))
            for name, title in SUPPLEMENTS.items()
            if supplemented(settings)
        ),
    )


def _probes_source(settings: Settings) -> tuple[Source, ...]:
    """Only where there is an address: nobody misses probes that were never set up."""
    if settings.probes.url is None:
        return ()
    return (Source(PROBING, "probes", PROBING, Rhythm.of(int(settings.probes.every_s * 1000))),)


def _alerts_source(settings: Settings) -> tuple[Source, ...]:
    """Only where there is an address, for the same reason."""
    if settings.alertmanager.url is None:
        return ()
    rhythm = Rhythm.of(int(settings.poll.alerts_s * 1000))
    return (Source(ALERTMANAGER, "Alertmanager", ALERTS, rhythm),)


def first_world(aim: Target, stores: Stores) -> World:
    """The picture before anything was asked: what was known last, with its age."""
    own = Self(Reading.missing("vercel"), Reading.missing("vercel"))
    return Picture(stores.ledger, stores.samples, where_of(aim)).build(aim.clock.now(), own)


def build_session(
    aim: Target,
    stores: Stores,
    *,
    via: Literal["console", "command"] = "console",
    arm_at_start: tuple[str, int] | None = None,
    flags_at: tuple[str | None, str] = (None, "flags"),
) -> Session:
    """A session on ``aim``, not started; its flags are at ``flags_at`` (store and item), by default the
    host's own. Raises :class:`SettingsError`."""
    from console import clients
    from console.calls import CallLog
    from console.commands.tokens_kept import kept_logins
    from console.parts import Parts
    from console.rollback.policy_chain import PolicyChain
    from console.session import Session
    from data.heads import RememberedHead
    from data.policy_files import PolicyFiles
    from data.sqlite.leases import SqliteLeases

    calls = CallLog()
    host = clients.host_client(aim, calls.add)
    files, settings = PolicyFiles(stores.folder), aim.settings
    prober = clients.probes(aim)
    read_only = "Read-only by the settings (read_only)." if settings.read_only else None
    made: list[Session] = []

    def driving(runs: Runs, actor: Actor, told: Told, board: Board) -> Driver:
        from console.commands.playbook_hands import Driving

        leases, metrics = made[0].leases, clients.metrics_source(aim, host)
        return Driving(runs, leases, aim, actor, made[0], metrics, True, told, board=board).driver()

    session = Session(
        Parts(
            driving=driving,
            ledger=stores.ledger,
            samples=stores.samples,
            leases=SqliteLeases(stores.ledger.path),
            clock=aim.clock,
            router=host.router,
            metrics=clients.metrics_source(aim, host),
            supplements=clients.supplements(aim, host),
            files=files,
            write_policy=files.replace,
            chain=PolicyChain(stores.ledger, clients.signature_verifier),
            where=where_of(aim),
            judged_by=judging_terms(settings),
            baked_by=bake_terms(settings),
            intervals=intervals(settings),
            session_id=new_session_id(),
            via=via,
            read_only=read_only,
            arm_at_start=arm_at_start,
            clocks=partial(clients.clock_problems, host.transport) if aim.speed == 1 else tuple,
            tokens=host.tokens,
            calls=calls,
            wires=partial(clients.wires, aim, host.transport),
            logins=partial(kept_logins, aim.clock) if not aim.demo else tuple,
            alertmanager=clients.alertmanager(aim, host.transport),
            incident_terms=partial(incident_terms, settings),
            alerts_every=int(settings.poll.alerts_s * 1000),
            prober=prober,
            probe_every=int(settings.probes.every_s * 1000),
            linked=linked_flags(settings),
            flags=partial(clients.flag_provider, aim, host, *flags_at, stores.ledger),
            stores=partial(clients.config_stores, host),
            verifier=clients.signature_verifier,
            heads=None if aim.demo else RememberedHead(aim.loaded.state_dir, stores.ledger.path),
            own_key=partial(clients.own_key, settings.approval.key),
            database=clients.database(aim),
            library=partial(clients.playbooks, {one.id for one in where_of(aim).catalogue.metrics}),
            on_close=(host.transport.aclose, *(() if prober is None else (prober.aclose,))),
        )
    )
    made.append(session)
    return session


def new_session_id() -> str:
    """A name for one run of the program."""
    return secrets.token_hex(6)
