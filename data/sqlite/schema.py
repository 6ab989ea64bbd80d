"""The shapes of the files: every migration ever written, oldest first. Run through sqlite-utils.

A migration that has shipped is never edited; a change is one more at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.sqlite.connection import Shape

if TYPE_CHECKING:
    from sqlite_utils import Database


def _ledger_1(db: Database) -> None:
    db.table("events").create(
        {
            "seq": int,
            "id": str,
            "at": int,
            "recorded_at": int,
            "stream": str,
            "version": int,
            "kind": str,
            "schema": int,
            "actor": str,
            "payload_sha256": str,
            "prev_hash": str,
            "sig": str,
            "hash": str,
        },
        pk="seq",
        not_null=[
            *("id", "at", "recorded_at", "stream", "version", "kind", "schema", "actor"),
            *("payload_sha256", "prev_hash", "hash"),
        ],
    )
    db.table("events").create_index(["stream", "version"], unique=True)
    db.table("payloads").create({"seq": int, "text": str}, pk="seq", not_null=["text"])
    db.table("leases").create(
        {"name": str, "holder": str, "token": int, "expires_at": int},
        pk="name",
        not_null=["holder", "token", "expires_at"],
    )


def _samples_1(db: Database) -> None:
    db.table("samples").create(
        {
            "id": int,
            "key": str,
            "at": int,
            "until": int,
            "source": str,
            "body": str,
            "problem": str,
            "partial": int,
        },
        pk="id",
        not_null=["key", "at", "until", "source", "partial"],
    )
    db.table("samples").create_index(["key"])
    db.table("samples").create_index(["key", "at"])
    db.table("samples").create_index(["until"])
    db.table("fence").create({"name": str, "token": int}, pk="name", not_null=["token"])


def _projections_1(db: Database) -> None:
    db.table("projections").create(
        {"fold": str, "seq": int, "hash": str, "state": str},
        pk="fold",
        not_null=["seq", "hash", "state"],
    )


LEDGER = Shape("ledger", 0x434D4C31, (_ledger_1,), page_bytes=2048)
SAMPLES = Shape("samples file", 0x434D5331, (_samples_1,), shrinks=True)
PROJECTIONS = Shape("projections file", 0x434D5031, (_projections_1,))
