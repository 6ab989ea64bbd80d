"""What an operator wants of a flag, as values; each becomes a change of the raw object and of nothing else.

The object is changed as the host has it, so that what Coalmine does not know of goes back as it came.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from console.flags.edits import UNREADABLE, Edit, Raw, Unfit, canonical, differences, edited
from console.flags.model import BadFlag, Flag
from console.flags.words import shown, shown_text

MOST_BYTES = 200_000
"""The host's limit for one flag."""
VERSIONED = (
    "variants",
    "environments",
    "seed",
    "state",
    "description",
    "tags",
    "maintainerIds",
    "permanent",
)
"""What the host keeps in a version and takes in a change."""
CLEARED: Mapping[str, Any] = {"description": "", "tags": [], "maintainerIds": [], "permanent": False}
"""What an optional member is set to so that it counts as absent: left out, today's value would survive."""


class Change(Protocol):
    """One wish. ``on`` changes a copy of the raw object in place and raises :class:`Unfit`."""

    @property
    def words(self) -> str: ...

    def on(self, raw: Raw) -> None: ...


@dataclass(frozen=True)
class Changed:
    """A change that was made of a flag: before, after, and what lies between."""

    before: Flag
    after: Flag
    words: str
    edits: tuple[Edit, ...]

    @property
    def inverse(self) -> PutBack:
        """What gives the flag back as it was, if nobody has changed these members since."""
        return PutBack(tuple(edit.back for edit in reversed(self.edits)), f"take back: {self.words}")


def changed(flag: Flag, change: Change) -> Changed:
    """Make ``change`` of ``flag``.

    Raises :class:`Unfit` where it cannot be made, makes no difference, or makes no flag of it.
    """
    if flag.archived and not isinstance(change, SetState | Restore | PutBack):
        raise Unfit(f"{shown_text(flag.key)} is archived: nobody is served by it. Bring it back first.")
    raw = flag.written()
    try:
        change.on(raw)
    except UNREADABLE as error:
        raise Unfit(f"{shown_text(flag.key)} is not as a flag should be ({type(error).__name__}).") from error
    edits = differences(flag.raw, raw)
    if not edits:
        raise Unfit(f"{shown_text(flag.key)} is so already: {change.words} changes nothing.")
    after = Flag(raw)
    try:
        for name, variant in sorted(_dangling(raw) - _dangling(flag.raw)):
            raise Unfit(
                f"After this {shown_text(name)} would name the variant {shown_text(variant)}, "
                f"which {shown_text(flag.key)} has not."
            )
        after.packed()
    except (BadFlag, *UNREADABLE) as error:
        raise Unfit(f"After this {shown_text(flag.key)} could not be read: {error}") from error
    if len(canonical(raw).encode()) > MOST_BYTES:
        raise Unfit(f"After this {shown_text(flag.key)} would be larger than the host's 200 KB.")
    return Changed(flag, after, change.words, edits)


# --- one variant for everyone ---------------------------------------------------------------------


@dataclass(frozen=True)
class ServeEveryone:
    """Pause an environment on one variant. Rules and fallthrough stay as they are, and rest.

    A link to another environment is cut, so that it cannot matter which of the two the host asks first.
    """

    environment: str
    variant: str

    @property
    def words(self) -> str:
        return f"{shown_text(self.variant)} for everyone in {shown_text(self.environment)}"

    def on(self, raw: Raw) -> None:
        entry = environment_of(raw, self.environment)
        need_variant(raw, self.variant)
        entry["active"] = False
        if (entry.get("pausedOutcome") or {}).get("variantId") != self.variant:
            entry["pausedOutcome"] = {"type": "variant", "variantId": self.variant}
        if (entry.get("reuse") or {}).get("active"):
            entry["reuse"]["active"] = False


@dataclass(frozen=True)
class Resume:
    """Let an environment's rules decide again."""

    environment: str

    @property
    def words(self) -> str:
        return f"let the rules decide again in {shown_text(self.environment)}"

    def on(self, raw: Raw) -> None:
        environment_of(raw, self.environment)["active"] = True


def safe_variant(flag: Flag, environment: str) -> str:
    """The variant to turn a flag off with: the false one, else the one its pause would serve.

    Raises :class:`Unfit` where neither is there.
    """
    variants = flag.raw["variants"]
    off = [one["id"] for one in variants if one.get("value") is False]
    if len(off) == 1:
        return str(off[0])
    entry = environment_of(dict(flag.raw), environment)
    paused = (entry.get("pausedOutcome") or {}).get("variantId")
    if paused in flag.variant_ids:
        return str(paused)
    raise Unfit(f"{shown_text(flag.key)} has no variant that is its off; name one.")


def turn_off(flag: Flag, environment: str) -> ServeEveryone:
    """Off for everyone. Raises :class:`Unfit` where it is not clear which variant is off."""
    return ServeEveryone(environment, safe_variant(flag, environment))


# --- people by name -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Give:
    """Give people one variant by name, and take them off the lists of the others."""

    environment: str
    variant: str
    kind: str
    attribute: str
    values: tuple[str, ...]
    note: str = ""

    @property
    def words(self) -> str:
        who = f"{shown_text(self.kind)}.{shown_text(self.attribute)} = {_named(self.values)}"
        return f"give {who} {shown_text(self.variant)} in {shown_text(self.environment)}"

    def on(self, raw: Raw) -> None:
        entry = environment_of(raw, self.environment)
        need_variant(raw, self.variant)
        targets = entry.get("targets") or {}
        for variant in list(targets):
            if variant != self.variant:
                _take_off(targets, variant, self.kind, self.attribute, self.values)
        kept = targets.setdefault(self.variant, {}).setdefault(self.kind, {}).setdefault(self.attribute, [])
        there = {one["value"] for one in kept}
        note = {"note": self.note} if self.note else {}
        kept += [{"value": one, **note} for one in dict.fromkeys(self.values) if one not in there]
        entry["targets"] = targets


@dataclass(frozen=True)
class TakeBack:
    """Take people off every list: the rules decide about them again."""

    environment: str
    kind: str
    attribute: str
    values: tuple[str, ...]

    @property
    def words(self) -> str:
        who = f"{shown_text(self.kind)}.{shown_text(self.attribute)} = {_named(self.values)}"
        return f"list {who} no longer in {shown_text(self.environment)}"

    def on(self, raw: Raw) -> None:
        targets = environment_of(raw, self.environment).get("targets") or {}
        for variant in list(targets):
            _take_off(targets, variant, self.kind, self.attribute, self.values)


def _take_off(targets: Raw, variant: str, kind: str, attribute: str, values: Sequence[str]) -> None:
    """Remove people from a variant's list, and the list where that leaves nobody on it."""
    listed = targets[variant].get(kind, {}).get(attribute, [])
    kept = [one for one in listed if one["value"] not in values]
    if len(kept) == len(listed):
        return
    targets[variant][kind][attribute] = kept
    if not kept:
        del targets[variant][kind][attribute]
    if not targets[variant][kind]:
        del targets[variant][kind]
    if not targets[variant]:
        del targets[variant]


def _named(values: Sequence[str]) -> str:
    told = ", ".join(shown_text(one) for one in values[:3])
    return told + (f" and {len(values) - 3} more" if len(values) > 3 else "")


# --- variants -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EditVariant:
    """Another value for a variant, for everyone who has it."""

    variant: str
    value: Any

    @property
    def words(self) -> str:
        return f"variant {shown_text(self.variant)} is {shown(self.value)}"

    def on(self, raw: Raw) -> None:
        need_variant(raw, self.variant)
        _need_kind(raw, self.value)
        for one in raw["variants"]:
            if one["id"] == self.variant:
                one["value"] = copy.deepcopy(self.value)


@dataclass(frozen=True)
class AddVariant:
    """One more variant, at the end: the order of variants is the order of the buckets."""

    variant: str
    value: Any
    label: str = ""

    @property
    def words(self) -> str:
        return f"add variant {shown_text(self.variant)} = {shown(self.value)}"

    def on(self, raw: Raw) -> None:
        if any(one["id"] == self.variant for one in raw["variants"]):
            raise Unfit(f"There is a variant {shown_text(self.variant)} already.")
        _need_kind(raw, self.value)
        label = {"label": self.label} if self.label else {}
        raw["variants"].append({"id": self.variant, "value": copy.deepcopy(self.value), **label})


@dataclass(frozen=True)
class RemoveVariant:
    """One variant fewer; not one that an environment names."""

    variant: str

    @property
    def words(self) -> str:
        return f"remove variant {shown_text(self.variant)}"

    def on(self, raw: Raw) -> None:
        need_variant(raw, self.variant)
        for name, entry in raw["environments"].items():
            if self.variant in named_variants(entry):
                raise Unfit(f"{shown_text(name)} still names the variant {shown_text(self.variant)}.")
        raw["variants"] = [one for one in raw["variants"] if one["id"] != self.variant]
        if not raw["variants"]:
            raise Unfit("A flag keeps at least one variant.")


def named_variants(entry: Raw) -> set[str]:
    """Every variant that an environment names, as an outcome, in weights or in targets."""
    found = set(entry.get("targets") or {})
    for outcome in (
        entry["pausedOutcome"],
        entry["fallthrough"],
        *(one["outcome"] for one in entry["rules"]),
    ):
        found |= {one for key, one in outcome.items() if key.endswith("ariantId") and isinstance(one, str)}
        found |= set(outcome.get("weights") or {})
    return found


def _dangling(raw: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(environment, variant) of every name that leads nowhere."""
    there = {one["id"] for one in raw["variants"]}
    return {
        (name, variant)
        for name, entry in raw["environments"].items()
        for variant in named_variants(entry) - there
    }


def _need_kind(raw: Raw, value: Any) -> None:
    kinds: Mapping[str, Any] = {"boolean": bool, "string": str, "number": int | float}
    kind = raw.get("kind")
    wanted = kinds.get(str(kind))
    wrong = isinstance(value, bool) and kind != "boolean"
    if wanted is not None and (wrong or not isinstance(value, wanted)):
        raise Unfit(f"{shown(value)} is no {kind}, and {shown_text(raw['slug'])} is a {kind} flag.")


# --- the whole flag -------------------------------------------------------------------------------


@dataclass(frozen=True)
class SetState:
    """Archive a flag (every caller gets its code's default) or bring it back."""

    archived: bool

    @property
    def words(self) -> str:
        return "archive it" if self.archived else "bring it back from the archive"

    def on(self, raw: Raw) -> None:
        raw["state"] = "archived" if self.archived else "active"


@dataclass(frozen=True)
class Restore:
    """Bring an old version back as a new change: the whole of it, or some environments alone (better)."""

    version: str
    """What it is called: ``version 3``."""
    data: Mapping[str, Any]
    environments: tuple[str, ...] = ()
    """Empty: the whole flag, seed and variants with it."""

    @property
    def words(self) -> str:
        where = f" in {', '.join(map(shown_text, self.environments))}" if self.environments else ""
        return f"restore {shown_text(self.version)}{where}"

    def on(self, raw: Raw) -> None:
        old = copy.deepcopy(dict(self.data))
        names = self.environments or tuple(old["environments"])
        for name in names:
            if name not in old["environments"]:
                raise Unfit(f"In {shown_text(self.version)} there is no environment {shown_text(name)}.")
            raw["environments"][name] = _as_it_was(
                old["environments"][name], raw["environments"].get(name, {})
            )
        if self.environments:
            return
        for key in VERSIONED:
            if key == "environments":
                continue
            if key in old:
                raw[key] = old[key]
            elif key in CLEARED and raw.get(key):
                raw[key] = copy.deepcopy(CLEARED[key])


def _as_it_was(old: Raw, today: Raw) -> Raw:
    """An old environment, with what it lacks cleared in so many words and today's own revision."""
    found = {key: value for key, value in old.items() if key != "revision"}
    if "revision" in today:
        found["revision"] = today["revision"]
    if "targets" not in found and "targets" in today:
        found["targets"] = {}
    if "reuse" not in found and "reuse" in today:
        found["reuse"] = {**today["reuse"], "active": False}
    return found


@dataclass(frozen=True)
class PutBack:
    """The inverse of a change, member by member."""

    edits: tuple[Edit, ...]
    words: str = "take the change back"

    def on(self, raw: Raw) -> None:
        found = edited(raw, self.edits)
        raw.clear()
        raw.update(found)


@dataclass(frozen=True)
class Several:
    """Changes made together, in this order."""

    changes: tuple[Change, ...]

    @property
    def words(self) -> str:
        return "; ".join(one.words for one in self.changes)

    def on(self, raw: Raw) -> None:
        for one in self.changes:
            one.on(raw)


# --- what all of them look up ---------------------------------------------------------------------


def environment_of(raw: Raw, name: str) -> Raw:
    """Raises :class:`Unfit` where there is none."""
    entry: Raw | None = raw["environments"].get(name)
    if entry is None:
        there = ", ".join(map(shown_text, raw["environments"]))
        raise Unfit(f"{shown_text(raw['slug'])} has no environment {shown_text(name)}; it has {there}.")
    return entry


def need_variant(raw: Raw, variant: str) -> None:
    """Raises :class:`Unfit` where there is none."""
    there = [one["id"] for one in raw["variants"]]
    if variant not in there:
        known = ", ".join(map(shown_text, there))
        raise Unfit(f"{shown_text(raw['slug'])} has no variant {shown_text(variant)}; it has {known}.")
