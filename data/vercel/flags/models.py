"""What Vercel's flags service answers: checked where Coalmine reads it, and kept whole.

A flag is written back as it was read but for what was changed. So the documents stay plain objects, unknown
fields and all, and a model only says whether they are what Coalmine takes them for.
"""

# ruff: noqa: N815 - the fields are named as Vercel names them

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from data.http.secret import plain
from data.vercel.client import first_fault
from data.vercel.models import Ms, Name, Wire
from data.vercel.models_host import Page

Raw = dict[str, Any]
Count = Annotated[int, Field(ge=0)]


class Outcome(Wire):
    type: Name


class FixedOutcome(Wire):
    type: Literal["variant"]
    variantId: Name


class Rule(Wire):
    id: Name
    conditions: list[Raw]
    outcome: Outcome


class Reuse(Wire):
    active: bool
    environment: str


class Environment(Wire):
    active: bool
    pausedOutcome: FixedOutcome
    fallthrough: Outcome
    rules: list[Rule]
    targets: dict[str, dict[str, dict[str, list[Raw]]]] | None = None
    reuse: Reuse | None = None


class Variant(Wire):
    id: Name
    label: str | None = None
    description: str | None = None


class Definition(Wire):
    """What a flag and its versions have in common."""

    state: Literal["active", "archived"]
    variants: Annotated[list[Variant], Field(min_length=1)]
    environments: dict[str, Environment]
    seed: int
    description: str | None = None
    tags: list[str] | None = None
    permanent: bool | None = None


class FlagShape(Definition):
    id: Name
    slug: Name
    kind: Name
    revision: Count
    createdAt: Ms
    updatedAt: Ms
    updatedBy: str | None = None


class VersionShape(Wire):
    id: Name
    revision: Count
    createdAt: Ms
    createdBy: str | None = None
    message: str | None = None
    changedEnvironments: list[str] = Field(default_factory=list)
    data: Definition


class SegmentShape(Wire):
    id: Name
    slug: Name
    label: str
    updatedAt: Ms
    data: Raw


class FlagsPage(Page):
    data: list[Raw]


class VersionsPage(Page):
    versions: list[Raw]


class SegmentsAnswer(Wire):
    data: list[Raw]


class Written(Wire):
    """Enough of the answer to a change to know that it is one."""

    id: Name
    revision: Count


def fault(raw: Raw, shape: type[Wire]) -> str | None:
    """What is wrong with a document, in a few words; ``None`` if it is what it should be."""
    try:
        shape.model_validate(raw)
    except ValidationError as error:
        return first_fault(error)
    return None


def name_of(raw: Raw) -> str:
    """What an unreadable document is called, as far as it says."""
    return plain(str(raw.get("slug") or raw.get("id") or "one without a name"), 60)
