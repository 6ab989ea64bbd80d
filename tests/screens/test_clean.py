"""Text from outside can neither move the cursor nor hide, and takes exactly the cells it is said to."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from screens import clean
from screens.clean import cut, fit, wrap
from tests.screens.worlds import HOSTILE

ANY_TEXT = st.text(st.characters(), max_size=60) | st.sampled_from([HOSTILE, "a" * 500, "数据" * 40])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b[2J", "␛[2J"),
        ("a\tb\nc\r\nd", "a␉b␊c␊d"),
        ("\x7f\x9b1m", "␡⟨9B⟩1m"),
        ("\u202egnp.exe\u202c", "⟨202E⟩gnp.exe⟨202C⟩"),
        ("pass\u200bword", "pass⟨200B⟩word"),
        ("soft\u00adhyphen", "soft⟨00AD⟩hyphen"),
        ("wide\u3000space\u00a0here", "wide space here"),
        ("e\u0301", "é"),
        ("x\u0301\u0302\u0303\u0304", "x\u0301\u0302"),
        ("\u0301alone", "◌\u0301alone"),
        ("\ud800", "�"),
        ("\U0001f1e9\U0001f1ea", "DE"),
        ("\U0001f44d\U0001f3fd", "\U0001f44d"),
        ("heart\u2764\ufe0f", "heart\u2764"),
        ("empty\u3164", "empty⟨3164⟩"),
        ("[red]not markup[/]", "[red]not markup[/]"),
        ("line\u2028break", "line␤break"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert clean.clean(text) == shown


@given(ANY_TEXT)
def test_cleaned_text_holds_nothing_that_acts_on_a_terminal(text: str) -> None:
    cleaned = clean.clean(text)
    assert not [
        char for char in cleaned if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn")
    ]
    assert clean.clean(cleaned) == cleaned


@given(ANY_TEXT, st.integers(0, 70))
def test_fitted_text_is_exactly_as_wide_as_asked(text: str, cells: int) -> None:
    cleaned = clean.clean(text)
    assert cell_len(cut(cleaned, cells)) <= cells
    assert cell_len(fit(cleaned, cells)) == cells
    assert cell_len(fit(cleaned, cells, "right")) == cells


@given(ANY_TEXT, st.integers(2, 70))
def test_wrapped_text_keeps_every_character_within_the_width(text: str, cells: int) -> None:
    cleaned = clean.clean(text)
    lines = wrap(cleaned, cells)
    assert lines
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == cleaned.replace(" ", "")


def test_a_cut_is_said_with_an_ellipsis() -> None:
    assert cut("Fix cart rounding", 10) == "Fix cart…"
    assert cut("数据库迁移", 5) == "数据…"
    assert cut("short", 10) == "short"
    assert cut("anything", 0) == ""


@pytest.mark.parametrize(
    ("message", "line"),
    [("Fix cart\n\nlong story", "Fix cart"), ("", ""), ("  \n ", ""), ("\x1b[2J\rboo", "␛[2J")],
)
def test_a_commit_is_known_by_its_first_line(message: str, line: str) -> None:
    assert clean.first_line(message) == line


def test_an_endless_text_is_not_looked_at_to_its_end() -> None:
    assert len(clean.clean("\u202e" * 1_000_000)) < 10 * clean.MAX_OUTSIDE
