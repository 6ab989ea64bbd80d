"""The flags and segments of a project as the host keeps them: revisions, versions, ETags."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from console.readings import Millis
from data.simulator.flag_checks import (
    KINDS,
    MOST_BYTES,
    Json,
    check_environments,
    check_segment,
    check_slug,
    check_variants,
    refuse,
)
from data.simulator.records import Person
from data.simulator.refused import Refused

VERSIONED = (
    "description",
    "environments",
    "maintainerIds",
    "permanent",
    "seed",
    "state",
    "tags",
    "variants",
)
"""What a change may name and what a version keeps; slug and kind are for ever."""


@dataclass
class KeptFlag:
    """One flag with its versions, oldest first."""

    document: Json
    versions: list[Json] = field(default_factory=list)

    @property
    def etag(self) -> str:
        return f'"{self.document["id"]}-{self.document["revision"]}"'

    def keep(self, person: Person, at: Millis, message: str | None, changed: Iterable[str]) -> None:
        """Keep the flag as it is now as its newest version."""
        own = self.document
        self.versions.append(
            {
                "id": f"fv_{own['id'][5:]}_{own['revision']}",
                "flagId": own["id"],
                "revision": own["revision"],
                "createdAt": at,
                "createdBy": person.id,
                "changedEnvironments": sorted(changed),
                "data": copy.deepcopy({key: own[key] for key in VERSIONED if key in own}),
                **({"message": message} if message else {}),
            }
        )


@dataclass
class FlagStore:
    """Everything the host's flags service knows of the project. Calls raise :class:`Refused`."""

    project_id: str
    owner_id: str
    entities: list[Json] = field(default_factory=list)
    flags: dict[str, KeptFlag] = field(default_factory=dict)
    """By slug."""
    segments: dict[str, Json] = field(default_factory=dict)
    """By slug."""
    keys: list[Json] = field(default_factory=list)
    """SDK keys without their secrets."""

    def flag(self, name: str) -> KeptFlag:
        """By its slug or id."""
        for slug, kept in self.flags.items():
            if name in (slug, kept.document["id"]):
                return kept
        raise Refused(404, "not_found", f"The flag {name} could not be found.")

    def create(self, body: Json, person: Person, at: Millis) -> KeptFlag:
        slug, kind = body.get("slug"), body.get("kind")
        check_slug(slug)
        assert isinstance(slug, str)
        if not isinstance(kind, str) or kind not in KINDS:
            raise refuse(f"`kind` should be one of {', '.join(KINDS)}.")
        if slug in self.flags:
            raise Refused(409, "conflict", f"A flag with the slug {slug} exists already.")
        if "variants" not in body and kind == "boolean":
            body = {
                **body,
                "variants": [
                    {"id": "off", "value": False, "label": "Off"},
                    {"id": "on", "value": True, "label": "On"},
                ],
            }
        document = {
            "id": f"flag_{len(self.flags):04d}{sum(slug.encode()) % 9973:04d}",
            "slug": slug,
            "kind": kind,
            "state": body.get("state", "active"),
            **{key: copy.deepcopy(body[key]) for key in VERSIONED if key in body},
            "seed": body.get("seed", sum(slug.encode()) * 7919 % 100_000),
            "revision": 1,
            "createdAt": at,
            "createdBy": person.id,
            "updatedAt": at,
            "updatedBy": person.id,
            "projectId": self.project_id,
            "ownerId": self.owner_id,
            "typeName": "flag",
        }
        _check(document)
        for entry in document["environments"].values():
            entry["revision"] = 1
        kept = self.flags[slug] = KeptFlag(document)
        kept.keep(person, at, body.get("message"), document["environments"])
        return kept

    def change(self, name: str, body: Json, token: str | None, person: Person, at: Millis) -> bool:
        """Change the flag as the host's PATCH does; whether there was anything to change.

        An environment that is named is replaced whole; those that are not stay. ``token``: the ETag the
        change was made for.
        """
        kept = self.flag(name)
        _match(kept, token)
        if unknown := sorted(set(body) - {*VERSIONED, "message", "createdBy"}):
            raise refuse(f"`{unknown[0]}` cannot be changed.")
        before = kept.document
        if before["state"] == "archived" and body.get("state") != "active":
            raise Refused(409, "conflict", f"The flag {before['slug']} is archived.")
        after = {**before, **{key: copy.deepcopy(body[key]) for key in VERSIONED if key in body}}
        named = body.get("environments") or {}
        if not isinstance(named, dict):
            raise refuse("`environments` should be an object.")
        after["environments"] = {**before["environments"], **copy.deepcopy(named)}
        _check(after, conflict="variants" in body)
        changed = {key for key in named if bare(named[key]) != bare(before["environments"].get(key) or {})}
        same = all(before.get(key) == after.get(key) for key in VERSIONED if key != "environments")
        if same and not changed:
            return False
        for key, entry in after["environments"].items():
            known = before["environments"].get(key, {}).get("revision", 0)
            entry["revision"] = known + 1 if key in changed else known
        after |= {"revision": before["revision"] + 1, "updatedAt": at, "updatedBy": person.id}
        kept.document = after
        kept.keep(person, at, body.get("message"), changed)
        return True

    def delete(self, name: str, token: str | None) -> None:
        kept = self.flag(name)
        _match(kept, token)
        if kept.document["state"] != "archived":
            raise Refused(409, "conflict", "Only an archived flag can be deleted.")
        del self.flags[kept.document["slug"]]

    def segment(self, name: str) -> Json:
        """By its slug or id, with what uses it."""
        for slug, one in self.segments.items():
            if name in (slug, one["id"]):
                return self._with_uses(one)
        raise Refused(404, "not_found", f"The segment {name} could not be found.")

    def all_segments(self) -> list[Json]:
        return [self._with_uses(one) for one in self.segments.values()]

    def change_segment(self, name: str, body: Json, at: Millis) -> Json:
        """Change the segment; there is neither a token nor a history of segments."""
        own = self.segments[self.segment(name)["slug"]]
        data: Json = copy.deepcopy(body["data"] if "data" in body else own["data"])
        for one in body.get("operations") or ():
            _operate(data, one)
        check_segment(data)
        own |= {key: body[key] for key in ("label", "description", "hint") if key in body}
        own |= {"data": data, "updatedAt": at}
        return self.segment(name)

    def _with_uses(self, segment: Json) -> Json:
        flags = [
            slug for slug, kept in self.flags.items() if _names(kept.document["environments"], segment["id"])
        ]
        others = [one["slug"] for one in self.segments.values() if _names(one["data"], segment["id"])]
        return {**copy.deepcopy(segment), "usedByFlags": flags, "usedBySegments": others}


def bare(entry: Json) -> Json:
    """An environment without the number of its revision, which says nothing about who gets what."""
    return {key: value for key, value in entry.items() if key != "revision"}


def _match(kept: KeptFlag, token: str | None) -> None:
    if token is not None and token != kept.etag:
        raise Refused(412, "precondition_failed", "The flag has changed since it was read.")


def _check(document: Json, *, conflict: bool = False) -> None:
    """``conflict``: variants were changed, so that a name that leads nowhere is one that was removed."""
    if document["state"] not in ("active", "archived"):
        raise refuse("`state` should be active or archived.")
    seed = document["seed"]
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= 100_000:
        raise refuse("`seed` should be a whole number up to 100000.")
    check_variants(document.get("variants"), document["kind"])
    try:
        check_environments(document.get("environments"), {one["id"] for one in document["variants"]})
    except Refused as no:
        if conflict and "is no variant" in no.message:
            raise Refused(409, "conflict", no.message) from no
        raise
    except (AttributeError, KeyError, TypeError) as error:
        raise refuse(f"`environments` cannot be read: {error}.") from error
    if len(json.dumps(document)) > MOST_BYTES:
        raise Refused(413, "payload_too_large", "The flag is larger than 200 KB.")


def _names(part: object, segment_id: str) -> bool:
    """Whether a condition somewhere in ``part`` asks for the segment."""
    if isinstance(part, dict):
        if (part.get("lhs") or {}) == {"type": "segment"}:
            right = part.get("rhs")
            listed = [one["value"] for one in right["items"]] if isinstance(right, dict) else [right]
            return segment_id in listed
        return any(_names(one, segment_id) for one in part.values())
    return isinstance(part, list) and any(_names(one, segment_id) for one in part)


def _operate(data: Json, one: Json) -> None:
    """Add or remove one person of a segment's include or exclude list."""
    try:
        field_, action, value = one["field"], one["action"], one["value"]
        listed = data.setdefault(field_, {}).setdefault(one["entity"], {}).setdefault(one["attribute"], [])
    except (KeyError, TypeError, AttributeError) as error:
        raise refuse(f"an operation cannot be read: {error}.") from error
    if field_ not in ("include", "exclude") or action not in ("add", "remove"):
        raise refuse("an operation should add to or remove from include or exclude.")
    kept = [other for other in listed if other["value"] != value["value"]]
    listed[:] = [*kept, value] if action == "add" else kept
