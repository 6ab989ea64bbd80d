"""How a step ends by what the gate answers, and what keeps it from being tried at all. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from console.authorise import Refused, Standing, authorise_named, out_of_the_question
from console.outcome import End, Outcome
from console.readings import Problem
from console.runs.doing import Done, Ended, Task
from console.world import Armed

ENDS: dict[End, Ended] = {
    End.DONE: "succeeded",
    End.REFUSED_HERE: "failed",
    End.REFUSED_BY_HOST: "failed",
    End.NOT_SENT: "failed",
    End.UNKNOWN: "unknown",
}
RECORDED: dict[str, Ended] = {
    "done": "succeeded",
    "refused": "failed",
    "not_sent": "failed",
    "unknown": "unknown",
}
"""By the word that stands in the ledger."""


def of_outcome(outcome: Outcome) -> Done:
    """The end of a step that was tried once."""
    return Done(ENDS.get(outcome.end, "ask"), together(outcome.says, outcome.next))


def together(*parts: str) -> str:
    return " ".join(filter(None, (part.strip() for part in parts)))


def unread(problem: Problem) -> Done:
    """What the step depends on could not be read before anything was sent."""
    return Done("failed", together("Nothing was sent:", problem.what, problem.next))


def in_doubt(problem: Problem) -> Done:
    """How it ended could not be found out now."""
    says = together("How it ended is not known:", problem.what, problem.next)
    return Done("ask", says)


def hindered(task: Task, standing: Standing, *names: tuple[str, int]) -> Done | None:
    """Why the step cannot be tried here and now. ``names``: what the policy calls it, and up to which share.

    What another session, or the same one once it is armed, could do is asked of a person; what the policy
    forbids has failed. Other people's approval is no hindrance: it is asked for.
    """
    refused = out_of_the_question(standing)
    if refused is not None:
        return Done("ask", together("Nothing was sent:", refused.says, refused.next))
    if standing.person != task.person:
        says = f"Nothing was sent: {task.person} drives, and this session acts as {standing.person}."
        return Done("ask", f"{says} Who drives is who acts: take the run over.")
    for name, percent in names:
        decided = authorise_named(name, percent, standing)
        if not isinstance(decided, Refused) or decided.approvals:
            continue
        armed = replace(standing, armed=Armed(task.person, standing.now + 60_000, task.key))
        only_unarmed = not isinstance(authorise_named(name, percent, armed), Refused)
        says = together("Nothing was sent:", decided.says, decided.next)
        return Done("ask" if only_unarmed else "failed", says)
    return None


def permission_lines(standing: Standing, names: Sequence[tuple[str, int]], task: Task) -> tuple[str, ...]:
    """Whether it would be let through now, and whose approval it wants, for the plan of a run."""
    found = []
    for name, percent in names:
        decided = authorise_named(name, percent, standing)
        if not isinstance(decided, Refused):
            found.append(f"rule {decided.rule} lets {decided.person} do it")
        elif decided.approvals:
            found.append(f"needs: {together(decided.says, decided.next)}")
    hindrance = hindered(task, standing, *names)
    return tuple(found) if hindrance is None else (*found, f"! {hindrance.says}")
