"""Which playbooks are offered for an incident: by the alerts and metrics that tell of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.playbooks.model import Playbook

LAST = "generic-triage"
"""Offered wherever nothing else fits, and behind everything that does."""
OF_CANARY = "canary"
"""A parameter of this name asks for a release that rolls."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A playbook's name, and what of the incident it is offered for; empty: nothing else fits."""

    name: str
    fits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """What of a playbook decides whether it is offered."""

    name: str
    triggers: tuple[str, ...]
    asks_for_canary: bool = False

    @classmethod
    def of(cls, playbook: Playbook) -> Card:
        """The card of a playbook that was read."""
        named = playbook.fields.get("triggers")
        triggers = tuple(str(one) for one in named) if isinstance(named, list | tuple) else ()
        canary = any(one.name == OF_CANARY and one.required for one in playbook.params)
        return cls(playbook.name, triggers, canary)


def offered(signs: Sequence[str], *, on_release: bool, cards: Iterable[Card]) -> tuple[Offered, ...]:
    """The playbooks for an incident with these ``signs`` (names of alerts and metrics, or of a playbook that
    an alert names itself), the best first.

    Better is: the one that an alert names; then what is about the same as the incident (``on_release``: a
    canary that rolls); then how much of what it is for is there, and the sign that came first.
    """
    known = [*cards]
    ranked = []
    for card in known:
        fits = tuple(one for one in card.triggers if any(_means(sign, one) for sign in signs))
        named = card.name in signs
        if not named and not fits:
            continue
        places = [at for at, sign in enumerate(signs) if any(_means(sign, one) for one in fits)]
        share = len(fits) / len(card.triggers) if card.triggers else 0.0
        apart = card.asks_for_canary is not on_release
        better = (not named, apart, -share, min(places, default=0), card.name)
        ranked.append((better, Offered(card.name, fits)))
    found = [one for _, one in sorted(ranked, key=lambda pair: pair[0])]
    if any(card.name == LAST for card in known) and all(one.name != LAST for one in found):
        found.append(Offered(LAST, ()))
    return tuple(found)


def _means(sign: str, trigger: str) -> bool:
    """``CanaryErrorRateHigh`` means ``error_rate``: a name of an alert holds what it is about."""
    inside, around = _plain(trigger), _plain(sign)
    return bool(inside) and inside in around


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def offers_words(found: Sequence[Offered]) -> str:
    """``canary-high-error-rate (error_rate), generic-triage``."""
    return ", ".join(f"{one.name} ({', '.join(one.fits)})" if one.fits else one.name for one in found)
