"""The runs of a prepared console: the real room and driver over a ledger in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from console.envelope import Actor
from console.incidents.room import IncidentRoom
from console.playbooks.library import OWN, File, Found, read
from console.ports import Lease
from console.runs.agreeing import Board
from console.runs.desk import Runs
from console.runs.driver import Driver, Told
from console.runs.hand_waiting import Asking, Timing
from console.runs.hands import hands_of
from console.runs.room import RunRoom
from tests.screens.cockpit import PreparedCockpit
from tests.screens.flag_desk import here
from tests.screens.incident_room import BOOK, Working, _told, cockpit_of, shipped, working
from tests.screens.request_room import _run
from tests.screens.worlds import rollback

TRIAGE = """\
---
playbook: look-first
version: 1
title: Look first
about: A short one.
params:
  area: {type: string, required: true, about: where it hurts}
---

# Look first

## 1. See it yourself

Open `{{ area }}` as a visitor does, and write down **what** you see.

```yaml action
id: see
kind: manual
text: Look at {{ area }} as a visitor does.
evidence: text
```

## 2. Decide

```yaml action
id: decide
kind: decision
prompt: Is it one area only?
options:
  - {label: "Only here", goto: tell}
  - {label: "Everywhere", goto: tell}
```

## 3. Tell people

```yaml action
id: tell
kind: manual
text: Tell support what is known.
```
"""


class OwnLeases:
    """Nobody else is there: whoever asks for a lease has it."""

    def __init__(self) -> None:
        self._held: dict[str, Lease] = {}

    def acquire(self, name: str, holder: str, ttl_ms: int, now: int) -> Lease | None:
        kept = self._held.get(name)
        if kept is not None and kept.holder != holder and kept.expires_at > now:
            return None
        self._held[name] = Lease(name, holder, 1, now + ttl_ms)
        return self._held[name]

    def holder(self, name: str) -> Lease | None:
        return self._held.get(name)

    def release(self, lease: Lease) -> None:
        self._held.pop(lease.name, None)

    def close(self) -> None: ...


def room_of(incidents: IncidentRoom, *, driven: bool = True) -> RunRoom:
    """The runs of the same ledger; what waits for people and for time can be done from here."""
    ledger, clock, leases = incidents.desk.ledger, incidents.desk.clock, OwnLeases()
    offload = cast("Callable[[Callable[[], Any]], Awaitable[Any]]", here)
    desk = Runs(ledger, clock, lambda: BOOK, offload, incidents.desk.seen)  # type: ignore[arg-type]

    def driving(runs: Runs, actor: Actor, told: Told, board: Board) -> Driver:
        asking = Asking(runs)
        hands = hands_of({"manual": asking, "decision": asking, "timer": Timing(runs, str)})
        return Driver(runs, hands, leases, actor, told=told)

    return RunRoom(desk, leases, incidents, driving if driven else None, lambda: None)


def of_steps(count: int) -> Found:
    """A playbook of so many steps."""
    steps = "\n".join(
        f"## {place}. Look at part {place}\n\nProse of part {place}, with *words* and `code`.\n\n"
        f"```yaml action\nid: part-{place}\nkind: manual\ntext: Look at part {place}.\n```\n"
        for place in range(1, count + 1)
    )
    text = f"---\nplaybook: many-{count}\nversion: 1\ntitle: Many parts\n---\n\n# Many parts\n\n{steps}"
    return found_of(text)


def found_of(text: str) -> Found:
    """A playbook of one's own."""
    return read(File("playbooks/own.md", "own", OWN, text.encode()), (), {})


async def begun(cockpit: PreparedCockpit, it: Working, found: Found, **params: str) -> str:
    """A run that nobody drives yet, linked to the worst incident."""
    name = (await it.room.ongoing())[0].id
    room = room_of(it.room, driven=False)
    outcome = await room.begin(found, params, name)
    assert outcome.next, outcome
    cockpit.run_room = room_of(it.room)
    cockpit.present = await it.world(rollback())
    return outcome.next


def running_one(found: Found | None = None) -> PreparedCockpit:
    """A console on an incident, for which a playbook was begun."""
    it = working()
    _run(_told(it))
    cockpit = cockpit_of(it, rollback())
    cockpit.library = shipped()

    async def begin() -> None:
        await begun(cockpit, it, found or found_of(TRIAGE), **({} if found else {"area": "/api/checkout"}))

    _run(begin())
    cockpit.ledger = tuple(reversed(it.ledger.told))
    return cockpit
