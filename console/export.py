"""One event of the ledger as one line of JSON: the format of ``ledger export`` and ``tail --json``."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from console.envelope import Json, Recorded

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ExportedEvent(BaseModel):
    """One event of a Coalmine ledger: its envelope, and its payload unless that was redacted.

    Each line can be verified by itself and after the one before: ``payload_sha256`` is the SHA-256 of
    the payload (with its ``_salt``) as canonical JSON; ``hash`` that of the fields from ``seq`` to
    ``prev_hash`` (``sig`` only where there is one), likewise; ``prev_hash`` is the ``hash`` of event
    ``seq`` - 1, or 64 zeros. Canonical: keys sorted, no white space, UTF-8 unescaped.
    """

    model_config = ConfigDict(extra="forbid", strict=True, title="ledger-export")
    seq: int = Field(description="Place in the ledger, from 1, without gaps.")
    id: str = Field(description="UUID version 7.")
    at: int = Field(description="When it happened: milliseconds since the Unix epoch.")
    recorded_at: int = Field(description="When it was recorded; never before the event ahead of it.")
    stream: str = Field(description="What it is about.")
    version: int = Field(description="Place in its stream, from 1, without gaps.")
    kind: str
    schema_: int = Field(alias="schema", description="Version of the payload's form for this kind.")
    actor: str = Field(description="person/session/via")
    payload_sha256: Sha256
    sig: str | None = Field(None, description="A detached signature, if there is one.")
    prev_hash: Sha256
    hash: Sha256
    payload: dict[str, object] | None = Field(description="null once redacted, or if damaged.")
    payload_text: str | None = Field(
        None, description="Only if the payload is damaged: what stands in its place."
    )


def exported(event: Recorded) -> Json:
    """The object of the line; field order as in the schema."""
    header = event.header
    line: Json = {
        "seq": header.seq,
        "id": header.id,
        "at": header.at,
        "recorded_at": header.recorded_at,
        "stream": header.stream,
        "version": header.version,
        "kind": header.kind,
        "schema": header.schema,
        "actor": header.actor,
        "payload_sha256": header.payload_sha256,
        "prev_hash": header.prev_hash,
        "hash": event.hash,
    }
    if header.sig is not None:
        line["sig"] = header.sig
    if event.payload_text is None or event.payload is not None:
        line["payload"] = json.loads(event.payload_text) if event.payload_text is not None else None
    else:
        line |= {"payload": None, "payload_text": event.payload_text}
    return line


def export_line(event: Recorded) -> str:
    """The line, without its line break: ASCII, so that no reader finds line breaks or escape codes in it."""
    return json.dumps(exported(event), separators=(",", ":"))


def export_schema() -> Json:
    """The JSON Schema of a line."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ExportedEvent.model_json_schema(),
    }
