"""How much traffic there is, as far as it is measured. Pure."""

from __future__ import annotations

from console.canary.measures import Count
from console.world import World


def per_minute(world: World) -> float | None:
    """Requests a minute over both tracks, if both are known and fresh enough."""
    for view in world.metrics:
        if view.metric.id == "request_rate":
            both = (view.baseline.value, view.canary.value)
            rates = [m.per_second for m in both if isinstance(m, Count) and m.per_second is not None]
            return sum(rates) * 60 if len(rates) == 2 else None
    return None
