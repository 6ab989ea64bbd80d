"""Checkpoints: what a ledger was at a moment, small enough to be kept elsewhere. Pure.

A chain proves what is in it. That its end was cut off, that it was written anew from some event on, or that
an old copy stands in its place, only something kept outside of it can show. Beside the head a checkpoint
holds *marks*, the hashes at growing distances before it, so that the place of a change can be narrowed down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from console.envelope import Head, canonical
from console.ports import Ledger
from console.readings import Millis

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Seq = Annotated[int, Field(ge=1)]


class NoCheckpoint(ValueError):
    """The text is no checkpoint, or the ledger has none; says why."""


class Mark(BaseModel):
    """One event by its place and hash."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    seq: Seq
    hash: Sha256


class Checkpoint(BaseModel):
    """The head of a Coalmine ledger at a moment, and marks before it.

    ``signature``, where there is one, is an SSH signature in the namespace ``coalmine-checkpoint@v1`` over
    the other fields as canonical JSON: keys sorted, no white space, UTF-8.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="checkpoint")
    schema_: Literal[1] = Field(1, alias="schema")
    ledger: Sha256 = Field(description="Which ledger: the hash of its first event.")
    count: Seq = Field(description="How many events it had.")
    seq: Seq = Field(description="The newest event.")
    hash: Sha256 = Field(description="Its hash.")
    at: int = Field(description="When that was: milliseconds since the Unix epoch.")
    marks: tuple[Mark, ...] = Field(strict=False, description="Events before the newest, oldest first.")
    signature: str | None = Field(None, description="An armoured SSH signature; absent if unsigned.")

    @property
    def head(self) -> Head:
        return Head(self.seq, self.hash)

    def signed_content(self) -> bytes:
        """What a signature is over."""
        return canonical(self.model_dump(mode="json", by_alias=True, exclude={"signature"}))

    def text(self) -> str:
        """As a file, on one line."""
        kept = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return canonical(kept).decode() + "\n"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a ledger is beside a checkpoint."""

    state: Literal["holds", "lost", "changed", "another"]
    """``lost``: its end is missing; ``changed``: other events stand there; ``another``: not this ledger."""
    says: str
    first: int | None = None
    last: int | None = None
    """Events ``first`` to ``last`` of then are not there any more, or not surely."""

    @property
    def ok(self) -> bool:
        return self.state == "holds"


def take(ledger: Ledger, now: Millis) -> Checkpoint:
    """The checkpoint of ``ledger`` as it is. Raises :class:`NoCheckpoint` while it is empty."""
    head = ledger.head()
    if head.seq < 1:
        raise NoCheckpoint("The ledger is empty: there is nothing to take a checkpoint of.")
    marks = []
    for seq in _before(head.seq):
        found = hash_of(ledger, seq)
        if found is not None:
            marks.append(Mark(seq=seq, hash=found))
    first = marks[0].hash if marks else head.hash
    return Checkpoint(ledger=first, count=head.seq, seq=head.seq, hash=head.hash, at=now, marks=tuple(marks))


def _before(head: int) -> Iterator[int]:
    """The first event, and those 1, 2, 4, … before the head; oldest first."""
    distances = [2**power for power in range(head.bit_length())]
    yield from sorted({1, *(head - distance for distance in distances)} & set(range(1, head)))


def parse(text: str) -> Checkpoint:
    """Read a checkpoint's file. Raises :class:`NoCheckpoint`."""
    try:
        found = Checkpoint.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise NoCheckpoint(f"{place}: {fault['msg']}") from None
    seqs = [mark.seq for mark in found.marks]
    if seqs != sorted(set(seqs)) or (seqs and seqs[-1] >= found.seq) or found.count != found.seq:
        raise NoCheckpoint("its numbers contradict each other")
    if (found.marks[0] if found.marks else found).seq != 1 or _first(found) != found.ledger:
        raise NoCheckpoint("it does not name the ledger's first event")
    return found


def _first(found: Checkpoint) -> str:
    return found.marks[0].hash if found.marks else found.hash


def hash_of(ledger: Ledger, seq: int) -> str | None:
    """The hash of one event as it stands there. Raises :class:`console.ports.StoreUnusable`."""
    found = ledger.read(after_seq=seq - 1, before_seq=seq + 1, limit=1)
    return found[0].hash if found else None


def compare(then: Checkpoint, head: Head, hash_at: Callable[[int], str | None]) -> Compared:
    """What became of the ledger since ``then``; ``head`` and ``hash_at`` are of the present one.

    Says nothing about the chain between the marks: that it holds is for ``verify`` to prove.
    """
    when = _day(then.at)
    if head.seq < 1:
        says = f"The ledger is empty: events 1 to {then.seq}, which it had on {when}, are lost."
        return Compared("lost", says, 1, then.seq)
    if hash_at(1) != then.ledger:
        says = (
            f"This is another ledger than on {when}, or it was written anew from its first event: "
            f"events 1 to {then.seq} of then are not here."
        )
        return Compared("another", says, 1, then.seq)
    if hash_at(then.seq) == then.hash:
        return Compared("holds", f"The ledger goes on from event {then.seq}, its head on {when}.")
    return _parted(then, head, hash_at, when)


def _parted(then: Checkpoint, head: Head, hash_at: Callable[[int], str | None], when: str) -> Compared:
    good, bad = 1, None
    for mark in (*then.marks, Mark(seq=then.seq, hash=then.hash)):
        if mark.seq > head.seq:
            break
        if hash_at(mark.seq) != mark.hash:
            bad = mark.seq
            break
        good = mark.seq
    if bad is None:
        says = (
            f"Events {head.seq + 1} to {then.seq} are lost: the ledger ends at event {head.seq}, "
            f"and on {when} it had {then.seq}."
        )
        return Compared("lost", says, head.seq + 1, then.seq)
    first = f"event {bad}" if bad == good + 1 else f"an event between {good + 1} and {bad}"
    says = (
        f"From {first} on, other events stand in the ledger than on {when}: "
        f"what events {good + 1} to {then.seq} were then is lost."
    )
    return Compared("changed", says, good + 1, then.seq)


def _day(at: Millis) -> str:
    try:
        return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return str(at)
