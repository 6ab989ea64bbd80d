"""What stands around an incident: how its requests stand, and the playbooks that are offered for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from console.canary.verdict import MetricState
from console.rollback.telling import standing_words

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.incidents.incident import Incident
    from console.playbooks.library import Found
    from console.world import World


async def requests(cockpit: Cockpit, names: Sequence[str]) -> Mapping[str, str]:
    """Name of a request → how it stands. Raises ``Impossible`` where none can be looked at."""
    if not names:
        return {}
    desk = cockpit.requests().desk
    views = [await desk.get(name) for name in names]
    return {view.id: standing_words(view) for view in views if view is not None}


def signs(incident: Incident, world: World, known: Iterable[str]) -> tuple[str, ...]:
    """What speaks for a playbook: metrics that are worse now, then those of ``known`` that its text names."""
    metrics = world.verdict.metrics if world.verdict is not None and not incident.over else ()
    worse = [one.metric_id for one in metrics if one.state is MetricState.WORSE]
    text = " ".join((incident.opened.title, *incident.opened.evidence)).casefold()
    named = [one for one in known if one.replace("_", " ").casefold() in text or one.casefold() in text]
    return tuple(dict.fromkeys((*worse, *named)))


async def offered(cockpit: Cockpit, incident: Incident, world: World) -> tuple[str, ...]:
    """The names of the playbooks whose triggers fit the incident."""
    return tuple(one.name for one in fitting(await cockpit.playbooks(), incident, world))


def fitting(found: Sequence[Found], incident: Incident, world: World) -> tuple[Found, ...]:
    """Those of ``found`` that are offered, the best first."""
    from console.playbooks.offering import Card
    from console.playbooks.offering import offered as of

    known = sorted({trigger for one in found for trigger in one.triggers})
    signs_ = dict.fromkeys((*incident.signs, *signs(incident, world, known)))
    cards = [Card.of(one.checked.playbook) for one in found if one.checked.playbook is not None]
    names = of(tuple(signs_), on_release=bool(incident.linked("release")), cards=cards)
    by_name = {one.name: one for one in found}
    return tuple(by_name[one.name] for one in names)
