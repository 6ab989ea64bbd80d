"""What changes production, as data: the actions, and what each would do.

An :class:`Action` names exactly what is asked of the host and which state of production it was made
for. ``console.previews`` says in words what would happen; the digest of the plan ties a confirmation
to exactly that.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal

from console.canary.stages import Release
from console.envelope import Json, digest


class Effect(StrEnum):
    """What an action does to exposure: decides how much confirmation it needs."""

    STOPS_HARM = "stops harm"  # one preview, reason prefilled, no typed word
    WIDENS = "widens exposure"  # asks for a short typed word
    ROLLS_BACK = "rolls back"  # asks for a short typed word
    CONFIGURES = "changes configuration"  # nothing moves now


@dataclass(frozen=True, slots=True)
class Advance:
    """Move the release to its next stage."""

    NAME: ClassVar[Literal["advance"]] = "advance"
    EFFECT: ClassVar[Effect] = Effect.WIDENS
    canary_deployment_id: str
    baseline_deployment_id: str
    from_stage_index: int
    next_stage_index: int
    from_percentage: int
    to_percentage: int


@dataclass(frozen=True, slots=True)
class Complete:
    """Give the canary all traffic at once, from any stage, and end the release."""

    NAME: ClassVar[Literal["complete"]] = "complete"
    EFFECT: ClassVar[Effect] = Effect.WIDENS
    canary_deployment_id: str
    baseline_deployment_id: str
    from_stage_index: int
    from_percentage: int


@dataclass(frozen=True, slots=True)
class Abort:
    """End the release by rolling back to the baseline.

    It names no stage: that the release has moved on meanwhile is no reason not to stop it.
    """

    NAME: ClassVar[Literal["abort"]] = "abort"
    EFFECT: ClassVar[Effect] = Effect.STOPS_HARM
    canary_deployment_id: str
    baseline_deployment_id: str


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a rolling release of a deployment."""

    NAME: ClassVar[Literal["start"]] = "start"
    EFFECT: ClassVar[Effect] = Effect.WIDENS
    project_id: str
    canary_deployment_id: str
    baseline_deployment_id: str
    first_percentage: int


@dataclass(frozen=True, slots=True)
class Promote:
    """Make a deployment production. What that leads to depends on what runs: ``leads_to`` says it."""

    NAME: ClassVar[Literal["promote"]] = "promote"
    EFFECT: ClassVar[Effect] = Effect.WIDENS
    project_id: str
    deployment_id: str
    from_deployment_id: str
    leads_to: Literal["all", "release", "completion", "queue"]
    active_canary_id: str = ""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Instant rollback: point the production domains at an earlier deployment."""

    NAME: ClassVar[Literal["rollback"]] = "rollback"
    EFFECT: ClassVar[Effect] = Effect.ROLLS_BACK
    project_id: str
    deployment_id: str
    from_deployment_id: str
    active_canary_id: str = ""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage of a configuration. ``seconds`` until it advances by itself; 0 = it does not."""

    percentage: int
    seconds: int
    approval: int
    """1 = needs approval, 0 = does not."""


@dataclass(frozen=True, slots=True)
class Configure:
    """Replace the project's rolling release configuration; no stages = switch it off."""

    NAME: ClassVar[Literal["configure"]] = "configure"
    EFFECT: ClassVar[Effect] = Effect.CONFIGURES
    project_id: str
    stages: tuple[StagePlan, ...]
    before: tuple[StagePlan, ...]


Action = Advance | Complete | Abort | Start | Promote | Rollback | Configure
BY_NAME: dict[str, type[Any]] = {
    cls.NAME: cls for cls in (Advance, Complete, Abort, Start, Promote, Rollback, Configure)
}


def as_json(action: Action) -> Json:
    """The action's fields and its name under ``action``; the inverse of :func:`from_json`."""
    return {"action": action.NAME, **asdict(action)}


def from_json(payload: Json) -> Action:
    """The action recorded as ``payload``. Raises ``ValueError`` if it is none this program knows."""
    fields = dict(payload)
    cls = BY_NAME.get(str(fields.pop("action", "")))
    if cls is None:
        raise ValueError(f"not an action of this program: {payload.get('action')!r}")
    try:
        for key in ("stages", "before"):
            if key in fields:
                fields[key] = tuple(StagePlan(**one) for one in fields[key])
        action: Action = cls(**fields)
        return action
    except TypeError as error:
        raise ValueError(f"not a valid {cls.NAME}: {error}") from error


def stream_of(action: Action) -> str:
    """The ledger stream on which actions about the same thing meet, so that only one wins."""
    if isinstance(action, Advance | Complete | Abort):
        return f"release:{action.canary_deployment_id}"
    if isinstance(action, Promote | Rollback) and action.active_canary_id:
        return f"release:{action.active_canary_id}"
    return f"{'config' if isinstance(action, Configure) else 'production'}:{action.project_id}"


class Impossible(Exception):
    """The action makes no sense in the present state; the text says why."""


def make(name: str, release: Release | None) -> Advance | Complete | Abort:
    """The action ``name`` for the release as it stands. Raises :class:`Impossible`."""
    if release is None:
        raise Impossible("There is no rolling release.")
    if not release.active:
        raise Impossible(f"The rolling release is over ({release.state.value.lower()}).")
    if release.canary is None or release.baseline is None or release.stage is None:
        raise Impossible("The host did not say which deployments or which stage the release has.")
    here, canary, base = release.stage, release.canary.id, release.baseline.id
    if name == Complete.NAME:
        return Complete(canary, base, here.index, here.percentage)
    if name == Abort.NAME:
        return Abort(canary, base)
    if name != Advance.NAME:
        raise Impossible(f"There is no action called {name!r}.")
    following = release.next_stage
    if following is None:
        raise Impossible("The release is on its last stage: complete it instead.")
    return Advance(canary, base, here.index, following.index, here.percentage, following.percentage)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do, in words, and the digest that ties a confirmation to exactly this."""

    action: Action
    title: str
    what: tuple[str, ...]
    touches: str
    """Whom it touches, with numbers."""
    undo: str
    after: str
    """What stays different afterwards."""
    warnings: tuple[str, ...]
    if_nothing: str
    """What happens if nobody presses anything."""
    plan_sha256: str
    typed_word: str | None
    """The short word that must be typed, if the action needs one."""
    suggested_reason: str
    verdict: str | None = None
    not_back: tuple[str, ...] = ()
    """What it does not bring back, as far as that was found out when it was previewed."""
    needs: str = ""
    """Whose approval there is need of, if anybody's: then confirming asks for it, and nothing is sent."""


def plan_digest(action: Action) -> str:
    """SHA-256 of the canonical action: what a confirmation, and later an approval, is bound to."""
    return digest(as_json(action))
