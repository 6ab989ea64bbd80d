"""What a back-end of flags offers the console. Adapters live in ``data``; names are OpenFeature's.

What a back-end lacks its adapter emulates, and says so in its :class:`Capabilities`: a conditional write by
reading and comparing first, history from backups or from what the ledger remembers, restoring an old version
by writing it anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from console.flags.changing import VERSIONED, Change, Changed, Restore
from console.flags.counts import Counts
from console.flags.differing import difference_lines
from console.flags.edits import Raw, canonical
from console.flags.evaluating import Evaluated
from console.flags.model import Flag
from console.readings import Millis


@dataclass(frozen=True)
class Capabilities:
    """What can be done with the flags of a back-end, and how much of it is the back-end's own."""

    guarded: Literal["host", "emulated"]
    """Who sees to it that a change is made of the state it was made for. Emulated, a small race remains."""
    history: Literal["host", "backups"]
    targeting: bool
    """Rules, people by name, percentages, timed rollouts, linked environments."""
    variants: bool
    """More than one value a flag."""
    archive: bool
    follows: str
    """How soon applications serve what was changed, in words."""


class Held(NamedTuple):
    """A flag and the token of the state it was read in: opaque, given back with a change."""

    flag: Flag
    token: str


@dataclass(frozen=True)
class Listing:
    """Every flag that can be read, and in words those that cannot."""

    flags: tuple[Flag, ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Exactly what would be sent, for exactly which state of the flag. Pure: nothing has been sent."""

    provider: str
    key: str
    change: Changed
    token: str
    body: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Ties a confirmation to this plan: another state or another body has another digest."""
        whole = canonical([self.provider, self.key, self.token, dict(self.body)])
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True)
class Revision:
    """The change was made. ``notes``: in what the state read back is not the one that was asked for."""

    flag: Flag
    token: str
    number: int | None
    """The back-end's own count, where it has one."""
    notes: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether what was read back is what was asked for."""
        return not self.notes


@dataclass(frozen=True)
class Conflict:
    """Nothing was changed: somebody else was first. Mine, base and theirs, for a person to decide by."""

    mine: Flag
    base: Flag
    theirs: Flag | None
    """``None`` where it could not be read, or is gone."""
    token: str
    """That of their state; empty where there is none."""
    by: str | None = None
    at: Millis | None = None
    message: str | None = None
    """Why they changed it, where they said so."""

    @property
    def their_lines(self) -> tuple[str, ...]:
        """What they changed since the base."""
        return difference_lines(self.base, self.theirs) if self.theirs is not None else ()


@dataclass(frozen=True)
class Version:
    """One state of a flag's past."""

    id: str
    number: int | None
    """The back-end's count of the flag's own versions; ``None`` of a backup, which is of a whole store."""
    at: Millis
    by: str | None
    message: str | None
    environments: tuple[str, ...]
    """Those that this version changed."""
    data: Mapping[str, Any]
    origin: Literal["host", "backup", "ledger"] = "host"

    def restored(self, environments: Sequence[str] = ()) -> Change:
        """The wish to have this state again; the whole of it where no environment is named."""
        return Restore(self.called, self.data, tuple(environments))

    @property
    def called(self) -> str:
        """``version 3``, or the backup's name."""
        return f"{self.origin} {self.id}" if self.number is None else f"version {self.number}"


class Remembered(Protocol):
    """What the console's own ledger knows of a flag's changes."""

    def versions(self, provider: str, key: str) -> Sequence[Version]:
        """Newest first."""
        ...


class FlagProvider(Protocol):
    """A back-end of flags. Reads raise :class:`console.ports.SourceError`."""

    @property
    def name(self) -> str:
        """For sentences and the ledger: ``Vercel Flags``."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def list(self, *, archived: bool = False) -> Listing:
        """The active flags, or the archived ones."""
        ...

    async def get(self, key: str) -> Held: ...

    async def segments(self) -> tuple[Raw, ...]:
        """The segments that rules ask for, as the back-end has them."""
        ...

    async def people(self) -> Mapping[str, str]:
        """What those who may change flags are called, by the ids that stand in flags and versions."""
        ...

    async def counts(self, key: str, *, since: Millis | None = None) -> Counts | None:
        """How often the flag was asked for in the last day, or ``since`` then if that is less, by variant.

        ``None`` where nobody counts it.
        """
        ...

    def off(self, flag: Flag, environment: str) -> Change:
        """What turns the flag off for everyone. Raises :class:`console.flags.edits.Unfit`."""
        ...

    def plan(self, held: Held, change: Change) -> Plan:
        """What would be sent. Raises :class:`console.flags.edits.Unfit` where it cannot be done here."""
        ...

    async def apply(self, plan: Plan, reason: str, token: str) -> Revision | Conflict:
        """Send the plan, once, for the state of ``token``; then read back and compare.

        Raises :class:`console.ports.EffectRefused`, :class:`console.ports.EffectNotSent`, or
        :class:`console.ports.EffectUnknown`: then ask :meth:`landed`, and never send it again blindly.
        """
        ...

    async def landed(self, plan: Plan) -> Revision | Conflict | None:
        """What became of a plan that had no answer: made, overtaken, or (``None``) not made at all."""
        ...

    async def history(self, key: str, *, limit: int = 20) -> Sequence[Version]:
        """Newest first."""
        ...

    async def evaluate(
        self, key: str, environment: str, context: Mapping[str, Any], now_ms: Millis
    ) -> Evaluated:
        """What a context gets of the flag as it is now."""
        ...


def settled(raw: Mapping[str, Any]) -> Raw:
    """What of a flag is compared: all that a change can set, without the counts of revisions.

    An absent ``permanent`` is a false one; an empty optional member is an absent one.
    """
    found = {key: raw[key] for key in VERSIONED if raw.get(key) not in (None, "", [], False)}
    found["environments"] = {
        name: {key: value for key, value in entry.items() if key != "revision" and value not in (None, {})}
        for name, entry in raw["environments"].items()
    }
    return found


def agree(one: Flag, other: Flag) -> bool:
    """Whether two flags are the same but for what the host counts by itself."""
    return canonical(settled(one.raw)) == canonical(settled(other.raw))
