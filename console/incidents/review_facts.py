"""What went well in an incident and what did not, as far as the ledger can tell. Pure.

Each is a sentence about what happened, with its numbers; people are named by their keys in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from console import events
from console.incidents import happened as h
from console.incidents.blameless import silences
from console.incidents.due import ACKNOWLEDGE_MS, FIRST_WORD_MS, times_of
from console.incidents.material import Material
from console.incidents.terms import rank
from console.incidents.timeline import Line
from console.readings import Millis
from console.rollback import happened as requests
from console.rollback.telling import left_words

QUICK_MS: Millis = 30 * 60_000
"""What is mitigated in less counts as quick."""
HOWS = {
    "alert": "An alert noticed it.",
    "verdict": "The judge noticed it.",
    "rollback": "A rollback of production was seen.",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Sentences."""

    well: tuple[str, ...]
    badly: tuple[str, ...]


def facts_of(material: Material) -> Facts:
    """Everything that can be told from what is recorded."""
    well: list[str] = []
    badly: list[str] = []
    for good, bad in (
        _noticed(material),
        _acknowledged(material),
        _told(material),
        _mitigated(material),
        _kept_small(material),
        _rolled_back(material),
        _own_way(material),
    ):
        well += good
        badly += bad
    return Facts(tuple(well), tuple(badly))


Two = tuple[list[str], list[str]]


def _noticed(material: Material) -> Two:
    opened = material.incident.opened
    if opened.how in HOWS:
        return [HOWS[opened.how]], []
    warned = [line for line in material.lines if _warns(line) and line.at <= opened.detected_at]
    if warned:
        away = left_words(opened.detected_at - warned[0].at)
        return [], [f"The judge had said roll back {away} before a person opened the incident."]
    return [], ["A person noticed it: neither an alert nor the judge had said anything before."]


def _warns(line: Line) -> bool:
    """Whether the judge says there that the release is to be rolled back."""
    of_it = line.kind == events.VerdictChanged.KIND
    return of_it and (line.says.startswith("verdict roll back") or "→ roll back" in line.says)


def _acknowledged(material: Material) -> Two:
    took, target = times_of(material.incident).acknowledge, ACKNOWLEDGE_MS[rank(material.incident.severity)]
    if took is None:
        return [], ["Nobody acknowledged it."]
    within = f"within the {left_words(target)} of its severity" if took <= target else ""
    says = f"It was acknowledged after {_long(took)}"
    return ([f"{says}, {within}."], []) if within else ([], [f"{says}; {left_words(target)} is the limit."])


def _told(material: Material) -> Two:
    incident = material.incident
    target = FIRST_WORD_MS.get(rank(incident.severity))
    words = [one.at for event, one in material.believed() if isinstance(event, h.IncidentUpdated)]
    if target is None:
        return [], []
    if not words:
        return [], ["No word to everybody is recorded."]
    took = max(0, min(words) - incident.at)
    says = f"The first word to everybody came after {_long(took)}"
    return ([f"{says}."], []) if took <= target else ([], [f"{says}; {left_words(target)} is the limit."])


def _mitigated(material: Material) -> Two:
    well: list[str] = []
    badly: list[str] = []
    incident = material.incident
    took = times_of(incident).mitigate
    if took is not None:
        says = f"It was mitigated after {_long(took)}."
        (well if took < QUICK_MS else badly).append(says)
    if incident.relapses:
        badly.append(f"It was taken for mitigated or resolved {_times(incident.relapses)} and was not.")
    elif incident.resolved_at is not None:
        well.append("What mitigated it held.")
    return well, badly


def _kept_small(material: Material) -> Two:
    told = [
        event
        for event, _ in material.believed()
        if isinstance(event, h.SeveritySuggested)
        and event.exposed_ppm is not None
        and event.errors_ppm is not None
    ]
    if not told or (told[-1].exposed_ppm or 0) >= 1_000_000:
        return [], []
    last = told[-1]
    return [
        f"The canary kept it small: {share(last.errors_ppm)} of the exposed requests failed, "
        f"and {share(last.exposed_ppm)} were exposed."
    ], []


def _rolled_back(material: Material) -> Two:
    well: list[str] = []
    badly: list[str] = []
    for one in material.requests:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        name = one.stream.removeprefix(requests.STREAM)
        if isinstance(event, requests.RequestVerified):
            said = f"{name} was verified: production serves what it should."
            wrong = f"After {name} production did not serve what it should."
            (well if event.found == "good" else badly).append(said if event.found == "good" else wrong)
        elif isinstance(event, requests.GlassBroken):
            badly.append(f"The approvals of {name} were passed over: {event.reason}")
    unknown = [line for line in material.lines if "outcome unknown" in line.says]
    if unknown:
        badly.append(f"What became of an action was not known at first, {_times(len(unknown))}.")
    return well, badly


def _own_way(material: Material) -> Two:
    """What people did in another way than it is meant to go."""
    badly = []
    for event, _ in material.believed():
        if isinstance(event, h.RoleTaken) and event.how == "taken_over":
            badly.append(f"A role was taken over from somebody who was gone: {event.why}")
        if isinstance(event, h.IncidentMoved) and event.early:
            badly.append(f"It was resolved before its watch was over: {event.early}")
    end = material.incident.mitigated_at or material.now
    for since, until in silences(material.lines, material.incident.at, end):
        badly.append(f"Nothing was recorded for {left_words(until - since)} while it was worked on.")
    return [], badly


def share(ppm: int | None) -> str:
    """``2.5 %``; ``not known`` where it is not."""
    return "not known" if ppm is None else f"{ppm / 10_000:.4g} %"


def _long(ms: Millis) -> str:
    return "0:00" if ms < 1000 else left_words(ms)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
