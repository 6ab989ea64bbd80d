"""What a run touches is linked to its incident, once, whoever drives and whatever a crash left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.incidents.desk import Opening
from console.runs.doing import Done, Say, Task
from console.runs.driver import Driver
from console.runs.linking import link
from tests.console.runs.scene import Stage, pin, who

pytestmark = pytest.mark.slow


class Touching:
    """Says that it has touched a request, a flag and something that no incident has."""

    async def would(self, task: Task) -> tuple[str, ...]:
        return ()

    async def do(self, task: Task, say: Say) -> Done:
        return Done("succeeded", "done", links=(("request", "RB-2"), ("flag", "new-cart"), ("event", "7")))

    async def resume(self, task: Task, say: Say) -> Done:
        return await self.do(task, say)


async def test_the_run_and_what_its_steps_touched_are_linked_once(tmp_path: Path) -> None:
    stage, ana = Stage.at(tmp_path), who("ana")
    try:
        name = (await stage.incidents.open(Opening("Checkout fails", "prj"), ana)).next
        run_id = await stage.start(pin("id: wait\nkind: timer\nfor: 1ms"), incident_id=name)

        def driver(linked: bool) -> Driver:
            found = (lambda run: link(stage.incidents, run, ana)) if linked else None
            hands = {**stage.hands(ana, True), "timer": Touching()}
            return Driver(stage.runs, hands, stage.leases, ana, linked=found)

        unlinked = driver(linked=False)
        assert await unlinked.take(run_id) is None
        await unlinked.drive(run_id)
        for _ in range(2):  # a crash before the links: the next look makes them good, another changes nothing
            run = await stage.runs.get(run_id)
            assert run is not None
            assert await link(stage.incidents, run, ana) is None
            incident = await stage.incidents.get(name)
            assert incident is not None
            assert incident.links == (("run", run_id), ("request", "RB-2"), ("flag", "new-cart"))

        other = await stage.start(pin("id: wait\nkind: timer\nfor: 1ms"), incident_id=name)
        linking = driver(linked=True)
        assert await linking.take(other) is None
        await linking.drive(other)
        incident = await stage.incidents.get(name)
        assert incident is not None
        assert incident.links[3:] == (("run", other),)
    finally:
        stage.close()
