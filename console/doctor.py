"""What a check-up finds: each source and each thing that is needed, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from console.alerts.model import Status
from console.host import Slots
from console.metric_sources import (
    OBSERVABILITY,
    PROMETHEUS,
    REQUEST_LOGS,
    SPEED_INSIGHTS,
    TITLES,
    WEB_ANALYTICS,
)
from console.ports import Account, Project, ReleaseTemplate
from console.readings import Problem

State = Literal["works", "warn", "off", "fails", "wrong", "asking"]
"""``off``: not set up, and nothing breaks; ``fails``: set up and not reached; ``wrong``: settings faulty;
``asking``: not answered yet."""

DONE, BROKEN, WRONG, NOT_REACHED = 0, 1, 2, 4


GIVES = {
    "token": "whose session it is, and everything that is asked of Vercel",
    "project": "deployments, the rolling release, and every act on them",
    "metrics": "error rate, latency and traffic of both tracks, and a verdict on the canary",
    "probes": "how both deployments answer requests of our own: it informs, no verdict rests on it",
    "rolling": "a share of visitors first, canary against baseline, a verdict before everybody has it",
    "checks": "what is still red on a deployment, before it is started or promoted",
    "observability": "error rate and latency of both tracks without a Prometheus",
    SPEED_INSIGHTS: "page load and interaction of everybody, before and since the release: context, for free",
    WEB_ANALYTICS: "page views, visitors and custom events of everybody, before and since: context, for free",
    "alertmanager": "what is firing, beside the release",
    "git": "what changed between the two builds, file by file",
    "login": "a token that another program keeps and renews, picked up by itself",
    "ledger": "history, and proof of who did what",
    "policy": "every change of production",
    "you": "every change of production",
}
"""What each source gives, or would give if it were there."""

MEASURED_BY = {
    PROMETHEUS: GIVES["metrics"],
    OBSERVABILITY: f"{GIVES['metrics']}, by the minute",
    REQUEST_LOGS: "error rate and traffic of both tracks by the minute, no latency: it can say rollback, not "
    "promote",
}
"""What the metrics source gives, by which one it is."""

FINER = "A Prometheus of your own (prometheus.url) gives counts every few seconds, and whole distributions."

WAIT = "Coalmine goes on asking."


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check-up."""

    id: str
    title: str
    state: State
    says: str
    unlocks: str = ""
    """What would be possible if it worked."""
    next: str = ""
    """The cheapest next step."""
    needed: bool = False
    """Whether the console is of no use without it."""


def exit_code(findings: Sequence[Finding]) -> int:
    """0 all that is needed works; 2 settings are wrong; 4 something needed is not reached; 1 the ledger."""
    if any(one.state == "wrong" for one in findings):
        return WRONG
    failing = [one for one in findings if one.state == "fails"]
    if any(one.needed for one in failing):
        return NOT_REACHED
    return BROKEN if failing else DONE


def of_problem(own: Finding, problem: Problem) -> Finding:
    """``own`` as something that should work and does not."""
    return Finding(own.id, own.title, "fails", problem.what, own.unlocks, problem.next, own.needed)


def account(found: Account) -> Finding:
    """Whose token it is."""
    if found.limited:
        return Finding(
            "token",
            "token",
            "warn",
            f"accepted, of {found.username}, but with limited rights",
            "everything that the token may not see",
            "Create one with the rights of the team at https://vercel.com/account/tokens.",
            needed=True,
        )
    return Finding("token", "token", "works", f"accepted, of {found.username}", needed=True)


def project(found: Project) -> Finding:
    """The project as it was found."""
    serves = f"serves {found.serving_id}" if found.serving_id else "serves nothing yet"
    return Finding("project", "project", "works", f"{found.name} ({found.id}), {serves}", needed=True)


STAGES = GIVES["rolling"]


def rolling(template: ReleaseTemplate | None, slots: Slots | Problem) -> Finding:
    """Rolling releases: on, off but possible, or not in the plan."""
    if template is not None:
        return Finding("rolling", "rolling releases", "works", f"on, {len(template.stages)} stages")
    if isinstance(slots, Problem):
        says, following = f"off; whether the plan has them is not known: {slots.what}", slots.next
    elif slots.reason == "plan_not_supported":
        says, following = "not in this plan", "Vercel's Pro plan has one project with them."
    elif slots.reason == "no_available_slots":
        says = f"off, and no slot is free{f': {slots.message}' if slots.message else ''}"
        following = "Switch them off for another project, or ask for the Enterprise plan."
    else:
        says = "off"
        following = "coalmine release config set --stage 5 --stage 50 --stage 100 --arm REASON"
    return Finding("rolling", "rolling releases", "off", says, STAGES, following)


def no_metrics(off: Problem) -> Finding:
    """Nothing measures the tracks, because the settings say so."""
    return Finding("metrics", "metrics", "off", off.what.rstrip("."), GIVES["metrics"], off.next)


def checks(known: bool, checked: int) -> Finding:
    """Vercel's checks on the newest production deployments, ``checked`` of which have some."""
    own = Finding("checks", "Vercel checks", "works", f"on {checked} of the newest deployments")
    if not known:
        return replace(own, state="asking", says="asked with the deployments")
    if checked:
        return own
    following = "Vercel's project settings, Checks: add one, or an integration that brings some."
    return Finding("checks", own.title, "off", "no deployment has any", GIVES["checks"], following)


def observability(measuring: str) -> Finding | None:
    """Vercel's own metrics, while the source called ``measuring`` is asked; ``None`` while that is them."""
    if measuring == OBSERVABILITY:
        return None
    if measuring == PROMETHEUS:
        says, following = "not asked: Prometheus is", 'metrics.source = "observability" asks it instead.'
    else:
        says, following = "not asked: this account may not", FINER
    return Finding("observability", TITLES[OBSERVABILITY], "off", says, GIVES["observability"], following)


def alertmanager(asked: Status | Problem | None) -> Finding:
    """Alerts from elsewhere: what it answered, why it did not, or ``None`` without an address."""
    gives = GIVES["alertmanager"]
    if asked is None:
        following = "Set COALMINE_ALERTMANAGER__URL or [alertmanager] url."
        return Finding("alertmanager", "Alertmanager", "off", "it has no address", gives, following)
    own = Finding("alertmanager", "Alertmanager", "works", "", gives)
    if isinstance(asked, Problem):
        return of_problem(own, asked)
    return replace(own, says=f"{asked.version}, cluster {asked.cluster}")


def git() -> Finding:
    """The repository itself."""
    says = "not asked by this version: commit, branch and author come from Vercel"
    following = "Until then: git log BASELINE..CANARY in the repository."
    return Finding("git", "GitHub, git", "off", says, GIVES["git"], following)


def logins(found: Sequence[str]) -> Finding:
    """Tokens that other programs keep on this machine."""
    title = "login kept here"
    if found:
        return Finding("login", title, "works", "; ".join(found))
    following = "vercel login, or: keyring set coalmine vercel (from the Python package keyring)."
    return Finding("login", title, "off", "no login is kept on this machine", GIVES["login"], following)


def policy(why_not: str | None, digest: str = "") -> Finding:
    """Whether a policy is in force."""
    if why_not is not None:
        following = "" if "coalmine config" in why_not else "coalmine config init"
        return Finding("policy", "policy", "off", why_not, GIVES["policy"], following)
    return Finding("policy", "policy", "works", f"in force{f', {digest}' if digest else ''}")


def you(key: str | None, roles: Sequence[str], username: str) -> Finding:
    """Whether the token's owner may do anything."""
    if key is None:
        return Finding(
            "you",
            "you",
            "warn",
            f"{username} is not listed in people.yaml: you can look, and change nothing",
            GIVES["you"],
            "Have someone listed add you, then coalmine config adopt.",
        )
    return Finding("you", "you", "works", f"{key} ({', '.join(roles) or 'no role'})")


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """What stands in the way first; else in the order of the check-up."""
    rank = {"wrong": 0, "fails": 1}
    return sorted(findings, key=lambda one: rank.get(one.state, 2))


MARKS: dict[State, str] = {
    "works": "ok  ",
    "warn": "warn",
    "off": "off ",
    "fails": "FAIL",
    "wrong": "BAD ",
    "asking": "…   ",
}


def lines(findings: Sequence[Finding]) -> list[str]:
    """The findings for a person; under each that does not work, what it would unlock and the next step."""
    told = []
    for one in findings:
        told.append(f"{MARKS[one.state]}  {one.title:<17} {one.says}")
        if one.state != "works" and one.unlocks:
            told.append(f"{'':<6}{'':<18}would unlock: {one.unlocks}")
        if one.state != "works" and one.next:
            told.append(f"{'':<6}{'':<18}next: {one.next}")
    return told
