"""The review as Markdown: whatever people write stays a text, and what nobody knows is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from console.envelope import Actor, Head, NewEvent
from console.event import Event
from console.incidents import happened as h
from console.incidents import review_happened as r
from console.incidents.blameless import remarks, silences
from console.incidents.evidence_happened import EvidencePasted, EvidencePinned, PinnedLine
from console.incidents.exported import edited, sealed
from console.incidents.incident import incident_of
from console.incidents.markdown import LONGEST, block, inline, printable
from console.incidents.material import Material
from console.incidents.naming import naming_of
from console.incidents.pasting import cleaned
from console.incidents.review_document import Document, document_of, file_name
from console.incidents.suspects import suspects
from console.incidents.timeline import BEFORE_MS, timeline
from console.incidents.times_told import times_told
from tests.console.incidents.scene import MINUTE, Scene
from tests.console.incidents.test_fold import T0, opened, told
from tests.ledgers import chained

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PLAIN = {"text", "strong_open", "strong_close", "code_inline", "image"}
PEOPLE = {"ana": "Ana Lee", "jo": "Jo"}


def pinned_plot(title: str = "error rate") -> EvidencePinned:
    line = PinnedLine(track="canary", deployment_id="dpl_b", at=[T0, T0 + MINUTE], value=["1", "20"])
    return EvidencePinned(
        person="jo", metric="error_rate", title=title, unit="%", source="prometheus", start=T0,
        end=T0 + 5 * MINUTE, lines=[line], text=[],
    )  # fmt: skip


def story(text: str) -> list[Event]:
    """Everything that people write, written as ``text``."""
    kept = cleaned(text) or "x"
    return [
        h.IncidentNoted(person="jo", says=text),
        h.RoleTaken(person="jo", role="commander", how="taken_over", why=text),
        h.IncidentUpdated(person="jo", says=text, next_at=None),
        EvidencePasted(person="jo", title=text, text=kept, given=1, sha256=text, hidden=0, cut=0),
        pinned_plot(text),
        h.IncidentLinked(person="jo", what="flag", name=text),
        h.IncidentMoved(person="jo", state="investigating", before="triage", why=text),
        h.IncidentMoved(person="jo", state="identified", before="investigating", why=text),
        h.IncidentMoved(person="jo", state="mitigated", before="identified", why=text),
        h.IncidentMoved(person="jo", state="resolved", before="mitigated", why=text, early=text),
        r.ReviewStarted(person="jo", owner="jo", due=T0),
        r.ActionAdded(person="jo", number=1, text=text, owner="jo", due=T0, aim="prevent"),
    ]


def material(first: h.IncidentOpened, events: list[Event], by: str = "jo") -> Material:
    news: list[tuple[str, NewEvent]] = [("incident:INC-2", first.new(Actor("ana", "s", "command"), T0))]
    for place, event in enumerate(events, 1):
        actor = Actor(getattr(event, "person", by), "s", "command")
        news.append(("incident:INC-2", event.new(actor, T0 + place * MINUTE)))
    recorded = chained(news)
    incident = incident_of(recorded)
    assert incident is not None
    now = recorded[-1].header.recorded_at
    return Material(
        incident,
        timeline(incident, recorded, now),
        suspects(incident, recorded, BEFORE_MS),
        (),
        (),
        PEOPLE,
        Head(recorded[-1].seq, recorded[-1].hash),
        now,
    )


def written(text: str) -> Document:
    first = opened().model_copy(update={"title": text, "evidence": [text]})
    return document_of(material(first, story(text)), names=True)


def blocks(markdown: str) -> list[tuple[str, str]]:
    return [(one.type, one.tag) for one in READER.parse(markdown)]


def spans(markdown: str) -> list[Token]:
    return [child for one in READER.parse(markdown) for child in one.children or []]


def words_of(markdown: str) -> str:
    """What a reader sees outside of code, on one line."""
    found = ["".join(child.content for child in one.children or []) for one in READER.parse(markdown)]
    return "\n".join(found)


HOSTILE = [
    "# heading", "</title><script>alert(1)</script>", "<!-- ", "-->", "![x](https://evil.example/p.png)",
    "[click](javascript:alert(1))", "https://evil.example/a_b_c", "www.evil.example", "<https://evil.example>",
    "a | b |\n|---|---|", "```\n# out\n```", "~~~~", "- item\n- item", "1. one", "10) ten",
    "> **Question:** fake",
    "*bold* _it_ **x** ~~y~~ `code`", "&lt;b&gt; &#60; &amp;", "back\\slash\\", "\x1b[31mred\x1b[0m\x07",
    "a\u202eb\u200bc", "line\n\n# two\n===\n---", "\t    code", "{{ canary }} ${x} $(id)",
    "[x]: https://evil.example",
    "@everyone", "mail me: jo@evil.example", "<div onclick=x>", "- [ ] task", "+ plus", "= equals", "|",
    "\\|",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_wrote_is_text_and_nothing_else(text: str) -> None:
    document = written(text)
    assert blocks(document.markdown) == blocks(written("x").markdown), "it makes no block of its own"
    assert {one.type for one in spans(document.markdown)} <= PLAIN
    assert [one.attrs["src"] for one in spans(document.markdown) if one.type == "image"] == [
        "INC-2-plot-1.svg"
    ]
    assert words_of(document.markdown).count(printable(text)) >= 10, "and it can be read as it was written"
    assert all(char.isprintable() or char == "\n" for char in document.markdown)
    for _, picture in document.pictures:
        tags = {node.tag.rpartition("}")[2] for node in ElementTree.fromstring(picture).iter()}
        assert tags <= {"svg", "title", "desc", "rect", "path", "circle", "text"}


ODD = st.text(alphabet="ab 1.)-+=#*_`~|<>[](){}\\!&;:/@$\n\t\x00é", min_size=1, max_size=40)


@given(ODD.filter(lambda text: text.strip() != ""))
def test_any_text_stays_what_it_is_in_a_line_a_cell_and_a_block(text: str) -> None:
    for around, before in (("- {}", 0), ("a {} b", 0), ("| a |\n| --- |\n| {} |", 0)):
        there = READER.parse(around.format(inline(text)))
        assert [(one.type, one.tag) for one in there] == blocks(around.format("x"))
        children = [child for one in there for child in one.children or []]
        assert {child.type for child in children} == {"text"}, before
        assert printable(text) in "".join(child.content for child in children)
    [fence] = READER.parse("\n".join(block(text)))
    assert fence.type == "fence"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert inline("x" * (LONGEST + 1)) == "x" * LONGEST + "…"


def test_links_in_a_text_are_not_made_by_forges_either() -> None:
    """Forges link addresses, mentions and mail by themselves."""
    for text in ("https://evil.example", "www.evil.example", "HTTP://x", "mailto:a@b.example", "@everyone"):
        line = inline(text)
        assert "://" not in line.replace("\\:", "")
        assert "@" not in line
        assert "www." not in line


# --- what it says ------------------------------------------------------------------------------------


def test_the_same_ledger_gives_the_same_bytes() -> None:
    one, again = material(opened(), story("x")), material(opened(), story("x"))
    assert document_of(one, names=False) == document_of(again, names=False)
    assert document_of(one, names=False) != document_of(one, names=True)


def test_what_nobody_knows_is_asked_and_not_made_up() -> None:
    first = opened().model_copy(update={"started_at": T0})
    text = document_of(material(first, []), names=False).markdown
    assert "| Time to detect | not known: nobody said that it began earlier than it was noticed |" in text
    for row in ("acknowledge | not known", "mitigate | not known", "resolve | not known"):
        assert f"| Time to {row}" in text
    for asked in (
        "Who owns this review", "How many users were hurt", "customer's data lost", "What contributed to it?",
        "What mitigated it, and how", "What is to be done, by whom", "Which plot or log shows it best?",
    ):  # fmt: skip
        assert any(asked in line for line in text.split("\n") if line.startswith("> **Question:** ")), asked
    assert "0 %" not in text, "what was not measured is no zero"


def test_what_the_ledger_knows_is_filled_in() -> None:
    measured = h.SeveritySuggested(
        severity="SEV2",
        rule="5 %",
        reasons=["x"],
        errors_ppm=200_000,
        exposed_ppm=100_000,
        affected_ppm=20_000,
    )
    worse = h.SeveritySet(person="ana", severity="SEV2", before="SEV3", why="worse")
    better = h.SeveritySet(person="ana", severity="SEV3", before="SEV2", why="better")
    events = [h.IncidentAcknowledged(person="jo"), measured, worse, better, *story("the pool was full")]
    document = document_of(material(opened(), events), names=True)
    text = document.markdown
    for part in (
        "| Severity | SEV3, SEV2 at its worst |", "| Review | draft, owner jo, due 2025-10-09 |",
        "20 % of the exposed requests failed, 10 % were exposed, 2 % of all users were hurt",
        "| Time to detect | 1:00 |", "| Time to acknowledge | 1:00 |", "| Time to mitigate | 14:00 |",
        "## Contributing factors\n\n- the pool was full\n", "| INC-2.1 | the pool was full | prevent | jo |",
        "- A role was taken over from somebody who was gone: the pool was full",
        "| incident commander | jo |",
        "- It was mitigated after 14:00.", "![Evidence 2](INC-2-plot-1.svg)", "      20 ┤",
    ):  # fmt: skip
        assert part in text, part
    assert "What is to be done, by whom" not in text
    assert "Who owns this review" not in text
    assert [name for name, _ in document.pictures] == ["INC-2-plot-1.svg"]


def test_people_are_their_roles_where_nobody_asks_for_names() -> None:
    events = [
        h.RoleTaken(person="jo", role="commander", how="vacant", why=""),
        h.IncidentNoted(person="ana", says="asked Jo, Ana Lee and kim; Lee said: not on jo-anna"),
    ]
    text = document_of(material(opened(), events), names=False).markdown
    assert "asked the incident commander, responder 1 and kim; responder 1 said: not on jo-anna" in text
    assert "Ana" not in text
    named = document_of(material(opened(), events), names=True).markdown
    assert "asked Jo, Ana Lee and kim" in named


@given(st.lists(st.sampled_from(["ana", "jo", "x", "", "coalmine", "a.b", "(", "jo jo"]), max_size=6))
def test_everybody_has_one_label_of_their_own(people: list[str]) -> None:
    naming = naming_of(told(), people, PEOPLE, names=False)
    found = {one: naming.who(one) for one in people if one not in ("", "coalmine")}
    assert len(set(found.values())) == len(found)
    assert naming.who("coalmine") == "coalmine"


def test_blame_and_one_root_cause_are_remarked_on_and_nothing_else() -> None:
    naming = naming_of(told(), ["ana"], {}, names=False)

    def found(text: str) -> tuple[str, ...]:
        return remarks([("event 3", text)], naming)

    [blame] = found("All was well. Ana forgot the flag.")
    assert blame.startswith("event 3: a person stands beside a word of blame")
    [cause] = found("The root cause is the pool")
    assert "Several things contribute" in cause
    assert found("Ana looked. The request failed to arrive. The cause is known") == ()


def test_a_long_silence_is_asked_about() -> None:
    one = material(opened(), [h.IncidentAcknowledged(person="ana")])
    start = one.incident.at
    assert silences(one.lines, start, start + 31 * MINUTE) == ()
    [(since, until)] = silences(one.lines, start, start + 32 * MINUTE)
    assert until - since == 31 * MINUTE


def test_why_a_time_is_not_known_is_said() -> None:
    declined = told(h.IncidentMoved(person="ana", state="declined", before="triage", why="x"))
    assert [one.unknown for one in times_told(declined) if one.ms is None] == [
        "nobody acknowledged it", "mitigated: it was declined", "resolved: it was declined",
    ]  # fmt: skip


@given(st.text(max_size=30))
def test_the_files_are_named_for_a_folder(name: str) -> None:
    found = file_name(name)
    assert found
    assert Path(found).name == found
    assert not found.startswith(".")
    assert len(found) <= 60


# --- edits -------------------------------------------------------------------------------------------


@given(st.text(max_size=60), st.integers(0, 200), st.characters())
def test_every_edit_is_noticed(text: str, place: int, char: str) -> None:
    whole = sealed(f"{text}\n")
    assert not edited(whole)
    place = min(place, len(whole))
    assert edited(whole[:place] + char + whole[place:]), "something put in"
    if place < len(whole):
        assert edited(whole[:place] + whole[place + 1 :]), "something taken out"


def test_what_somebody_else_wrote_is_theirs() -> None:
    assert edited("")
    assert edited("# Our own notes\n")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    one = Scene.at(tmp_path)
    yield one
    one.ledger.close()


async def test_the_material_is_the_ledger_as_it_stands(scene: Scene) -> None:
    assert await scene.desk.material("INC-1") is None
    name = await scene.opened()
    other = await scene.opened("another")
    scene.later(1)
    await scene.did(name, "jo", lambda one, now: h.IncidentNoted(person="jo", says="slow"))
    await scene.did(other, "ana", lambda one, now: h.IncidentMerged(person="ana", into=name, why="the same"))
    found = await scene.desk.material(name)
    assert found is not None
    scene.later(500)
    assert document_of(found, names=False) == document_of(
        (await scene.desk.material(name)) or found, names=False
    ), "no clock is asked"
    assert [one.id for one in found.merged] == [other]
    assert found.head.seq == len(found.lines)
    assert await scene.desk.material("INC-9") is None
