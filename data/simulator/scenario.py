"""Scenarios: what goes wrong, when, and where, as files.

A scenario is a list of timed effects, counted from the moment it is switched on. Effects on a track follow
the deployment: one on the canary holds the build that is the canary when the scenario begins (or the next
one to become it) and stays with that build, also if it is promoted.
"""

from __future__ import annotations

import contextlib
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from console.readings import Millis
from data.simulator import appmodel, building, checks, releases, shop
from data.simulator.obeying import Served
from data.simulator.records import Deployment, Project
from data.simulator.refused import Refused

Port = Literal["vercel", "metrics", "prometheus", "alertmanager"]


class BadScenario(ValueError):
    """A scenario that does not exist or cannot be read; the text names the file and the key."""


class _Timed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    after_s: Annotated[float, Field(ge=0)] = 0
    for_s: Annotated[float, Field(gt=0)] | None = None
    every_s: Annotated[float, Field(gt=0)] | None = None
    """Begin again so often: on for ``for_s``, off for the rest."""

    @model_validator(mode="after")
    def _ends_before_it_begins_again(self) -> Self:
        if self.every_s is not None and (self.for_s is None or self.for_s > self.every_s):
            raise ValueError("what begins again every_s has to end after for_s, which cannot be longer")
        return self

    promoted: bool = False
    """Count from the moment when the build that the scenario holds came to serve everyone; never before."""

    flag: str | None = None
    """Only for people who get ``variant`` of this flag in production, while the application asks for it."""
    variant: str = "on"

    def strength(self, elapsed_s: float, ramp_s: float = 0) -> float:
        """How much of the effect is there, 0 to 1, ``elapsed_s`` after the scenario began."""
        since = elapsed_s - self.after_s
        if self.every_s is not None and since >= 0:
            since %= self.every_s
        if since < 0 or (self.for_s is not None and since >= self.for_s):
            return 0.0
        return min(1.0, since / ramp_s) if ramp_s else 1.0


class _OnTrack(_Timed):
    track: Literal["canary", "baseline", "both"]
    routes: tuple[str, ...] = shop.ROUTES
    ramp_s: Annotated[float, Field(ge=0)] = 0

    @field_validator("routes")
    @classmethod
    def _known(cls, routes: tuple[str, ...]) -> tuple[str, ...]:
        for route in routes:
            if route not in shop.ROUTES:
                raise ValueError(f"unknown route {route!r}; the shop has {', '.join(shop.ROUTES)}")
        return routes


class ErrorEffect(_OnTrack):
    """A share of the requests on the routes fails with status 500."""

    kind: Literal["errors"]
    share: Annotated[float, Field(gt=0, le=1)]


class LatencyEffect(_OnTrack):
    """Answers on the routes take ``factor`` times as long."""

    kind: Literal["latency"]
    factor: Annotated[float, Field(gt=0, le=100)]


class MetricEffect(_Timed):
    """A metric of the catalogue is ``factor`` times what it is, ``only`` in these of its cells.

    Of ``new_errors`` the factor is the share of requests with an error of a type that nobody has seen.
    """

    kind: Literal["metric"]
    track: Literal["canary", "baseline", "both"]
    metric: Literal[*appmodel.CHANGEABLE]  # type: ignore[valid-type]
    factor: Annotated[float, Field(ge=0, le=100)]
    only: tuple[str, ...] = ()
    ramp_s: Annotated[float, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _known(self) -> MetricEffect:
        cells = appmodel.CELLS.get(self.metric, ())
        for cell in self.only:
            if cell not in cells:
                there = ", ".join(cells) or "none"
                raise ValueError(f"{self.metric} has no cell {cell!r}; it has {there}")
        return self

    def change(self, strength: float) -> appmodel.Change:
        """The effect at part of its strength; that of a new kind of error begins at none, not at 1."""
        usual = 0.0 if self.metric == "new_errors" else 1.0
        return appmodel.Change(self.metric, usual + (self.factor - usual) * strength, self.only)


class TrafficEffect(_Timed):
    """The whole shop has ``factor`` times its visitors."""

    kind: Literal["traffic"]
    factor: Annotated[float, Field(gt=0, le=10)]


class EndpointEffect(_Timed):
    """A share of the requests to one of the simulator's own ports is answered badly.

    ``seconds`` are real ones: they exist to meet the client's timeouts.
    """

    kind: Literal["endpoint"]
    endpoint: Port
    fault: Literal["status", "delay", "drop", "garbage", "truncate"]
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    status: Annotated[int, Field(ge=400, le=599)] = 503
    retry_after: Annotated[int, Field(ge=0)] | None = None
    seconds: Annotated[float, Field(gt=0, le=60)] = 2.0


class DeployEffect(_Timed):
    """Somebody pushes a commit, once."""

    kind: Literal["deploy"]
    person: str = "mia"
    message: str = "Fix the cart total"
    target: Literal["production", "preview"] = "production"
    fails: bool = False
    build_s: Annotated[float, Field(gt=0, le=3_600)] = building.BUILD_S


class StuckEffect(_Timed):
    """The next ``times`` moves of the domains whose name contains ``domain`` fail."""

    kind: Literal["stuck"]
    domain: str
    times: Annotated[int, Field(ge=1)] = 1


class CheckEffect(_Timed):
    """A check of the staged production builds ends badly, once it is set from then on."""

    kind: Literal["check"]
    check: str
    conclusion: Literal["failed", "canceled", "timeout", "neutral", "skipped"] = "failed"


class ActEffect(_Timed):
    """Somebody ends the running release from the dashboard, once."""

    kind: Literal["act"]
    action: Literal["complete", "abort"]
    person: str = "jo"


class ProtectionEffect(_Timed):
    """Somebody says whether previews are protected, once."""

    kind: Literal["protection"]
    previews: bool
    person: str = "mia"


Effect = Annotated[
    ErrorEffect
    | LatencyEffect
    | MetricEffect
    | TrafficEffect
    | EndpointEffect
    | DeployEffect
    | StuckEffect
    | CheckEffect
    | ActEffect
    | ProtectionEffect,
    Field(discriminator="kind"),
]


Once = DeployEffect | StuckEffect | CheckEffect | ActEffect | ProtectionEffect
"""What happens once, at its moment."""


class Scenario(BaseModel):
    """A scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    effects: tuple[Effect, ...] = ()


def parse(text: str, source: str) -> Scenario:
    """The scenario written in ``text`` (TOML). Raises :class:`BadScenario` naming ``source`` and the key."""
    try:
        return Scenario.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as err:
        raise BadScenario(f"{source} is not valid TOML: {err}.") from err
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise BadScenario(f"{source}: {key}: {first['msg']}.") from err


def names() -> list[str]:
    """The scenarios that come with Coalmine."""
    folder = resources.files("data.simulator.scenarios")
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def load(name: str) -> Scenario:
    """The scenario called ``name``. Raises :class:`BadScenario`, also when there is none."""
    if name not in names():
        raise BadScenario(f"There is no scenario called {name!r}. There are: {', '.join(names())}.")
    file = resources.files("data.simulator.scenarios") / f"{name}.toml"
    return parse(file.read_text(encoding="utf-8"), f"{name}.toml")


@dataclass(slots=True)
class Running:
    """A scenario that was switched on at a moment, and the build its canary effects hold."""

    name: str
    scenario: Scenario
    since: Millis
    canary_id: str | None = None
    asked: dict[Port, int] = field(default_factory=dict)
    """Requests seen on each port, which decides whom a share falls on."""
    promoted_at: Millis | None = None
    """When the build that the canary effects hold came to serve everyone."""
    served: Served = field(default_factory=Served)
    """Which share of the visitors has which variant."""
    happened: int = 0
    """How many of the effects that happen once have."""

    def bind(self, deployment_id: str | None) -> None:
        """Let the effects on the canary hold this build."""
        if deployment_id is not None:
            self.canary_id = deployment_id

    def happen(self, project: Project, at: Millis) -> None:
        """Let what happens once, and is due by ``at``, happen; and look at the flags."""
        for effect in self.scenario.effects:
            if effect.flag is not None:
                self.served.look(project.flags, effect.flag, at)
        once = [e for e in self.scenario.effects if isinstance(e, Once)]
        due = sorted(once, key=lambda e: e.after_s)
        while self.happened < len(due) and self.since + due[self.happened].after_s * 1000 <= at:
            effect = due[self.happened]
            self.happened += 1
            if isinstance(effect, ActEffect | ProtectionEffect):
                _done(effect, project, round(self.since + effect.after_s * 1000))
            elif isinstance(effect, StuckEffect):
                project.stuck[effect.domain] = project.stuck.get(effect.domain, 0) + effect.times
            elif isinstance(effect, CheckEffect):
                for deployment in _staged(project):
                    checks.conclude(project, deployment.id, effect.check, effect.conclusion)
            else:
                building.push(
                    project,
                    project.person(effect.person) or project.people[0],
                    round(self.since + effect.after_s * 1000),
                    message=effect.message,
                    target=effect.target,
                    fails=effect.fails,
                    seconds=effect.build_s,
                )

    def behaviour(
        self, deployment_id: str, is_canary: bool, at: Millis, having: tuple[str, str] | None = None
    ) -> shop.Behaviour:
        """How ``deployment_id`` behaves at ``at``; ``having``: for whoever has this variant of a flag."""
        track = self._track(deployment_id, is_canary, at)
        failing = dict.fromkeys(shop.ROUTES, 0.0)
        slower = dict.fromkeys(shop.ROUTES, 1.0)
        for effect in self.scenario.effects:
            if not isinstance(effect, _OnTrack) or effect.track not in (track, "both"):
                continue
            strength = self._strength(effect, at, effect.ramp_s, having)
            for route in effect.routes if strength else ():
                if isinstance(effect, ErrorEffect):
                    failing[route] = 1 - (1 - failing[route]) * (1 - effect.share * strength)
                else:
                    slower[route] *= 1 + (effect.factor - 1) * strength
        return tuple((failing[e.route], slower[e.route]) for e in shop.ENDPOINTS)

    def condition(self, deployment_id: str, is_canary: bool, at: Millis) -> appmodel.Condition:
        """What is different at ``at`` about the metrics of ``deployment_id``."""
        track = self._track(deployment_id, is_canary, at)
        changes = []
        for effect in self.scenario.effects:
            if isinstance(effect, MetricEffect) and effect.track in (track, "both"):
                strength = self._strength(effect, at, effect.ramp_s)
                if strength:
                    changes.append(effect.change(strength))
        return tuple(changes)

    def traffic(self, at: Millis) -> float:
        """What the number of visitors is multiplied with at ``at``."""
        product = 1.0
        for effect in self.scenario.effects:
            if isinstance(effect, TrafficEffect) and effect.strength(self._elapsed(effect, at)):
                product *= effect.factor
        return product

    def depends_on(self, flag: str) -> bool:
        """Whether any effect is only for people with a variant of this flag."""
        return any(effect.flag == flag for effect in self.scenario.effects)

    def _strength(
        self, effect: _Timed, at: Millis, ramp_s: float, having: tuple[str, str] | None = None
    ) -> float:
        """In steps, so that a ramp needs a few tables of chances and not one a second."""
        strength = round(effect.strength(self._elapsed(effect, at), ramp_s) * 10) / 10
        if effect.flag is None:
            return strength
        if having is not None and having[0] == effect.flag:
            return strength if having[1] == effect.variant else 0.0
        return strength * self.served.share(effect.flag, effect.variant)

    def _elapsed(self, effect: _Timed, at: Millis) -> float:
        """Seconds since the scenario began, or since the promotion; negative before it."""
        if not effect.promoted:
            return (at - self.since) / 1000
        return -1.0 if self.promoted_at is None else (at - self.promoted_at) / 1000

    def _track(self, deployment_id: str, is_canary: bool, at: Millis) -> Literal["canary", "baseline"]:
        if is_canary and self.canary_id is None:
            self.canary_id = deployment_id
        if deployment_id == self.canary_id and not is_canary and self.promoted_at is None:
            self.promoted_at = at
        return "canary" if deployment_id == self.canary_id else "baseline"

    def endpoint_faults(self, port: Port, at: Millis) -> list[EndpointEffect]:
        """The effects on ``port`` in force at ``at``."""
        return [
            effect
            for effect in self.scenario.effects
            if isinstance(effect, EndpointEffect)
            and effect.endpoint == port
            and effect.strength(self._elapsed(effect, at))
        ]


def _done(effect: ActEffect | ProtectionEffect, project: Project, at: Millis) -> None:
    person = project.person(effect.person) or project.people[0]
    if isinstance(effect, ProtectionEffect):
        project.previews_protected = effect.previews
        what = "protected previews" if effect.previews else "made previews public"
        project.tell("project-sso-protection", what, person, at)
        return
    release = project.release
    if release is None:
        return
    with contextlib.suppress(Refused):  # somebody has ended it before
        if effect.action == "complete":
            releases.complete(project, release.canary_id, person, at)
        else:
            releases.rollback(project, release.base_id, "", person, at)


def _staged(project: Project) -> list[Deployment]:
    return [d for d in project.deployments.values() if d.substate == "STAGED"]
