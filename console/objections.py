"""What speaks against sending: an incomplete confirmation, an action under way, a production that moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console import actions
from console.actions import Abort, Action, Preview
from console.envelope import Recorded
from console.events import ActionIntended, ReleaseSeen
from console.intents import open_intents
from console.narrate import narrate
from console.outcome import End, Outcome
from console.situation import Situation
from console.world import Frozen

REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the person confirmed: the plan's digest, the reason, and the typed word."""

    preview: Preview
    reason: str
    typed: str


def frozen_out(frozen: Frozen) -> Outcome:
    """The refusal while a change freeze stands."""
    return Outcome(
        End.REFUSED_HERE,
        f"Nothing was sent: {frozen.person} froze changes ({frozen.reason}).",
        "Only what stops harm is let through; `release thaw` ends the freeze.",
    )


def unconfirmed(confirmed: Confirmed) -> Outcome | None:
    """What a confirmation lacks."""
    preview = confirmed.preview
    if preview.plan_sha256 != actions.plan_digest(preview.action):
        return Outcome(End.REFUSED_HERE, "The plan is not the one that was shown.", "Open the preview again.")
    if not confirmed.reason.strip():
        return Outcome(End.REFUSED_HERE, "A reason is required.", "Say why, in a few words.")
    if len(confirmed.reason) > REASON_LIMIT:
        return Outcome(
            End.REFUSED_HERE, f"The reason is longer than {REASON_LIMIT} characters.", "Shorten it."
        )
    if preview.typed_word is not None and confirmed.typed.strip() != preview.typed_word:
        return Outcome(
            End.REFUSED_HERE, f"The word to type is {preview.typed_word!r}.", "Type it to confirm."
        )
    return None


def in_the_way(action: Action, events: Sequence[Recorded]) -> Outcome | None:
    """Another action that is under way; an abort waits for none but another abort."""
    state = open_intents(events)
    if state.blocked:
        return Outcome(
            End.REFUSED_HERE,
            f"Nothing was sent: the ledger holds something about this release that this version cannot read "
            f"({state.blocked}).",
            "Update Coalmine on this machine.",
        )
    stops = isinstance(action, Abort)
    rivals = [one for one in state.open if not stops or isinstance(one.action, Abort)]
    if rivals:
        first = rivals[0]
        intent = next(e for e in events if e.seq == first.seq)
        what = "its outcome is not known yet" if first.unknown else "it is under way"
        return Outcome(
            End.REFUSED_HERE,
            f"Nothing was sent: {narrate(intent)}, and {what}.",
            "Wait for its outcome; the host is being asked.",
        )
    return None


def by_whom(events: Sequence[Recorded]) -> str:
    """Who acted last, as far as the ledger knows."""
    telling = [one for one in events if one.kind in (ActionIntended.KIND, ReleaseSeen.KIND)]
    return f" The last that happened: {narrate(telling[-1])}." if telling else ""


def as_it_is(situation: Situation) -> str:
    """How production stands, for a refusal."""
    release = situation.release
    if release is None or release.canary is None:
        serving = situation.project.serving_id if situation.project else None
        return f"Production is {serving}." if serving else "There is no release now."
    if not release.active:
        return f"The release of {release.canary.id} is {release.state.value.lower()}."
    return f"Canary {release.canary.id} is at {release.percentage or 0:g} %."
