"""The host's own command line works on the simulator, and the world then is as it should be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from data.simulator import releases
from data.simulator.account import Account
from data.simulator.control import truth_of
from data.simulator.records import Release
from data.simulator.server import Simulator
from tests.contract.clients import run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("npm"), pytest.mark.timeout(600)]


class CommandLine:
    """``vercel`` with settings that lead to a simulator and nowhere else."""

    def __init__(self, folder: Path, home: Path, simulator: Simulator) -> None:
        self._folder, self._home, self.simulator = folder, home, simulator

    def point_at(self, url: str, team_id: str) -> None:
        settings = {"api": url, "currentTeam": team_id}
        (self._home / "config.json").write_text(json.dumps(settings), encoding="utf-8")
        login = {"token": self.simulator.token}
        (self._home / "auth.json").write_text(json.dumps(login), encoding="utf-8")

    async def __call__(self, *words: str, fails: bool = False) -> str:
        """What it printed, on both streams."""
        project = self.simulator.world.project
        ran = await run(
            self._folder,
            ["node_modules/vercel/dist/vc.js", *words, "--global-config", str(self._home), "--no-color"],
            {
                "VERCEL_TELEMETRY_DISABLED": "1",
                "NO_UPDATE_NOTIFIER": "1",
                "VERCEL_ORG_ID": project.team_id,
                "VERCEL_PROJECT_ID": project.id,
            },
        )
        assert (ran.returncode != 0) is fails, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    @property
    def release(self) -> Release:
        self.simulator.world.advance()
        release = self.simulator.world.project.release
        assert release is not None
        return release

    def state(self) -> str:
        return self.release.state

    def moved(self) -> set[str]:
        """What the domains serve once all have moved."""
        self.simulator.clock.advance(10)
        return set(truth_of(self.simulator.world, 1.0).domains.values())


@asynccontextmanager
async def command_line(
    folder: Path, home: Path, simulator: Simulator | None = None
) -> AsyncIterator[CommandLine]:
    simulator = simulator or Simulator(scenario="healthy", seed=1, speed=1.0)
    async with simulator.serving() as ready:
        vercel = CommandLine(folder, home, simulator)
        vercel.point_at(ready.vercel_url, ready.team_id)
        yield vercel


async def test_who_and_what_there_is(npm_clients: Path, tmp_path: Path) -> None:
    async with command_line(npm_clients, tmp_path) as vercel:
        release, project = vercel.release, vercel.simulator.world.project
        assert "ana" in await vercel("whoami")
        listed = await vercel("list", "shop", "--scope", "acme")
        assert project.deployments[release.canary_id].url in listed
        inspected = await vercel("inspect", release.canary_id)
        assert release.canary_id in inspected
        assert "Ready" in inspected
        assert "Build Completed" in await vercel("inspect", release.canary_id, "--logs")
        assert "project-rolling-release-started" in await vercel("activity", "ls")
        assert "STRIPE_SECRET_KEY" in await vercel("env", "ls", "production")
        for verb in ("fetch", "inspect"):
            said = await vercel("rolling-release", verb)
            shown = json.loads(said[said.index("{") : said.rindex("}") + 1])
            assert shown["canaryDeployment"]["id"] == release.canary_id


async def test_what_the_host_measured_of_each_deployment(npm_clients: Path, tmp_path: Path) -> None:
    async with command_line(npm_clients, tmp_path) as vercel:
        words = ("metrics", "vercel.request.count", "--group-by", "deploymentId", "--since", "30m")
        said = await vercel(*words, "--format", "json")
        summary = json.loads(said[said.index("{") : said.rindex("}") + 1])["summary"]
        told = {row["deploymentId"]: row["vercel_request_count_sum"] for row in summary}
        release, world = vercel.release, vercel.simulator.world
        assert set(told) == {release.base_id, release.canary_id}
        # Six minutes of canary, all in the last half hour; the newest seconds are not measured yet.
        true = world.counts(release.canary_id, release.started_at - 60_000, world.clock.now())[0]
        assert 0.8 * true <= told[release.canary_id] <= true
        filtered = await vercel(*words, "--filter", "httpStatus >= 500", "--format", "json")
        errors = json.loads(filtered[filtered.index("{") : filtered.rindex("}") + 1])["summary"]
        share = sum(row["vercel_request_count_sum"] for row in errors) / sum(told.values())
        assert 0.001 < share < 0.02


async def test_the_template_is_configured_and_leaves_the_running_release_alone(
    npm_clients: Path, tmp_path: Path
) -> None:
    async with command_line(npm_clients, tmp_path) as vercel:
        before, project = vercel.release.stages, vercel.simulator.world.project
        stages = ("--stage", "10,5m", "--stage", "50,10m")
        await vercel("rolling-release", "configure", "--enable", "--advancement-type", "automatic", *stages)
        assert project.template is not None
        assert [(s.percentage, s.minutes) for s in project.template] == [(10, 5), (50, 10), (100, None)]
        assert vercel.release.stages == before
        await vercel("rolling-release", "configure", "--disable")
        assert vercel.simulator.world.project.template is None
        assert vercel.state() == "ACTIVE"
        await vercel("rolling-release", "abort", "--dpl", vercel.release.base_id)
        assert vercel.state() == "ABORTED"


async def test_a_plain_project_is_rolled_back_and_promoted_at_once(npm_clients: Path, tmp_path: Path) -> None:
    simulator = Simulator(scenario="healthy", seed=1, speed=1.0, account=Account(plan="hobby"))
    async with command_line(npm_clients, tmp_path, simulator) as vercel:
        project = simulator.world.project
        newest, previous = project.serving_id, releases.previous_id(project)
        assert previous is not None
        older = next(
            d.id
            for d in project.deployments.values()
            if d.rollback_candidate and d.id not in (newest, previous)
        )
        assert "previous production deployment only" in await vercel("rollback", older, "--yes", fails=True)
        await vercel("rollback", previous, "--yes")
        assert vercel.moved() == {previous}
        await vercel("promote", newest, "--yes")
        assert vercel.moved() == {newest}


async def test_a_promote_that_leaves_a_domain_behind_is_a_failure(npm_clients: Path, tmp_path: Path) -> None:
    simulator = Simulator(scenario="half-moved", seed=1, speed=1.0, account=Account(plan="pro"))
    async with command_line(npm_clients, tmp_path, simulator) as vercel:
        base = vercel.release.base_id
        older = releases.previous_id(simulator.world.project)
        assert older is not None
        said = await vercel("rollback", older, "--yes", fails=True)
        assert "www.shop.acme.example" in said
        assert vercel.moved() == {base, older}


async def test_a_release_is_approved_completed_and_the_next_one_started(
    npm_clients: Path, tmp_path: Path
) -> None:
    async with command_line(npm_clients, tmp_path) as vercel:
        release = vercel.release
        canary = release.canary_id
        await vercel("rolling-release", "approve", "--dpl", canary, "--currentStageIndex", "0")
        assert (vercel.state(), vercel.release.active_index) == ("ACTIVE", 1)
        await vercel("rolling-release", "complete", "--dpl", canary)
        assert vercel.state() == "COMPLETE"
        assert vercel.moved() == {canary}
        waiting = next(
            d.id for d in vercel.simulator.world.project.deployments.values() if d.substate == "STAGED"
        )
        await vercel("rolling-release", "start", "--dpl", waiting, "--yes")
        assert (vercel.state(), vercel.release.canary_id) == ("ACTIVE", waiting)


async def test_a_release_is_aborted_by_a_rollback_and_promoted_again(
    npm_clients: Path, tmp_path: Path
) -> None:
    async with command_line(npm_clients, tmp_path) as vercel:
        release, project = vercel.release, vercel.simulator.world.project
        said = await vercel("rollback", release.base_id, "--yes")
        assert vercel.state() == "ABORTED", said
        assert vercel.moved() == {release.base_id}
        assert not project.auto_assign
        await vercel("promote", release.canary_id, "--yes")
        assert (vercel.state(), vercel.release.canary_id) == ("ACTIVE", release.canary_id)
        assert project.auto_assign


async def test_flags_are_read_and_changed(npm_clients: Path, tmp_path: Path) -> None:
    async with command_line(npm_clients, tmp_path) as vercel:
        flags = vercel.simulator.world.project.flags
        where = ("--environment", "production")
        assert "12 feature flags found" in await vercel("flags", "ls")
        assert "Default split: Off: 75%, On: 25%" in await vercel("flags", "inspect", "new-cart")
        await vercel("flags", "disable", "new-cart", *where, "--message", "INC-1")
        production = flags.flag("new-cart").document["environments"]["production"]
        assert (production["active"], production["fallthrough"]["type"]) == (False, "split")
        weights = ("--weight", "false=60", "--weight", "true=40")
        await vercel("flags", "split", "new-cart", *where, "--by", "user.id", *weights)
        assert flags.flag("new-cart").document["environments"]["production"]["active"]
        await vercel("flags", "update", "new-cart", "--variant", "on", "--label", "Rewritten")
        assert [one["label"] for one in flags.flag("new-cart").document["variants"]] == ["Off", "Rewritten"]
        assert "INC-1" in await vercel("flags", "versions", "new-cart")
        await vercel("flags", "archive", "gift-cards", "--yes")
        assert flags.flag("gift-cards").document["state"] == "archived"
        assert "beta-testers" in await vercel("flags", "segments", "ls")


async def test_stores_are_read_and_changed(npm_clients: Path, tmp_path: Path) -> None:
    async with command_line(npm_clients, tmp_path) as vercel:
        store = vercel.simulator.world.project.stores.named("shop-config")
        assert "statsig-shop" in await vercel("edge-config", "list")
        assert "maintenance" in await vercel("edge-config", "items", store.id)
        write = {"items": [{"operation": "upsert", "key": "maintenance", "value": True}]}
        await vercel("edge-config", "update", store.id, "--patch", json.dumps(write))
        assert store.items["maintenance"]["value"] is True
        assert store.backups[-1]["id"] in await vercel("edge-config", "backups", store.id)
