"""What working on an incident asks: notes, words to everybody, severity, state, links. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from console.incidents import rules
from console.incidents.due import suggestion_of, update_by, watched_until
from console.incidents.happened import IncidentNoted, IncidentUpdated
from console.incidents.terms import SEVERITIES, SEVERITY_WORDS, WAYS, Severity, State, rank
from screens.asked import Answers, Asked, Choice, Field, option, recording
from screens.present import countdown

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.incidents.desk import Made
    from console.incidents.incident import Incident
    from console.incidents.severity import Suggestion
    from console.outcome import Outcome
    from console.readings import Millis
    from console.world import World

MOST_MINUTES = 10_080
MEANS: dict[Severity, str] = {
    "SEV1": "a critical journey fails for most, or customers' data is harmed",
    "SEV2": "5 % of users or more, or a critical journey fails",
    "SEV3": "0.5 % of users or more, or a small canary that is worse",
    "SEV4": "hardly any user is hurt",
    "undetermined": "nobody knows yet: counts as SEV2",
}


def minutes_of(text: str) -> int | None:
    """Whole minutes from 1 to a week, or ``None``."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    return number if 1 <= number <= MOST_MINUTES else None


def note(incident: Incident, person: str) -> Asked:
    """A line of the timeline."""

    def made(answers: Answers, who: str) -> Made:
        return lambda one, now: IncidentNoted(person=who, says=answers["note"])

    do, check = recording(incident, person, made, lambda _: f"It stands in the timeline of {incident.id}.")
    return Asked(
        f"A NOTE on {incident.id}",
        (),
        (Field("note", "NOTE", "what you see, do or think", "a note has words"),),
        "Note",
        do,
        lambda answers: ("incident", "note", incident.id, answers["note"]),
        check=check,
    )


def update(incident: Incident, person: str, now: Millis) -> Asked:
    """A word to everybody."""

    def made(answers: Answers, who: str) -> Made:
        minutes = minutes_of(answers["next"])
        return lambda one, at: IncidentUpdated(
            person=who, says=answers["says"], next_at=None if minutes is None else at + minutes * 60_000
        )

    do, try_it = recording(incident, person, made, lambda _: f"It stands in {incident.id} now.")

    def check(answers: Answers, at: Millis) -> Outcome | None:
        if answers["next"] and minutes_of(answers["next"]) is None:
            return rules.refused(f"The next word is due in 1 to {MOST_MINUTES} minutes, a whole number.")
        return try_it(answers, at)

    due = update_by(incident)
    said = () if incident.update is None else (f"Said last: {incident.update.says}",)
    when = () if due is None else (f"Due {f'in {countdown(due - now)}' if due > now else 'now'}.",)
    return Asked(
        f"HOW {incident.id} STANDS, told to everybody concerned",
        ("It is recorded; nothing is sent by it.", *when, *said),
        (
            Field("says", "SAYS", "what is known, what is done, what comes next", "a word has words"),
            Field("next", "NEXT IN", "minutes until the next word; empty: as the severity asks"),
        ),
        "Tell",
        do,
        lambda answers: (
            "incident", "status", incident.id, "--tell", answers["says"], *option("--next", answers["next"])
        ),
        check=check,
    )  # fmt: skip


def severity(incident: Incident, person: str, now: Millis, measured: Suggestion | None = None) -> Asked:
    """How bad it is. ``measured``: what the numbers of this moment suggest, if that is worse."""

    def made(answers: Answers, who: str) -> Made:
        return lambda one, at: rules.severity_set(one, who, severity_named(answers.choice), answers["reason"])

    do, check = recording(incident, person, made, lambda answers: f"{incident.id}: {answers.choice}.")
    recorded = suggestion_of(incident, now)
    if recorded is not None and measured is not None and recorded.severity == measured.severity:
        measured = None
    found = [one for one in (recorded, measured) if one is not None]
    worst = min(found, key=lambda one: rank(one.severity), default=None)
    marked: Severity = incident.severity if worst is None else worst.severity
    return Asked(
        f"HOW BAD {incident.id} IS: now {SEVERITY_WORDS[incident.severity]}"
        f"{'' if incident.confirmed else ' (not confirmed)'}",
        tuple(f"Suggested: {one.severity} ({one.rule}): {'; '.join(one.reasons)}" for one in found),
        (Field("reason", "REASON", "why; to lower it, it has to be said"),),
        "Set",
        do,
        lambda answers: (
            "incident",
            "severity",
            incident.id,
            answers.choice,
            *option("--reason", answers["reason"]),
        ),
        tuple(Choice(one, f"{one:<13} {MEANS[one]}", ("reason",)) for one in SEVERITIES),
        SEVERITIES.index(marked),
        check,
    )


def severity_named(word: str) -> Severity:
    return next((one for one in SEVERITIES if one == word), "undetermined")


STATES: dict[State, str] = {
    State.INVESTIGATING: "work on it has begun, or its symptoms are back",
    State.IDENTIFIED: "what contributes to it is known",
    State.MITIGATED: "nobody is hurt any more; it is watched from here on",
    State.RESOLVED: "it is over",
    State.REVIEWED: "closed: its review is done",
    State.DECLINED: "closed: it was none",
    State.MERGED: "it is the same as an earlier one, and goes on there",
}
REOPEN = "reopen"


def state(incident: Incident, person: str, now: Millis) -> Asked:
    """Where it goes from here; only what leads on from its state is offered."""
    until = watched_until(incident)

    def made(answers: Answers, who: str) -> Made:
        why = answers["reason"]
        if answers.choice == REOPEN:
            return lambda one, at: rules.reopened(one, who, why, at)
        if answers.choice in ("reviewed", "declined"):
            return lambda one, at: rules.closed(one, who, why, at)
        early = answers["early"]
        return lambda one, at: rules.moved(one, who, State(answers.choice), why, at, early)

    record, try_it = recording(
        incident, person, made, lambda answers: f"{incident.id} is {_become(answers.choice)}."
    )

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        if answers.choice == "resolved":
            return await cockpit.incidents().resolve(incident.id, answers["reason"], answers["early"])
        if answers.choice == "merged":
            return await cockpit.incidents().merge(incident.id, answers["into"], answers["reason"])
        return await record(cockpit, answers)

    def check(answers: Answers, at: Millis) -> Outcome | None:
        return None if answers.choice == "merged" else try_it(answers, at)

    watched = () if until is None or until <= now else (f"Watched for {countdown(until - now)} more.",)
    return Asked(
        f"WHERE {incident.id} STANDS: now {incident.state.value}",
        watched,
        (
            Field("into", "INTO", "the earlier incident, such as INC-1", "say which one it goes on in"),
            Field("reason", "REASON", "what was found or done, for the ledger"),
            Field("early", "EARLY", "why its watch is not waited for"),
        ),
        "Record",
        do,
        lambda answers: _moving(incident.id, answers),
        tuple(_next(incident)),
        0,
        check,
    )


def _next(incident: Incident) -> Iterator[Choice]:
    """What may follow, the ordinary one first."""
    order = list(State)
    back = [one for one in order if order.index(one) < order.index(incident.state)]
    for one in (*(one for one in order if one not in back), *back):
        if one not in WAYS[incident.state]:
            continue
        if incident.state is State.RESOLVED and one is State.INVESTIGATING:
            yield Choice(REOPEN, f"{REOPEN:<13} it was not over after all", ("reason",))
            continue
        more = {State.MERGED: ("into", "reason"), State.RESOLVED: ("reason", "early")}
        yield Choice(one.value, f"{one.value:<13} {STATES[one]}", more.get(one, ("reason",)))


def _become(choice: str) -> str:
    return {REOPEN: "open again", "reviewed": "closed", "declined": "closed"}.get(choice, choice)


def _moving(name: str, answers: Answers) -> tuple[str, ...]:
    why = option("--reason", answers["reason"])
    if answers.choice in ("investigating", "identified", "mitigated"):
        return ("incident", "status", name, answers.choice, *why)
    if answers.choice == "resolved":
        return ("incident", "resolve", name, *why, *option("--early", answers["early"]))
    if answers.choice == "merged":
        return ("incident", "merge", name, answers["into"], *why)
    return ("incident", REOPEN if answers.choice == REOPEN else "close", name, *why)


def link(incident: Incident, person: str, world: World) -> Asked:
    """What it has to do with, and what not after all."""

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        what, _, known = answers.choice.removeprefix("-").partition(" ")
        kind, name = _what(what), known or answers["name"]
        if not answers.choice.startswith("-"):
            return await cockpit.incidents().link(incident.id, kind, name)
        return await cockpit.incidents().record(
            incident.id,
            lambda who: lambda one, now: rules.unlinked(one, who, kind, name),
            f"{what} {name} is linked to {incident.id} no more.",
        )

    def command(answers: Answers) -> tuple[str, ...]:
        what, _, known = answers.choice.removeprefix("-").partition(" ")
        gone = ("--remove",) if answers.choice.startswith("-") else ()
        return ("incident", "link", incident.id, what, known or answers["name"], *gone)

    return Asked(
        f"WHAT {incident.id} HAS TO DO WITH",
        (),
        (Field("name", "NAME", "RB-1, the flag's key, or the deployment's id", "say which one"),),
        "Record",
        do,
        command,
        tuple(_links(incident, world)),
    )


def _links(incident: Incident, world: World) -> Iterator[Choice]:
    release = world.release.value
    canary = release.canary if release is not None and release.active else None
    if canary is not None and ("release", canary.id) not in incident.links:
        yield Choice(f"release {canary.id}", f"the release that rolls now: {canary.id}")
    for one in ("request", "flag", "release", "deployment"):
        yield Choice(one, f"a {one}", ("name",))
    for what, name in incident.links:
        if what in get_args(rules.What):
            yield Choice(f"-{what} {name}", f"take the link to {what} {name} back")


def _what(word: str) -> rules.What:
    found: dict[str, rules.What] = {"flag": "flag", "release": "release", "deployment": "deployment"}
    return found.get(word, "request")
