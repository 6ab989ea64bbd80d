"""How a person wants the console: colours, keys of their own, the mouse. Known before the first paint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Look:
    """``theme`` by name (``None``: the console's own), whether the ``mouse`` works, and the ``keys``:
    the name of a binding → its keys, separated by commas; already checked (:mod:`screens.keymap`).
    """

    theme: str | None = None
    mouse: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> str:
        """As one line, to be kept for the next start."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read(line: str) -> Look | None:
    """What :meth:`Look.written` gave; ``None`` for anything else."""
    try:
        kept = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match kept:
        case {"theme": str() | None as theme, "mouse": bool() as mouse, "keys": dict() as keys, **rest}:
            if not rest and all(isinstance(text, str) for text in keys.values()):
                return Look(theme, mouse, keys)
    return None
