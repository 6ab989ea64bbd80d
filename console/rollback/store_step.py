"""The step that puts an Edge Config store back as a backup has it, and how it is planned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from console.actions import Impossible
from console.envelope import Json
from console.flags.words import shown_text
from console.rollback.stores import ConfigStores, Kept, Present, difference_lines

OFFERED = 5
"""Backups that are named to whoever named none."""
STREAM = "store:"


@dataclass(frozen=True)
class StoreStep:
    """Restore a backup, made for exactly the items that the store had then."""

    store_id: str
    name: str
    backup: str
    before: str
    """The token of the items that it was made for."""
    after: str
    """The token of the items of the backup."""
    KIND: ClassVar[str] = "store"

    @property
    def level(self) -> Literal["configuration"]:
        return "configuration"

    @property
    def policy_name(self) -> tuple[str, int]:
        """A change of configuration that everybody gets at once."""
        return "configure", 100

    @property
    def stops_harm(self) -> bool:
        return False

    @property
    def stream(self) -> str:
        return f"{STREAM}{self.store_id}"

    def as_json(self) -> Json:
        return {
            "kind": self.KIND,
            "store_id": self.store_id,
            "name": self.name,
            "backup": self.backup,
            "before": self.before,
            "after": self.after,
        }

    @property
    def words(self) -> str:
        """What it does, in a line."""
        name = shown_text(self.name)
        return f"restore the Edge Config {name} ({self.store_id}) from its backup {shown_text(self.backup)}"


def store_step_of(one: dict[str, Any]) -> StoreStep:
    """The step recorded as ``one``. Raises ``KeyError`` or ``TypeError`` where it is none."""
    members = [one[name] for name in ("store_id", "name", "backup", "before", "after")]
    if not all(isinstance(member, str) for member in members):
        raise TypeError("a store's step is made of texts")
    return StoreStep(*members)


async def planned_store(stores: ConfigStores, store: str, backup: str) -> tuple[StoreStep, tuple[str, ...]]:
    """The step, and what becomes different in lines.

    Raises :class:`Impossible`, or :class:`console.ports.SourceError`.
    """
    present = await stores.present(store)
    if (theirs := not_ours(present)) is not None:
        raise Impossible(theirs)
    if not backup:
        offered = [version for version, _ in await stores.backups(present.id, OFFERED)]
        newest = ", ".join(map(shown_text, offered)) or "it has none"
        raise Impossible(f"Name a backup of {shown_text(present.name)} (the newest first): {newest}.")
    kept = await stores.backup(present.id, backup)
    step = _step(present, kept)
    if step.before == step.after:
        raise Impossible(
            f"{shown_text(present.name)} holds what its backup {shown_text(backup)} has already."
        )
    return step, difference_lines(present.items, kept.items)


def not_ours(present: Present) -> str | None:
    """Why a store may not be written to, if so."""
    if present.owner is None:
        return None
    name = shown_text(present.name)
    return f"The Edge Config {name} belongs to {present.owner}; Coalmine never writes to it."


def _step(present: Present, kept: Kept) -> StoreStep:
    held = replace(present, items=kept.items)
    return StoreStep(present.id, present.name, kept.version, present.token, held.token)


async def moved_store(step: StoreStep, stores: ConfigStores) -> str | None:
    """What has moved since the step was made. Raises :class:`console.ports.SourceError`."""
    name = shown_text(step.name)
    present = await stores.present(step.store_id)
    if (theirs := not_ours(present)) is not None:
        return theirs
    if present.token != step.before:
        return f"The Edge Config {name} was changed meanwhile."
    kept = _step(present, await stores.backup(step.store_id, step.backup))
    return None if kept.after == step.after else f"The backup {shown_text(step.backup)} holds something else."
