"""What working on a run asks: an answer, a reason to skip or abort, who drives on. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from console.incidents.rules import refused
from console.outcome import Outcome
from console.runs import rules
from console.runs.run import standing
from console.runs.terms import RunState, StepState
from screens.asked import Answers, Asked, Choice, Field, option

if TYPE_CHECKING:
    from console.cockpit import Cockpit
    from console.playbooks.library import Found
    from console.readings import Millis
    from console.runs.agreeing import Pending
    from console.runs.desk import Made
    from console.runs.room import Seen

Do = Callable[["Cockpit", Answers], Awaitable[Outcome]]
Check = Callable[[Answers, "Millis"], "Outcome | None"]


def _recording(seen: Seen, person: str, made: Callable[[Answers, str], Made], says: str) -> tuple[Do, Check]:
    """What records ``made``, and what tries it on the run as it was read."""

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        return await cockpit.runs().record(seen.run.id, lambda who: made(answers, who), says)

    def check(answers: Answers, now: Millis) -> Outcome | None:
        if seen.scene is None:
            return refused(f"The playbook of {seen.run.id} is not in the ledger any more.")
        found = made(answers, person)(seen.scene, now)
        return found if isinstance(found, Outcome) else None

    return do, check


def answer(seen: Seen, person: str) -> Asked | Outcome:
    """What the current step asks; or why nothing is asked."""
    run, scene = seen.run, seen.scene
    step = scene.current() if scene is not None else None
    if scene is None or step is None:
        return refused(f"{run.id} is at no step yet.")
    unknown = run.step(step.id).state is StepState.UNKNOWN
    known = ("succeeded", "failed") if unknown else rules.choices(step)

    def made(answers: Answers, who: str) -> Made:
        return lambda at, now: rules.said(at, who, step.id, answers.choice, answers["evidence"])

    do, check = _recording(seen, person, made, f"Step {step.id} of {run.id} is answered.")
    hint = "a link that shows it" if step.fields.get("evidence") == "link" else "what shows it, in words"
    question = str(step.fields.get("prompt") or step.fields.get("text") or "")
    return Asked(
        f"{run.id}: {step.title}",
        (" ".join(question.split()),) if question else (),
        (Field("evidence", "EVIDENCE", hint),),
        "Answer",
        do,
        lambda answers: (
            "playbook",
            "answer",
            run.id,
            step.id,
            answers.choice,
            *option("--evidence", answers["evidence"]),
        ),
        tuple(Choice(one, one, ("evidence",)) for one in known),
        0,
        check,
    )


def agree(run_id: str, waiting: Pending) -> Asked:
    """Agree to what the step in hand would do, having read it."""
    word = waiting.consent.word or ""

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        return cockpit.runs().agree(run_id, waiting.consent.digest, answers["typed"])

    return Asked(
        f"{run_id}: {waiting.task.step.title}",
        waiting.consent.lines,
        (Field("typed", f"TYPE {word}", word, f"type {word} to agree"),),
        "Agree",
        do,
        lambda answers: ("playbook", "resume", run_id, "--arm", "REASON"),
    )


def skip(seen: Seen, person: str) -> Asked:
    """Leave the step out."""
    return _reasoned(
        seen, person, "SKIP the step of", "Skip", ("playbook", "skip"), lambda why: _skipped(why), needed=True
    )


def _skipped(why: str) -> Callable[[str], Made]:
    return lambda who: lambda scene, now: rules.skipped(scene, who, why)


def retry(seen: Seen, person: str) -> Asked:
    """Try it again, or let it go on although its time is over."""
    return _reasoned(
        seen,
        person,
        "TRY AGAIN, or go on, in",
        "Try again",
        ("playbook", "retry"),
        lambda why: lambda who: lambda scene, now: rules.retried(scene, who, why),
        needed=False,
    )


def abort(seen: Seen, person: str) -> Asked:
    """End it here."""
    return _reasoned(
        seen,
        person,
        "END here, with everything done so far left as it is:",
        "Abort",
        ("playbook", "abort"),
        lambda why: lambda who: lambda scene, now: rules.aborted(scene, who, why),
        needed=True,
    )


def _reasoned(
    seen: Seen,
    person: str,
    title: str,
    send: str,
    words: tuple[str, ...],
    made: Callable[[str], Callable[[str], Made]],
    *,
    needed: bool,
) -> Asked:
    run = seen.run
    do, check = _recording(
        seen, person, lambda answers, who: made(answers["reason"])(who), f"{send}: it stands in {run.id}."
    )
    return Asked(
        f"{title} {run.id}, {run.started.title}",
        (f"It is at {run.current}.",) if run.current else (),
        (Field("reason", "REASON", "why, for the ledger", "a reason is needed" if needed else ""),),
        send,
        do,
        lambda answers: (*words, run.id, *option("--reason", answers["reason"])),
        check=check,
    )


def hand_over(seen: Seen, person: str, listed: Callable[[str], bool]) -> Asked:
    """Ask somebody else to drive on."""
    run = seen.run

    def made(answers: Answers, who: str) -> Made:
        to = answers["person"]
        return lambda scene, now: rules.handed_over(scene, who, to, listed(to))

    do, check = _recording(seen, person, made, f"Somebody else is asked to drive {run.id} on.")
    return Asked(
        f"HAND OVER {run.id}",
        ("You let go once the step in hand has ended; they press enter in this screen.",),
        (Field("person", "PERSON", "of people.yaml", "say who drives on"),),
        "Ask",
        do,
        lambda answers: ("playbook", "hand-over", run.id, "--to", answers["person"]),
        check=check,
    )


def take_over(seen: Seen) -> Asked:
    """Drive on in place of somebody who is gone."""
    run = seen.run

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        return await cockpit.runs().drive(run.id, answers["reason"], over=True)

    def check(answers: Answers, now: Millis) -> Outcome | None:
        if run.driver is None or standing(run, seen.heard) is RunState.ORPHANED:
            return None
        return refused(f"{run.driver.person} drives {run.id} and was heard of within the last 30 seconds.")

    return Asked(
        f"TAKE OVER {run.id}",
        ("A step in hand is looked at first; what changes production is never blindly done again.",),
        (Field("reason", "REASON", "why, for the ledger", "a reason is needed"),),
        "Take over",
        do,
        lambda answers: ("playbook", "take-over", run.id, "--reason", answers["reason"]),
        check=check,
    )


def begin(found: Found, incident_id: str, known: dict[str, str]) -> Asked | Outcome:
    """Begin a run. ``known``: values of parameters that are known already."""
    playbook = found.checked.playbook
    if playbook is None:
        return refused(
            f"{found.name} has errors and does not run.", f"coalmine playbook validate {found.file}"
        )
    from console.runs.params import given

    def texts(answers: Answers) -> dict[str, str]:
        return {one.name: answers[one.name] for one in playbook.params if answers[one.name]}

    async def do(cockpit: Cockpit, answers: Answers) -> Outcome:
        return await cockpit.runs().begin(found, texts(answers), incident_id)

    def check(answers: Answers, now: Millis) -> Outcome | None:
        faults = given(playbook, texts(answers)).faults
        return refused("; ".join(faults)) if faults else None

    return Asked(
        f"RUN {found.title}{f' for {incident_id}' if incident_id else ''}",
        (f"{len(playbook.steps)} steps, pinned as they are written now. Each effect still passes the gate.",),
        tuple(_param(one.name, one.about, one.default, known, one.required) for one in playbook.params),
        "Run",
        do,
        lambda answers: (
            "playbook",
            "run",
            found.name,
            *(word for name, text in texts(answers).items() for word in ("--param", f"{name}={text}")),
            *option("--incident", incident_id),
        ),
        check=check,
    )


def _param(name: str, about: str, default: object, known: dict[str, str], required: bool) -> Field:
    usual = known.get(name, "")
    hint = about or name
    if default is not None and default != "":
        hint = f"{hint}; {str(default).lower() if isinstance(default, bool) else default} if empty"
    return Field(name, name, hint, f"{name} is needed" if required else "", usual)
