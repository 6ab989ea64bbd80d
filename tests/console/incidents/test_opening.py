"""What opens an incident by itself, what joins one, what is ignored; and each cause once, whoever races."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from console.alerts.model import Alert, Alerting, Group
from console.canary.verdict import MetricState
from console.incidents import happened as h
from console.incidents import rules
from console.incidents.desk import Incidents
from console.incidents.due import suggestion_of
from console.incidents.measured import measured
from console.incidents.opener import Opener, Settled
from console.incidents.opening import NEW_MS, Cause, Terms, causes, ignored_alerts
from console.incidents.severity import Signals, suggested
from console.project import AliasJob
from console.readings import Problem, Reading
from console.world import World
from data.sqlite.ledger import SqliteLedger
from tests.console.incidents.scene import BOOK, Scene, at_once, who
from tests.crash.scale import sized
from tests.screens import worlds

TERMS = Terms(journeys=("/api/checkout",))
NOW = worlds.healthy().now
ALERT = Alert(
    "bd001b0f28ab240c",
    {"alertname": "HighErrors", "severity": "page", "route": "/api/checkout"},
    {"summary": "checkout fails"},
    NOW - 60_000,
    NOW + 60_000,
    "active",
)


def firing(*alerts: Alert, world: World | None = None, group: dict[str, str] | None = None) -> World:
    groups = (Group(group, "pager", alerts),) if group else ()
    reading = Reading(Alerting(alerts, groups), NOW, "alertmanager")
    return replace(world or replace(worlds.healthy(), verdict=None, bake=None), now=NOW, alerts=reading)


def alert_keys(world: World, terms: Terms = TERMS) -> list[str]:
    return [one.key for one in causes(world, terms) if one.how == "alert"]


@pytest.mark.parametrize(
    ("alert", "why"),
    [
        (replace(ALERT, state="suppressed", silenced_by=("s",)), "silenced"),
        (replace(ALERT, state="suppressed", inhibited_by=("f",)), "inhibited"),
        (replace(ALERT, state="unprocessed"), "unprocessed"),
        (replace(ALERT, ends_at=NOW), "resolved"),
        (replace(ALERT, labels={"alertname": "A", "severity": "info"}), "its severity is info"),
        (replace(ALERT, labels={"alertname": "A"}), "its severity is none"),
    ],
)
def test_an_alert_that_nobody_is_called_for_opens_nothing(alert: Alert, why: str) -> None:
    world = firing(alert)
    assert alert_keys(world) == []
    [one] = ignored_alerts(world, TERMS)
    assert one.why.startswith(why)


def test_an_alert_is_one_by_its_labels_and_its_beginning() -> None:
    again = replace(ALERT, starts_at=NOW - 1)
    assert alert_keys(firing(ALERT, again)) == [
        f"alert:bd001b0f28ab240c:{NOW - 60_000}",
        f"alert:bd001b0f28ab240c:{NOW - 1}",
    ]
    assert alert_keys(firing(ALERT), replace(TERMS, on_alert=False)) == []


def test_what_is_stale_or_failed_opens_nothing() -> None:
    world = firing(ALERT)
    old = replace(world.alerts, at=NOW - 3_600_000)
    failed = world.alerts.failed(Problem("unreachable", "It cannot be reached.", ""))
    assert alert_keys(replace(world, alerts=old)) == []
    assert alert_keys(replace(world, alerts=failed)) == []


def test_an_alert_on_a_critical_journey_says_so() -> None:
    [cause] = [one for one in causes(firing(ALERT), TERMS) if one.how == "alert"]
    assert cause.signals.journey == "/api/checkout"
    assert "/api/checkout is a critical journey in coalmine.toml" in cause.evidence
    assert cause.signs == ("HighErrors",)


def test_an_alert_of_another_deployment_is_not_about_the_release() -> None:
    named = replace(ALERT, labels={**ALERT.labels, "deployment": "dpl_elsewhere"})
    release = worlds.healthy().release.value
    assert release is not None
    assert release.canary is not None
    ours = replace(ALERT, labels={**ALERT.labels, "deployment": release.canary.id})
    [other, own] = [causes(firing(one), TERMS)[-1] for one in (named, ours)]
    assert other.about == ()
    assert own.about == (release.canary.id,)


def test_the_verdict_opens_with_its_metrics_and_the_journey_that_fails() -> None:
    world = worlds.rollback()
    assert world.verdict is not None
    first = replace(world.verdict.metrics[0], state=MetricState.WORSE, cell="POST /api/checkout")
    world = replace(world, verdict=replace(world.verdict, metrics=(first,)))
    [cause] = [one for one in causes(world, TERMS) if one.how == "verdict"]
    assert cause.signs == (first.metric_id,)
    assert cause.signals.journey == "/api/checkout"
    assert cause.signals.worse
    assert not [one for one in causes(worlds.healthy(), TERMS) if one.how == "verdict"]
    assert causes(world, Terms(on_verdict=False)) == ()


def rolled_back(at: int = NOW - 1000, **changes: object) -> World:
    world = worlds.healthy()
    project = world.project.value
    assert project is not None
    job = AliasJob("rollback", "succeeded", at, "dpl_bad", "dpl_good")
    made = replace(project, serving_id="dpl_good", alias_job=replace(job, **changes))  # type: ignore[arg-type]
    return replace(world, now=NOW, project=replace(world.project, value=made), verdict=None)


def test_a_rollback_opens_whoever_did_it() -> None:
    [cause] = causes(rolled_back(), TERMS)
    assert (cause.how, cause.links, cause.signs) == ("rollback", (("deployment", "dpl_bad"),), ("rollback",))
    [aborted] = causes(rolled_back(from_release_canary_id="dpl_canary"), TERMS)
    assert aborted.links == (("release", "dpl_canary"),)


@pytest.mark.parametrize(
    "world",
    [
        rolled_back(status="in-progress"),
        rolled_back(status="failed"),
        rolled_back(kind="promote"),
        rolled_back(to_deployment_id="dpl_other"),
        rolled_back(at=NOW - NEW_MS - 1),
    ],
)
def test_what_is_no_rollback_or_long_ago_opens_nothing(world: World) -> None:
    assert causes(world, TERMS) == ()


# --- on a ledger ------------------------------------------------------------------------------------


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    one = Scene.at(tmp_path)
    yield one
    one.ledger.close()


def opener(scene: Scene) -> Opener:
    return Opener(scene.ledger, scene.clock, scene.desk)


def cause(key: str = "alert:f:1", group: str = "", about: tuple[str, ...] = ()) -> Cause:
    return Cause(
        key, "alert", "HighErrors", 1, "HighErrors fires", group, about,
        tuple(("release", one) for one in about), ("what was seen",), ("HighErrors",),
        replace(measured(worlds.rollback()), journey="/api/checkout"),
    )  # fmt: skip


async def test_it_opens_with_what_was_known_and_a_severity_suggested(scene: Scene) -> None:
    made = opener(scene).settle(cause(), "prj_1", who("ana"))
    assert made == Settled("INC-1", opened=True)
    one = await scene.seen("INC-1")
    assert (one.opened.how, one.opened.cause, one.signs) == ("alert", "alert:f:1", ("HighErrors",))
    assert not one.confirmed
    found = suggestion_of(one, scene.clock.now())
    assert found is not None
    assert found.severity == "SEV2"
    assert "/api/checkout is a critical journey and fails" in found.reasons
    assert opener(scene).settle(cause(), "prj_1", who("jo")) is None


async def test_that_few_requests_fail_says_nothing_against_it(scene: Scene) -> None:
    well = replace(cause(), signals=Signals(errors=0.001, exposed=1.0, requests=1000))
    assert suggested(well.signals).severity == "SEV4"
    opener(scene).settle(well, "prj_1", who("ana"))
    assert (await scene.seen("INC-1")).suggestion is None


async def test_the_same_release_or_group_joins_what_is_open(scene: Scene) -> None:
    here = opener(scene)
    here.settle(cause("a", about=("dpl_1",)), "prj_1", who("ana"))
    assert here.settle(cause("b", about=("dpl_1",), group="{g}"), "prj_1", who("ana")) == Settled(
        "INC-1", opened=False
    )
    assert here.settle(cause("c", group="{g}"), "prj_1", who("ana")) == Settled("INC-1", opened=False)
    assert here.settle(cause("d"), "prj_1", who("ana")) == Settled("INC-2", opened=True)
    one = await scene.seen("INC-1")
    assert one.causes == ("a", "b", "c")
    assert [here.settle(cause(key), "prj_1", who("ana")) for key in "abcd"] == [None] * 4


async def test_what_joins_suggests_only_what_is_worse(scene: Scene) -> None:
    here, about = opener(scene), ("dpl_1",)
    minor = Signals(errors=0.2, exposed=0.05, requests=5000)
    here.settle(replace(cause("a", about=about), signals=minor), "prj_1", who("ana"))
    one = await scene.seen("INC-1")
    assert one.suggestion is not None
    assert one.suggestion.severity == "SEV3"
    here.settle(replace(cause("b", about=about), signals=replace(minor, errors=0.1)), "prj_1", who("ana"))
    assert (await scene.seen("INC-1")).suggestion == one.suggestion
    for key in ("c", "d"):
        worse = replace(minor, journey="/api/checkout")
        here.settle(replace(cause(key, about=about), signals=worse), "prj_1", who("ana"))
    one = await scene.seen("INC-1")
    assert one.suggestion is not None
    assert one.suggestion.severity == "SEV2"
    told = [event for event in scene.ledger.read() if event.kind == h.SeveritySuggested.KIND]
    assert len(told) == 2


async def test_what_is_over_is_not_opened_again_by_the_same(scene: Scene) -> None:
    here = opener(scene)
    here.settle(cause("a", group="{g}"), "prj_1", who("ana"))
    await scene.did("INC-1", "ana", lambda one, now: rules.closed(one, "ana", "a false alarm", now))
    assert here.settle(cause("a", group="{g}"), "prj_1", who("ana")) is None
    assert here.settle(cause("b", group="{g}"), "prj_1", who("ana")) == Settled("INC-2", opened=True)


async def test_an_incident_that_a_person_opened_is_joined(scene: Scene) -> None:
    name = await scene.opened(links=(("release", "dpl_1"),))
    assert opener(scene).settle(cause(about=("dpl_1",)), "prj_1", who("ana")) == Settled(name, opened=False)


@pytest.mark.slow
@pytest.mark.proof
def test_of_many_consoles_one_opens_it(tmp_path: Path) -> None:
    """Without the lease that keeps them apart in life: the ledger alone has to."""
    scene = Scene.at(tmp_path)
    count = 4
    ledgers = [SqliteLedger(tmp_path / "ledger.db", scene.clock) for _ in range(count)]
    rounds = sized(100)
    barrier = Barrier(count)

    def console(number: int) -> list[Settled | None]:
        ledger = ledgers[number]
        here = Opener(ledger, scene.clock, Incidents(ledger, scene.clock, lambda: BOOK, at_once))
        found = []
        for one in range(rounds):
            barrier.wait()
            found.append(here.settle(cause(f"k{one}"), "prj_1", who("ana")))
        return found

    with ThreadPoolExecutor(count) as pool:
        made = list(pool.map(console, range(count)))
    for each in zip(*made, strict=True):
        assert sum(one is not None for one in each) == 1
    opened = [one for one in scene.ledger.read() if one.kind == h.IncidentOpened.KIND]
    assert len(opened) == rounds
    assert len({(one.payload or {})["cause"] for one in opened}) == rounds
    for ledger in (*ledgers, scene.ledger):
        ledger.close()
