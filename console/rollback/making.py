"""From wishes to a plan: what would go back, in words, with what does not come back with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.actions import Impossible, Preview
from console.flags.edits import Unfit
from console.planning import Choice
from console.ports import Project
from console.production_previews import NOT_BACK, STAYS_OFF
from console.rollback.command_making import last_step, left_by, with_database
from console.rollback.desk import Shown
from console.rollback.evidence import evidence_of
from console.rollback.plan import FlagStep, HostStep, Plan, Step, ordered
from console.rollback.store_shown import FLAGS_ALONE, with_store
from console.rollback.store_step import planned_store

if TYPE_CHECKING:
    from console.flags.gate import Offer
    from console.session import Session


@dataclass(frozen=True, slots=True)
class Wishes:
    """What should go back. ``verb``: ``abort``, ``rollback`` or ``promote``; empty for what goes without.
    ``database``: the name of a configured command; ``restore_point``: where its data can be restored to."""

    verb: str = ""
    target_id: str | None = None
    flags_off: tuple[str, ...] = ()
    environment: str = "production"
    store: str = ""
    """An Edge Config that goes back as ``backup`` has it."""
    backup: str = ""
    database: str = ""
    restore_point: str = ""


async def planned(session: Session, wishes: Wishes) -> tuple[Plan, Shown]:
    """The plan and what is shown of it.

    Raises :class:`Impossible`, :class:`console.flags.edits.Unfit`, or :class:`console.ports.SourceError`.
    """
    if not (wishes.verb or wishes.flags_off or wishes.store or wishes.database):
        raise Impossible("Nothing was named that should go back.")
    steps: list[Step] = []
    offers: list[Offer] = []
    for key in wishes.flags_off:
        desk = session.flags()
        offer = await desk.gate.offer(desk.kill(key, wishes.environment))
        offers.append(offer)
        steps.append(FlagStep(offer.plan, "off"))
    preview = None
    if wishes.verb:
        choice = Choice(target_id=wishes.target_id) if wishes.target_id else None
        preview = await session.preview(wishes.verb, choice)
        steps.append(HostStep(preview.action))
    project = await session.production.project()
    evidence = evidence_of(session.world())
    shown = _shown(project.name, offers, preview, evidence)
    if wishes.store:
        step, lines = await planned_store(session.requests().stores(), wishes.store, wishes.backup)
        shown = with_store(shown if steps else None, step, lines, evidence)
        steps.append(step)
    if wishes.database:
        last, lines = await last_step(session, wishes, project.id, left_by(preview, project))
        shown = with_database(shown, last, lines, alone=not steps)
        steps.append(last)
    return ordered(project.id, steps), shown


def not_covered_by(preview: Preview) -> tuple[str, ...]:
    """What an action does not bring back, and what stays different after it."""
    if preview.action.NAME in ("abort", "rollback"):
        return NOT_BACK, *preview.not_back, f"afterwards {STAYS_OFF}"
    return (f"afterwards {preview.after}",)


def of_flags(project: Project, offers: Sequence[Offer]) -> tuple[Plan, Shown]:
    """The plan of changes of flags alone, and what is shown of it."""
    steps = [FlagStep(one.plan, one.what) for one in offers if one.what != "expire"]
    words = "; ".join(f"{one.plan.key} → {one.plan.change.words}" for one in offers)
    not_covered = (FLAGS_ALONE,)
    touches = "whoever gets another variant: see the lines above"
    return ordered(project.id, steps), Shown(f"CHANGE {words}", _flag_lines(offers), not_covered, touches)


def _flag_lines(offers: Sequence[Offer]) -> tuple[str, ...]:
    return tuple(f"{offer.plan.key}: {line}" for offer in offers for line in offer.lines)


def _shown(
    project: str, offers: Sequence[Offer], preview: Preview | None, evidence: tuple[str, ...]
) -> Shown:
    lines = list(_flag_lines(offers))
    not_covered = []
    if preview is not None:
        lines += [*preview.what, *(f"! {one}" for one in preview.warnings)]
        not_covered = list(not_covered_by(preview))
    else:
        not_covered = [FLAGS_ALONE]
    keys = ", ".join(offer.plan.key for offer in offers)
    title = preview.title if preview is not None else f"TURN OFF {keys} in {project}"
    if preview is not None and keys:
        title = f"{title}, with {keys} off"
    touches = preview.touches if preview is not None else "whoever has the flag on: see the lines above"
    return Shown(title, tuple(lines), tuple(not_covered), touches, evidence)


Unmade = (Impossible, Unfit)
"""Why no plan can be made, in the words of the exception."""
