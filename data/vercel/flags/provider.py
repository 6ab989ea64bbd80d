"""Vercel Flags as a :class:`console.flags.provider.FlagProvider`: everything but restoring is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.flags.cautions import outcomes
from console.flags.changing import VERSIONED, Change, changed, turn_off
from console.flags.counts import Counts
from console.flags.differing import difference_lines
from console.flags.edits import Raw, Unfit, same
from console.flags.evaluating import Evaluated, evaluate
from console.flags.model import BadFlag, Flag, packed_segments
from console.flags.provider import (
    Capabilities,
    Conflict,
    Held,
    Listing,
    Plan,
    Revision,
    Version,
    agree,
)
from console.flags.words import shown_text
from console.ports import EffectNotSent, EffectRefused, SourceError
from console.readings import Millis, Problem
from data.http.secret import plain
from data.vercel.flags.client import Refusal, VercelFlags
from data.vercel.flags.counts import FlagCounts

NAME = "Vercel Flags"
LONGEST_MESSAGE = 500
"""Characters of a reason; longer ones are cut. The host's own limit is not documented."""


class VercelFlagProvider:
    """The flags of one project."""

    name = NAME
    capabilities = Capabilities(
        guarded="host",
        history="host",
        targeting=True,
        variants=True,
        archive=True,
        follows="within seconds, those that poll within half a minute",
    )

    def __init__(self, client: VercelFlags, counted: FlagCounts | None = None) -> None:
        """``counted``: where evaluations are counted, if anywhere."""
        self._client, self._counted = client, counted

    async def list(self, *, archived: bool = False) -> Listing:
        found = await self._client.flags("archived" if archived else "active")
        return Listing(tuple(Flag(one) for one in found.documents), found.unreadable)

    async def get(self, key: str) -> Held:
        fetched = await self._client.flag(key)
        return Held(Flag(fetched.document), fetched.etag)

    async def segments(self) -> tuple[Raw, ...]:
        return (await self._client.segments()).documents

    async def people(self) -> Mapping[str, str]:
        return await self._client.people()

    async def counts(self, key: str, *, since: Millis | None = None) -> Counts | None:
        return None if self._counted is None else await self._counted.of(key, since)

    def off(self, flag: Flag, environment: str) -> Change:
        return turn_off(flag, environment)

    def plan(self, held: Held, change: Change) -> Plan:
        made = changed(held.flag, change)
        return Plan(NAME, held.flag.key, made, held.token, body_of(made.before, made.after))

    async def apply(self, plan: Plan, reason: str, token: str) -> Revision | Conflict:
        if token != plan.token:
            raise EffectNotSent(_another_state(plan))
        body = {**plan.body, "message": reason[:LONGEST_MESSAGE]}
        answer = await self._client.change(plan.key, body, token)
        if isinstance(answer, Refusal):
            return await self._overtaken(plan, answer)
        written = Flag(answer.document)
        try:
            held = await self.get(plan.key)
        except SourceError as error:
            number = written.raw.get("revision")
            note = f"It was written as revision {number} and could not be read back: {error.problem.what}"
            return Revision(plan.change.after, answer.etag, number, (note,))
        return _revision(plan, held, written.raw.get("revision"))

    async def _overtaken(self, plan: Plan, refusal: Refusal) -> Conflict:
        """Who was first. Raises :class:`EffectRefused` if nobody was: the host had another reason."""
        try:
            held = await self.get(plan.key)
        except SourceError:
            return Conflict(plan.change.after, plan.change.before, None, "")
        if held.token == plan.token:
            said = refusal.said or f"it answered {refusal.status}"
            raise EffectRefused(
                Problem(
                    "refused",
                    f"Vercel did not write the change of {plain(plan.key, 60)}: {said}.",
                    "Nothing was changed.",
                )
            )
        return await self._conflict(plan, held)

    async def _conflict(self, plan: Plan, held: Held) -> Conflict:
        theirs = held.flag.raw
        message = None
        try:
            newest = await self.history(plan.key, limit=1)
            message = newest[0].message if newest else None
        except SourceError:
            pass  # who and what is known without it
        return Conflict(
            plan.change.after,
            plan.change.before,
            held.flag,
            held.token,
            theirs.get("updatedBy"),
            theirs.get("updatedAt"),
            message,
        )

    async def landed(self, plan: Plan) -> Revision | Conflict | None:
        held = await self.get(plan.key)
        if held.token == plan.token or agree(held.flag, plan.change.before):
            return None
        if agree(held.flag, plan.change.after):
            return Revision(held.flag, held.token, held.flag.raw.get("revision"))
        since = plan.change.before.raw.get("revision", 0)
        for one in await self.history(plan.key):
            if (one.number or 0) > since and agree(Flag(one.data), plan.change.after):
                lead = f"It was made as revision {one.number}; somebody has changed it since:"
                lines = difference_lines(plan.change.after, held.flag)
                return Revision(held.flag, held.token, held.flag.raw.get("revision"), (lead, *lines))
        return await self._conflict(plan, held)

    async def history(self, key: str, *, limit: int = 20) -> Sequence[Version]:
        found = await self._client.versions(key, limit=limit)
        return [
            Version(
                id=one["id"],
                number=one["revision"],
                at=one["createdAt"],
                by=one.get("createdBy"),
                message=one.get("message"),
                environments=tuple(one.get("changedEnvironments", ())),
                data=one["data"],
            )
            for one in found.documents
        ]

    async def evaluate(
        self, key: str, environment: str, context: Mapping[str, Any], now_ms: Millis
    ) -> Evaluated:
        held = await self.get(key)
        try:
            packed, segments = held.flag.packed(), packed_segments(await self.segments())
        except BadFlag as error:
            problem = Problem("garbage", f"{plain(key, 60)}: {error}", "Look at it in Vercel's dashboard.")
            raise SourceError(problem) from None
        return evaluate(packed, environment, context, segments=segments, now_ms=now_ms, flag=key)


def body_of(before: Flag, after: Flag) -> Raw:
    """What the host's PATCH takes to make ``after`` of ``before``: each environment that differs, whole.

    Raises :class:`Unfit` for what that call cannot say.
    """
    body: Raw = {}
    known = {*VERSIONED}
    for key in dict.fromkeys([*before.raw, *after.raw]):
        if same(before.raw.get(key), after.raw.get(key)):
            continue
        if key not in known or key not in after.raw:
            raise Unfit(f"Vercel has no way to change {shown_text(key)} of a flag.")
        body[key] = after.raw[key]
    if "environments" not in body:
        return body
    was = before.raw["environments"]
    body["environments"] = {
        name: entry for name, entry in after.raw["environments"].items() if not same(was.get(name), entry)
    }
    if gone := [name for name in was if name not in after.raw["environments"]]:
        raise Unfit(f"Vercel has no way to remove the environment {shown_text(gone[0])}.")
    for name, entry in body["environments"].items():
        if any(one.get("type") == "experiment" for one in outcomes(entry)):
            raise Unfit(
                f"{shown_text(name)} of {shown_text(after.key)} has an experiment, which Vercel's API gives "
                "and does not take: the environment cannot be written. Change it in the dashboard."
            )
    return body


def _revision(plan: Plan, held: Held, written: int | None) -> Revision:
    number = held.flag.raw.get("revision")
    if agree(held.flag, plan.change.after):
        return Revision(held.flag, held.token, number)
    lines = difference_lines(plan.change.after, held.flag)
    if number != written:
        lead = f"It was written as revision {written}; somebody has changed it to revision {number} since:"
    else:
        lead = "What Vercel keeps is not what was sent:"
    return Revision(held.flag, held.token, number, (lead, *lines))


def _another_state(plan: Plan) -> Problem:
    return Problem(
        "refused",
        f"The plan for {plain(plan.key, 60)} was made for another state of the flag.",
        "Nothing was sent. Look at the flag as it is now and plan anew.",
    )
