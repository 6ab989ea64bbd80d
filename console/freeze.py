"""The change freeze: while it stands, the gate lets nothing widen exposure. A fold over its events.

What the host does by itself (automatic stages, its own gate) no freeze of ours can stop.
"""

from __future__ import annotations

from collections.abc import Sequence

from console import events
from console.actions import Action, Advance, Complete, Promote, Start
from console.envelope import Recorded
from console.world import Frozen


def stream(project_id: str) -> str:
    return f"freeze:{project_id}"


def stands(story: Sequence[Recorded]) -> Frozen | None:
    """The freeze in force, if there is one. Raises :class:`console.events.Unknown`."""
    frozen = None
    for one in story:
        event = events.read(one)
        if isinstance(event, events.ReleaseFrozen):
            frozen = Frozen(event.person, event.reason, one.at)
        elif isinstance(event, events.ReleaseThawed):
            frozen = None
    return frozen


def stops(action: Action) -> bool:
    """Whether a freeze stands in the way of ``action``: of all that widens, of nothing that stops harm."""
    return isinstance(action, Start | Advance | Complete | Promote)
