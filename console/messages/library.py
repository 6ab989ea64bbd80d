"""The templates there are: one's own before those that come with the program. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from console.messages.template import Checked


@dataclass(frozen=True)
class Found:
    """A template's file and what it is."""

    file: str
    """As it is shown."""
    stem: str
    origin: str
    checked: Checked

    @property
    def name(self) -> str:
        return self.checked.template.name if self.checked.template else self.stem


def library(own: Iterable[Found], shipped: Iterable[Found]) -> dict[str, Found]:
    """By name and in that order. A broken one of one's own hides that of the program: never another text than
    the one that was meant."""
    found = {one.name: one for one in shipped}
    found |= {one.name: one for one in own}
    return dict(sorted(found.items()))
