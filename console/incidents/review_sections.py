"""The sections of a review that are lists of what is recorded. Pure; each returns lines of Markdown."""

from __future__ import annotations

from console import events
from console.incidents import happened as h
from console.incidents import utc
from console.incidents.blameless import silences
from console.incidents.incident import Incident
from console.incidents.markdown import inline, table
from console.incidents.material import Material
from console.incidents.naming import Naming
from console.incidents.review import ReviewState
from console.incidents.telling import Local
from console.incidents.terms import ROLE_WORDS, SEVERITY_WORDS, rank
from console.readings import Millis
from console.rollback import happened as requests
from console.rollback.telling import left_words

UTC: Local = utc.stamp


def question(text: str) -> str:
    """What only people know."""
    return f"> **Question:** {text}"


def header_lines(material: Material, naming: Naming) -> list[str]:
    """The title, and what the document is of."""
    incident, review = material.incident, material.review
    rows = [
        ("Severity", severity_words(incident)),
        ("State", incident.state.value),
        ("Review", _review_words(material, naming)),
        ("Began", utc.stamp(incident.opened.started_at)),
        ("Ledger", f"as of event {material.head.seq}, hash `{material.head.hash[:16]}`"),
    ]
    lines = [
        f"# {inline(incident.id)}: {inline(naming.words(incident.opened.title))}",
        "",
        *table(("", ""), rows),
        "",
        "Times are UTC. What the ledger knows is filled in; a **Question** is for people to answer.",
    ]
    return lines if review is not None else [*lines, "", question("Who owns this review, and until when?")]


def severity_words(incident: Incident) -> str:
    """As it is in the end, and what it was at its worst, where somebody had said that it was worse."""
    said = SEVERITY_WORDS[incident.severity] + ("" if incident.confirmed else ", not confirmed")
    known = [one for _, one in incident.severities if one != "undetermined"]
    worst = min(known, key=rank, default=incident.severity)
    return said if worst == incident.severity else f"{said}, {worst} at its worst"


def _review_words(material: Material, naming: Naming) -> str:
    review = material.review
    if review is None:
        return "not begun"
    who = inline(naming.who(review.owner))
    if review.state is ReviewState.REVIEWED:
        return f"reviewed, accepted by {inline(naming.who(review.accepted_by))}"
    return f"{review.state.value}, owner {who}, due {utc.day(review.due)}"


def timeline_lines(material: Material, naming: Naming) -> list[str]:
    """Every line, with the number of its event in the ledger."""
    start = material.incident.opened.started_at
    rows = []
    for line in material.lines:
        late = f" (written {left_words(line.late)} later)" if line.note and line.late >= 60_000 else ""
        says = inline(naming.words(line.says))
        rows.append((utc.stamp(line.at), _away(line.at, start), line.about, f"{says}{late}", str(line.seq)))
    lines = ["## Timeline", "", *table(("time", "from the start", "about", "what", "event"), rows)]
    end = material.incident.mitigated_at or material.now
    for since, until in silences(material.lines, material.incident.at, end):
        asked = f"What was done from {utc.clock(since)} to {utc.clock(until)}? Nothing was recorded."
        lines += ["", question(asked)]
    return lines


def changes_lines(material: Material, naming: Naming) -> list[str]:
    """What was changed before it began, the newest first."""
    rows = [
        (
            utc.stamp(one.at),
            _away(one.at, material.incident.opened.started_at),
            inline(naming.words(one.what)),
            inline(naming.who(one.who)),
            str(one.seq),
        )
        for one in material.suspects
    ]
    lines = ["## What changed in the 30 minutes before", ""]
    if not rows:
        return [*lines, "Nothing that the ledger knows of."]
    return [*lines, *table(("time", "before the start", "what", "who", "event"), rows)]


def people_lines(material: Material, naming: Naming) -> list[str]:
    """Who had which role when."""
    held = material.incident.roles.held
    rows = [
        (
            ROLE_WORDS[one.role],
            inline(naming.who(one.person)),
            utc.stamp(one.since),
            "the end" if one.until is None else utc.stamp(one.until),
        )
        for one in held
    ]
    lines = ["## People and roles", ""]
    if not rows:
        return [*lines, "Nobody had a role."]
    return [*lines, *table(("role", "who", "from", "until"), rows)]


def messages_lines(material: Material, naming: Naming) -> list[str]:
    """What everybody was told."""
    said = [(one.at, event) for event, one in material.believed() if isinstance(event, h.IncidentUpdated)]
    lines = ["## What everybody was told", ""]
    lines += [
        f"- {utc.stamp(at)}: {inline(naming.words(event.says))}" for at, event in sorted(said, key=_first)
    ]
    return lines if said else [*lines, "No word to everybody is recorded."]


def _first(pair: tuple[Millis, h.IncidentUpdated]) -> Millis:
    return pair[0]


def approvals_lines(material: Material, naming: Naming) -> list[str]:
    """How long the answers to the linked requests took; nothing where none is linked."""
    asked: dict[str, Millis] = {}
    rows = []
    for one in material.requests:
        try:
            event = events.read(one)
        except events.Unknown:
            continue
        name = one.stream.removeprefix(requests.STREAM)
        if isinstance(event, requests.RequestSubmitted):
            asked[name] = one.at
        if isinstance(event, requests.RequestAnswered) and name in asked:
            took = max(one.at - asked[name], 1000)
            rows.append(
                (inline(name), utc.stamp(asked[name]), inline(naming.who(event.person)), left_words(took))
            )
    if not rows:
        return []
    return ["## Approvals", "", *table(("request", "asked", "answered by", "after"), rows)]


def after_lines(material: Material, naming: Naming) -> list[str]:
    """What is to be done, and what nobody has put down."""
    rows = [
        (
            inline(item.name),
            inline(naming.words(item.text)),
            item.aim,
            inline(naming.who(item.owner)),
            utc.day(item.due),
            "open" if item.done_at is None else f"done {utc.day(item.done_at)}",
        )
        for item in material.items
    ]
    lines = ["## Action items", ""]
    if not rows:
        return [*lines, question("What is to be done, by whom, until when? `coalmine incident action add`.")]
    return [*lines, *table(("item", "what", "aim", "owner", "due", "state"), rows)]


def _away(at: Millis, start: Millis) -> str:
    sign, ms = ("-", start - at) if at < start else ("+", at - start)
    return f"{sign}{left_words(ms) if ms >= 1000 else '0:00'}"
