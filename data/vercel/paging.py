"""Lists that come in pages: ``limit`` and ``until`` (or ``cursor``), which takes what ``next`` said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from console.ports import SourceError
from console.readings import Problem
from data.vercel.client import VercelClient
from data.vercel.models_host import Page

PAGE = 100
"""The most items that Vercel puts on one page."""
MOST_PAGES = 50

P = TypeVar("P", bound=Page)
T = TypeVar("T")


async def collect(
    client: VercelClient,
    path: str,
    model: type[P],
    items: Callable[[P], Sequence[T]],
    *,
    subject: str,
    params: Iterable[tuple[str, str]] = (),
    limit: int | None = None,
    follow: str = "until",
    most: int = MOST_PAGES,
) -> list[T]:
    """The items of all pages, or the first ``limit`` of them. ``follow``: what asks for the next page.

    Raises :class:`SourceError`; also (``too_large``, ``garbage``) where the pages find no end: a list
    that is not whole would pass for one that is.
    """
    found: list[T] = []
    cursors: set[str] = set()
    until: list[tuple[str, str]] = []
    for _ in range(most):
        size = PAGE if limit is None else min(PAGE, limit - len(found))
        if size <= 0:
            return found[:limit]
        page = await client.get(path, model, subject=subject, params=[*params, ("limit", str(size)), *until])
        found += items(page)
        following = page.pagination.next if page.pagination else None
        if following is None or following == "":
            return found[:limit]
        if str(following) in cursors:
            raise SourceError(client.garbage(subject, "its pages go round in a circle"))
        cursors.add(str(following))
        until = [(follow, str(following))]
    if limit is not None and len(found) >= limit:
        return found[:limit]
    raise SourceError(_endless(subject, len(found)))


def _endless(subject: str, read: int) -> Problem:
    return Problem(
        "too_large",
        f"Vercel has more of {subject} than Coalmine reads: it stopped after {read}.",
        "Look at the list in Vercel's dashboard.",
    )
