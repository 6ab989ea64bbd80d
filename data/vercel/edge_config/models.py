"""What Vercel answers about Edge Config stores; rules as in :mod:`data.vercel.models`."""

# ruff: noqa: N815 - the fields are named as Vercel names them

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, RootModel

from data.vercel.models import Ms, Name, Wire

Raw = dict[str, Any]


class Purpose(Wire):
    """Whose a store is: ``flags`` (Vercel Flags') or ``experimentation`` (a partner's)."""

    type: Name


class Store(Wire):
    id: Name
    slug: Name
    digest: Name
    itemCount: Annotated[int, Field(ge=0)]
    sizeInBytes: Annotated[int, Field(ge=0)]
    updatedAt: Ms
    purpose: Purpose | None = None


class Stores(RootModel[list[Store]]):
    """Vercel's library says that there is one; its command line reads a list."""


class Item(Wire):
    key: Name
    value: Any
    updatedAt: Ms
    description: str | None = None


class Items(RootModel[list[Item]]):
    pass


class BackupPagination(Wire):
    hasNext: bool
    next: str | None = None


class Backup(Wire):
    id: Name
    lastModified: Ms


class BackupsAnswer(Wire):
    backups: list[Backup]
    pagination: BackupPagination


class KeptItem(Wire):
    value: Any


class KeptStore(Wire):
    digest: Name
    items: dict[str, KeptItem]


class User(Wire):
    username: str


class WholeBackup(Wire):
    id: Name
    lastModified: Ms
    backup: KeptStore
    user: User | None = None


class Restored(Wire):
    status: Name
    digest: Name
    previousDigest: Name
