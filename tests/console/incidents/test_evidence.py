"""Evidence: what is pasted is harmless before it is kept, and a plot shows what was measured and no more."""

from __future__ import annotations

import hashlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import packaged
from console.canary.measures import Point, Ratio
from console.envelope import canonical
from console.hiding import hidden
from console.incidents import happened as h
from console.incidents.evidence_happened import EvidencePasted, EvidencePinned
from console.incidents.pasting import KEPT, MOST, pasted
from console.incidents.pinning import Tracks, pinned, tracks_of
from console.incidents.plot_numbers import Plotted, Track, holes, kept_line, plotted_of
from console.incidents.plot_svg import plot_svg
from console.incidents.plot_text import COLUMNS, LABELS, plot_text
from console.keeping import Measured, dump, metric_key
from console.outcome import Outcome
from console.ports import Sample
from console.readings import Millis
from data.sqlite.samples import SqliteSamples
from tests.console.incidents.test_before import seen
from tests.console.incidents.test_fold import told
from tests.ledgers import ANA, HandClock, chained

T: Millis = 1_760_000_040_000
STEP: Millis = 15_000


def kept(given: bytes) -> EvidencePasted:
    event = pasted("jo", "", given, lambda text: text.replace("opensesame", "***"))
    assert isinstance(event, EvidencePasted), event
    return event


def refusal(given: bytes) -> str:
    event = pasted("jo", "", given, str)
    assert isinstance(event, Outcome)
    return event.says


SECRETS = [
    ("curl -H 'Authorization: Bearer abc.def-ghi123'", "abc.def-ghi123"),
    ("DATABASE_URL=postgres://shop:hunter2@db:5432/shop", "hunter2"),
    ("VERCEL_TOKEN=vcp_0123456789abcdefABCDEF", "vcp_0123456789abcdefABCDEF"),
    ("found ghp_0123456789abcdefABCDEF0123 in it", "ghp_0123456789abcdefABCDEF0123"),
    ('{"api_key": "k-123456", "user": "ana"}', "k-123456"),
    ("cookie: session=s3ss10n; theme=dark", "s3ss10n"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----\nafter", "MIIabc"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln", "eyJzdWIiOiIxMjM0In0"),
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("the word is opensesame", "opensesame"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_no_secret_is_kept(text: str, secret: str) -> None:
    event = kept(text.encode())
    assert secret not in event.text
    assert "***" in event.text
    assert event.hidden >= 1


def test_a_secret_that_colours_cut_in_two_is_found() -> None:
    event = kept(b"token=\x1b[1mabc\x1b[0mdef\nopen\x1b[32msesame")
    assert event.text == "token=***\n***"


def test_words_that_are_no_secret_stay() -> None:
    text = "the token was refused; secrets are hidden: basic rules\nGET /api/token 200"
    assert kept(text.encode()).text == text


@given(st.text(max_size=400))
def test_what_is_kept_can_be_kept_and_drawn(text: str) -> None:
    event = pasted("jo", "", text.encode("utf-8", "surrogatepass"), str)
    if isinstance(event, Outcome):
        return
    assert all(char.isprintable() or char == "\n" for char in event.text)
    assert event.sha256 == hashlib.sha256(event.text.encode()).hexdigest()
    canonical(event.new(ANA, 1).payload)
    again = pasted("jo", "", event.text.encode(), str)
    assert isinstance(again, Outcome) or again.text == event.text, "twice is once"


@given(st.text(alphabet="tokenscr =:'\"\n-AKIAbearer/@,;*0123456789", max_size=200))
def test_what_was_hidden_is_not_hidden_again(text: str) -> None:
    once, _ = hidden(text)
    assert hidden(once) == (hidden(once)[0], hidden(once)[1])
    assert hidden(hidden(once)[0])[0] == hidden(once)[0]


def test_escape_codes_go_and_bytes_that_are_no_text_are_seen() -> None:
    event = kept(b"\x1b]0;title\x07\x1b[31mred\x1b[0m\r\nnul\x00 \xff\xe2\x80\xae end\rover\n")
    assert event.text == "red\nnul⟨0000⟩ \ufffd⟨202E⟩ end\nover"
    assert event.given == len(b"\x1b]0;title\x07\x1b[31mred\x1b[0m\r\nnul\x00 \xff\xe2\x80\xae end\rover\n")


def test_it_is_cut_in_whole_lines_and_a_secret_at_the_cut_is_not_in_it() -> None:
    line = "x" * 99 + "\n"
    event = kept((line * 700 + "password=hunter2hunter2").encode())
    assert len(event.text.encode()) <= KEPT
    assert event.text.endswith("x" * 99)
    assert len(event.text.encode()) + event.cut == len((line * 700 + "password=***").encode())
    end = "y" * (KEPT - len("password=hun")) + "password=hunter2"
    assert "hunter" not in kept(end.encode()).text


def test_nothing_and_too_much_are_refused() -> None:
    assert "nothing in it" in refusal(b" \n\x1b[0m\n")
    assert "larger than 1,024 KiB" in refusal(b"x" * (MOST + 1))


@pytest.mark.parametrize(
    "bad", ["a-" * 200_000, "eyJ-" * 20_000, "token " * 50_000, "://a:" * 50_000, 'password="' * 40_000]
)
def test_text_that_is_meant_to_be_slow_is_read_to_its_end(bad: str) -> None:
    assert hidden(bad)[0]


# --- plots -------------------------------------------------------------------------------------


def points(*values: float | None, start: Millis = T) -> tuple[Point, ...]:
    return tuple(
        Point(start + place * STEP, value) for place, value in enumerate(values) if value is not None
    )


def plot(canary: tuple[Point, ...], baseline: tuple[Point, ...], title: str = "Error rate") -> Plotted:
    tracks = (Track("canary", "dpl_b", canary), Track("baseline", "dpl_a", baseline))
    return Plotted(title, "%", "prometheus", T, T + 120 * STEP, tracks)


WHOLE = points(*([1.0] * 121))


def test_a_text_plot_has_its_unit_axes_time_and_gaps() -> None:
    broken = points(*([8.0] * 40), *([None] * 40), *([2.0] * 41))
    lines = plot_text(plot(broken, WHOLE))
    assert lines[0] == "Error rate, %   ● canary   ○ baseline   ◉ both"
    assert any(line.lstrip().startswith("10 ┤") for line in lines)
    drawn = [line[LABELS + 2 :] for line in lines[1:12]]
    high = next(line for line in drawn if line.count("●") == 20)
    assert high.rstrip() == "●" * 20, "the first third, and no line across the gap"
    ones = next(line for line in drawn if "○" in line)
    assert ones.count("○") == COLUMNS
    assert lines[-2] == "2025-10-09 08:54:00 to 2025-10-09 09:24:00 UTC, from prometheus"
    assert lines[-1] == "canary: nothing was measured 09:03:45–09:14:00"


def test_without_anything_measured_it_says_so() -> None:
    lines = plot_text(plot((), WHOLE))
    assert "canary: nothing was measured 08:54:00–09:24:00" in lines
    assert "●" not in "".join(lines[1:])


NUMBERS = st.one_of(st.floats(0, 1e6), st.just(float("nan")), st.just(float("inf")), st.just(1e300))


@given(st.lists(st.tuples(st.integers(-5, 130), NUMBERS), max_size=40), st.text(max_size=20))
def test_a_plot_of_anything_is_drawn_within_its_frame(drawn: list[tuple[int, float]], title: str) -> None:
    line = [Point(T + place * STEP, value) for place, value in sorted(dict(drawn).items())]
    event = EvidencePinned(
        person="jo",
        metric="m",
        title=title,
        unit="%",
        source="",
        start=T,
        end=T + 120 * STEP,
        lines=[kept_line("canary", "dpl_b", line), kept_line("baseline", "dpl_a", [])],
        text=[],
    )
    of_it = plotted_of(event)
    lines = plot_text(of_it)
    assert lines == plot_text(of_it)
    assert all(len(one) <= LABELS + 2 + COLUMNS for one in lines[1:14])
    svg = plot_svg(of_it)
    assert svg == plot_svg(of_it)
    root = ElementTree.fromstring(svg)
    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {
        *("svg", "title", "desc", "rect", "path", "circle", "text")
    }
    for since, until in holes(of_it, of_it.tracks[0]):
        assert T <= since <= until <= T + 120 * STEP


def test_text_from_outside_is_text_in_the_picture() -> None:
    hostile = '</title><script>alert(1)</script>&"\x00'
    svg = plot_svg(plot(WHOLE, WHOLE, hostile))
    root = ElementTree.fromstring(svg)
    assert "<script" not in svg
    [title] = [node.text for node in root if node.tag.endswith("title")]
    assert title == '</title><script>alert(1)</script>&"⟨0000⟩, %'


def test_kept_numbers_give_the_same_plot() -> None:
    canary, baseline = points(0.123456789, 20.0, None, None, None, None, None, 3.5), points(1.0, 2.0)
    of_it = plot(canary, baseline)
    event = EvidencePinned(
        person="jo",
        metric="error_rate",
        title=of_it.title,
        unit=of_it.unit,
        source=of_it.source,
        start=of_it.start,
        end=of_it.end,
        lines=[kept_line(one.track, one.deployment_id, one.points) for one in of_it.tracks],
        text=[],
    )
    again = plotted_of(event)
    assert plot_text(again) == plot_text(of_it)
    assert plot_svg(again) == plot_svg(of_it)


# --- pinned from the samples ------------------------------------------------------------------------


def stored(folder: Path, clock: HandClock) -> SqliteSamples:
    """Half an hour of polls of both tracks; for five minutes nobody looked."""
    samples = SqliteSamples(folder / "samples.db", clock)
    for place in range(120):
        end = clock.time - (120 - place) * STEP
        if 60 <= place < 80:
            continue
        samples.record(
            [
                Sample(
                    f"shop/{metric_key('error_rate', name)}",
                    end,
                    end,
                    "prometheus",
                    dump(Measured, Measured(end - STEP, end, end, Ratio(bad, 1000.0))),
                )
                for name, bad in (("dpl_a", 1.0), ("dpl_b", 200.0))
            ]
        )
    return samples


def test_a_plot_is_pinned_from_what_was_measured(tmp_path: Path) -> None:
    clock = HandClock()
    samples = stored(tmp_path, clock)
    metric = packaged()["error_rate"]
    tracks = Tracks((("canary", "dpl_b"), ("baseline", "dpl_a")))
    event = pinned(samples, "shop", "jo", metric, tracks, clock.time - 120 * STEP, clock.time)
    assert isinstance(event, EvidencePinned)
    assert (event.unit, event.source) == ("%", "prometheus")
    assert {line.value[-1] for line in event.lines} == {"20", "0.1"}
    of_it = plotted_of(event)
    [hole] = [one for one in holes(of_it, of_it.tracks[0]) if one[1] - one[0] > 10 * STEP]
    assert hole[1] - hole[0] == 21 * STEP, "what nobody measured is a gap"
    assert event.text == plot_text(of_it)
    canonical(event.new(ANA, 1).payload)
    unwatched = clock.time - 50 * STEP
    none = pinned(samples, "shop", "jo", metric, tracks, unwatched, unwatched + STEP)
    other = pinned(samples, "other", "jo", metric, tracks, clock.time - 120 * STEP, clock.time)
    assert isinstance(none, Outcome)
    assert isinstance(other, Outcome)
    samples.close()


def test_the_release_that_is_linked_is_plotted_else_the_newest() -> None:
    story = chained([("release:dpl_b", seen().new(ANA, 1))])
    linked = told(h.IncidentLinked(person="ana", what="release", name="dpl_b"))
    assert tracks_of(linked, None, story).named == (("canary", "dpl_b"), ("baseline", "dpl_a"))
    assert tracks_of(linked, None, []).named == (("canary", "dpl_b"),)
    assert tracks_of(told(), None, []).named == ()
