"""The clients of what is outside: host, metrics, flags, probes, signatures. Heavy imports happen inside the
functions: what the first paint does not need is not loaded before it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from console.alerts.port import SOURCE as ALERTMANAGER
from console.chosen import (
    metrics_choice,
    metrics_off,
    supplemented,
)
from console.metric_sources import (
    OBSERVABILITY,
    PROMETHEUS,
    REQUEST_LOGS,
    SPEED_INSIGHTS,
    WEB_ANALYTICS,
)
from console.ports import MetricsSource
from console.readings import Problem
from console.settings import SettingsError
from console.target import Target, missing

if TYPE_CHECKING:
    from console.calls import Call
    from console.effect import Offload
    from console.flags.provider import FlagProvider
    from console.incidents.desk import Incidents
    from console.messages.outbox import Outbox
    from console.messages.sender import Channel
    from console.playbooks.library import Found
    from console.policy import Rulebook
    from console.ports import Ledger
    from console.rollback.command_running import Database
    from console.rollback.stores import ConfigStores
    from console.signing import OwnKey, Verifier
    from console.sources import Wire
    from console.together import Supplement
    from data.alertmanager.client import AlertmanagerClient
    from data.http.transport import Transport
    from data.vercel.client import VercelClient
    from data.vercel.host import VercelHost
    from data.vercel.probes import VercelProbes
    from data.vercel.tokens import VercelTokens


@dataclass(frozen=True, slots=True)
class HostClient:
    """The host's router, its token, and the transport under it; to be closed together."""

    router: VercelHost
    transport: Transport
    client: VercelClient
    tokens: VercelTokens


def host_client(aim: Target, on_call: Callable[[Call], None] | None = None) -> HostClient:
    """The Vercel client; ``on_call`` is told of every request.

    Raises :class:`SettingsError` when token or project are missing.
    """
    from console.commands.tokens_kept import tokens_of
    from data.http.secret import Secret
    from data.http.transport import Transport
    from data.vercel.client import VercelClient
    from data.vercel.host import VercelHost

    vercel = aim.settings.vercel
    if vercel.token is None or vercel.project_id is None:
        raise SettingsError(missing(aim.settings))
    transport = Transport(aim.clock, on_call=on_call)
    client = VercelClient(
        transport,
        token=Secret(vercel.token.get_secret_value()),
        team_id=vercel.team_id,
        api_url=vercel.api_url,
    )
    host = VercelHost(client, vercel.project_id, aim.clock)
    return HostClient(host, transport, client, tokens_of(aim, client, vercel.project_id))


def metrics_source(aim: Target, host: HostClient) -> MetricsSource | None:
    """The metrics source of the settings; ``None`` where they name none."""
    if metrics_off(aim.settings) is not None:
        return None
    made = [_SOURCES[name](aim, host) for name in metrics_choice(aim.settings)]
    if len(made) == 1:
        return made[0]
    from data.vercel.first_of import FirstOf

    return FirstOf(made, aim.clock)


def _prometheus(aim: Target, host: HostClient) -> MetricsSource:
    from data.http.secret import Secret
    from data.prometheus.client import PrometheusClient
    from data.prometheus.source import PrometheusSource

    chosen = aim.settings.prometheus
    bearer = Secret(chosen.bearer_token.get_secret_value()) if chosen.bearer_token else None
    password = Secret(chosen.password.get_secret_value()) if chosen.password else Secret("")
    basic = (chosen.username, password) if chosen.username else None
    client = PrometheusClient(host.transport, chosen.url or "", bearer=bearer, basic=basic)
    return PrometheusSource(
        client,
        label=chosen.deployment_label,
        sampled_every_s=chosen.scrape_s,
        flag_series=chosen.flag_series,
    )


def _observability(aim: Target, host: HostClient) -> MetricsSource:
    from data.vercel.observability.client import ObservabilityClient
    from data.vercel.observability.source import VercelMetrics

    client, others = ObservabilityClient(host.client), aim.loaded.catalogue.asked
    return VercelMetrics(client, host.router.project, aim.clock, others)


def _request_logs(aim: Target, host: HostClient) -> MetricsSource:
    from data.vercel.request_logs.source import RequestLogs

    return RequestLogs(host.client.of_the_logs(), host.router.project, aim.clock)


_SOURCES: Mapping[str, Callable[[Target, HostClient], MetricsSource]] = {
    PROMETHEUS: _prometheus,
    OBSERVABILITY: _observability,
    REQUEST_LOGS: _request_logs,
}


def supplements(aim: Target, host: HostClient) -> tuple[Supplement, ...]:
    """What stands in, in its order; nothing where the settings say so."""
    if not supplemented(aim.settings):
        return ()
    from data.vercel.observability.client import ObservabilityClient
    from data.vercel.supplements.speed_insights import SpeedInsights
    from data.vercel.supplements.web_analytics import WebAnalytics

    project = host.router.project
    return (
        SpeedInsights(ObservabilityClient(host.client), project, aim.clock),
        WebAnalytics(host.client, project),
    )


def config_stores(host: HostClient) -> ConfigStores:
    """The team's Edge Config stores."""
    from data.vercel.edge_config.stores import EdgeConfigStores

    return EdgeConfigStores(host.client)


def flag_provider(
    aim: Target, host: HostClient, store: str | None, item: str, ledger: Ledger | None = None
) -> FlagProvider:
    """Vercel Flags; or, where a ``store`` is named, the flags in one item of that Edge Config, which
    remembers what consoles on ``ledger`` made of them."""
    if store is not None:
        from console.flags.remembered import LedgerMemory
        from data.vercel.edge_config.client import EdgeConfig
        from data.vercel.edge_config.provider import EdgeConfigProvider

        memory = None if ledger is None else LedgerMemory(ledger)
        return EdgeConfigProvider(EdgeConfig(host.client, store), item, memory)
    from data.vercel.flags.client import VercelFlags
    from data.vercel.flags.counts import FlagCounts
    from data.vercel.flags.provider import VercelFlagProvider
    from data.vercel.observability.client import ObservabilityClient, Scope

    async def whose() -> Scope:
        project = await host.router.project()
        return Scope(project.account_id, project.id)

    counts = FlagCounts(ObservabilityClient(host.client), whose, aim.clock)
    return VercelFlagProvider(VercelFlags(host.client, aim.settings.vercel.project_id or ""), counts)


def signature_verifier() -> Verifier:
    """OpenSSH's own."""
    from data.ssh.signing import SshVerifier

    return SshVerifier()


def own_key(chosen: Path | None, *, at_terminal: bool = False) -> OwnKey | None:
    """The key to approve with; ``None`` where none is named. ``at_terminal``: it may ask there.

    Raises :class:`console.signing.SigningFailed` where its public half cannot be read.
    """
    if chosen is None:
        return None
    from console.signing import OwnKey, SigningFailed
    from data.ssh.public import Unreadable, fingerprint_of
    from data.ssh.signing import SshSigner

    key = chosen.expanduser()
    try:
        return OwnKey(str(chosen), fingerprint_of(key), SshSigner(key, at_terminal=at_terminal))
    except Unreadable as error:
        following = "A key needs its public half (.pub) beside it; see key under [approval]."
        raise SigningFailed(Problem("missing", str(error), following)) from None


def probes(aim: Target) -> VercelProbes | None:
    """What probes both deployments; ``None`` without an address."""
    from data.http.secret import Secret
    from data.vercel.probes import VercelProbes

    chosen = aim.settings.probes
    if chosen.url is None:
        return None
    bypass = Secret(chosen.bypass_secret.get_secret_value()) if chosen.bypass_secret else None
    return VercelProbes(aim.clock, chosen.url, chosen.paths.split(","), bypass)


def alertmanager(aim: Target, transport: Transport) -> AlertmanagerClient | None:
    """The Alertmanager of the settings; ``None`` without an address."""
    chosen = aim.settings.alertmanager
    if chosen.url is None:
        return None
    from data.alertmanager.client import AlertmanagerClient
    from data.http.secret import Secret

    bearer = Secret(chosen.bearer_token.get_secret_value()) if chosen.bearer_token else None
    password = Secret(chosen.password.get_secret_value()) if chosen.password else Secret("")
    basic = (chosen.username, password) if chosen.username else None
    return AlertmanagerClient(transport, chosen.url, bearer=bearer, basic=basic)


def wires(aim: Target, transport: Transport) -> dict[str, Wire]:
    """How the connections to the sources do, by the source's name; what was not asked yet is left out."""
    from dataclasses import asdict

    from console.sources import Wire
    from data.vercel.client import API_URL, LOGS_URL

    known = {health.host: health for health in transport.health()}
    found = {}
    api = aim.settings.vercel.api_url
    logs = LOGS_URL if api == API_URL else api
    asked = {
        **dict.fromkeys(("vercel", OBSERVABILITY, SPEED_INSIGHTS, WEB_ANALYTICS), api),
        REQUEST_LOGS: logs,
        PROMETHEUS: aim.settings.prometheus.url,
        ALERTMANAGER: aim.settings.alertmanager.url,
    }
    for name, url in asked.items():
        health = known.get(origin(url)) if url is not None else None
        if health is not None:
            told = {key: value for key, value in asdict(health).items() if key != "skew_ms"}
            found[name] = Wire(
                **{**told, "circuit": health.circuit.value, "last_failure": health.last_failure}
            )
    return found


def origin(url: str) -> str:
    """The host of an address as the transport names it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


SURE_MS = 2_000
"""An answer that took longer says too little about the time at its host."""


def clock_problems(transport: Transport) -> list[Problem]:
    """Which hosts asked so far have another time than this machine."""
    sure = (health for health in transport.health() if (health.latency_ms or 0) < SURE_MS)
    return [problem for health in sure if (problem := health.clock_problem()) is not None]


OWN_PLAYBOOKS = Path("playbooks")
"""The folder of one's own, in the current directory."""


def playbooks(metrics: Collection[str]) -> tuple[Found, ...]:
    """Every playbook there is, checked against the ids of ``metrics``. Blocking."""
    from console.playbooks.library import library
    from data.playbook_files import Folders

    return library(Folders(OWN_PLAYBOOKS).files(), metrics, os.environ)


def database(aim: Target) -> Database | None:
    """The settings' commands of the database level and what runs them; ``None`` where there are none."""
    if not aim.settings.database:
        return None
    from console.commands.doctor_bundle import secrets_of
    from console.rollback.command_running import Database
    from console.settings_commands import configured
    from data.commands import ProcessRunner

    return Database(configured(aim.loaded), ProcessRunner(lambda: secrets_of(aim)))


def channels(aim: Target) -> dict[str, Channel]:
    """Where people are told, by the name that the settings give it."""
    from console.messages.sender import Channel

    found = aim.settings.channels
    return {name: Channel(name, one.audience, one.url) for name, one in found.items()}


def outbox(
    aim: Target,
    ledger: Ledger,
    book: Callable[[], Rulebook | str],
    incidents: Incidents,
    offload: Offload | None = None,
) -> Outbox:
    """The messages of a ledger, sent through Apprise, which is imported at the first sending. Without
    ``offload`` the ledger is used where one stands."""
    from console.commands.doctor_bundle import secrets_of
    from console.commands.requests_here import at_once
    from console.messages.outbox import Outbox
    from data.notify import AppriseSender

    read_only = "Read-only by the settings (read_only)." if aim.settings.read_only else None
    return Outbox(
        ledger,
        aim.clock,
        book,
        offload or at_once,
        incidents,
        channels(aim),
        AppriseSender(),
        lambda: secrets_of(aim),
        read_only,
    )
