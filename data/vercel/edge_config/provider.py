"""The flags in one item of an Edge Config as a :class:`console.flags.provider.FlagProvider`: values only.

The item is an object of flag key → value, as the official adapter reads it. Everything that makes a write
safe is emulated: the item is read and compared just before it is written, and read back after.
"""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from console.flags.changing import Change, EditVariant, changed
from console.flags.counts import Counts
from console.flags.edits import Raw, Unfit, canonical, same
from console.flags.evaluating import Evaluated, evaluate
from console.flags.model import Flag
from console.flags.provider import Capabilities, Conflict, Held, Listing, Plan, Remembered, Revision, Version
from console.flags.words import shown, shown_text
from console.ports import EffectNotSent, EffectRefused, SourceError
from console.readings import Millis, Problem
from data.http.secret import plain
from data.vercel.edge_config.client import EdgeConfig, Moved
from data.vercel.edge_config.models import Item, WholeBackup

EVERYWHERE = "everywhere"
"""The one environment: who reads the store reads the same values."""
VALUE = "value"
"""The id of the one variant."""
ATTEMPTS = 3
"""How often the item is read and compared anew where something else in the store moves meanwhile."""


class EdgeConfigProvider:
    """The flags of one item of one store."""

    capabilities = Capabilities(
        guarded="emulated",
        history="backups",
        targeting=False,
        variants=False,
        archive=False,
        follows="within ten seconds",
    )

    def __init__(self, client: EdgeConfig, item: str = "flags", remembered: Remembered | None = None) -> None:
        self._client, self._item, self._remembered = client, item, remembered

    @property
    def name(self) -> str:
        return f"Edge Config {plain(self._client.name, 60)}"

    async def list(self, *, archived: bool = False) -> Listing:
        if archived:
            return Listing(())
        _, values = await self._values()
        return Listing(tuple(self._flag(key, value) for key, value in values.items()))

    async def get(self, key: str) -> Held:
        _, values = await self._values()
        if key not in values:
            raise SourceError(
                Problem(
                    "not_found",
                    f"{self.name} has no flag {plain(key, 60)} in its item {plain(self._item, 60)}.",
                    "Whoever asks for it gets the default in the code; list the flags to see what is there.",
                )
            )
        return Held(self._flag(key, values[key]), token_of(values[key]))

    async def segments(self) -> tuple[Raw, ...]:
        return ()

    async def people(self) -> Mapping[str, str]:
        """Backups say by themselves what those are called who made them."""
        return {}

    async def counts(self, key: str, *, since: Millis | None = None) -> Counts | None:
        """Nobody counts who reads a store."""
        return None

    def off(self, flag: Flag, environment: str) -> Change:
        if flag.raw["kind"] != "boolean":
            value = shown(flag.raw["variants"][0]["value"])
            raise Unfit(f"{shown_text(flag.key)} is {value}, which has no off: say which value instead.")
        return EditVariant(VALUE, False)

    def plan(self, held: Held, change: Change) -> Plan:
        made = changed(held.flag, change)
        if {edit.path for edit in made.edits} != {("variants",)} or len(made.after.raw["variants"]) != 1:
            raise Unfit(f"{self.name} keeps one value a flag: it has no rules, shares or variants to change.")
        value = made.after.raw["variants"][0]["value"]
        if isinstance(value, dict | list):
            raise Unfit("A flag in an Edge Config is a boolean, a number, a text or nothing.")
        return Plan(self.name, held.flag.key, made, held.token, {VALUE: value})

    async def apply(self, plan: Plan, reason: str, token: str) -> Revision | Conflict:
        """``reason`` stays in the ledger: the store has no place for it."""
        if token != plan.token:
            raise EffectNotSent(
                Problem(
                    "refused",
                    f"The plan for {plain(plan.key, 60)} was made for another value.",
                    "Nothing was sent. Look at the flag as it is now and plan anew.",
                )
            )
        for _ in range(ATTEMPTS):
            try:
                digest = (await self._client.store()).digest
                item, values = await self._values()
            except SourceError as error:
                raise EffectNotSent(error.problem) from None
            if theirs := [key for key, value in values.items() if isinstance(value, dict | list)]:
                raise EffectRefused(_payload(self.name, self._item, theirs[0]))
            if plan.key not in values or token_of(values[plan.key]) != token:
                return self._conflict(plan, values, item.updatedAt)
            operation: Raw = {
                "operation": "update",
                "key": self._item,
                "value": {**values, plan.key: plan.body[VALUE]},
                **({"description": item.description} if item.description is not None else {}),
            }
            try:
                await self._client.write([operation], digest=digest)
            except Moved:
                continue
            return await self._read_back(plan, operation["value"])
        raise EffectNotSent(
            Problem(
                "refused",
                f"{self.name} is being changed by others all the time, so a change could not be guarded.",
                "Nothing was sent. Try again.",
            )
        )

    async def _read_back(self, plan: Plan, sent: Mapping[str, Any]) -> Revision | Conflict:
        try:
            item, values = await self._values()
        except SourceError as error:
            note = f"It was written and could not be read back: {error.problem.what}"
            return Revision(plan.change.after, token_of(plan.body[VALUE]), None, (note,))
        if plan.key not in values or not same(values[plan.key], plan.body[VALUE]):
            return self._conflict(plan, values, item.updatedAt)
        flag = self._flag(plan.key, values[plan.key])
        others = [key for key in {**sent, **values} if not same(sent.get(key), values.get(key))]
        notes = [f"{shown_text(key)} was changed by somebody else at the same moment." for key in others]
        return Revision(flag, token_of(values[plan.key]), None, tuple(notes))

    async def landed(self, plan: Plan) -> Revision | Conflict | None:
        item, values = await self._values()
        if plan.key in values and same(values[plan.key], plan.body[VALUE]):
            flag = self._flag(plan.key, values[plan.key])
            return Revision(flag, token_of(values[plan.key]), None)
        if plan.key in values and token_of(values[plan.key]) == plan.token:
            return None
        return self._conflict(plan, values, item.updatedAt)

    async def history(self, key: str, *, limit: int = 20) -> Sequence[Version]:
        """The flag's values in the store's backups, and what the ledger remembers; newest first.

        ``limit`` counts the backups that are read.
        """
        found = [await self._client.backup(one.id) for one in await self._client.backups(limit)]
        versions = self._versions(key, found[::-1])
        if len(found) == limit:  # whether the oldest one changed the flag is said by one not read
            versions = [one for one in versions if one.id != found[-1].id]
        if self._remembered is not None:
            versions += self._remembered.versions(self.name, key)
        return sorted(versions, key=lambda one: one.at, reverse=True)

    def _versions(self, key: str, oldest_first: Sequence[WholeBackup]) -> builtins.list[Version]:
        """One for each value that differs from the one before."""
        versions: builtins.list[Version] = []
        for one in oldest_first:
            kept = one.backup.items.get(self._item)
            if kept is None or not isinstance(kept.value, dict) or key not in kept.value:
                continue
            flag = self._flag(key, kept.value[key])
            if versions and same(versions[-1].data["variants"], flag.raw["variants"]):
                continue
            by = one.user.username if one.user else None
            data = {name: flag.raw[name] for name in ("variants", "environments", "seed", "state")}
            versions.append(Version(one.id, None, one.lastModified, by, None, (EVERYWHERE,), data, "backup"))
        return versions

    async def evaluate(
        self, key: str, environment: str, context: Mapping[str, Any], now_ms: Millis
    ) -> Evaluated:
        """The value, whoever asks and in whichever environment."""
        held = await self.get(key)
        return evaluate(held.flag.packed(), EVERYWHERE, context, now_ms=now_ms, flag=key)

    async def _values(self) -> tuple[Item, dict[str, Any]]:
        item = await self._client.item(self._item)
        if item is None:
            raise SourceError(
                Problem(
                    "not_found",
                    f"{self.name} has no item {plain(self._item, 60)}.",
                    "Name the item that holds the flags.",
                )
            )
        if not isinstance(item.value, dict):
            raise SourceError(
                Problem(
                    "garbage",
                    f"The item {plain(self._item, 60)} of {self.name} is no object of flags.",
                    "What another provider writes there is not for Coalmine to read or change.",
                )
            )
        return item, item.value

    def _flag(self, key: str, value: Any) -> Flag:
        """A value as a flag that is static everywhere. Only the item as a whole is dated, so it is not."""
        everyone = {"type": "variant", "variantId": VALUE}
        entry = {"active": False, "pausedOutcome": everyone, "fallthrough": everyone, "rules": []}
        return Flag(
            {
                "slug": key,
                "kind": _kind(value),
                "state": "active",
                "variants": [{"id": VALUE, "value": value}],
                "environments": {EVERYWHERE: entry},
                "seed": 0,
            }
        )

    def _conflict(self, plan: Plan, values: Mapping[str, Any], at: Millis) -> Conflict:
        there = plan.key in values
        theirs = self._flag(plan.key, values[plan.key]) if there else None
        token = token_of(values[plan.key]) if there else ""
        return Conflict(plan.change.after, plan.change.before, theirs, token, None, at)


def _payload(name: str, item: str, key: str) -> Problem:
    return Problem(
        "refused",
        f"The item {plain(item, 60)} of {name} holds more than values ({plain(key, 60)} is an object): "
        "another provider writes it.",
        "Nothing was sent. Change the flag where it is kept.",
    )


def token_of(value: Any) -> str:
    """The token of a value: two flags of the same value have the same, and that is enough to guard one."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "json"
