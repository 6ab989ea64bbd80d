"""A change of a flag before it is sent, and what became of it, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from console.flags.differing import difference_lines
from console.flags.telling import standing
from console.outcome import End
from console.readings import Millis, Problem
from console.world import World
from screens.dialogs.review_text import ENDS, labelled, outcome_lines, recorded
from screens.paint import EMPTY, Line, Tone, paragraph, span
from screens.present import clock, when

if TYPE_CHECKING:
    from console.flags.gate import FlagOutcome, Offer
    from console.flags.previewing import Hit
    from console.flags.provider import Conflict

Verb = Literal["kill", "change", "undo"]
TIMED_MIN = 30
"""Minutes of a change for a set time."""
TIMED_MS: Millis = TIMED_MIN * 60_000
MOST, NAMED = 8, 8
FEW = 3
"""Lines of the difference of each of several flags."""
TITLES: dict[Verb, str] = {
    "kill": "KILL",
    "change": "CHANGE",
    "undo": "TAKE BACK the newest change made here of",
}


@dataclass(frozen=True, slots=True)
class FlagReview:
    """How far the dialog has come. ``started`` is monotonic seconds of the present stage."""

    verb: Verb
    keys: tuple[str, ...]
    environment: str
    stage: Literal["reading", "ready", "failed", "sending", "ended"]
    started: float
    words: str = ""
    """The change in words, where the verb does not say it."""
    offers: tuple[Offer, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """Of several flags those that cannot be changed so, and why."""
    follows: str = ""
    """How soon applications serve a change, in words."""
    problem: Problem | None = None
    made: tuple[FlagOutcome, ...] = ()
    timed: bool = False
    """For :data:`TIMED_MIN` minutes only."""

    @property
    def word(self) -> str | None:
        """What has to be typed, as the gate asks for it."""
        return next((one.plan.key for one in self.offers if not one.stops_harm), None)

    @property
    def may_be_timed(self) -> bool:
        return self.verb != "undo"

    @property
    def conflict(self) -> Conflict | None:
        """Of the only flag."""
        return self.made[0].conflict if len(self.made) == 1 else None


def body(review: FlagReview, world: World, now: Millis, cells: int, timed_key: str) -> list[Line]:
    """Title and the labelled paragraphs of the preview, or what is being waited for."""
    many = len(review.keys)
    of = review.keys[0] if many == 1 else f"{many} flags in {review.environment}"
    words = f": {review.words}" if review.words else ""
    title = paragraph(f"{TITLES[review.verb]} {of}{words}", cells, "strong", bold=True, most=3)
    if review.problem is not None:
        what = paragraph(review.problem.what, cells, "worse", bold=True)
        return [*title, EMPTY, *what, *paragraph(review.problem.next, cells)]
    if not review.offers:
        return [*title, EMPTY, (span("… asking the host afresh", "quiet"),)]
    if review.conflict is not None:
        return [*title, EMPTY, *conflict_lines(review.conflict, review.environment, now, cells)]
    if many > 1 and review.made:
        return [*title, EMPTY, *ends(review.made, cells)]
    return [*title, EMPTY, *_preview(review, world, now, cells, timed_key)]


def _preview(review: FlagReview, world: World, now: Millis, cells: int, timed_key: str) -> Iterator[Line]:
    several = len(review.keys) > 1
    for offer in review.offers:
        if several:
            yield from paragraph(offer.plan.key, cells, "strong", bold=True)
        yield from _of_one(offer, FEW if several else MOST, now, cells)
        if several:
            yield EMPTY
    for key, why in review.left_out:
        yield from labelled("! OMITTED", f"{key}: {why}", cells, "caution")
    if review.may_be_timed:
        yield from labelled("TIME", _timed(review, now, timed_key), cells, _time_tone(review))
        yield from labelled("UNDO", "take it back here, as long as nobody has changed the flag since", cells)
    yield from labelled("AFTER", f"applications serve it {review.follows}", cells)
    yield from labelled("ELSE", "if nothing is pressed, nothing changes", cells)
    yield from labelled("RECORDED", recorded(world), cells, "quiet")


def _of_one(offer: Offer, most: int, now: Millis, cells: int) -> Iterator[Line]:
    """What differs, whom it moves, and what to know."""
    seen = offer.preview
    for place, line in enumerate(_shortened(seen.lines or ("Nothing differs.",), most)):
        yield from labelled("CHANGE" if place == 0 else "", line, cells, "strong" if place == 0 else "normal")
    for place, line in enumerate(line for hit in seen.hits for line in hit_lines(hit, now)):
        yield from labelled("TOUCHES" if place == 0 else "", line, cells)
    if not seen.hits:
        yield from labelled("TOUCHES", "nobody: no environment serves anything else by it", cells)
    for line in seen.warnings:
        yield from labelled("! WARNING", line, cells, "caution")


def ends(made: Sequence[FlagOutcome], cells: int) -> Iterator[Line]:
    """The outcome of each of several flags."""
    for one in made:
        word, tone = ENDS[one.outcome.end]
        seq = "" if one.outcome.seq is None else f"   event {one.outcome.seq} of the ledger"
        yield from paragraph(f"{one.key}: {word}{seq}", cells, tone, bold=True)
        yield from paragraph(f"{one.outcome.says} {one.outcome.next}".strip(), cells, indent=2, most=4)


def _time_tone(review: FlagReview) -> Literal["caution", "normal"]:
    return "caution" if review.timed else "normal"


def _timed(review: FlagReview, now: Millis, timed_key: str) -> str:
    if not review.timed:
        return f"until somebody changes it   ({timed_key}: for {TIMED_MIN} min only)"
    return (
        f"for {TIMED_MIN} min: back at {clock(now + TIMED_MS, now)} by itself, if nobody changes the flag"
        f" until then. This console does it, or any other or coalmine watch on this ledger; while none runs,"
        f" nobody does.   ({timed_key}: for good)"
    )


def hit_lines(hit: Hit, now: Millis) -> Iterator[str]:
    """Whom it moves in one environment: now, later, and by name."""
    from console.flags.previewing import share_words

    linked = f" (linked to {hit.through}, changes too)" if hit.through else ""
    yield f"{hit.environment}{linked}: another variant for {share_words(hit.now)}"
    for moment in hit.moments[1:4]:
        yield f"    from {when(moment.at, now)}: {share_words(moment.share)}"
    if hit.pinned:
        more = f" and {len(hit.pinned) - NAMED} more" if len(hit.pinned) > NAMED else ""
        yield f"    listed by name: {', '.join(hit.pinned[:NAMED])}{more}"


def _shortened(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"and {len(lines) - most} more"]


def conflict_lines(conflict: Conflict, environment: str, now: Millis, cells: int) -> Iterator[Line]:
    """Mine, base and theirs, for a person to decide by; nothing is sent again by itself."""
    yield from labelled("BASE", f"{environment} {standing(conflict.base, environment, now).words}", cells)
    for place, line in enumerate(_shortened(difference_lines(conflict.base, conflict.mine), MOST)):
        yield from labelled("MINE" if place == 0 else "", line, cells)
    if conflict.theirs is None:
        yield from labelled("THEIRS", "it cannot be read now, or is gone", cells, "worse")
        return
    who = f"{conflict.by or 'somebody'}{f', {when(conflict.at, now)}' if conflict.at else ''}"
    why = f": {conflict.message}" if conflict.message else ""
    yield from labelled("THEIRS", f"{who}{why}", cells, "strong")
    for line in _shortened(conflict.their_lines or ("nothing that counts",), MOST):
        yield from labelled("", line, cells)
    now_words = standing(conflict.theirs, environment, now).words
    yield from labelled("NOW", f"{environment} {now_words}", cells)


def missing(review: FlagReview, refusal: str | None, reason: str, typed: str) -> str | None:
    """What still keeps it from being sent, in words; ``None`` when nothing does."""
    if review.stage != "ready" or not review.offers:
        return "not yet"
    if refusal is not None:
        return refusal
    if not reason.strip():
        return "a reason is needed"
    if review.word is not None and typed.strip() != review.word:
        return f"type {review.word} to confirm"
    return None


def foot(review: FlagReview, refusal: str | None, held: str | None, send: str, cells: int) -> list[Line]:
    """The lines above the buttons: what stands in the way, progress, or the outcome."""
    if len(review.made) == 1:
        return outcome_lines(review.made[0].outcome, cells)
    if review.made:
        done = sum(1 for one in review.made if one.outcome.end is End.DONE)
        tone: Tone = "good" if done == len(review.made) else "worse"
        return paragraph(f"{done} of {len(review.made)} done", cells, tone, bold=True)
    if review.stage == "sending":
        text = "… sending. You may close this: the outcome will be told and is in the ledger."
        return paragraph(text, cells, "caution", bold=True)
    if review.stage != "ready":
        return []
    if refusal is not None:
        return paragraph(f"! {refusal}", cells, "caution", bold=True)
    return paragraph(f"· {held or f'{send} sends it'}", cells, "quiet")
