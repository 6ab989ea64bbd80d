"""One incident through everything, with real programs: from a canary that turns bad to its review.

Four programs are at work on one ledger: the simulated host, ana's `watch`, ana's `playbook run`, and the
commands that people type meanwhile, bo's from a place of his own with a key and no account.
"""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from data.playbook_files import shipped
from tests.commands.running import Done, Place, Shop, simulating
from tests.commands.test_rollback_requests import office, rollbacks
from tests.crash.mailbox import Mailbox, mailbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

T = TypeVar("T")
PATIENCE_S = 300.0
"""Against hanging only."""
BOOK = "canary-high-error-rate"
SETTLE = "40s"
SUBJECT = "Issue with our site: monitoring"


def until(look: Callable[[], T | None], what: str) -> T:
    """What ``look`` gives, once that is something."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.5)


@dataclass(frozen=True)
class Scene:
    """ana's place, bo's, and what is around them."""

    ana: Place
    bo: Place
    shop: Shop
    box: Mailbox

    def said(self, *words: str) -> Done:
        """A command of ana's that has to do what it is for."""
        done = self.ana.run(*words)
        assert done.code == 0, (words, done)
        return done

    def incident(self) -> dict[str, Any] | None:
        """INC-1 as bo sees it, who has no token."""
        done = self.bo.run("incident", "show", "INC-1", "--json")
        return done.json if done.out else None

    def run(self) -> dict[str, Any] | None:
        done = self.bo.run("playbook", "status", "PB-1", "--json")
        return done.json if done.out else None

    def stands_at(self, step: str, state: str) -> bool:
        run = self.run()
        return run is not None and (step, state) in [(one["step"], one["state"]) for one in run["steps"]]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said("ledger", "export").out.splitlines()]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    with simulating() as shop, mailbox() as box:
        ana = place(folder / "ana", shop.settings, shop.ready.token)
        config = ana.folder / "shop.toml"
        config.write_text(
            f'[alertmanager]\nurl = "{shop.ready.alertmanager_url}"\n'
            '[incidents]\ncritical_journeys = ["/api/checkout"]\n'
            "[poll]\nrelease_s = 2\nmetrics_s = 2\n"
            f'[channels.status]\nurl = "{box.url()}"\naudience = "customer"\n'
        )
        ledger = str(folder / "ana" / "state" / "ledger.db")
        ana = Place(
            ana.folder,
            {**ana.settings, "COALMINE_CONFIG": str(config), "COALMINE_LEDGER": ledger},
            ana.secrets,
        )
        keys = office(ana)
        bo = place(
            folder / "bo", {"COALMINE_LEDGER": ledger, "COALMINE_APPROVAL__KEY": str(keys["bo"].private)}
        )
        own = ana.folder / "playbooks"
        own.mkdir()
        (own / f"{BOOK}.md").write_text(without_tls())
        yield Scene(ana, bo, shop, box)
        assert ana.leaks() == bo.leaks() == []


def place(folder: Path, settings: Mapping[str, str], *secrets: str) -> Place:
    (folder / "tmp").mkdir(parents=True)
    return Place(folder, {"COALMINE_STATE_DIR": str(folder / "state"), **settings}, secrets)


def without_tls() -> str:
    """The playbook as it ships, for a domain that is a port of this machine."""
    [path] = [one for one in shipped() if one.stem == BOOK]
    text = path.read_text()
    assert "https://{{ domain }}" in text
    return text.replace("https://{{ domain }}", "http://{{ domain }}")


def test_from_the_alert_to_the_review(tmp_path: Path) -> None:
    with scene(tmp_path) as at:
        with at.ana.running("watch") as watch:
            until(lambda: at.shop.control("requests")["requests"], "the watch looks")
            at.shop.control("scenario", {"name": "error-spike"})
            its_severity(at)
            given = parameters(at)
            until(lambda: confirms(at, given), "the canary is worse over the window of the step")
            words = ("playbook", "run", BOOK, *given, "--incident", "INC-1", "--arm", "INC-1", "--wait")
            with at.ana.running(*words) as driver:
                through_the_run(at)
                driven = at.ana.ended(driver)
            assert driven.code == 0, driven
            afterwards(at)
            watch.send_signal(signal.SIGTERM)
            assert at.ana.ended(watch).code == 0
        what_is_recorded(at)
        what_was_sent(at)
        what_is_exported(at)


def its_severity(at: Scene) -> None:
    """The alert opens it; the route that it names makes it SEV2."""
    found = until(at.incident, "an incident")
    assert (found["id"], found["severity"]) == ("INC-1", "undetermined")

    def suggested() -> Any:
        incident = at.incident()
        suggestion = incident["suggestion"] if incident else None
        return suggestion if suggestion and suggestion["severity"] == "SEV2" else None

    reasons = until(suggested, "that SEV2 is suggested")["reasons"]
    assert "/api/checkout is a critical journey and fails" in reasons
    at.said("incident", "ack", "INC-1")
    at.said("incident", "severity", "INC-1", "SEV2")
    at.said("incident", "role", "INC-1", "commander", "--take")
    at.said("incident", "status", "INC-1", "investigating")


def parameters(at: Scene) -> Sequence[str]:
    tracks = at.shop.control("truth")["tracks"]
    given = {
        "project": "shop",
        "canary": tracks["canary"]["deployment_id"],
        "baseline": tracks["baseline"]["deployment_id"],
        "domain": f"127.0.0.1:{at.box.port}",
        "flag_key": "new-cart",
        "settle": SETTLE,
    }
    return [word for name, value in given.items() for word in ("--param", f"{name}={value}")]


def confirms(at: Scene, given: Sequence[str]) -> bool:
    """Whether the metric step would confirm it by now, as a dry run says."""
    told = at.ana.run("playbook", "run", BOOK, *given, "--incident", "INC-1", "--dry-run", "--json")
    assert told.code == 0, told
    [step] = [one for one in told.json["steps"] if one["step"] == "confirm"]
    assert told.json["timers_ms"] == 2 * 40_000, "by the value that was given"
    return str(step["lines"][0]).startswith("succeeded")


def through_the_run(at: Scene) -> None:
    """What people have to do while it is driven."""
    until(lambda: at.stands_at("suspect-flag", "waiting"), "the question about flags")
    at.said("playbook", "answer", "PB-1", "suspect-flag", "1")

    def waiting() -> str:
        listed = at.bo.run("rollback", "list", "--json").json["requests"]
        return next((one["id"] for one in listed if one["state"] == "awaiting_approval"), "")

    name = until(waiting, "the request")
    assert rollbacks(at.shop) == 0
    approved = at.bo.run("approve", name, "--yes")
    assert approved.out.splitlines()[-1] == f"bo approved {name}.", approved

    until(lambda: at.stands_at("tell-people", "running"), "the words for customers")
    message = "PB-1/tell-people/1"
    until(lambda: message in at.said("incident", "messages", "INC-1").out, "the message")
    [drafted] = [one for one in at.events() if one["kind"] == "message.drafted"]
    digest = drafted["payload"]["sha256"]
    at.said("incident", "message", "INC-1", "--confirm", message, "--sha256", digest)
    assert at.box.of(SUBJECT) == 0, "it is not said before it is so"
    at.said("incident", "status", "INC-1", "mitigated", "--reason", "the canary gets no visitors any more")


def afterwards(at: Scene) -> None:
    early = at.ana.run("incident", "resolve", "INC-1", "--reason", "the error rate is back")
    assert early.code == 5
    assert "is watched for 30 min more" in early.err
    at.said("incident", "resolve", "INC-1", "--reason", "the error rate is back", "--early", "a drill")
    at.said("incident", "review", "INC-1", "--start")
    at.said("incident", "export", "INC-1", "--names")


STEPS = (
    ("freeze", "succeeded"),
    ("confirm", "succeeded"),
    ("suspect-flag", "succeeded"),
    ("flag-off", "succeeded"),
    ("settle-flag", "succeeded"),
    ("flag-helped", "failed"),
    ("request-rollback", "succeeded"),
    ("settle", "succeeded"),
    ("verify-http", "succeeded"),
    ("verify-errors", "succeeded"),
    ("tell-people", "succeeded"),
    ("thaw", "succeeded"),
    ("last-look", "succeeded"),
)
WITHIN: Mapping[str, Sequence[str]] = {
    "freeze": ("release.frozen",),
    "suspect-flag": ("run.step_waits suspect-flag", "run.answered"),
    "flag-off": ("flag.intended", "flag.ended"),
    "settle-flag": ("run.step_waits settle-flag",),
    "request-rollback": (
        "request.opened",
        "request.submitted",
        "request.answered",
        "request.claimed",
        "request.step_began",
        "action.intended",
        "action.ended",
        "request.step_ended",
        "request.verified",
        "request.ended",
    ),
    "settle": ("run.step_waits settle",),
    "tell-people": (
        "message.drafted",
        "message.confirmed",
        "incident.moved mitigated",
        "message.intended",
        "message.sent",
        "incident.updated",
    ),
    "thaw": ("release.thawed",),
}
"""What is recorded while a step is in hand."""
EXPECTED = (
    "incident.opened",
    "incident.severity_suggested SEV2",
    "incident.acknowledged",
    "incident.severity_set SEV2",
    "incident.role_taken",
    "incident.moved investigating",
    "run.started",
    "incident.linked run",
    *(
        told
        for step, ended in STEPS
        for told in (f"run.step_began {step}", *WITHIN.get(step, ()), f"run.step_ended {step} {ended}")
    ),
    "run.ended succeeded",
    "incident.moved resolved",
    "incident.review_started",
)


def words_of(event: Mapping[str, Any]) -> str:
    """An event by its kind and what tells it from others of its kind."""
    payload, kind = event["payload"], event["kind"]
    names = {
        "incident.severity_suggested": ("severity",),
        "incident.severity_set": ("severity",),
        "incident.moved": ("state",),
        "incident.linked": ("what",),
        "run.step_began": ("step",),
        "run.step_waits": ("step",),
        "run.step_ended": ("step", "ended"),
        "run.ended": ("state",),
    }
    return " ".join((kind, *(str(payload[name]) for name in names.get(kind, ()))))


def what_is_recorded(at: Scene) -> None:
    """Every step, in order, none twice."""
    assert "The chain holds" in at.said("ledger", "verify").out
    events = at.events()
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    ours = [one for one in events if not of_the_judges_own(one)]
    told = [words_of(one) for one in ours]
    counted = Counter(told)
    assert {one: counted[one] for one in EXPECTED} == dict.fromkeys(EXPECTED, 1)
    assert [one for one in told if one in set(EXPECTED)] == list(EXPECTED)
    kinds = {one.partition(" ")[0] for one in EXPECTED} - {"incident.severity_suggested", "incident.linked"}
    assert {one for one in told if one.partition(" ")[0] in kinds} <= set(EXPECTED), "nothing beside it"
    causes = [one["payload"]["cause"] for one in events if one["kind"] in CAUSED]
    assert len(causes) == len(set(causes)) >= 4, "alerts, verdict and rollback, each once"
    assert [one["payload"]["person"] for one in ours if one["kind"] == "request.answered"] == ["bo"]


CAUSED = ("incident.opened", "incident.signalled")


def of_the_judges_own(event: Mapping[str, Any]) -> bool:
    """The judge proposes an abort by itself, which nobody takes up: events of that request."""
    return bool(event["kind"] == "request.voided" or event["payload"].get("by") == "judge")


def what_was_sent(at: Scene) -> None:
    assert rollbacks(at.shop) == 1
    assert [one.rpartition("/")[2] for one in at.shop.effects() if "flags/" in one] == ["new-cart"]
    assert len(at.shop.effects()) == 2
    assert at.box.of(SUBJECT) == 1


def what_is_exported(at: Scene) -> None:
    review = (at.ana.folder / "INC-1.md").read_text()
    for line in ("| Severity | SEV2 |", "| State | resolved |", "| Review | draft, owner ana"):
        assert line in review
    for took in ("detect", "acknowledge", "mitigate", "resolve"):
        [row] = [line for line in review.splitlines() if line.startswith(f"| Time to {took} |")]
        assert any(char.isdigit() for char in row), row
    for step, ended in STEPS:
        assert f"step {step} {ended}" in review
    for part in (
        "/api/checkout",
        "ABORT the rolling release of shop",
        "bo approved (signed)",
        "3 of 3 domains",
    ):
        assert part in review
    assert "the canary gets no visitors any more" in review
