"""What opening an incident asks. What is seen at that moment is kept with it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.incidents.desk import Opening
from console.incidents.measured import measured
from console.incidents.rules import refused
from console.incidents.severity import Signals, suggested, upward
from console.incidents.terms import SEVERITIES
from console.rollback.evidence import evidence_of
from screens.asked import Answers, Asked, Choice, Field, option
from screens.incidents.verbs import MEANS, MOST_MINUTES, minutes_of, severity_named

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.outcome import Outcome
    from console.readings import Millis
    from console.world import World

FIELDS = ("title", "since", "journey")


def opening(world: World, now: Millis) -> Asked:
    """A new incident, with the numbers of ``world``."""
    evidence = tuple(evidence_of(world))

    def signals(answers: Answers) -> Signals:
        return measured(world, Signals(journey=answers["journey"]))

    def check(answers: Answers, at: Millis) -> Outcome | None:
        if answers["since"] and minutes_of(answers["since"]) is None:
            return refused(f"Since how many minutes: a whole number from 1 to {MOST_MINUTES}.")
        return None

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        minutes = minutes_of(answers["since"])
        release = world.release.value
        canary = release.canary if release is not None and release.active else None
        return await cockpit.incidents().open(
            Opening(
                answers["title"],
                world.project.value.id if world.project.value is not None else "",
                None if minutes is None else now - minutes * 60_000,
                severity_named(answers.choice),
                signals(answers),
                evidence,
                () if canary is None else (("release", canary.id),),
            )
        )

    found = suggested(signals(Answers()))
    worse = upward("undetermined", found)
    seen = (
        ()
        if worse is None
        else (f"Measured now: {found.severity} ({found.rule}): {'; '.join(found.reasons)}",)
    )
    order = ("undetermined", *SEVERITIES[:-1])
    return Asked(
        "OPEN AN INCIDENT",
        ("What is seen now is kept with it, and the release that rolls is linked.", *seen),
        (
            Field("title", "TITLE", "what is wrong, in a few words", "an incident has a title"),
            Field("since", "SINCE", "minutes for which users are hurt already; empty: from now"),
            Field("journey", "JOURNEY", "the critical journey that fails, if one does"),
        ),
        "Open",
        do,
        lambda answers: (
            "incident",
            "open",
            answers["title"],
            "--severity",
            answers.choice,
            *option("--started", f"{answers['since']}m" if answers["since"] else ""),
            *option("--journey", answers["journey"]),
            "--measured",
        ),
        tuple(Choice(one, f"{one:<13} {MEANS[one]}", FIELDS) for one in order),
        0,
        check,
    )
