"""The review of an incident as Markdown: what the ledger knows is filled in, all else is a question.

Pure, and the same bytes for the same ledger: no clock, no zone and no file is asked. Whatever people wrote
goes through :func:`console.incidents.markdown.inline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.incidents import happened as h
from console.incidents import utc
from console.incidents.blameless import remarks
from console.incidents.due import time_at
from console.incidents.evidence_happened import EvidencePasted, EvidencePinned
from console.incidents.markdown import block, inline, table
from console.incidents.material import Material
from console.incidents.naming import Naming, naming_of
from console.incidents.plot_numbers import plotted_of
from console.incidents.plot_svg import plot_svg
from console.incidents.plot_text import plot_text
from console.incidents.review_facts import facts_of, share
from console.incidents.review_sections import (
    after_lines,
    approvals_lines,
    changes_lines,
    header_lines,
    messages_lines,
    people_lines,
    question,
    severity_words,
    timeline_lines,
)
from console.incidents.terms import SEVERITY_WORDS
from console.incidents.times_told import times_told
from console.rollback.telling import left_words


@dataclass(frozen=True, slots=True)
class Document:
    """The files of one review, and what its reader should look at again."""

    name: str
    """Of the Markdown file, without its ending."""
    markdown: str
    pictures: tuple[tuple[str, str], ...]
    """(file name, SVG) of the pinned plots."""
    remarks: tuple[str, ...]


def document_of(material: Material, *, names: bool) -> Document:
    """The review as far as it can be written. ``names``: people by name, and not by role."""
    naming = naming_for(material, names=names)
    name = file_name(material.incident.id)
    pinned = [event for event, _ in material.evidence if isinstance(event, EvidencePinned)]
    pictures = tuple(
        (f"{name}-plot-{number}.svg", plot_svg(plotted_of(event))) for number, event in enumerate(pinned, 1)
    )
    sections = [
        header_lines(material, naming),
        _summary(material, naming),
        _impact(material, naming),
        _detection(material, naming),
        _times(material),
        timeline_lines(material, naming),
        changes_lines(material, naming),
        _evidence(material, naming, [file for file, _ in pictures]),
        _factors(material, naming),
        _went(material, naming),
        people_lines(material, naming),
        messages_lines(material, naming),
        approvals_lines(material, naming),
        after_lines(material, naming),
    ]
    text = "\n\n".join("\n".join(lines) for lines in sections if lines)
    return Document(name, f"{text}\n\n", pictures, remarks(_written(material), naming))


def naming_for(material: Material, *, names: bool) -> Naming:
    """How everybody is called, in the order in which they came."""
    incident = material.incident
    came = [
        *(line.who for line in material.lines),
        *(line.claimed for line in material.lines),
        *(one.who for one in material.suspects if not one.who.startswith(("somebody", "Vercel"))),
        *(one.actor.person for one in material.requests),
        *(person for item in material.items for person in (item.owner, item.added_by, item.done_by)),
    ]
    review = material.review
    if review is not None:
        came += [review.owner, review.submitted_by, review.accepted_by]
    return naming_of(incident, came, material.people, names=names)


def file_name(incident_id: str) -> str:
    """A name that is one of a file in a folder, whatever the ledger holds."""
    kept = "".join(
        char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in incident_id
    )
    return kept[:60] or "incident"


def _summary(material: Material, naming: Naming) -> list[str]:
    incident = material.incident
    opened = incident.opened
    began = f"It began at {utc.stamp(opened.started_at)}, was noticed at {utc.stamp(opened.detected_at)}"
    parts = [began]
    if incident.mitigated_at is not None:
        parts.append(f"mitigated at {utc.stamp(incident.mitigated_at)}")
    if incident.resolved_at is not None:
        parts.append(f"resolved at {utc.stamp(incident.resolved_at)}")
    return [
        "## Summary",
        "",
        f"{inline(naming.words(opened.title))}. {', '.join(parts)}. Severity: {severity_words(incident)}.",
        "",
        question("What happened, in two or three sentences for somebody who was not there?"),
    ]


def _impact(material: Material, naming: Naming) -> list[str]:
    incident = material.incident
    told = [event for event, _ in material.believed() if isinstance(event, h.SeveritySuggested)]
    lines = ["## Impact", ""]
    for event in told:
        lines.append(
            f"- {share(event.errors_ppm)} of the exposed requests failed, {share(event.exposed_ppm)} were "
            f"exposed, {share(event.affected_ppm)} of all users were hurt (as measured for the suggestion "
            f"{event.severity})."
        )
    lines += [f"- {inline(naming.words(one))}" for one in incident.opened.evidence]
    at = [
        f"{SEVERITY_WORDS[one]} for {left_words(ms)}" for one, ms in time_at(incident, material.now).items()
    ]
    lines += [f"- {', '.join(at)}."]
    if not told:
        lines += [
            "",
            question("How many users were hurt, and how many requests failed? No share is recorded."),
        ]
    return [
        *lines,
        "",
        question("Was any customer's data lost or exposed? Say so also where none was."),
        "",
        question("How many people asked support, which regions were hit, what did it cost?"),
    ]


def _detection(material: Material, naming: Naming) -> list[str]:
    opened = material.incident.opened
    how = {
        "person": f"{naming.who(opened.person)} noticed it",
        "alert": "An alert fired",
        "verdict": "The judge said so",
        "rollback": "A rollback of production was seen",
    }[opened.how]
    return [
        "## Detection",
        "",
        f"{inline(how[:1].upper() + how[1:])} at {utc.stamp(opened.detected_at)}.",
        "",
        question("Could it have been noticed sooner? By which alert, judge or test?"),
    ]


def _times(material: Material) -> list[str]:
    rows = []
    for one in times_told(material.incident):
        took = f"not known: {one.unknown}" if one.ms is None else left_words(max(one.ms, 1000))
        rows.append((one.name, took, one.definition))
    return ["## Times", "", *table(("", "took", "counted"), rows)]


def _evidence(material: Material, naming: Naming, files: Sequence[str]) -> list[str]:
    lines = ["## Evidence", ""]
    pictures = iter(files)
    for number, (event, one) in enumerate(material.evidence, 1):
        title = inline(naming.words(event.title))
        who = inline(naming.who(one.actor.person))
        if isinstance(event, EvidencePinned):
            plot = plotted_of(event)
            lines += [f"### Evidence {number}: {title}", "", f"Pinned by {who} at {utc.stamp(one.at)}."]
            lines += [
                "",
                f"![Evidence {number}]({next(pictures)})",
                "",
                *block("\n".join(plot_text(plot))),
                "",
            ]
        else:
            size = f"{len(event.text.encode()):,} of {event.given:,} bytes were kept"
            lines += [
                f"### Evidence {number}: {title}",
                "",
                f"Of {utc.stamp(one.at)}, pasted by {who}; {size}, ",
            ]
            lines[-1] += f"with SHA-256 `{_hex(event)}`."
            lines += ["", *block(naming.words(event.text)), ""]
    if not material.evidence:
        return [*lines, "Nothing was pinned or pasted.", "", question("Which plot or log shows it best?")]
    return lines[:-1]


def _hex(event: EvidencePasted) -> str:
    """The digest, as far as it is one."""
    return "".join(char for char in event.sha256 if char in "0123456789abcdef")[:64]


def _factors(material: Material, naming: Naming) -> list[str]:
    moves = [event for event, _ in material.believed() if isinstance(event, h.IncidentMoved)]
    said = {
        state: [inline(naming.words(one.why)) for one in moves if one.state == state and one.why]
        for state in ("identified", "mitigated", "resolved")
    }
    lines = ["## Contributing factors", "", *_listed(said["identified"])]
    more = "What else let it happen, or made it worse while it was worked on?"
    lines += [
        question(more if said["identified"] else "What contributed to it? Several things, as a rule."),
    ]
    lines += ["", "## What mitigated it", "", *_listed(said["mitigated"])]
    if not said["mitigated"]:
        lines += [question("What mitigated it, and how was that checked?"), ""]
    lines += _listed([f"Seen to be over: {one}" for one in said["resolved"]])
    return [*lines, question("What of this is for the time being only, and what follows it?")]


def _listed(items: Sequence[str]) -> list[str]:
    """A list and the empty line after it; nothing where there is nothing in it."""
    return [*(f"- {one}" for one in items), ""] if items else []


def _went(material: Material, naming: Naming) -> list[str]:
    facts = facts_of(material)
    return [
        "## What went well",
        "",
        *_listed([inline(naming.words(one)) for one in facts.well]),
        question("What else went well?"),
        "",
        "## What did not go well",
        "",
        *_listed([inline(naming.words(one)) for one in facts.badly]),
        question("What else did not?"),
        "",
        "## Where we were lucky",
        "",
        question("What would have made it worse, and was not so by chance only?"),
    ]


def _written(material: Material) -> list[tuple[str, str]]:
    """What people wrote: where it stands, and the words."""
    found = [("the title", material.incident.opened.title)]
    for event, one in material.believed():
        for field in ("says", "why", "text"):
            text = getattr(event, field, "")
            if isinstance(text, str) and text and not isinstance(event, EvidencePasted):
                found.append((f"event {one.seq}", text))
    return found
