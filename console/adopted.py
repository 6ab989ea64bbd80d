"""Which policy is in force: the files beside the ledger, if they are the ones that the ledger recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from console import events
from console.authorise import Refused, Standing, may
from console.envelope import Actor, NewEvent, Recorded
from console.policy import PolicyFault, Rulebook, load_rulebook
from console.readings import Millis

STREAM = "policy"
WATCHING = ("engine", "host")
"""How the events of a console that only watches came about."""
REDACTED = events.LedgerRedacted.KIND

Files = Callable[[], Rulebook]
"""Reads policy.yaml and people.yaml beside the ledger; raises :class:`PolicyFault`."""


class Chain(Protocol):
    """Knows of approvals."""

    def amiss(self, before: events.PolicyAdopted, after: events.PolicyAdopted, at: Millis) -> str | None:
        """Why ``after`` must not have taken the place of ``before``; ``None`` where it was right."""
        ...


def last_adopted(story: Sequence[Recorded]) -> events.PolicyAdopted | None:
    """The policy that the ledger says is in force. Raises :class:`console.events.Unknown`."""
    newest = None
    for one in story:
        event = events.read(one)
        if event is None and one.kind == events.PolicyAdopted.KIND:
            newest = None  # what it put in force is gone; the one before it is no more in force than ever
            continue
        if isinstance(event, events.PolicyAdopted):
            newest = event
    return newest


def in_force(story: Sequence[Recorded], files: Files, chain: Chain) -> Rulebook | str:
    """The rulebook in force, or why every effect is refused."""
    try:
        adopted = last_adopted(story)
        if adopted is None:
            return "No policy has been adopted for this ledger: run `coalmine config init`."
        wrong = _slipped_in(story, chain)
        if wrong is not None:
            return wrong
        book = files()
    except PolicyFault as error:
        return f"The policy cannot be used: {error.faults[0]}"
    except events.Unknown as error:
        return f"The policy in force cannot be read: {error}"
    changed = [
        name
        for name, now, then in (
            ("policy.yaml", book.policy_sha256, adopted.policy_sha256),
            ("people.yaml", book.people_sha256, adopted.people_sha256),
            ("allowed_signers", book.signers_sha256, adopted.signers_sha256),
        )
        if now != then
    ]
    if changed:
        names = " and ".join(changed)
        way = "restore it (`coalmine config restore`), or run `coalmine config adopt`"
        return f"{names} changed since it was adopted: {way}."
    return book


def _slipped_in(story: Sequence[Recorded], chain: Chain) -> str | None:
    """Which policy did not come into force as the one before it asks."""
    before: events.PolicyAdopted | None = None
    for one in story:
        event = events.read(one)
        if one.kind != events.PolicyAdopted.KIND:
            continue
        after = event if isinstance(event, events.PolicyAdopted) else None
        if before is not None and after is not None:
            why = chain.amiss(before, after, one.at)
            if why is not None:
                return (
                    f"The policy of event {one.seq} was not adopted as it has to be: {why}"
                    " Whoever wrote it there could write to the ledger: see docs/ledger.md."
                )
        before = after
    return None


def adoption(book: Rulebook, why: str, actor: Actor, at: Millis) -> NewEvent:
    """The event that puts ``book`` in force."""
    return events.PolicyAdopted(
        policy_sha256=book.policy_sha256,
        people_sha256=book.people_sha256,
        policy=book.policy_text,
        people=book.people_text,
        why=why,
        signers_sha256=book.signers_sha256,
        signers=book.signers_text,
    ).new(actor, at)


def acted_before(story: Sequence[Recorded]) -> Recorded | None:
    """The first thing that a person did in a ledger without a policy, if anybody did.

    What the engine saw and judged is no act: a console that only looked leaves nothing else behind. Nor is
    the removal of a secret.
    """
    return next((one for one in story if one.actor.via not in WATCHING and one.kind != REDACTED), None)


def may_adopt(story: Sequence[Recorded], logins: Sequence[str | None], now: Millis) -> Refused | str:
    """Whether the owner of ``logins`` may change the policy: the *old* one decides. Their key if so."""
    return _may_adopt(story, logins, now)[0]


def may_keep(story: Sequence[Recorded], logins: Sequence[str | None], now: Millis) -> Refused | str:
    """Whether they may keep the ledger, as whoever may ask for another policy does. Their key if so.

    That the policy wants more people for another policy is no reason to leave a secret where it stands.
    """
    decided, person = _may_adopt(story, logins, now)
    return person if isinstance(decided, Refused) and decided.approvals else decided


def _may_adopt(
    story: Sequence[Recorded], logins: Sequence[str | None], now: Millis
) -> tuple[Refused | str, str]:
    adopted = last_adopted(story)
    if adopted is None:
        return Refused("No policy has been adopted yet.", "Run `coalmine config init`."), ""
    old = load_rulebook(adopted.policy, "the policy in force", adopted.people, "the people in force")
    person = old.person_of(*logins)
    problem = f"The account {next((x for x in logins if x), '?')} is not listed in the people.yaml in force."
    decided = may("adopt_policy", 0, Standing(old, person, problem, None, None, True, now))
    return (decided if isinstance(decided, Refused) else person or ""), person or ""
