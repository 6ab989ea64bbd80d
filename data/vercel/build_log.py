"""The log of a build, read in pieces that end: following is asking again for what is newer.

An open stream would have neither an end nor a size; asked again and again, the transport's limits hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence

from pydantic import TypeAdapter

from console.host import BuildLine
from console.ports import Clock, SourceError
from console.readings import Millis
from data.vercel.models_host import LogItem

BUILDING = frozenset({"QUEUED", "INITIALIZING", "BUILDING", ""})
"""States of a deployment in which its log still grows (or in which we do not know)."""
OVERLAP_MS: Millis = 5_000
"""Lines of parallel steps come out of order: this much of what was read is asked for again."""
PAGE = 1_000
PASSING = frozenset({"unreachable", "timeout", "server_error", "rate_limited", "garbage"})
PATIENCE = 5
"""So many failures in a row are waited out while following."""
_ERRORS = frozenset({"stderr", "fatal"})
_ITEMS = TypeAdapter(list[LogItem])

Read = Callable[[Millis | None, int], Awaitable[list[LogItem]]]
"""Events since a moment, at most so many (-1: all)."""


def parse(body: bytes) -> list[LogItem]:
    """The events of an answer: a JSON array, or one JSON object a line. Raises ``ValidationError``."""
    text = body.strip()
    if not text or text.startswith(b"["):
        return _ITEMS.validate_json(text or b"[]")
    return [LogItem.model_validate_json(line) for line in text.split(b"\n") if line.strip()]


def lines_of(items: Iterable[LogItem]) -> list[BuildLine]:
    """What a person reads of the events, oldest first; events without a text are left out."""
    texts = [(item.at, item) for item in items if item.line.text is not None]
    dated = sorted(((at, item) for at, item in texts if at is not None), key=lambda pair: pair[0])
    return [BuildLine(at, text, _is_error(item)) for at, item in dated for text in _split(item)]


def _split(item: LogItem) -> list[str]:
    return (item.line.text or "").removesuffix("\n").split("\n")


def _is_error(item: LogItem) -> bool:
    """As Vercel marks it; where it does not, what came on the error channel."""
    level = item.line.level or item.level
    return level == "error" if level else item.type in _ERRORS


class Reader:
    """Remembers what was read, so that each event is given once, however often it is sent."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._newest: Millis | None = None
        self._known: dict[object, Millis] = {}
        self._limit = -1

    async def news(self) -> list[BuildLine]:
        """What came since the last call. A log too large for one answer is read page by page."""
        since = None if self._newest is None else self._newest - OVERLAP_MS
        try:
            return await self._pages(since)
        except SourceError as error:
            if error.problem.kind != "too_large" or self._limit > 0:
                raise
            self._limit = PAGE
            return await self._pages(since)

    async def _pages(self, since: Millis | None) -> list[BuildLine]:
        found: list[LogItem] = []
        after = since
        while True:
            page = await self._read(after, self._limit)
            found += self._fresh(page, since)
            last = max((item.at for item in page if item.at is not None), default=None)
            if self._limit < 0 or len(page) < self._limit or last is None:
                break
            following = next((at for at in (last - 1, last + 1) if after is None or at > after), None)
            if following is None:
                break
            after = following
        self._forget()
        return lines_of(found)

    def _fresh(self, page: Sequence[LogItem], since: Millis | None) -> list[LogItem]:
        fresh, twins = [], Counter[object]()
        for item in page:
            at = item.at
            if at is None or (since is not None and at < since):
                continue
            same = (at, item.type, item.line.text)
            twins[same] += 1
            key = item.line.id or item.id or (same, twins[same])
            if key not in self._known:
                fresh.append(item)
            self._known[key] = at
            self._newest = at if self._newest is None else max(self._newest, at)
        return fresh

    def _forget(self) -> None:
        if self._newest is not None:
            oldest = self._newest - OVERLAP_MS
            self._known = {key: at for key, at in self._known.items() if at >= oldest}


async def follow(
    read: Read, state: Callable[[], Awaitable[str]], clock: Clock, every_s: float = 2.0
) -> AsyncGenerator[Sequence[BuildLine], None]:
    """Batches of new lines, empty ones too, until the build has ended and nothing more comes.

    ``state`` gives the deployment's ``readyState``; it is read before the lines, so that those written
    until the end are not missed. Failures that pass are waited out, :data:`PATIENCE` in a row; then, and
    at once for others, :class:`SourceError`.
    """
    reader = Reader(read)
    followed, failures = False, 0
    while True:
        wait_s = every_s
        try:
            ended = await state() not in BUILDING
            batch = await reader.news()
        except SourceError as error:
            failures += 1
            if error.problem.kind not in PASSING or failures > PATIENCE:
                raise
            if error.problem.retry_at is not None:
                wait_s = max(every_s, (error.problem.retry_at - clock.now()) / 1000)
        else:
            failures = 0
            yield batch
            if ended and not (followed and batch):
                return
            followed = True
        await clock.sleep(wait_s)
