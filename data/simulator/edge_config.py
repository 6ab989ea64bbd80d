"""Edge Config stores (Global Config by its newer name): items, digests, and a backup of every write."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from console.readings import Millis
from data.simulator.flag_checks import Json, refuse
from data.simulator.records import Person
from data.simulator.refused import Refused

KEY = re.compile(r"[A-Za-z0-9_-]{1,256}")
OPERATIONS = ("create", "update", "upsert", "delete")
DAY = 24 * 60 * 60_000


@dataclass
class Store:
    """One store. ``purpose``: it is somebody else's, Vercel Flags' or a partner's."""

    id: str
    slug: str
    owner_id: str
    created_at: Millis
    updated_at: Millis
    created_by: str
    items: dict[str, Json] = field(default_factory=dict)
    purpose: Json | None = None
    backups: list[Json] = field(default_factory=list)
    """Oldest first, each as the host answers it whole."""

    @property
    def digest(self) -> str:
        return hashlib.sha256(_text(self.items).encode()).hexdigest()

    def document(self) -> Json:
        return {
            "id": self.id,
            "slug": self.slug,
            "ownerId": self.owner_id,
            "digest": self.digest,
            "itemCount": len(self.items),
            "sizeInBytes": self.size,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "createdBy": self.created_by,
            **({"purpose": self.purpose} if self.purpose else {}),
        }

    @property
    def size(self) -> int:
        return len(_text({key: one["value"] for key, one in self.items.items()}).encode())

    def item(self, key: str) -> Json:
        """Raises :class:`Refused` where there is none."""
        if key not in self.items:
            raise Refused(404, "not_found", f"The item {key} could not be found.")
        return {"key": key, "edgeConfigId": self.id, **self.items[key]}

    def change(self, operations: Any, person: Person, at: Millis) -> None:
        """All of the operations or none. Raises :class:`Refused`."""
        if self.purpose is not None:
            raise Refused(403, "forbidden", f"The store {self.slug} is managed by {self.purpose['type']}.")
        if not isinstance(operations, list) or not operations:
            raise refuse("`items` should be a list that is not empty.")
        items = copy.deepcopy(self.items)
        for one in operations:
            _operate(items, one, at)
        self._keep(items, person, at)

    def backup(self, version: str) -> Json:
        """Raises :class:`Refused` where there is none."""
        for one in self.backups:
            if one["id"] == version:
                return one
        raise Refused(404, "not_found", f"The backup {version} could not be found.")

    def restore(self, version: str, person: Person, at: Millis) -> Json:
        """Put the whole store back as it was. Raises :class:`Refused`."""
        if self.purpose is not None:
            raise Refused(403, "forbidden", f"The store {self.slug} is managed by {self.purpose['type']}.")
        before = self.digest
        self._keep(copy.deepcopy(self.backup(version)["backup"]["items"]), person, at)
        return {"status": "ok", "restoredFrom": version, "previousDigest": before, "digest": self.digest}

    def _keep(self, items: dict[str, Json], person: Person, at: Millis) -> None:
        self.items, self.updated_at = items, at
        number = len(self.backups) + 1
        self.backups.append(
            {
                "id": f"bak_{number:06d}",
                "lastModified": at,
                "backup": {
                    "digest": self.digest,
                    "slug": self.slug,
                    "updatedAt": at,
                    "items": copy.deepcopy(items),
                },
                "metadata": {
                    "itemsCount": len(items),
                    "itemsBytes": self.size,
                    "updatedBy": person.id,
                    "updatedAt": str(at),
                },
                "user": {
                    "id": person.id,
                    "username": person.username,
                    "email": person.email,
                    "name": person.name,
                },
            }
        )


@dataclass
class EdgeConfigs:
    """The stores of the team."""

    stores: list[Store]

    def named(self, name: str) -> Store:
        """By its id or slug. Raises :class:`Refused`."""
        for one in self.stores:
            if name in (one.id, one.slug):
                return one
        raise Refused(404, "not_found", f"The Edge Config {name} could not be found.")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _operate(items: dict[str, Json], one: Any, at: Millis) -> None:
    key = one.get("key") if isinstance(one, dict) else None
    if not isinstance(key, str) or KEY.fullmatch(key) is None:
        raise refuse("an item's `key` should be letters, digits, dashes and underscores, 256 at most.")
    operation = one.get("operation")
    if operation not in OPERATIONS:
        raise refuse(f"`operation` should be one of {', '.join(OPERATIONS)}.")
    if operation == "create" and key in items:
        raise Refused(409, "conflict", f"The item {key} exists already.")
    if operation in ("update", "delete") and key not in items:
        raise Refused(404, "not_found", f"The item {key} could not be found.")
    if operation == "delete":
        del items[key]
        return
    if "value" not in one:
        raise refuse(f"the item {key} should have a `value`.")
    known = items.get(key, {"createdAt": at})
    items[key] = {
        **known,
        "value": one["value"],
        "updatedAt": at,
        **({"description": one["description"]} if "description" in one else {}),
    }


def opening_stores(
    seed: int, epoch: Millis, project_id: str, owner_id: str, people: Sequence[Person]
) -> EdgeConfigs:
    """The stores as the world begins: the shop's own, and two that are somebody else's."""
    rng = random.Random(f"coalmine stores {seed}")

    def store(slug: str, purpose: Json | None = None) -> Store:
        key = "ecfg_" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=24))
        made = epoch - 300 * DAY
        return Store(key, slug, owner_id, made, made, people[0].id, purpose=purpose)

    own = store("shop-config")
    for before, person, operations in _writes():
        own.change(operations, people[person], epoch - before)
    flags = store("shop-flags", {"type": "flags", "projectId": project_id})
    partner = store("statsig-shop", {"type": "experimentation", "resourceId": "res_statsig_shop"})
    partner.items = {
        "statsig-shop": {
            "value": {"feature_gates": {"bundles": {"value": True}}, "time": epoch - DAY},
            "createdAt": partner.created_at,
            "updatedAt": epoch - DAY,
        }
    }
    return EdgeConfigs([own, flags, partner])


def _writes() -> tuple[tuple[Millis, int, list[Json]], ...]:
    """What was written to the shop's own store: how long ago, by whom, which operations."""
    flags: Json = {"express-lane": False, "basket-limit": 40, "search-hint": "Try “boots”", "winter": None}

    def write(key: str, value: Any) -> list[Json]:
        return [{"operation": "upsert", "key": key, "value": value, "description": "The shop's own"}]

    return (
        (200 * DAY, 0, write("maintenance", False)),
        (150 * DAY, 0, write("flags", flags)),
        (40 * DAY, 2, write("flags", {**flags, "basket-limit": 60})),
        (5 * DAY, 1, write("flags", {**flags, "basket-limit": 60, "express-lane": True})),
    )
