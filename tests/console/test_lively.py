"""What is under way is asked for more often, and no longer than it is."""

from __future__ import annotations

from pathlib import Path

from data.simulator import building
from tests.console.consoles import consoles

LONG = "3600"


async def test_a_build_is_seen_to_its_end_though_the_list_is_asked_for_rarely(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        project = scene.sim.world.project
        made = building.push(project, project.people[0], scene.sim.world.advance(), seconds=40.0)
        one = await scene.started(POLL__PROJECT_S=LONG)

        def state(world: object) -> str:
            listed = one.world.candidates.value
            found = [c.deployment for c in listed.candidates if c.deployment.id == made.id] if listed else []
            return found[0].ready_state if found else ""

        await one.sees(lambda w: state(w) in ("QUEUED", "BUILDING"), "the build")
        before = one.world.now
        world = await one.sees(lambda w: state(w) == "READY", "its end")
        assert world.now - before < int(LONG) * 1000


async def test_domains_that_move_are_seen_to_arrive(tmp_path: Path) -> None:
    async with consoles(tmp_path) as scene:
        one = await scene.started(POLL__PROJECT_S=LONG)
        await one.sees(lambda w: w.project.value, "the project")
        scene.act("abort")
        await one.session.refresh()
        world = await one.sees(
            lambda w: (
                w.project.value
                and w.project.value.alias_job
                and w.project.value.alias_job.status == "succeeded"
            ),
            "all moved",
        )
        project = world.project.value
        assert project is not None
        assert {served.deployment_id for served in project.served} == {project.serving_id}
        assert {served.domain for served in project.served} == set(project.domains)
