"""Projections: what the ledger's events amount to. Folded from the start, or from a kept state; never edited.

A kept state is only a shortcut. It counts for one version of the fold, one set of known event kinds
and one event (number and hash) of this very chain; otherwise it is as if there were none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from console.envelope import GENESIS, Head, Json, Recorded, digest
from console.events import KINDS, UPCASTERS
from console.ports import Ledger

S = TypeVar("S")

PAGE = 1000
"""Events read at once."""

KEEP_AFTER = 200
"""A state is kept again once this many events came after the last kept one."""


class Fold(Protocol[S]):
    """A pure function over events. ``version`` rises whenever its result for the same events changes."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    def initial(self) -> S: ...

    def apply(self, state: S, event: Recorded) -> S:
        """The state after ``event``; ``state`` itself is not changed. Never raises."""
        ...

    def dump(self, state: S) -> Json:
        """The state as JSON; :meth:`load` is its inverse and may raise anything on what is not one."""
        ...

    def load(self, kept: Json) -> S: ...


@dataclass(frozen=True, slots=True)
class Projection(Generic[S]):
    """A fold's state after the event ``head``."""

    state: S
    head: Head


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept state: after which event, and its JSON text."""

    head: Head
    text: str


class Shelf(Protocol):
    """Where states are kept. Disposable: it never raises, and may forget anything at any time."""

    def get(self, key: str) -> Kept | None: ...

    def put(self, key: str, kept: Kept) -> None: ...


def project(
    ledger: Ledger,
    fold: Fold[S],
    *,
    since: Projection[S] | None = None,
    upto: int | None = None,
    shelf: Shelf | None = None,
) -> Projection[S]:
    """The fold's state after event ``upto`` (default: all).

    Goes on from ``since``, else from the state on the shelf. Raises :class:`console.ports.StoreUnusable`.
    """
    key = f"{fold.name}/{fold.version}/{known_kinds()}"
    begun = since or (_taken(ledger, fold, shelf.get(key), upto) if shelf else None)
    at = begun or Projection(fold.initial(), Head(0, GENESIS))
    first, state = at.head.seq, at.state
    head = at.head
    while page := ledger.read(after_seq=head.seq, before_seq=None if upto is None else upto + 1, limit=PAGE):
        for event in page:
            state = fold.apply(state, event)
        head = Head(page[-1].seq, page[-1].hash)
    if shelf is not None and head.seq - first >= KEEP_AFTER:
        shelf.put(key, Kept(head, json.dumps(fold.dump(state))))
    return Projection(state, head)


def _taken(ledger: Ledger, fold: Fold[S], kept: Kept | None, upto: int | None) -> Projection[S] | None:
    """The kept state, if it is one, lies not behind ``upto``, and belongs to this chain."""
    if kept is None or kept.head.seq < 1 or (upto is not None and kept.head.seq > upto):
        return None
    there = ledger.read(after_seq=kept.head.seq - 1, limit=1)
    if not there or Head(there[0].seq, there[0].hash) != kept.head:
        return None
    try:
        return Projection(fold.load(json.loads(kept.text)), kept.head)
    except Exception:  # whatever is wrong with it: it is only a shortcut
        return None


def known_kinds() -> str:
    """Names the kinds and schemas this program can read: one that knows others folds otherwise."""
    kinds = {kind: cls.SCHEMA for kind, cls in KINDS.items()}
    steps = [f"{kind}:{schema}" for kind, schema in sorted(UPCASTERS)]
    return digest({"kinds": kinds, "upcasters": steps})[:16]
