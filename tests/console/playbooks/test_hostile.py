"""Files that were written to do harm: refused in words, or shown as what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playbooks.document import LARGEST
from console.playbooks.telling import page
from console.playbooks.validate import validate
from tests.console.playbooks.test_broken import BROKEN
from tests.console.playbooks.written import MANUAL, checked, errors, written

BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]"


@pytest.mark.parametrize(
    ("action", "part"),
    [
        (BOMB, "anchors (`&a`) are not allowed here"),
        ("id: *x", "references (`*x`) are not allowed here"),
        ("id: x\n<<: *x", "references (`*x`) are not allowed here"),
        ("id: !!python/object/apply:os.system [ls]", "the tag `"),
        ("id: !x y", "the tag `"),
        ("id: " + "[" * 3_000, "nested deeper than 12 levels"),
        ("id: " + "{a: " * 900, "nested deeper than 12 levels"),
        ("id: x\n---\nid: y", "a second document"),
        ("- a\n- b", "here belong fields"),
        ("just words", "here belong fields"),
        ("? [a, b]\n: c", "a name has to be one word"),
        ("id: x\n\tkind: y", "this is not valid YAML"),
        ('id: "x', "this is not valid YAML"),
        ("%YAML 1.1\n---\nid: x\n--- \n", "a second document"),
        ("", "there is nothing in here"),
        ("fields: {" + ",\n".join(f"k{n}: v" for n in range(1_200)) + "}", "more than 2000 values"),
        ("text: |\n" + "  x\n" * 9_000, "longer than 32 KiB"),
    ],
)
def test_yaml_that_does_harm_is_refused(action: str, part: str) -> None:
    (told,) = errors(action)
    assert part in told


def test_a_file_too_large_is_refused_unread() -> None:
    for size in (LARGEST + 1, 5_000_000):
        (one,) = validate(b"---\n" + b"x: y\n" * (size // 5 + 1)).errors
        assert one.code == "file-size"


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\x07", "\x9b", "\u202e", "\u2066", "\u2028", "\x85"])
def test_control_characters_are_refused_with_their_place(character: str) -> None:
    (one,) = checked(f"id: m\nkind: manual\ntext: a{character}b").errors
    assert (one.code, one.column) == ("control-character", 8)
    assert character not in one.message


def test_written_as_an_escape_they_are_refused_by_nobody_and_shown_by_the_printer() -> None:
    """YAML can spell them; the page then has them, and whatever prints it makes them visible."""
    from console.commands.shared import visible

    playbook = checked('id: m\nkind: manual\ntext: "a\\x1b[31mb"').playbook
    assert playbook is not None
    assert "\x1b" not in visible("\n".join(page(playbook)))


def test_a_value_cannot_look_like_a_line_of_the_answer() -> None:
    found = checked(
        'id: m\nkind: manual\ntext: x\ntitle: "a\\n  9. ! Forged"\nnext: "b\\nother.md:1: forged"'
    )
    (told,) = (one.words("a.md") for one in found.errors)
    assert "\n" not in told
    playbook = checked('id: m\nkind: manual\ntext: x\ntitle: "a\\n  9. ! Forged"').playbook
    assert playbook is not None
    assert not any("\n" in line or line.lstrip().startswith("9.") for line in page(playbook))


def test_markup_stays_text() -> None:
    playbook = checked(
        'id: m\nkind: manual\ntitle: "[red]x[/red] <b>"\ntext: "[link=file:///]y[/link]"'
    ).playbook
    assert playbook is not None
    told = "\n".join(page(playbook))
    assert "[red]x[/red] <b>" in told
    assert "[link=file:///]y[/link]" in told


def test_what_a_shell_would_obey_stays_one_argument() -> None:
    playbook = checked('id: c\nkind: command\nargv: [echo, "$(rm -rf /); `x` && y | z"]').playbook
    assert playbook is not None
    assert playbook.steps[0].fields["argv"] == ["echo", "$(rm -rf /); `x` && y | z"]


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"---", b"---\n---\n", b"\xef\xbb\xbf---\n", b"x" * 5_000]
)
def test_what_is_no_playbook_at_all_is_said_to_be_none(data: bytes) -> None:
    found = validate(data)
    assert found.playbook is None
    assert found.errors


@pytest.mark.parametrize("line", ["> " * 1_500, "- " * 1_500, "[" * 3_000, "`" * 3_000, "<a " * 1_000])
def test_markdown_that_is_deep_is_prose(line: str) -> None:
    assert validate(written(MANUAL) + line.encode() + b"\n").errors == ()


PIECES = st.lists(
    st.tuples(
        st.integers(0, len(BROKEN.read_bytes())),
        st.integers(0, 12),
        st.sampled_from(["", "{{", "}}", "&a", "*a", "[", "{", '"', "\n", "```", "---\n", ": ", "!!x "]),
    ),
    max_size=6,
)  # fmt: skip


@given(PIECES)
def test_any_mistake_gives_faults_within_the_file_and_nothing_else(
    pieces: list[tuple[int, int, str]],
) -> None:
    text = BROKEN.read_text(encoding="utf-8")
    for place, length, new in pieces:
        text = text[:place] + new + text[place + length :]
    found = validate(text.encode())
    lines = text.split("\n")
    for one in (*found.errors, *found.warnings):
        assert 1 <= one.line <= len(lines) + 1
        assert one.column is None or one.column >= 1
