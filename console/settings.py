"""Settings: ``coalmine.toml`` and the environment, validated, every fault with its place.

Order of precedence: environment (``COALMINE_…``, nesting by ``__``) over the file over the defaults.
The file is ``COALMINE_CONFIG``, else the nearest ``coalmine.toml`` from the current directory upward,
else ``coalmine.toml`` in the user's configuration directory. A file that was merely found upward may be
somebody else's: it cannot send a secret of the environment to an address of its own. Policy and people
are *not* settings: they lie beside the ledger and nothing here overrides them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from console.canary.catalogue import Catalogue, packaged
from console.places import ALIASES as ALIASES
from console.places import FILE_NAME as FILE_NAME
from console.places import PREFIX as PREFIX
from console.places import SettingsError as SettingsError
from console.places import expanded
from console.places import find_file as find_file
from console.settings_channels import Channels
from console.settings_database import Databases
from console.settings_faults import Given, in_words

_HTTP_URL = re.compile(r"https?://(?P<login>[^\s/?#]*@)?[^\s/?#@]+(/[^\s?#]*)?")


def _http_url(text: str) -> str:
    found = _HTTP_URL.fullmatch(text)
    if found is None:
        raise ValueError("this is not the address of a server: write http://host:port or https://host")
    if found["login"]:
        raise ValueError("no user name or password in an address: they have settings of their own")
    return text.rstrip("/")


def _credential(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("this is no token: it has to be visible ASCII characters without spaces")
    return SecretStr(text)


def _id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", text):
        raise ValueError("this is no id or name of Vercel's (letters, digits, ., _ and -)")
    return text


Id = Annotated[str, AfterValidator(_id)]
Filled = Annotated[str, Field(min_length=1)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Token = Annotated[SecretStr, AfterValidator(_credential)]
Share = Annotated[float, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(ge=0.1, le=86_400)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class VercelSettings(_Table):
    """Where Vercel's API is and what to look at there."""

    api_url: HttpUrl = "https://api.vercel.com"
    """Another address only for a simulator or a proxy."""
    token: Token | None = None
    """Whose it is decides who you are. Better from the environment than from a file."""
    team_id: Id | None = None
    """``team_…``; leave out for a personal account."""
    project_id: Id | None = None
    """``prj_…`` or the project's name."""


class PrometheusSettings(_Table):
    """A Prometheus-compatible server with the application's metrics."""

    url: HttpUrl | None = None
    """Its address, without `/api/v1`. Without it Vercel itself is asked (``metrics.source``)."""
    deployment_label: str = Field("deployment", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The label that holds the deployment's id."""
    scrape_s: Seconds = 15
    """How often the application is scraped, in seconds."""
    flag_series: str = Field("app_flag_requests_total", pattern=r"^[A-Za-z_:][A-Za-z0-9_:]*$")
    """A counter of requests by the labels ``flag``, ``variant`` and ``status``: it tells which flag's variant
    fails. Where the application has none, suspects are ranked without."""
    bearer_token: Token | None = None
    """Sent as ``Authorization: Bearer …``."""
    username: Filled | None = None
    """For basic authentication, with ``password``."""
    password: SecretStr | None = None
    """Better from the environment than from a file."""


class MetricsSettings(_Table):
    """Where the measurements of both tracks come from.

    A table within it, ``[metrics.NAME]``, changes a metric of the catalogue or adds one: see
    [metrics](metrics.md).
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    source: Literal["auto", "prometheus", "observability", "request-logs", "off"] = "auto"
    """``auto``: the Prometheus if its address is set, else Vercel's Observability if the account has
    bought it, else Vercel's request logs, which are free and hold no durations. ``off``: nothing is
    judged."""
    supplements: bool = True
    """Whether Speed Insights and Web Analytics stand in for what the source has nothing of: every five
    minutes, of both tracks together, and never for the verdict."""

    @property
    def own(self) -> dict[str, Any]:
        """The tables of metrics, not checked yet."""
        return self.model_extra or {}


class ProbeSettings(_Table):
    """Coalmine's own requests to both deployments of a running release."""

    url: HttpUrl | None = None
    """The production address, which must be the project's own. Without it nothing is probed."""
    paths: str = Field("/", pattern=r"^/[^\s,]*(,/[^\s,]*){0,9}$")
    """What is asked for (GET), separated by commas; at most ten."""
    every_s: float = Field(30, ge=5, le=86_400)
    """How often, in seconds."""
    bypass_secret: Token | None = None
    """The project's secret for automation, where deployments are protected. Better from the environment."""


class AlertmanagerSettings(_Table):
    """Where alerts come from, and where they are silenced."""

    url: HttpUrl | None = None
    """Its address, without `/api/v2`. Without it no alerts are known."""
    bearer_token: Token | None = None
    """Sent as ``Authorization: Bearer …``."""
    username: Filled | None = None
    """For basic authentication, with ``password``."""
    password: SecretStr | None = None
    """Better from the environment than from a file."""


def _listed(text: object) -> object:
    return tuple(one.strip() for one in text.split(",") if one.strip()) if isinstance(text, str) else text


Names = Annotated[tuple[Filled, ...], BeforeValidator(_listed)]


class IncidentSettings(_Table):
    """What opens an incident by itself, where a console of somebody listed runs."""

    open_on_alert: bool = True
    """Whether an alert does that fires (neither silenced nor inhibited) and is as severe as said below."""
    open_on_verdict: bool = True
    """Whether the verdict ``rollback`` does, of a release or of what a release left."""
    open_on_rollback: bool = True
    """Whether a rollback of production that was carried out does, by whomever: from here, or seen."""
    alert_severities: Names = ("critical", "page")
    """Values of the label ``severity`` that open one; others are shown alone. A list, or with commas."""
    critical_journeys: Names = ()
    """Routes without which the business stands still, as ``/api/checkout``: where one of them fails, it is
    SEV2 at least. A list, or with commas."""


def _on_this_machine(url: str) -> str:
    if not re.fullmatch(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/?", url):
        raise ValueError("it has to be an address of this machine (127.0.0.1): it is for drills")
    return url


class PlaybookSettings(_Table):
    """How playbooks run."""

    connect_to: Annotated[HttpUrl, AfterValidator(_on_this_machine)] | None = None
    """For drills: each request of a playbook goes to this address on this machine, with the name that was
    meant as its ``Host``, as the simulator's ``site_url`` understands it."""


class PollSettings(_Table):
    """How often each thing is asked, in seconds."""

    release_s: Seconds = 5
    """The rolling release, which is what moves."""
    project_s: Seconds = 30
    """The project and its release configuration."""
    metrics_s: Seconds = 15
    """The metrics of both tracks; asking more often than they are scraped shows nothing new."""
    alerts_s: Seconds = 10
    """What fires, where an Alertmanager is named."""


class LimitSettings(_Table):
    """One metric's limits: the canary fails a check that is over ``max`` or over ``max_ratio`` × baseline."""

    max: float | None = Field(None, gt=0)
    """Absolute limit in the metric's unit (%, ms)."""
    max_ratio: float | None = Field(None, gt=1)
    """Limit relative to the baseline."""
    min_difference: float = Field(0, ge=0)
    """A relative excess smaller than this (in the metric's unit) does not count."""


class ErrorRateLimits(LimitSettings):
    """Limits of the error rate, in %. A key that is not given keeps its default."""

    max: float | None = Field(5, gt=0)
    """More errors than this are too many whatever the baseline does."""
    max_ratio: float | None = Field(2, gt=1)
    """Limit relative to the baseline."""
    min_difference: float = Field(0.5, ge=0)
    """A relative excess smaller than this, in percentage points, does not count."""


class LatencyLimits(LimitSettings):
    """Limits of the 95th percentile of the latency, in ms. A key that is not given keeps its default."""

    max: float | None = Field(None, gt=0)
    """Absolute limit; none by default."""
    max_ratio: float | None = Field(1.3, gt=1)
    """Limit relative to the baseline."""
    min_difference: float = Field(25, ge=0)
    """A relative excess smaller than this does not count."""


class JudgeSettings(_Table):
    """Which judge decides, and by what. ``min_sample``, ``failures``, ``passes`` and the limits are the
    judge of limits': when a check counts, and how many decide."""

    kind: Literal["both", "statistical", "limits"] = "both"
    """``both``: rollback if either judge says so; promote only if the statistical one does and no absolute
    limit is broken. Limits relative to the baseline count then only where they are set."""
    alpha: float = Field(0.05, gt=0, lt=0.5)
    """The statistical judge: how likely a release as good as its baseline is ever rolled back, at most."""
    alpha_promote: float = Field(0.05, gt=0, lt=0.5)
    """The statistical judge: how likely a canary that is worse by the margin is promoted, at most."""
    warmup_s: float = Field(180, ge=0, le=86_400)
    """For so many seconds after the start and each change of stage only a disaster counts; of the limits, the
    absolute ones."""
    min_sample: int = Field(100, ge=1)
    """Requests on the canary before a check counts; fewer are collected on."""
    failures: int = Field(3, ge=1)
    """Failed checks in a row before the verdict is ``rollback``."""
    passes: int = Field(5, ge=1)
    """Good checks in a row of every guarding metric before it is ``promote``."""
    bake_minutes: float = Field(30, ge=0, le=1440)
    """For so long after production serves something else it is judged against its own past (the hour before,
    the same hour yesterday and last week, burn rates); ``0``: not at all."""
    slo: float = Field(99.9, ge=50, le=99.9999)
    """The share of requests that have to be answered well, in %: what the burn rates are about."""
    error_rate: ErrorRateLimits = ErrorRateLimits()
    latency_p95: LatencyLimits = LatencyLimits()


class ScreenSettings(_Table):
    """How the console meets the terminal."""

    mouse: bool = True
    """Whether the mouse works. Without it the terminal keeps it, to select text with."""


class ApprovalSettings(_Table):
    """How you approve what others ask for."""

    key: Path | None = None
    """Your SSH key: the private one, or the public one (``.pub``) whose other half an agent or a security key
    holds. ``~`` stands for your home folder."""


class LinkedFlagSettings(_Table):
    """A flag that belongs to a release, ``[[release.flags]]``, with the share of people planned by stage."""

    key: Filled
    """Its key."""
    variant: Filled = "on"
    """The id of the variant that the shares are of."""
    at: dict[Annotated[int, Field(ge=0, le=100)], Share] = Field(min_length=1)
    """By the percentage of a stage the share (in %) planned from there on: ``{ 5 = 0, 25 = 10 }``."""
    after: Share | None = None
    """The share wanted after promotion, which is a change of its own; the default is the last of ``at``."""


class ReleaseSettings(_Table):
    """What belongs to a rolling release besides its stages."""

    flags: tuple[LinkedFlagSettings, ...] = ()
    """Tables ``[[release.flags]]``, one a flag: ``key``, ``variant`` (default ``"on"``), ``at`` (by the
    percentage of a stage the share of people, in %, planned from there on: ``at = { 5 = 0, 25 = 10 }``) and
    ``after`` (the share wanted after promotion; the default is the last of ``at``). See [flags](flags.md)."""

    @field_validator("flags")
    @classmethod
    def _each_once(cls, flags: tuple[LinkedFlagSettings, ...]) -> tuple[LinkedFlagSettings, ...]:
        names = [(one.key, one.variant) for one in flags]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the flag {twice[0]} with the variant {twice[1]} is there twice")
        return flags


class Settings(_Table):
    """Everything that can be set."""

    vercel: VercelSettings = VercelSettings()
    prometheus: PrometheusSettings = PrometheusSettings()
    metrics: MetricsSettings = MetricsSettings()
    probes: ProbeSettings = ProbeSettings()
    alertmanager: AlertmanagerSettings = AlertmanagerSettings()
    incidents: IncidentSettings = IncidentSettings()
    playbooks: PlaybookSettings = PlaybookSettings()
    poll: PollSettings = PollSettings()
    judge: JudgeSettings = JudgeSettings()
    screen: ScreenSettings = ScreenSettings()
    approval: ApprovalSettings = ApprovalSettings()
    release: ReleaseSettings = ReleaseSettings()
    database: Databases = {}
    channels: Channels = {}
    keys: dict[str, str] = {}
    """Your own keys, by the names in [the table of keys](keys.md): ``"release.advance" = "ctrl+a"``; more
    than one separated by commas. By a variable: ``COALMINE_KEYS__RELEASE__ADVANCE``."""
    ledger: Filled | None = None
    """The ledger's file; a relative path in a file counts from that file's folder. Default: ``ledger.db``
    in the state directory. (``postgresql://`` URLs are not supported by this version yet.)"""
    state_dir: Path | None = None
    """Where ledger, samples and log are kept. The default is the system's place for the state of programs."""
    read_only: bool = False
    """Never change anything, whatever the policy allows: arming is refused, commands exit with 5."""
    theme: Literal["coalmine-dark", "coalmine-light", "coalmine-terminal"] | None = None
    """How the console is coloured; the default is dark."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Validated settings and where they came from."""

    settings: Settings
    file: Path | None
    state_dir: Path
    base: Path = Path()
    """The folder that a relative path of the ledger counts from."""
    fault: Callable[[tuple[str, ...], str], str] = field(default=lambda at, what: what, repr=False)
    """What is wrong with a setting, as a sentence that names its place: for whoever checks further."""
    own_catalogue: Catalogue | None = None
    """The metrics in force, where the settings change any."""

    @property
    def catalogue(self) -> Catalogue:
        """The metrics in force."""
        return self.own_catalogue or packaged()

    @property
    def ledger_path(self) -> Path:
        """Where the SQLite ledger is. Raises :class:`SettingsError` for a URL of another store."""
        named = self.settings.ledger
        if named is None:
            return self.state_dir / "ledger.db"
        if "://" in named:
            scheme = named.split("://", 1)[0]
            raise SettingsError([f"ledger (COALMINE_LEDGER): {scheme}:// is not supported yet; name a file."])
        return self.base / expanded(named, "ledger")

    @property
    def unused(self) -> tuple[str, ...]:
        """What is set and does nothing in this version, in words."""
        alertmanager = self.settings.alertmanager
        if alertmanager.url is not None or not (alertmanager.bearer_token or alertmanager.username):
            return ()
        return ("alertmanager has credentials, but no url: no Alertmanager is asked.",)


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The nested values that the environment sets; variables of other programs are left alone."""
    values: dict[str, Any] = {}
    for name, path in ALIASES.items():
        personal = name == "VERCEL_ORG_ID" and not environ.get(name, "").startswith("team_")
        if environ.get(name) and not personal:  # Vercel's tools name a person there, too: that is no team
            _put(values, path, environ[name])
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG" and text != "":
            _put(values, tuple(name[len(PREFIX) :].lower().split("__")), text)
    return values


def _put(values: dict[str, Any], path: tuple[str, ...], text: str) -> None:
    for part in path[:-1]:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        values = inner
    values[path[-1]] = text


def parse(text: str, name: str) -> dict[str, Any]:
    """The file's tables. Raises :class:`SettingsError` with file and line for broken TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+), column (\d+)", str(error))
        place = f"{name}:{found[1]}:{found[2]}" if found else name
        what = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise SettingsError([f"{place}: this is not valid TOML: {what}."]) from None
    except RecursionError:
        raise SettingsError([f"{name}: this is not valid TOML: nested too deeply."]) from None


def combine(
    file_text: str | None,
    file: Path | None,
    environ: Mapping[str, str],
    default_state: Path,
    *,
    found_upward: bool = False,
    only: Collection[str] | None = None,
) -> Loaded:
    """Validate file and environment together. Raises :class:`SettingsError` naming every fault at once.

    ``found_upward``: the file was found from the current directory upward, not named by anybody. It may
    be somebody else's, so it cannot say where the secrets of the environment are sent. ``only``: of the
    file, nothing but these settings and tables counts.
    """
    in_file = _keys_flat(parse(file_text, str(file)) if file_text is not None else {})
    if only is not None:
        in_file = {name: value for name, value in in_file.items() if name in only}
    given = Given(in_file, _keys_flat(from_environment(environ)), file, file_text or "", environ)
    try:
        settings = Settings.model_validate(_merged(in_file, given.in_environment))
    except ValidationError as error:
        raise SettingsError([given.fault(e["loc"], in_words(e)) for e in error.errors()]) from None
    if found_upward:
        led_astray = [given.fault(path, ASTRAY) for path in given.led_astray()]
        if led_astray:
            raise SettingsError(led_astray)
    catalogue = _catalogue(settings.metrics.own, given) if settings.metrics.own else None
    state = default_state
    if settings.state_dir is not None:
        state = given.base("state_dir") / expanded(settings.state_dir, "state_dir")
    return Loaded(settings, file, state, given.base("ledger"), given.fault, catalogue)


def _catalogue(tables: Mapping[str, Any], given: Given) -> Catalogue:
    from console.canary.catalogue_file import BadCatalogue, load

    stray = [name for name, table in tables.items() if not isinstance(table, dict)]
    if stray:
        what = "there is no such setting (a metric is a table of its own)"
        raise SettingsError([given.fault(("metrics", name), what) for name in stray])
    try:
        return load(tables)
    except BadCatalogue as error:
        raise SettingsError([given.fault(("metrics", *loc), what) for loc, what in error.faults]) from None


ASTRAY = (
    "a file found in this directory or above may not say where a secret from the environment, or a message, "
    "is sent; set it in the environment as well, or name the file with COALMINE_CONFIG"
)


def _keys_flat(values: dict[str, Any]) -> dict[str, Any]:
    """``values`` with ``[keys]`` by whole names: TOML and the environment make tables of a name's dots."""
    if isinstance(keys := values.get("keys"), dict):
        values = values | {"keys": dict(_flat(keys, ""))}
    return values


def _flat(table: dict[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(value, dict) and key in merged:
            merged[key] = _merged(under, value) if isinstance(under, dict) else under  # its fault is said
        else:
            merged[key] = value
    return merged
