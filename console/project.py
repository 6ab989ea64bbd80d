"""What the console knows of a project on its host, and of the account that looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.readings import Millis


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is, as the host says."""

    user_id: str
    username: str
    email: str | None
    limited: bool = False


@dataclass(frozen=True, slots=True)
class AliasJob:
    """The newest promote or rollback of the project (Vercel's ``lastAliasRequest``)."""

    kind: Literal["promote", "rollback"]
    status: Literal["pending", "in-progress", "succeeded", "failed", "skipped"]
    requested_at: Millis
    from_deployment_id: str | None
    to_deployment_id: str
    from_release_canary_id: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A production domain and the deployment behind it, as the host's project says."""

    domain: str
    deployment_id: str | None
    """``None`` = the host did not say (a domain without a deployment, or one that only redirects)."""
    redirect: str | None = None
    """The domain that this one only leads to."""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What the host keeps of the rollback that production stands on."""

    at: Millis
    why: str
    username: str | None


@dataclass(frozen=True, slots=True)
class Project:
    """What the console needs to know of a project."""

    id: str
    name: str
    account_id: str
    serving_id: str | None
    """The deployment that serves production now, outside a rolling release's split."""
    auto_assign_domains: bool | None
    """``None`` when the host did not say; treated as off."""
    alias_job: AliasJob | None
    rolling_releases: bool
    """Whether the project has rolling releases switched on."""
    domains: tuple[str, ...] = ()
    production_branch: str | None = None
    served: tuple[Served, ...] = ()
    """The production domains with what is behind each."""
    rolled_back: RolledBack | None = None
    auto_assign_changed_by: str | None = None
    """The host's id of who last switched the automatic assignment of domains."""

    @property
    def behind(self) -> tuple[Served, ...]:
        """The domains that lead to another deployment than the serving one (outside a release)."""
        return tuple(
            one
            for one in self.served
            if one.redirect is None and one.deployment_id not in (None, self.serving_id)
        )


@dataclass(frozen=True, slots=True)
class ReleaseTemplate:
    """The project's rolling release configuration: a template that every new release clones.

    An edit starts from the template as it was read (:func:`dataclasses.replace`): the stages and the
    gate's switches are set as they stand here; a ``None`` of the gate, and whatever else the host keeps
    beside them, is left as it is.
    """

    stages: tuple[tuple[int, float | None, bool], ...]
    """(percentage, minutes until it advances by itself, needs approval) of each stage."""
    gate_enabled: bool = False
    gate_action: str | None = None
    gate_dry_run: bool = False
    gate_failure_threshold: int | None = None
    """So many failing evaluations …"""
    gate_window_size: int | None = None
    """… among the newest so many make the gate act; ``None`` = the host did not say (its defaults)."""
