"""What a line typed after ``:`` may mean, best first. Pure: nothing is done here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Words = Callable[[], Sequence[tuple[str, str]]]
"""What may follow a verb: each word, and what it stands for."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One word that can be typed. ``run`` gets what was typed after it.

    ``takes`` names what may follow (empty: nothing); ``needs`` says that something must, and ``words``
    offers it. ``short``: other words for the same.
    """

    name: str
    does: str
    run: Callable[[str], object]
    short: tuple[str, ...] = ()
    takes: str = ""
    needs: bool = False
    words: Words = tuple
    refused: str | None = None
    free: bool = False
    """Whether something else than its ``words`` may follow, too."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One line to choose from. ``line`` is what it stands for when typed out.

    ``run`` is ``None`` where more has to be typed first. ``key`` is the key that does the same.
    """

    line: str
    does: str
    run: Callable[[], object] | None = None
    key: str = ""
    refused: str | None = None


def offers(typed: str, verbs: Sequence[Verb], keys: Sequence[Offer]) -> list[Offer]:
    """What ``typed`` may mean; ``keys`` are the keys of the screen. An exact word comes first, always.

    Then come words that begin so, then everything that has all of the typed words in it somewhere.
    """
    line = typed.strip().removeprefix(":").lstrip()
    word, space, rest = line.partition(" ")
    exact = next((verb for verb in verbs if word.casefold() in (verb.name, *verb.short)), None)
    if exact is not None and (space or typed.endswith(" ")) and exact.takes:
        return _arguments(exact, rest.strip())
    looked = line.casefold().split()
    begun = [
        verb for verb in verbs if any(one.startswith(line.casefold()) for one in (verb.name, *verb.short))
    ]
    within = [verb for verb in verbs if _has(looked, verb.name, verb.does)]
    first = [exact] if exact is not None and not rest else []
    out = [_offer(verb) for verb in dict.fromkeys((*first, *begun, *within))]
    return out + [one for one in keys if _has(looked, one.line, one.does)]


def _offer(verb: Verb) -> Offer:
    line = f"{verb.name} {verb.takes}" if verb.takes else verb.name
    run = None if verb.needs else lambda: verb.run("")
    return Offer(line, verb.does, run, refused=verb.refused)


def _arguments(verb: Verb, rest: str) -> list[Offer]:
    """The words that may follow, those that begin with ``rest`` first; else ``rest`` itself, as typed."""
    words = list(verb.words())
    if not words:
        if not rest:
            return [_offer(verb)]
        return [Offer(f"{verb.name} {rest}", verb.does, lambda: verb.run(rest), refused=verb.refused)]
    looked = rest.casefold().split()
    kept = [(word, means) for word, means in words if _has(looked, word, means)]
    kept.sort(
        key=lambda one: (
            one[0].casefold() != rest.casefold(),
            not one[0].casefold().startswith(rest.casefold()),
        )
    )
    if verb.free and rest and not any(word == rest for word, _ in kept):
        kept.append((rest, verb.does))
    return [
        Offer(f"{verb.name} {word}", means, lambda word=word: verb.run(word), refused=verb.refused)  # type: ignore[misc]
        for word, means in kept
    ]


def _has(looked: Sequence[str], *texts: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in looked)


def completed(offer: Offer) -> str:
    """The line that tab puts into the field: the offer typed out, without what only names its argument."""
    words = offer.line.split(" ")
    return " ".join(word for word in words if not (word.isupper() and len(word) > 1)) + (
        " " if offer.run is None else ""
    )
