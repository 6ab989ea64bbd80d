"""What somebody else does from the dashboard: the acts of the control interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from console.readings import Millis
from data.simulator import building, checks, configuring, releases
from data.simulator.answers import ActRequest
from data.simulator.records import Person, Project
from data.simulator.refused import Refused
from data.simulator.tokens import Tokens
from data.simulator.vercel_flags import told


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence, and to which deployment."""

    said: str
    deployment_id: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class _Act:
    """An act on its way: what was asked, by whom, when."""

    project: Project
    asked: ActRequest
    person: Person
    at: Millis
    tokens: Tokens | None

    @property
    def canary_id(self) -> str:
        release = self.project.release
        return self.asked.canary_deployment_id or (release.canary_id if release else "")

    def target(self) -> str:
        """The deployment that has to be named."""
        target = self.asked.deployment_id or self.asked.canary_deployment_id
        if target is None:
            raise Refused(400, "bad_request", f"{self.asked.action} needs deployment_id.")
        return target


def perform(project: Project, asked: ActRequest, at: Millis, tokens: Tokens | None = None) -> Done:
    """Do what somebody else asked for. Raises :class:`Refused` as the host would."""
    person = project.person(asked.person)
    if person is None:
        known = ", ".join(p.username for p in project.people)
        raise Refused(404, "not_found", f"There is nobody called {asked.person!r}; there are {known}.")
    done = _ACTS[asked.action](_Act(project, asked, person, at, tokens))
    return replace(done, said=f"{person.username} {done.said}")


def _advance(act: _Act) -> Done:
    release, index = act.project.release, act.asked.next_stage_index
    if index is None:
        index = release.active_index + 1 if release else 0
    releases.approve(act.project, act.canary_id, index, act.person, act.at)
    return Done(f"advanced the release of {act.canary_id} to stage {index}", act.canary_id)


def _complete(act: _Act) -> Done:
    releases.complete(act.project, act.canary_id, act.person, act.at)
    return Done(f"completed the release of {act.canary_id}", act.canary_id)


def _abort(act: _Act) -> Done:
    running = releases.active(act.project)
    if running is None:
        raise Refused(404, "not_found", "There is no active rolling release.")
    base = act.asked.baseline_deployment_id or running.base_id
    releases.rollback(act.project, base, act.asked.description, act.person, act.at)
    return Done(f"aborted the release of {running.canary_id}, back to {base}", running.canary_id)


def _pause(act: _Act) -> Done:
    releases.pause(act.project, act.person, act.at)
    return Done(f"paused the release of {act.canary_id}", act.canary_id)


def _continue(act: _Act) -> Done:
    releases.proceed(act.project, act.person, act.at)
    return Done(f"continued the release of {act.canary_id}", act.canary_id)


def _start(act: _Act) -> Done:
    releases.start(act.project, act.target(), act.person, act.at)
    return Done(f"started the release of {act.target()}", act.target())


def _promote(act: _Act) -> Done:
    status = releases.promote(act.project, act.target(), act.person, act.at)
    return Done(f"{'promoted' if status == 201 else 'queued'} {act.target()}", act.target())


def _rollback(act: _Act) -> Done:
    releases.rollback(act.project, act.target(), act.asked.description, act.person, act.at)
    return Done(f"rolled back to {act.target()}", act.target())


def _configure(act: _Act) -> Done:
    config = None if act.asked.config is None else configuring.parse(act.asked.config)
    configuring.configure(act.project, config, act.person, act.at)
    return Done("disabled rolling releases" if config is None else "configured rolling releases")


def _deploy(act: _Act) -> Done:
    asked = act.asked
    pushed = building.push(
        act.project,
        act.person,
        act.at,
        message=asked.message,
        branch=asked.branch,
        target=asked.target,
        fails=asked.fails,
        seconds=asked.build_s,
    )
    return Done(f"pushed {pushed.id}", pushed.id)


def _check(act: _Act) -> Done:
    target, name = act.target(), act.asked.check
    if target not in act.project.deployments:
        raise Refused(404, "not_found", f"The deployment {target} could not be found.")
    if name is None:
        raise Refused(400, "bad_request", "check needs check, the name of one.")
    check = checks.conclude(act.project, target, name, act.asked.conclusion)
    if check is None:
        known = ", ".join(c.name for c in act.project.checks) or "none"
        raise Refused(404, "not_found", f"There is no check called {name!r}; there are {known}.")
    return Done(f"let {check.name} on {target} end as {act.asked.conclusion}", target)


def _flag(act: _Act) -> Done:
    name, change = _change(act)
    kept = act.project.flags.flag(name)
    if act.project.flags.change(name, change, None, act.person, act.at):
        told(act.project, kept, act.person, act.at)
    return Done(f"changed the flag {name} to revision {kept.document['revision']}")


def _segment(act: _Act) -> Done:
    name, change = _change(act)
    changed = act.project.flags.change_segment(name, change, act.at)
    act.project.tell("flags-segment", f"changed segment {changed['slug']}", act.person, act.at)
    return Done(f"changed the segment {changed['slug']}")


def _edge_config(act: _Act) -> Done:
    name, change = _change(act)
    store = act.project.stores.named(name)
    store.change(change.get("items"), act.person, act.at)
    act.project.tell("global-config-items-updated", f"changed {store.slug}", act.person, act.at)
    return Done(f"changed the store {store.slug}")


def _change(act: _Act) -> tuple[str, dict[str, Any]]:
    if act.asked.name is None or act.asked.change is None:
        raise Refused(400, "bad_request", f"{act.asked.action} needs name and change.")
    return act.asked.name, act.asked.change


def _issue_token(act: _Act) -> Done:
    return Done("made a token", token=_tokens(act).issue(act.person, act.asked.rights))


def _revoke_token(act: _Act) -> Done:
    if not _tokens(act).revoke(act.asked.token):
        raise Refused(404, "not_found", "There is no such token.")
    return Done("took a token back")


def _tokens(act: _Act) -> Tokens:
    if act.tokens is None:
        raise Refused(400, "bad_request", "Nothing here asks for a token.")
    return act.tokens


_ACTS: dict[str, Callable[[_Act], Done]] = {
    "advance": _advance,
    "complete": _complete,
    "abort": _abort,
    "pause": _pause,
    "continue": _continue,
    "start": _start,
    "promote": _promote,
    "rollback": _rollback,
    "configure": _configure,
    "deploy": _deploy,
    "check": _check,
    "issue_token": _issue_token,
    "revoke_token": _revoke_token,
    "flag": _flag,
    "segment": _segment,
    "edge_config": _edge_config,
}
