"""Bringing an old version of a flag back, as a form. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from console.flags.changing import Change
from console.flags.edits import Unfit
from console.flags.forms import THE_WHOLE, Answers, Field, Form, Known, Option
from console.flags.provider import Version
from console.flags.words import shown_text


def restore(known: Known) -> Iterator[Form]:
    """Offered once versions are known beside the present one."""
    older = known.versions[1:]
    if not older:
        return
    options = tuple(Option(name_of(one), _means(one)) for one in older)
    here = f"only {known.environment}"
    scope = (Option(here, "better: nothing else is touched"), Option(THE_WHOLE, "seed and variants with it"))

    def made(typed: Answers) -> Change:
        old = next((one for one in known.versions if name_of(one) == typed["version"]), None)
        if old is None:
            there = ", ".join(name_of(one) for one in older[:8])
            lead = f"There is no version {shown_text(typed['version'])}" if typed["version"] else "Say which"
            raise Unfit(f"{lead}: {there}.")
        if typed["what"] not in (here, THE_WHOLE):
            raise Unfit(f"Restore “{here}” or “{THE_WHOLE}”.")
        return old.restored((known.environment,) if typed["what"] == here else ())

    fields = (
        Field("version", "VERSION", "which version", options),
        Field(
            "what",
            "WHAT",
            "one environment, or everything",
            scope,
            THE_WHOLE if known.flag.archived else here,
        ),
    )
    yield Form("restore", "bring an old version back", fields, made)


def name_of(version: Version) -> str:
    """By what it is chosen: its number, or of a backup its id."""
    return version.id if version.number is None else str(version.number)


def _means(version: Version) -> str:
    at = datetime.fromtimestamp(version.at / 1000).astimezone()
    why = f": {shown_text(version.message)}" if version.message else ""
    return f"{at:%Y-%m-%d %H:%M} by {shown_text(version.by or 'somebody')}{why}"
