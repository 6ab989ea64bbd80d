"""Vercel Flags over REST: reads that may be repeated, and writes that leave once and under an ETag."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from console.ports import EffectNotSent, SourceError
from console.readings import Problem
from data.http import Answer
from data.http.secret import plain
from data.vercel.client import VercelClient, read_error, segment
from data.vercel.flags.models import (
    FlagShape,
    FlagsPage,
    Raw,
    SegmentsAnswer,
    SegmentShape,
    VersionShape,
    VersionsPage,
    Written,
    fault,
    name_of,
)
from data.vercel.members import members
from data.vercel.models import Wire
from data.vercel.paging import collect

NOT_WRITTEN = frozenset({304, 409, 412})
"""Answers to a change that mean it was not written: the flag has moved, or it is so already."""
MOST_PAGES = 110
"""10,000 flags, the most a plan allows, and the archived ones beside them."""


@dataclass(frozen=True)
class Found:
    """What a list held: the documents that can be read, and in words those that cannot."""

    documents: tuple[Raw, ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """A flag and the ETag it was read with; ``""`` where the host gave none."""

    document: Raw
    etag: str


@dataclass(frozen=True)
class Refusal:
    """A change that was not written: how the host answered, and what it said."""

    status: int
    said: str


class VercelFlags:
    """The flags service of one project (its id or name). Reads raise :class:`SourceError`."""

    def __init__(self, client: VercelClient, project: str) -> None:
        self._client, self._project = client, project

    @property
    def project(self) -> str:
        return self._project

    async def flags(self, state: str = "active") -> Found:
        """Every flag in the state ``active`` or ``archived``. One that cannot be read spoils no other."""
        raws = await collect(
            self._client,
            f"/v2/projects/{self._place()}/feature-flags/flags",
            FlagsPage,
            lambda page: page.data,
            subject=f"the {plain(state, 20)} flags of {self._subject()}",
            params=[("state", state)],
            follow="cursor",
            most=MOST_PAGES,
        )
        return _checked([one for one in raws if one.get("typeName", "flag") == "flag"], FlagShape)

    async def flag(self, key: str) -> Fetched:
        subject = f"the flag {plain(key, 60)} of {self._subject()}"
        answer = await self._client.ask(
            self._path("flags", key), subject=subject, bucket="/v1/feature-flags/flag"
        )
        return Fetched(self._document(answer, FlagShape, subject), answer.headers.get("etag", ""))

    async def versions(self, key: str, *, limit: int | None = None) -> Found:
        """The flag's history, newest first."""
        raws = await collect(
            self._client,
            f"{self._path('flags', key)}/versions",
            VersionsPage,
            lambda page: page.versions,
            subject=f"the history of the flag {plain(key, 60)}",
            limit=limit,
            follow="cursor",
        )
        return _checked(raws, VersionShape)

    async def segments(self) -> Found:
        answer = await self._client.get(
            self._path("segments"), SegmentsAnswer, subject=f"the segments of {self._subject()}"
        )
        return _checked(answer.data, SegmentShape)

    async def people(self) -> dict[str, str]:
        """What those who may have changed a flag are called, by their ids."""
        return await members(self._client)

    async def change(self, key: str, body: Mapping[str, Any], etag: str) -> Fetched | Refusal:
        """Send a change once, for the flag as it was under ``etag``.

        The ETag goes both as the header that Vercel's command line sends and as the part of the query that
        its library sends. Raises the effects' errors; also :class:`EffectNotSent` without an ETag: a change
        that nothing guards is not sent.
        """
        if not etag:
            raise EffectNotSent(_unguarded(key))
        try:
            path = self._path("flags", key)
        except SourceError as error:
            raise EffectNotSent(error.problem) from None
        answer = await self._client.effect(
            path,
            subject=f"the change of the flag {plain(key, 60)}",
            method="PATCH",
            params=[("ifMatch", etag)],
            headers=[("If-Match", etag)],
            body=dict(body),
            answers=Written,
            already=lambda one: one.status in NOT_WRITTEN,
        )
        if answer.status in NOT_WRITTEN:
            return Refusal(answer.status, self._client.service.clean(read_error(answer.body).message))
        return Fetched(json.loads(answer.body), answer.headers.get("etag", ""))

    def _document(self, answer: Answer, shape: type[Wire], subject: str) -> Raw:
        self._client.parsed(answer.body, _Object, subject)
        raw: Raw = json.loads(answer.body)
        wrong = fault(raw, shape)
        if wrong is not None:
            raise SourceError(self._client.garbage(subject, wrong))
        return raw

    def _path(self, *parts: str) -> str:
        try:
            places = "/".join(segment(part, "flag key") for part in parts)
        except ValueError as error:
            raise SourceError(self._client.misnamed(error)) from None
        return f"/v1/projects/{self._place()}/feature-flags/{places}"

    def _place(self) -> str:
        try:
            return segment(self._project, "project")
        except ValueError as error:
            raise SourceError(self._client.misnamed(error)) from None

    def _subject(self) -> str:
        return f"project {plain(self._project, 60)}"


class _Object(BaseModel):
    """Any JSON object."""


def _checked(raws: Sequence[Raw], shape: type[Wire]) -> Found:
    good, bad = [], []
    for raw in raws:
        wrong = fault(raw, shape)
        if wrong is None:
            good.append(raw)
        else:
            bad.append(f"{name_of(raw)}: {wrong}")
    return Found(tuple(good), tuple(bad))


def _unguarded(key: str) -> Problem:
    return Problem(
        "garbage",
        f"Vercel gave no ETag for the flag {plain(key, 60)}, so a change could not be guarded.",
        "Nothing was sent. Change it in Vercel's dashboard, or try again.",
    )
