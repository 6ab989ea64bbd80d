"""The host's rules for releases, as a table and as a machine that tries everything."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from data.simulator import building, configuring, releases
from data.simulator.configuring import Config
from data.simulator.history import opening
from data.simulator.records import Project, Release, TemplateStage
from data.simulator.refused import Refused

NOW = 1_795_000_000_000


def project() -> Project:
    return opening(4, NOW)


def release_of(it: Project) -> Release:
    assert it.release is not None
    return it.release


def staged(it: Project, place: int = 0) -> str:
    return [d.id for d in it.deployments.values() if d.substate == "STAGED"][place]


def refusal(call: Callable[[], object]) -> int:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.status


def test_approving_goes_one_stage_at_a_time_and_the_last_completes() -> None:
    it = project()
    ana = it.people[0]
    release = release_of(it)
    for index in (1, 2):
        releases.approve(it, release.canary_id, index, ana, NOW + index)
        assert (release.state, release.active_index, release.updated_at) == ("ACTIVE", index, NOW + index)
    releases.approve(it, release.canary_id, 3, ana, NOW + 3)
    assert release.state == "COMPLETE"
    releases.settle(it, NOW + 10_000)
    assert it.serving_id == release.canary_id
    assert {d.deployment_id for d in it.domains} == {release.canary_id}


def test_two_people_approving_the_same_stage_move_it_once() -> None:
    it = project()
    release = release_of(it)
    releases.approve(it, release.canary_id, 1, it.people[0], NOW)
    assert refusal(lambda: releases.approve(it, release.canary_id, 1, it.people[1], NOW)) == 400
    assert release.active_index == 1


def test_refusals_change_nothing() -> None:
    it = project()
    ana, release = it.people[0], release_of(it)
    failed = next(d.id for d in it.deployments.values() if d.state == "ERROR")
    preview = next(d.id for d in it.deployments.values() if d.target is None)
    before = repr(it)
    wanted: list[tuple[Callable[[], object], int]] = [
        (lambda: releases.approve(it, release.base_id, 1, ana, NOW), 400),
        (lambda: releases.approve(it, release.canary_id, 2, ana, NOW), 400),
        (lambda: releases.complete(it, release.base_id, ana, NOW), 400),
        (lambda: releases.start(it, staged(it), ana, NOW), 409),
        (lambda: releases.rollback(it, release.canary_id, None, ana, NOW), 422),
        (lambda: releases.rollback(it, "dpl_nobody", None, ana, NOW), 404),
        (lambda: releases.rollback(it, staged(it), None, ana, NOW), 422),
        (lambda: releases.rollback(it, release.base_id, "x" * 251, ana, NOW), 400),
        (lambda: releases.promote(it, release.base_id, ana, NOW), 409),
        (lambda: releases.promote(it, failed, ana, NOW), 422),
        (lambda: releases.promote(it, preview, ana, NOW), 422),
    ]
    for call, status in wanted:
        assert refusal(call) == status
    assert repr(it) == before


def test_starting_the_rolling_canary_again_changes_nothing() -> None:
    it = project()
    before = repr(it)
    releases.start(it, release_of(it).canary_id, it.people[1], NOW + 5)
    assert repr(it) == before


def test_an_abort_is_a_rollback_to_the_base_and_leaves_auto_assignment_off() -> None:
    it = project()
    release, jo = release_of(it), it.people[1]
    releases.rollback(it, release.base_id, "errors at checkout", jo, NOW)
    assert release.state == "ABORTED"
    assert (it.auto_assign, it.auto_assign_changed_by) == (False, jo.id)
    assert it.rollback_note is not None
    assert it.rollback_note.description == "errors at checkout"
    job = it.job
    assert job is not None
    assert (job.kind, job.from_id, job.to_id, job.from_release_canary_id) == (
        "rollback",
        release.base_id,
        release.base_id,
        release.canary_id,
    )
    states = []
    for passed in range(0, 3_000, 100):
        releases.settle(it, NOW + passed)
        states.append((job.status, job.moved))
    assert states[0] == ("pending", 0)
    assert states[-1] == ("succeeded", len(it.domains))
    assert [s for s, _ in dict.fromkeys((s, 0) for s, _ in states)] == ["pending", "in-progress", "succeeded"]
    assert it.serving_id == release.base_id
    assert not any(domain.split for domain in it.domains)
    assert refusal(lambda: releases.rollback(it, release.base_id, None, jo, NOW + 3_000)) == 409
    kinds = [event.kind for event in it.events[-2:]]
    assert kinds == ["project-rolling-release-aborted", "instant-rollback-created"]
    assert {event.principal for event in it.events[-2:]} == {jo}


def test_an_older_deployment_can_be_rolled_back_to_in_the_middle_of_a_release() -> None:
    it = project()
    release = release_of(it)
    older = [d.id for d in it.deployments.values() if d.rollback_candidate and d.id != release.base_id][3]
    releases.rollback(it, older, None, it.people[0], NOW)
    releases.settle(it, NOW + 5_000)
    assert (release.state, it.serving_id) == ("ABORTED", older)
    assert it.deployments[release.canary_id].rollback_candidate is False


def test_promote_by_what_is_rolling() -> None:
    it = project()
    release, ana = release_of(it), it.people[0]
    waiting = staged(it)
    assert releases.promote(it, waiting, ana, NOW) == 202
    assert (release.state, release.queued_id) == ("ACTIVE", waiting)
    assert releases.promote(it, release.canary_id, ana, NOW + 1) == 201
    assert release.state == "COMPLETE"
    releases.settle(it, NOW + 60_000)
    following = release_of(it)
    assert (following.state, following.canary_id, following.base_id) == ("ACTIVE", waiting, release.canary_id)
    assert following.active_index == 0


def test_promote_after_a_rollback_ends_it_with_a_new_release() -> None:
    it = project()
    first, ana = release_of(it), it.people[0]
    releases.rollback(it, first.base_id, "bad", ana, NOW)
    releases.settle(it, NOW + 5_000)
    assert releases.promote(it, staged(it), ana, NOW + 6_000) == 201
    assert it.auto_assign is True
    assert it.rollback_note is None
    assert (release_of(it).state, release_of(it).base_id) == ("ACTIVE", first.base_id)


def test_a_newer_request_overtakes_a_job_that_still_moves_domains() -> None:
    it = project()
    release, ana = release_of(it), it.people[0]
    releases.complete(it, release.canary_id, ana, NOW)
    releases.settle(it, NOW + 900)
    assert len({d.deployment_id for d in it.domains}) == 2
    releases.rollback(it, release.base_id, None, ana, NOW + 1_000)
    releases.settle(it, NOW + 9_000)
    assert {d.deployment_id for d in it.domains} == {release.base_id}
    assert it.serving_id == release.base_id


def test_automatic_stages_advance_by_their_seconds_in_order_however_late_it_is_looked_at() -> None:
    it = project()
    ana = it.people[0]
    releases.rollback(it, release_of(it).base_id, None, ana, NOW)
    releases.settle(it, NOW + 5_000)
    it.template = (
        TemplateStage(10, False, minutes=5),
        TemplateStage(50, False, minutes=0.5),
        TemplateStage(100, False),
    )
    start = NOW + 10_000
    releases.start(it, staged(it), ana, start)
    release = release_of(it)
    assert release.advancement == "automatic"
    assert [s.duration_s for s in release.stages] == [300, 30, None]
    releases.settle(it, start + 299_999)
    assert release.active_index == 0
    releases.settle(it, start + 340_000)
    assert (release.state, release.updated_at) == ("COMPLETE", start + 330_000)


TWO_STAGES = Config((TemplateStage(20, True), TemplateStage(100, False)), None, False)
TIMED = Config((TemplateStage(30, False, 0.5, linear=True), TemplateStage(100, False)), None, False)


class Host(RuleBasedStateMachine):
    """Anybody may do anything at any moment; what must hold, holds."""

    def __init__(self) -> None:
        super().__init__()
        self.it = project()
        self.now = NOW
        self.ids = list(self.it.deployments)

    def _try(self, call: Callable[[], object]) -> None:
        before = pickle.dumps(self.it)
        try:
            call()
        except Refused:
            assert self.it == pickle.loads(before)

    @rule(seconds=st.sampled_from([0.1, 0.7, 2.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now += int(seconds * 1000)
        building.settle(self.it, self.now)
        releases.settle(self.it, self.now)

    @rule(place=st.integers(0, 26), who=st.integers(0, 3))
    def start(self, place: int, who: int) -> None:
        self._try(lambda: releases.start(self.it, self.ids[place], self.it.people[who], self.now))

    @rule(index=st.integers(0, 4), who=st.integers(0, 3))
    def approve(self, index: int, who: int) -> None:
        canary = release_of(self.it).canary_id
        self._try(lambda: releases.approve(self.it, canary, index, self.it.people[who], self.now))

    @rule(who=st.integers(0, 3))
    def complete(self, who: int) -> None:
        canary = release_of(self.it).canary_id
        self._try(lambda: releases.complete(self.it, canary, self.it.people[who], self.now))

    @rule(place=st.integers(0, 26), who=st.integers(0, 3))
    def rollback(self, place: int, who: int) -> None:
        self._try(lambda: releases.rollback(self.it, self.ids[place], None, self.it.people[who], self.now))

    @rule(who=st.integers(0, 3))
    def abort(self, who: int) -> None:
        base = release_of(self.it).base_id
        self._try(lambda: releases.rollback(self.it, base, None, self.it.people[who], self.now))

    @rule(place=st.integers(0, 26), who=st.integers(0, 3))
    def promote(self, place: int, who: int) -> None:
        self._try(lambda: releases.promote(self.it, self.ids[place], self.it.people[who], self.now))

    @rule(who=st.integers(0, 3), on=st.booleans())
    def pause_or_continue(self, who: int, on: bool) -> None:
        act = releases.pause if on else releases.proceed
        self._try(lambda: act(self.it, self.it.people[who], self.now))

    @rule(who=st.integers(0, 3), fails=st.booleans())
    def push(self, who: int, fails: bool) -> None:
        if len(self.it.deployments) < 32:
            building.push(self.it, self.it.people[who], self.now, fails=fails, seconds=20)

    @rule(config=st.sampled_from([None, TWO_STAGES, TIMED]))
    def configure(self, config: Config | None) -> None:
        self._try(lambda: configuring.configure(self.it, config, self.it.people[0], self.now))

    @rule()
    def a_domain_sticks(self) -> None:
        self.it.stuck["www."] = 1

    @invariant()
    def something_ready_serves_every_domain(self) -> None:
        for domain in self.it.domains:
            served = self.it.deployments[domain.deployment_id]
            assert (served.state, served.target) == ("READY", "production")

    @invariant()
    def traffic_is_split_only_while_a_release_runs_or_its_domains_still_move(self) -> None:
        release, job = release_of(self.it), self.it.job
        if release.state == "ACTIVE":
            assert all(d.split for d in self.it.domains)
            assert release.base_id == self.it.serving_id != release.canary_id
        elif job is None or job.done:
            assert not any(d.split for d in self.it.domains)
            if job is None or not job.failed:
                assert {d.deployment_id for d in self.it.domains} == {self.it.serving_id}

    @invariant()
    def what_a_rollback_pinned_stays_pinned_until_somebody_promotes(self) -> None:
        job, release = self.it.job, release_of(self.it)
        if job is not None and job.kind == "rollback" and release.state == "ABORTED":
            assert self.it.auto_assign is False

    @invariant()
    def every_change_is_in_the_activity_in_order(self) -> None:
        times = [event.at for event in self.it.events]
        assert times == sorted(times)
        assert len({event.id for event in self.it.events}) == len(times)


TestHost = Host.TestCase
TestHost.settings = settings(max_examples=60, stateful_step_count=25)
