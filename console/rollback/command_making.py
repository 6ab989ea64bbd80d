"""From a wish to a plan's last step, the command on the database, and what has to be said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.actions import Abort, Impossible, Preview, Rollback
from console.authorise import Standing, out_of_the_question
from console.ports import Project
from console.production_previews import NOT_BACK
from console.rollback.command_step import CommandStep
from console.rollback.desk import Shown
from console.rollback.store_shown import CODE_ELSEWHERE, ELSEWHERE, FLAGS_ALONE

if TYPE_CHECKING:
    from console.rollback.making import Wishes
    from console.session import Session

UNTOUCHED = {FLAGS_ALONE: None, ELSEWHERE: CODE_ELSEWHERE, NOT_BACK: NOT_BACK.replace("the database, ", "")}
"""What plans say that leave the database alone, and what remains of it where it goes back as well."""


async def last_step(
    session: Session, wishes: Wishes, project_id: str, left_id: str
) -> tuple[CommandStep, tuple[str, ...]]:
    """The step that is wished for, and what is shown of it: its check and its dry run are run.

    Raises :class:`Impossible`, :class:`console.ports.SourceError`.
    """
    standing = session.standing()
    refused = out_of_the_question(standing)
    if refused is not None:
        raise Impossible(f"{refused.says} {refused.next}".strip())
    person = _may_ask(standing)
    gate = session.requests().commands
    return await gate.offer(wishes.database, wishes.restore_point, person, project_id, left_id)


def _may_ask(standing: Standing) -> str:
    """Who asks, before anything is run for it. Raises :class:`Impossible` where it would be in vain."""
    book, person = standing.rulebook, standing.person
    if isinstance(book, str) or person is None:
        raise Impossible(book if isinstance(book, str) else standing.person_problem)
    found = book.rule_for("database", 100)
    if found is None:
        raise Impossible("No rule of policy.yaml covers database. What no rule covers is refused.")
    name, rule = found
    others = book.others_for(rule, person)
    if others < rule.approvals:
        raise Impossible(
            f"Rule {name} wants {rule.approvals} approvals of others for a database, "
            f"and people.yaml lists {others} who could give one."
        )
    return person


def left_by(preview: Preview | None, project: Project) -> str:
    """The deployment that the schema was last changed for: what is left, or what serves."""
    action = preview.action if preview is not None else None
    if isinstance(action, Abort):
        return action.canary_deployment_id
    left = action.from_deployment_id if isinstance(action, Rollback) else project.serving_id
    if left is None:
        raise Impossible("The host does not say what serves production: no horizon can be reckoned.")
    return left


def with_database(shown: Shown, step: CommandStep, lines: tuple[str, ...], *, alone: bool) -> Shown:
    """What is shown of a plan that ends with a command: its output too, and what it puts at risk."""
    name = step.command.name
    lost = (
        f"what was written to the database since {step.restore_point} may be lost",
        f"{name} changes no code: what serves then has to work with the schema as it was",
    )
    if alone:
        title, touches = f"TAKE THE DATABASE BACK with {name}", "whoever's data is in the database"
        return replace(shown, title=title, lines=lines, not_covered=lost, touches=touches)
    kept = tuple(filter(None, (UNTOUCHED.get(one, one) for one in shown.not_covered)))
    title = f"{shown.title}, then the database with {name}"
    return replace(shown, title=title, lines=(*shown.lines, *lines), not_covered=(*kept, *lost))
