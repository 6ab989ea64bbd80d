"""A request in plain lines and as JSON: the same words on the command line, the page and the screen. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from console.envelope import Json
from console.readings import Millis
from console.rollback.afterwards import reopened, review_due
from console.rollback.approval import Counted
from console.rollback.command_step import CommandStep, line_of
from console.rollback.counting import View
from console.rollback.evidence import waiting_costs
from console.rollback.executing import deadline
from console.rollback.plan import STOPPING, FlagStep, HostStep, Step
from console.rollback.policy_step import PolicyStep
from console.rollback.request import State
from console.rollback.store_step import StoreStep


def left_words(ms: Millis) -> str:
    """``11:42``, ``1:02:03``; ``now`` once it is over."""
    seconds = ms // 1000
    if seconds <= 0:
        return "now"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def standing_words(view: View) -> str:
    """``awaiting approval, 0 of 1, expires in 11:42`` and the like."""
    words = view.state.words
    counted, until = view.counted, deadline(view)
    if view.state is State.AWAITING_APPROVAL and counted is not None:
        words += ", {} of {}".format(*quorum(view))
    if until is not None:
        verb = "expires" if view.state is State.AWAITING_APPROVAL else "to be begun within"
        words += f", {verb} {'in ' if verb == 'expires' else ''}{left_words(until - view.now)}"
    found = [words, review_words(view), "reopened" if reopened(view) is not None else ""]
    return ", ".join(filter(None, found))


def review_words(view: View) -> str:
    """``review due in 23:59:59``, ``review overdue by 1:02:03``; empty where none is due."""
    until = review_due(view)
    if until is None:
        return ""
    left = until - view.now
    return f"review due in {left_words(left)}" if left > 0 else f"review overdue by {left_words(-left)}"


def quorum(view: View) -> tuple[int, int]:
    """How many approvals there are of how many, by the rule that has the fewest."""
    met = view.counted.met if view.counted is not None else ()
    have = min((len(one.by) for one in met if one.need.approvals), default=0)
    return have, max((one.need.approvals for one in met), default=0)


def who_words(view: View) -> str:
    """Who asks, and why."""
    submitted = view.request.submitted
    proposed = ", proposed by the judge" if view.request.opened.by == "judge" else ""
    if submitted is None:
        return f"not asked for yet{proposed}"
    return f"{submitted.person} asks{proposed}: {submitted.reason}"


def step_words(step: Step) -> str:
    """One step in a line."""
    if isinstance(step, FlagStep):
        return f"flag {step.plan.key} → {step.plan.change.words}"
    if isinstance(step, PolicyStep):
        return "put another policy in force: every line that changes is below"
    if isinstance(step, StoreStep):
        return step.words
    if isinstance(step, CommandStep):
        return f"database {step.command.name}: run {line_of(step.command.run)}"
    action = step.action
    words = {
        "abort": "abort the rolling release: back to {baseline_deployment_id}",
        "rollback": "instant rollback: {from_deployment_id} → {deployment_id}",
        "promote": "promote {deployment_id}",
        "advance": "advance {from_percentage} % → {to_percentage} %",
        "complete": "complete the release from {from_percentage} %",
        "start": "start a rolling release of {canary_deployment_id}",
        "configure": "change the rolling release configuration",
    }[action.NAME]
    return words.format(**{name: getattr(action, name) for name in type(action).__dataclass_fields__})


def undo_words(step: Step) -> str:
    """How a step is taken back."""
    if isinstance(step, StoreStep):
        return "undone by restoring the backup of before"
    if isinstance(step, HostStep):
        name = step.action.NAME
        if name in ("abort", "rollback"):
            return "undone by promoting"
        return "undone by an instant rollback" if name in ("promote", "complete") else "undone by abort"
    if isinstance(step, PolicyStep):
        return "undone by adopting the one before"
    if isinstance(step, CommandStep):
        return f"undone by {line_of(step.command.undo)}"
    return "undone by one key, if nobody has changed it since" if step.what in STOPPING else "reversible"


def page(view: View, you: str | None, *, lines: Sequence[str] | None = None) -> list[str]:
    """All that an approver has to see, in a screen: what, why, who, what not, what waiting costs.

    ``lines``: the details of the plan, if not all that the request keeps.
    """
    opened, submitted = view.request.opened, view.request.submitted
    found = [f"{view.id}  {opened.title}", f"{standing_words(view)}", who_words(view), ""]
    if view.wrong:
        found += [f"! {view.wrong}", ""]
    found += [f"WHY    {one}" for one in opened.evidence] or ["WHY    no verdict was recorded with it"]
    if view.plan is not None:
        for number, step in enumerate(view.plan.steps, 1):
            lead = "WHAT " if number == 1 else "     "
            found.append(f"{lead} {number} {step_words(step)}  ({step.level}; {undo_words(step)})")
    found += [f"        {line}" for line in (opened.lines if lines is None else lines)]
    found.append(f"WHOM   {opened.touches}")
    found += [f"NOT    {one}" for one in opened.not_covered]
    found += ["", *answer_lines(view)]
    found += [f"  ? {one.person} {one.what.replace('_', ' ')}: {one.says}" for one in view.request.notes]
    found.append(f"PLAN   {grouped(opened.plan_sha256[:16])}  (what is signed stands for exactly this)")
    if submitted is not None and view.state is State.AWAITING_APPROVAL:
        costs = f"costs: {known}; " if (known := waiting_costs(opened.evidence)) else ""
        found.append(f"WAITING {costs}if nothing is answered it expires and nothing changes")
    mine = mine_of(view, you)
    if mine is not None:
        verb = "approved" if mine.decision == "approve" else "denied"
        found.append(f"YOU    {verb} it already ({mine.level}); that is recorded")
    return found


def mine_of(view: View, you: str | None) -> Counted | None:
    """What ``you`` answered, as far as it counts."""
    answers = view.counted.answers if view.counted else ()
    return next((one for one in answers if one.person == you), None)


def answer_lines(view: View) -> list[str]:
    """Who answered what, what does not count, what is missing."""
    counted = view.counted
    if counted is None:
        return []
    lines = [
        f"  {'✓' if one.decision == 'approve' else '✗'} {one.person} ({one.level})"
        f"{f': {one.reason}' if one.reason else ''}"
        for one in counted.answers
    ]
    lines += [f"  ! {one.person}'s answer does not count: {one.why}" for one in counted.uncounted]
    if view.state is State.AWAITING_APPROVAL:
        lines += [f"NEEDS  {one}" for one in counted.missing]
    return lines


def attempt_lines(view: View) -> list[str]:
    """What was done of it, step by step."""
    lines = []
    for attempt in view.request.attempts:
        lines.append(f"attempt {attempt.number} by {attempt.person}: {attempt.authority}")
        for step in attempt.steps:
            ended = step.ended
            said = f"{ended.outcome.replace('_', ' ')}: {ended.says}" if ended else "under way"
            lines.append(f"  step {step.index + 1}: {said}")
        lines += [f"  step {one.index + 1} left out by {one.person}: {one.why}" for one in attempt.skipped]
        if attempt.verified is not None:
            lines += [f"  {line}" for line in attempt.verified.lines]
        if attempt.ended is not None:
            lines.append(f"  {attempt.ended.state.replace('_', ' ')}: {attempt.ended.says}")
        if attempt.reopened is not None:
            lines.append(f"! REOPENED: {attempt.reopened.why}")
        if attempt.closed is not None:
            lines.append(f"  closed by {attempt.closed.person}: {attempt.closed.why}")
    lines += glass_lines(view)
    ends = view.request.withdrawn, view.request.voided
    return [*lines, *(one for one in ends if one)]


def glass_lines(view: View) -> list[str]:
    """Of a broken glass: who, why, what was passed over, and its review."""
    raw, reviewed = view.request.glass, view.request.reviewed
    if raw is None:
        return []
    glass = raw.event
    lines = [f"! {glass.person} BROKE THE GLASS: {glass.reason} (passed over: {glass.skipped})"]
    if view.glass:
        return [*lines, f"! but that does not count: {view.glass}"]
    if reviewed is None:
        due = review_words(view)
        return [*lines, f"  to be reviewed by somebody else{f': {due}' if due else ''}"]
    verdict = reviewed.verdict.replace("_", " ")
    return [*lines, f"  reviewed by {reviewed.person}: {verdict}: {reviewed.says}"]


def as_json(view: View) -> Json:
    """The request for programs; times in milliseconds."""
    opened, submitted, counted = view.request.opened, view.request.submitted, view.counted
    return {
        "id": view.id,
        "state": view.state.value,
        "title": opened.title,
        "wrong": view.wrong or None,
        "project_id": opened.project_id,
        "proposed_by": opened.by,
        "requester": submitted.person if submitted else None,
        "reason": submitted.reason if submitted else None,
        "opened_at": view.request.at,
        "approve_by": submitted.approve_by if submitted else None,
        "execute_by": submitted.execute_by if submitted else None,
        "on_quorum": submitted.on_quorum if submitted else None,
        "plan": opened.plan,
        "plan_sha256": opened.plan_sha256,
        "lines": opened.lines,
        "not_covered": opened.not_covered,
        "touches": opened.touches,
        "evidence": opened.evidence,
        "answers": [
            {"person": one.person, "decision": one.decision, "level": one.level, "at": one.at}
            for one in (counted.answers if counted else ())
        ],
        "uncounted": [
            {"person": one.person, "why": one.why, "at": one.at}
            for one in (counted.uncounted if counted else ())
        ],
        "notes": [{"person": one.person, "what": one.what, "says": one.says} for one in view.request.notes],
        "missing": list(counted.missing) if counted else [],
        "attempts": [
            {
                "number": one.number,
                "person": one.person,
                "authority": one.authority,
                "steps": [
                    {"index": step.index, "outcome": step.ended.outcome if step.ended else None}
                    for step in one.steps
                ],
                "skipped": [
                    {"index": skip.index, "person": skip.person, "why": skip.why} for skip in one.skipped
                ],
                "verified": list(one.verified.lines) if one.verified else None,
                "state": one.ended.state if one.ended else None,
                "says": one.ended.says if one.ended else None,
                "reopened": {"of": one.reopened.of, "why": one.reopened.why} if one.reopened else None,
                "closed": {"person": one.closed.person, "why": one.closed.why} if one.closed else None,
            }
            for one in view.request.attempts
        ],
        "glass": _glass_json(view),
        "reviewed": view.request.reviewed.model_dump() if view.request.reviewed else None,
    }


def _glass_json(view: View) -> Json | None:
    raw = view.request.glass
    if raw is None:
        return None
    one = raw.event
    return {
        "person": one.person,
        "reason": one.reason,
        "skipped": one.skipped,
        "review_by": one.review_by,
        "wrong": view.glass or None,
    }


def grouped(digits: str) -> str:
    """A digest in groups of four, to be compared by eye."""
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
