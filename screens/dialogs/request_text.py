"""What can be done about a request by whom, and what still keeps that from being sent, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from console.outcome import Outcome
from console.readings import Millis, Problem
from console.rollback.afterwards import VERDICTS, reopened, review_due, skippable, undoable, verdict_of
from console.rollback.request import State
from console.rollback.telling import grouped, mine_of
from screens.dialogs.review_text import outcome_lines
from screens.paint import Line, paragraph
from screens.present import duration

if TYPE_CHECKING:
    from console.rollback.answering import Answerer
    from console.rollback.counting import View
    from screens.rollbacks.page import Held

Verb = Literal[
    "approve",
    "deny",
    "withdraw",
    "revoke",
    "execute",
    "submit",
    "break_glass",
    "review",
    "skip",
    "reverse",
    "close",
]
OPEN = (State.AWAITING_APPROVAL, State.APPROVED)
AGAIN = (State.FAILED, State.PARTIALLY_DONE)
BUTTONS: dict[Verb, str] = {
    "approve": "Approve",
    "deny": "Deny",
    "withdraw": "Withdraw",
    "revoke": "Take my answer back",
    "execute": "Carry out",
    "submit": "Ask for it",
    "break_glass": "Break glass",
    "review": "Review",
    "skip": "Go on without it",
    "reverse": "Undo",
    "close": "Close it",
}
SENDS: dict[Verb, str] = {
    "approve": "approves it",
    "deny": "denies it",
    "withdraw": "withdraws it",
    "revoke": "takes your answer back",
    "execute": "carries it out",
    "submit": "asks for it",
    "break_glass": "passes over the quorum, in your name",
    "review": "records the review, in your name",
    "skip": "leaves the failed step out and carries out the rest",
    "reverse": "asks for what takes it back",
    "close": "closes it, in your name",
}
"""What the key that sends does, to be read after it."""
ANSWERS = ("approve", "deny", "break_glass")
WIDENS = ("approve", "execute", "submit", "break_glass", "skip", "reverse")
"""What leads to a change of production: only while the plan still holds, and after a typed word."""
REASONED = ("deny", "withdraw", "revoke", "submit", "break_glass", "review", "skip", "reverse", "close")
SHORT = len("SHA256:") + 8
"""Of a fingerprint that one knows already; it stands in full beside the answer."""
TYPE_VERDICT = f"type the verdict (its first letters do): {', '.join(VERDICTS.values())}"
READ_FIRST = "read it to the end first: page down"


@dataclass(frozen=True, slots=True)
class Answering:
    """How far the dialog has come. ``started`` is monotonic seconds of the sending."""

    view: View
    stage: Literal["open", "sending", "ended"] = "open"
    verb: Verb | None = None
    started: float = 0.0
    who: Answerer | Problem | None = None
    """``None`` while that is being found out."""
    held: Held | None = None
    read: bool = False
    """Whether the page was on show to its end."""
    outcome: Outcome | None = None

    @property
    def person(self) -> str | None:
        """Who would answer."""
        return None if self.who is None or isinstance(self.who, Problem) else self.who.person

    @property
    def asks_typed(self) -> bool:
        """Whether something has to be typed beside the reason."""
        return self.asks_word or self.verb == "review"

    @property
    def asks_word(self) -> bool:
        """Whether a word has to be typed: not for what only stops harm, as far as its quorum is kept."""
        plan = self.view.plan
        always = self.verb in ("break_glass", "reverse")
        return self.verb in WIDENS and plan is not None and (not plan.stops_harm or always)


def offered(view: View, person: str | None) -> frozenset[Verb]:
    """What ``person`` may try; whether it counts, the desk says, which knows the policy."""
    if view.wrong:
        return frozenset()
    asked, found = view.request.asked, set[Verb]()
    if view.state is State.DRAFT:
        found.add("submit")
    if view.state in OPEN and asked is not None:
        if asked.requester == person:
            found.add("withdraw")
        elif mine_of(view, person) is not None:
            found.add("revoke")
        else:
            found |= {"approve", "deny"} if view.state is State.AWAITING_APPROVAL else {"deny"}
    if view.state is State.AWAITING_APPROVAL and breakable(view):
        found.add("break_glass")
    if view.state is State.APPROVED or view.state in AGAIN:
        found.add("execute")
    if view.state in AGAIN and isinstance(skippable(view), int):
        found.add("skip")
    if reopened(view) is not None:
        found.add("close")
    if not isinstance(undoable(view), str):
        found.add("reverse")
    if review_due(view) is not None and not broke(view, person):
        found.add("review")
    return frozenset(found)


def broke(view: View, person: str | None) -> bool:
    """Whether it is ``person`` who broke its glass."""
    return view.request.glass is not None and view.request.glass.event.person == person


def breakable(view: View) -> bool:
    """Whether the policy lets anybody at all pass over what is missing."""
    asking = [rule for _, rule in view.rules if rule.approvals]
    return bool(asking) and all(rule.break_glass is not None for rule in asking)


def cannot(view: View, verb: str) -> str:
    """Why ``verb`` is not offered."""
    if view.wrong:
        return view.wrong
    if verb == "approve" and view.state is State.AWAITING_APPROVAL:
        return f"Nobody approves what they asked for, nor twice: {view.id} waits for somebody else."
    if verb == "break" and view.state is State.AWAITING_APPROVAL:
        return "No rule of the policy lets anybody pass over the approvals that are missing."
    if verb == "execute" and view.state is State.AWAITING_APPROVAL:
        return f"{view.id} is not approved yet."
    if verb == "review":
        return _no_review(view)
    if verb == "reverse" and isinstance(nothing := undoable(view), str):
        return nothing
    if verb == "skip" and isinstance(why_not := skippable(view), str):
        return why_not
    return f"{view.id} is {view.state.words}."


def _no_review(view: View) -> str:
    glass, reviewed = view.request.glass, view.request.reviewed
    if glass is None:
        return f"Nobody broke the glass of {view.id}: there is nothing to review."
    if reviewed is not None:
        return f"{reviewed.person} has reviewed it: {VERDICTS[reviewed.verdict]}."
    if review_due(view) is None:
        return f"The broken glass of {view.id} does not count: {view.glass}."
    return f"Nobody reviews the glass that they broke: somebody else than {glass.event.person} has to."


def missing(it: Answering, reason: str, typed: str, word: str) -> str | None:
    """What still keeps it from being sent, in words; ``None`` when nothing does."""
    verb = it.verb
    if it.stage != "open" or verb is None:
        return "not yet"
    if verb not in offered(it.view, it.person):
        return f"meanwhile {it.view.id} is {it.view.state.words}"
    if not it.read:
        return READ_FIRST
    if verb in ANSWERS and it.who is None:
        return "it is being found out who you are"
    if verb in ANSWERS and isinstance(it.who, Problem):
        return f"{it.who.what} {it.who.next}"
    if verb in WIDENS and it.held is not None and it.held.moved is not None:
        return "this plan holds no more: it has to be asked for anew"
    if verb in REASONED and not reason.strip():
        return "a reason is needed"
    if verb == "review" and verdict_of(typed) is None:
        return TYPE_VERDICT
    if it.asks_word and typed.strip() != word:
        return f"type {word} to confirm"
    return None


def signs_with(it: Answering) -> str:
    """Who would answer, and with which key."""
    who = it.who
    if who is None:
        return "… finding out who you are"
    if isinstance(who, Problem):
        return f"! nobody answers from here: {who.what} {who.next}"
    if who.key is not None:
        return f"{who.person} signs with {who.key.fingerprint[:SHORT]}… ({who.key.place})"
    asks = any(rule.approvals and rule.signature != "none" for _, rule in it.view.rules)
    wants = "; the policy asks for a signature: key under [approval] in coalmine.toml" if asks else ""
    return f"{who.person} answers unsigned, as the account behind the token{wants}"


def foot(it: Answering, held: str | None, send: str, monotonic: float, cells: int) -> list[Line]:
    """The lines above the buttons: with what it is signed, what stands in the way, how it ended.

    ``send``: how the key that sends is written.
    """
    if it.stage == "sending":
        elapsed = duration(int((monotonic - it.started) * 1000))
        signing = " If your key asks for a touch or its passphrase, give it." if it.verb in ANSWERS else ""
        said = f"… {elapsed}.{signing} You may close this: the outcome will be told and is in the ledger."
        return paragraph(said, cells, "caution", bold=True)
    if it.outcome is not None and it.stage == "ended":
        return outcome_lines(it.outcome, cells)
    digest = grouped(it.view.request.opened.plan_sha256[:12])
    lines = []
    if it.verb is None or it.verb in ANSWERS:
        tone = "caution" if isinstance(it.who, Problem) else "quiet"
        lines += paragraph(f"plan {digest} · {signs_with(it)}", cells, tone)  # type: ignore[arg-type]
    if it.verb is None:
        if not it.read:
            lines += paragraph(f"· {READ_FIRST}", cells, "caution")
        return lines
    lines += paragraph(follows(it.view, it.verb), cells)
    return [*lines, *paragraph(f"· {held or f'{send} {SENDS[it.verb]}'}", cells, "quiet")]


def follows(view: View, verb: Verb) -> str:
    """What comes after it was sent."""
    submitted = view.request.submitted
    by_itself = submitted is not None and submitted.on_quorum == "execute"
    words: dict[Verb, str] = {
        "approve": "Once nothing is missing, a console that polls carries it out by itself."
        if by_itself
        else "Once nothing is missing, somebody has to carry it out: X here, or coalmine rollback execute.",
        "deny": "A denial closes it, whatever others say later.",
        "withdraw": "It is closed; nothing was sent.",
        "revoke": "Your answer counts no more; you may answer again.",
        "execute": "It is sent step by step, and it is looked at what production serves afterwards.",
        "submit": "Nothing is sent before the policy has what it asks for.",
        "break_glass": "LOUD: the approvals that are missing are passed over. It stands in the ledger with "
        "your name, and somebody else has to review it (V here, or coalmine rollback review).",
        "skip": "The step that failed is left out, in your name; the rest is sent step by step. The request "
        "is done in part at best.",
        "reverse": "It asks for the reverse of the steps that were done, the last one first, as a request of "
        "its own: the policy decides about that as about any other.",
        "close": "It waits for nobody any more; nothing is changed.",
        "review": "It closes the review; what was done stays done.",
    }
    return words[verb]


def lapsed(view: View, now: Millis) -> bool:
    """Whether a deadline went by since ``view`` was read."""
    from console.rollback.executing import deadline

    until = deadline(view)
    return until is not None and view.now <= until < now
