"""Envelope v1: the form and the hash rule of every event. It can never be changed, only followed by a v2.

What is hashed holds integers, strings, lists and objects only, as canonical JSON: keys sorted by code
point, no white space, UTF-8, only ``"``, ``\\`` and the characters below U+0020 escaped, text exactly as
it stands. (No Unicode normalisation: it would hide a change from one form to the other, and its tables
grow with every Python.) The payload carries a random salt and stands beside the header; the header
holds the payload's SHA-256, and the header's own hash covers the previous one. A payload can therefore
be removed (redacted) and the chain still verifies, and a short secret cannot be guessed back from its
digest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring as _quoted
from typing import Any, Literal

from console.readings import Millis

Json = dict[str, Any]

GENESIS = "0" * 64
"""``prev_hash`` of the first event."""

SALT_KEY = "_salt"

HASHED_FIELDS = (
    "seq",
    "id",
    "at",
    "recorded_at",
    "stream",
    "version",
    "kind",
    "schema",
    "actor",
    "payload_sha256",
    "sig",
    "prev_hash",
)


class NotCanonical(ValueError):
    """The value holds something that has no single canonical form (a float, ``null``, a boolean, …)."""


MOST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""

MAX_DEPTH = 64
"""Lists and objects nested deeper than this are refused: every reader must be able to parse what is kept."""


def canonical(value: object) -> bytes:
    """``value`` as canonical JSON. Raises :class:`NotCanonical` naming the offending place."""
    try:
        return _encoded(value, MAX_DEPTH).encode()
    except (_Odd, TypeError, UnicodeEncodeError):
        _check(value, "$", MAX_DEPTH)
        # Sound, but of types derived from text and numbers (enumerations).
        return _ENCODER.encode(value).encode()


class _Odd(Exception):
    """Not of the plain types."""


def _encoded(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is int and -MOST <= value <= MOST:
        return str(value)
    if depth and kind is dict:
        fields = [f"{_quoted(key)}:{_encoded(value[key], depth - 1)}" for key in sorted(value)]
        return "{" + ",".join(fields) + "}"
    if depth and kind is list:
        return "[" + ",".join([_encoded(item, depth - 1) for item in value]) + "]"
    raise _Odd


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


def _check(value: object, where: str, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, bool) or value is None or isinstance(value, float):
        raise NotCanonical(f"{where}: {value!r} is neither an integer, a string, a list nor an object")
    elif isinstance(value, int):
        if abs(value) > MOST:
            raise NotCanonical(f"{where}: {value} is beyond what every JSON reader keeps exactly")
    elif depth == 0:
        raise NotCanonical(f"{where}: nested deeper than {MAX_DEPTH}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{where}: keys are strings, not {type(key).__name__}")
            _check_text(key, where)
            _check(item, f"{where}.{key}", depth - 1)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _check(item, f"{where}[{i}]", depth - 1)
    else:
        raise NotCanonical(f"{where}: {type(value).__name__} has no canonical form")


def _check_text(value: str, where: str) -> None:
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise NotCanonical(f"{where}: half a surrogate pair is not text")


def digest(value: object) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person (or ``coalmine`` itself), and through which session."""

    person: str
    """The key in people.yaml; ``coalmine`` for the console's own acts; ``host`` for what was seen there."""
    session: str
    via: Literal["console", "command", "engine", "host"] = "console"

    def __post_init__(self) -> None:
        if "/" in self.person or "/" in self.session:
            raise ValueError(f"a person's key and a session hold no /: {self.person!r}, {self.session!r}")

    def text(self) -> str:
        """The form that is hashed: ``person/session/via``."""
        return f"{self.person}/{self.session}/{self.via}"

    @classmethod
    def parse(cls, text: str) -> Actor:
        """The inverse of :meth:`text`; tolerant, so that no old event is unreadable."""
        parts = text.split("/")
        via = parts[2] if len(parts) > 2 and parts[2] in ("console", "command", "engine", "host") else "host"
        return cls(parts[0], parts[1] if len(parts) > 1 else "", via)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be appended. ``at`` is when it happened; the store adds when it was recorded."""

    kind: str
    payload: Json
    actor: Actor
    at: Millis
    schema: int = 1
    sig: str | None = None
    """A detached signature, opaque to the envelope, that the hash covers."""


@dataclass(frozen=True, slots=True)
class Header:
    """The hashed part of an event."""

    seq: int
    id: str
    at: Millis
    recorded_at: Millis
    stream: str
    version: int
    kind: str
    schema: int
    actor: str
    payload_sha256: str
    prev_hash: str
    sig: str | None = None

    def hash(self) -> str:
        """SHA-256 over the canonical header (a missing signature is left out)."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """What is hashed: the object of the fields that are not ``None``, as canonical JSON.

        Raises :class:`NotCanonical` if a field is neither an integer nor text.
        """
        # The same as canonical() of the fields (a test says so), without the way through a dictionary.
        try:
            if _all_whole((self.at, self.recorded_at, self.schema, self.seq, self.version)):
                signed = "" if self.sig is None else f'"sig":{_quoted(self.sig)},'
                return (
                    f'{{"actor":{_quoted(self.actor)},"at":{self.at},"id":{_quoted(self.id)},'
                    f'"kind":{_quoted(self.kind)},"payload_sha256":{_quoted(self.payload_sha256)},'
                    f'"prev_hash":{_quoted(self.prev_hash)},"recorded_at":{self.recorded_at},'
                    f'"schema":{self.schema},"seq":{self.seq},{signed}"stream":{_quoted(self.stream)},'
                    f'"version":{self.version}}}'
                ).encode()
        except (TypeError, UnicodeEncodeError):
            pass
        fields = {name: getattr(self, name) for name in HASHED_FIELDS}
        return canonical({name: value for name, value in fields.items() if value is not None})


def _all_whole(values: tuple[object, ...]) -> bool:
    for value in values:  # noqa: SIM110 - a generator costs three times as much here
        if type(value) is not int or not -MOST <= value <= MOST:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the ledger. ``payload_text`` is ``None`` once redacted."""

    header: Header
    hash: str
    payload_text: str | None
    payload: Json | None = field(default=None, compare=False)

    @property
    def seq(self) -> int:
        return self.header.seq

    @property
    def stream(self) -> str:
        return self.header.stream

    @property
    def version(self) -> int:
        return self.header.version

    @property
    def kind(self) -> str:
        return self.header.kind

    @property
    def at(self) -> Millis:
        return self.header.at

    @property
    def actor(self) -> Actor:
        return Actor.parse(self.header.actor)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event's number and hash; (0, GENESIS) of an empty ledger."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the chain does not hold."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What ``ledger verify`` found: ``breaks`` is empty when the chain holds from start to head."""

    checked: int
    head: Head
    redacted: int
    breaks: tuple[Break, ...]

    @property
    def ok(self) -> bool:
        return not self.breaks


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def seal(
    new: NewEvent,
    *,
    seq: int,
    event_id: str,
    recorded_at: Millis,
    stream: str,
    version: int,
    prev_hash: str,
    salt: str,
) -> Recorded:
    """Give ``new`` its place in the chain. ``salt`` is random text of at least 128 bits.

    Raises :class:`NotCanonical` if the payload has no canonical form or uses the salt's key, or a name
    (stream, kind, person, session) is empty or holds control characters.
    """
    actor = new.actor.text()
    if not (stream and new.kind and new.actor.person):
        raise NotCanonical(f"stream {stream!r}, kind {new.kind!r}, person {new.actor.person!r}: one is empty")
    names = f"{stream}{new.kind}{actor}"
    if not names.isprintable() and _CONTROL.search(names):
        raise NotCanonical(f"{stream!r}, {new.kind!r}, {actor!r}: one holds control characters")
    if SALT_KEY in new.payload:
        raise NotCanonical(f"$.{SALT_KEY}: this key belongs to the envelope")
    payload = {**new.payload, SALT_KEY: salt}
    text = canonical(payload)
    header = Header(
        seq=seq,
        id=event_id,
        at=new.at,
        recorded_at=recorded_at,
        stream=stream,
        version=version,
        kind=new.kind,
        schema=new.schema,
        actor=actor,
        payload_sha256=hashlib.sha256(text).hexdigest(),
        prev_hash=prev_hash,
        sig=new.sig,
    )
    return Recorded(header, header.hash(), text.decode(), new.payload)


def without_salt(payload_text: str | None) -> Json | None:
    """The payload as its writer gave it; ``None`` if it was redacted or is not an object."""
    if payload_text is None:
        return None
    try:
        payload = json.loads(payload_text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    payload.pop(SALT_KEY, None)
    return payload


def check_chain(
    events: Iterable[Recorded],
    *,
    after: Head = Head(0, GENESIS),
    versions: Mapping[str, int] | None = None,
    redactions: frozenset[int] = frozenset(),
) -> Iterator[Break | Recorded]:
    """Walk the chain from ``after``; yield each event, and before it a :class:`Break` for each fault.

    Found: gaps and reordering (``seq``, ``prev_hash``, stream versions), a changed header, a changed
    payload, and a payload missing without a redaction event (``redactions``: the seqs that one names).
    """
    seen = dict(versions or {})
    previous = after
    for event in events:
        header = event.header
        for what in _faults(event, previous, seen.get(header.stream, 0), header.seq in redactions):
            yield Break(header.seq, what)
        yield event
        seen[header.stream] = _whole(header.version)
        previous = Head(header.seq, event.hash)


def _faults(event: Recorded, previous: Head, version: int, redacted: bool) -> Iterator[str]:
    header = event.header
    if header.seq != previous.seq + 1:
        yield f"expected event {previous.seq + 1} here: events are missing or reordered"
    if header.prev_hash != previous.hash:
        yield f"does not follow event {previous.seq}: its previous hash differs"
    try:
        if header.hash() != event.hash:
            yield "its header was changed: the hash does not match"
    except NotCanonical as fault:
        yield f"its header was changed: {fault}"
    if header.version != version + 1:
        yield f"stream {header.stream} jumps from version {version} to {header.version}"
    if event.payload_text is None:
        if not redacted:
            yield "its payload is gone and no redaction says so"
    elif _digest_of(event.payload_text) != header.payload_sha256:
        yield "its payload was changed: the digest does not match"


def _whole(version: object) -> int:
    return version if isinstance(version, int) else 0


def _digest_of(text: object) -> str | None:
    if not isinstance(text, str):
        return None
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
