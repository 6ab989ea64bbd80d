"""The raw data behind the release screen, as JSON: for those who want to see for themselves."""

from __future__ import annotations

import json
from dataclasses import asdict

from console.envelope import Recorded
from console.readings import Millis, Reading
from console.world import World
from screens.context import console
from screens.dialogs.reading import ReadingDialog
from screens.paint import Line, paragraph


def raw_text(world: World) -> str:
    """Release, project and verdict with when they were true, as JSON text."""

    def shown(reading: Reading[object]) -> object:
        value = None if reading.value is None else asdict(reading.value)  # type: ignore[call-overload]
        return {"at": reading.at, "source": reading.source, "value": value}

    return as_text(
        {
            "release": shown(world.release),  # type: ignore[arg-type]
            "project": shown(world.project),  # type: ignore[arg-type]
            "template": shown(world.template),  # type: ignore[arg-type]
            "verdict": None if world.verdict is None else asdict(world.verdict),
        }
    )


def as_text(value: object) -> str:
    """``value`` as JSON over several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def wrapped(text: str, cells: int) -> list[Line]:
    """The lines of indented JSON, nothing of them cut off; what is wrapped keeps its indentation."""
    out: list[Line] = []
    for line in text.splitlines():
        indent = min(len(line) - len(line.lstrip()), cells // 2)
        out += paragraph(line.lstrip(), cells, indent=indent)
    return out


class RawDialog(ReadingDialog):
    """Follows the world while it is open."""

    heading = "Raw data"
    BY_LINE = True

    def __init__(self, of: object | None = None) -> None:
        """``of``: a dataclass to show instead of the world."""
        super().__init__()
        self._of = of

    def _text(self, world: World) -> str:
        return raw_text(world) if self._of is None else as_text(asdict(self._of))  # type: ignore[call-overload]

    def copied(self) -> tuple[str, str]:
        return self._text(console(self).picture), "the raw data"

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return wrapped(self._text(world), cells)


class EventJson(ReadingDialog):
    """One event of the ledger as ``ledger export`` gives it."""

    BY_LINE = True

    def __init__(self, event: Recorded) -> None:
        super().__init__()
        self._event = event
        self.heading = f"Event {event.seq} as JSON"

    def _text(self) -> str:
        from console.export import exported

        return json.dumps(exported(self._event), indent=2, ensure_ascii=False)

    def copied(self) -> tuple[str, str]:
        return self._text(), f"event {self._event.seq} as JSON"

    def lines(self, world: World, now: Millis, cells: int) -> list[Line]:
        return wrapped(self._text(), cells)
