"""A new rolling release configuration out of the present one: what is not edited stays as it is. Pure.

Vercel takes the document in the shape it gives it in (sheet of its API, "PATCH …/config"); whether it
merges or replaces is not said, so the whole document goes back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from console.ports import ReleaseTemplate
from data.vercel import models as wire
from data.vercel import translate

Json = dict[str, Any]

_ONLY_CHECK = {"type": "error-rate-5xx"}
"""The one check Vercel's gate has; the rest of it are Vercel's defaults. Without any it evaluates nothing."""


class Unfit(ValueError):
    """The configuration asked for cannot be one; the message is a sentence for a person."""


def edited(present: Mapping[str, Any] | None, template: ReleaseTemplate) -> Json:
    """The document to send. ``present`` is valid as :class:`data.vercel.models.ReleaseConfig`.

    Raises :class:`Unfit` as :func:`check`, and if the gate would be on without saying what it does.
    """
    check(template)
    document: Json = {"target": "production", **(present or {})}
    document["stages"] = _stages(document.get("stages") or [], template)
    if _gate_differs(present, template):
        document["gate"] = _gate(document.get("gate") or {}, template)
    return document


def check(template: ReleaseTemplate) -> None:
    """Raise :class:`Unfit` unless the stages ascend strictly to 100 and last a positive time if any."""
    shares = [share for share, _, _ in template.stages]
    said = ", ".join(f"{share} %" for share in shares) or "none"
    if not shares or shares[-1] != 100:
        raise Unfit(f"The last stage must be 100 % (the stages: {said}).")
    if shares[0] < 0 or any(later <= earlier for earlier, later in pairwise(shares)):
        raise Unfit(f"The stages must ascend, none twice and none below 0 % (the stages: {said}).")
    for share, minutes, _ in template.stages:
        if minutes is not None and not (math.isfinite(minutes) and minutes > 0):
            raise Unfit(f"The stage of {share} % must last some minutes, not {minutes:g}.")


# --- stages -----------------------------------------------------------------------------------------


def _stages(present: Sequence[Json], template: ReleaseTemplate) -> list[Json]:
    before = _matched(present, [share for share, _, _ in template.stages])
    return [_stage(old, *wanted) for old, wanted in zip(before, template.stages, strict=True)]


def _matched(present: Sequence[Json], shares: Sequence[int]) -> list[Json]:
    """Which present stage each new one continues: that of its share; where none was added or taken
    away, a changed share continues the stage in its place."""
    by_share = {_share(one): one for one in present}
    in_place = present if len(present) == len(shares) else ()
    matched = []
    for place, share in enumerate(shares):
        old = by_share.get(share)
        if old is None and in_place and _share(in_place[place]) not in shares:
            old = in_place[place]
        matched.append(old or {})
    return matched


def _share(stage: Mapping[str, Any]) -> int:
    share: int = round(stage["targetPercentage"])
    return share


def _stage(old: Json, share: int, minutes: float | None, approval: bool) -> Json:
    """A fraction of a percent that Coalmine shows rounded stays where the share was not edited."""
    stage = dict(old)
    if not old or _share(old) != share:
        stage["targetPercentage"] = share
    if minutes is None:
        stage.pop("duration", None)
    elif stage.get("duration") != minutes:
        stage["duration"] = int(minutes) if float(minutes).is_integer() else minutes
    if not old or bool(stage.get("requireApproval")) != approval:
        stage["requireApproval"] = approval
    return stage


# --- Vercel's own gate --------------------------------------------------------------------------------


def _gate_differs(present: Mapping[str, Any] | None, template: ReleaseTemplate) -> bool:
    config = wire.ReleaseConfig() if present is None else wire.ReleaseConfig.model_validate(present)
    read = translate.template(wire.ConfigAnswer(rollingRelease=config)) or ReleaseTemplate(())
    wanted = (template.gate_enabled, template.gate_dry_run)
    said = (
        (template.gate_action, read.gate_action),
        (template.gate_failure_threshold, read.gate_failure_threshold),
        (template.gate_window_size, read.gate_window_size),
    )
    return wanted != (read.gate_enabled, read.gate_dry_run) or any(
        new is not None and new != old for new, old in said
    )


def _gate(old: Mapping[str, Any], template: ReleaseTemplate) -> Json:
    gate: Json = {**old, "enabled": template.gate_enabled, "dryRun": template.gate_dry_run}
    said = {
        "action": template.gate_action,
        "failureThreshold": template.gate_failure_threshold,
        "windowSize": template.gate_window_size,
    }
    gate |= {name: value for name, value in said.items() if value is not None}
    if template.gate_enabled and gate.get("action") not in ("pause", "rollback"):
        raise Unfit("Vercel's gate needs an action: pause or rollback.")
    if template.gate_enabled and not old.get("enabled") and not gate.get("checks"):
        gate["checks"] = [_ONLY_CHECK]
    return gate
