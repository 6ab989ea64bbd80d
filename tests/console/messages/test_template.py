"""Templates: what is wrong with one, and what comes of a good one however hostile the values are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.messages.filled import Filled, Unfilled, fill, moment, utc
from console.messages.template import Template, validate
from console.messages.wording import MENTION, TAG, harmless, unfit_for_public
from data.template_files import templates

NOW = 1_764_000_000_000
GOOD = """\
---
template: hello
version: 1
title: Say hello
audience: internal
phase: investigating
subject: "{{ who }}: hello"
fields:
  who: {type: line, required: true, about: "a name"}
  more: {type: text}
  when: {type: time}
  read: {type: link}
---

Hello {{ who }}.
More: {{ more }}

When: {{ when }}
Read: {{ read }}
"""
BROKEN = """\
---
template: Hello there
version: 1.5
audience: everybody
phase: resolved
subject: "{{ wo }}"
fields:
  who: {type: words, required: yes}
  idle: {type: line, colour: red}
---
Hello {{ who }} and {{ whom }}.
{{ who | upper }} {{ who
A zero\u200bwidth space.
"""
FAULTS = """\
t.md:1: front matter: `title` is missing
t.md:2:11: `template`: `Hello there` is not small letters, digits and `-`
t.md:3:10: `version`: expected a whole number, got the number 1.5
t.md:4:11: `audience`: `everybody` is none of its words, which are internal, stakeholder and customer
t.md:6:10: `{{ wo }}`: no such field; did you mean `who`?
t.md:8:15: `fields.who.type`: `words` is none of its words, which are line, text, time and link
t.md:8:32: YAML reads `yes` as true; write true
t.md:9:22: `fields.idle` has no field `colour`
t.md:11:21: `{{ whom }}`: no such field; did you mean `who`?
t.md:12:1: `{{ who | upper }}`: only the name of a field belongs in here
t.md:12:19: `{{` is never closed; write `{{ name }}`
t.md:13:7: the character U+200B cannot be seen; leave it out"""


def template(text: str = GOOD) -> Template:
    checked = validate(text.encode())
    assert checked.template is not None, [one.words("t.md") for one in checked.errors]
    return checked.template


def filled(**values: str) -> Filled:
    found = fill(template(), values, {}, NOW)
    assert isinstance(found, Filled), found
    return found


def test_everything_that_is_wrong_is_told_at_once_with_its_place() -> None:
    checked = validate(BROKEN.encode())
    assert checked.template is None
    assert [one.words("t.md") for one in checked.errors] == FAULTS.splitlines()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no front matter", "front-matter"),
        (b"---\ntemplate: x\n", "front-matter"),
        (b"\xff\xfe", "file-text"),
        (b"x" * (256 * 1024 + 1), "file-size"),
        (GOOD.replace("Hello {{", "Hello \x1b[31m{{").encode(), "control-character"),
        (GOOD.replace("fields:", "fields: &a").encode(), "yaml-reference"),
        (GOOD.split("---\n\n")[0].encode() + b"---\n", "empty"),
        (GOOD.encode() + b"long " * 1000, "line-length"),
    ],
)
def test_a_hostile_file_is_refused(data: bytes, code: str) -> None:
    checked = validate(data)
    assert checked.template is None
    assert code in {one.code for one in checked.errors}


def test_the_twelve_that_come_with_it_are_without_fault() -> None:
    found = {path.stem: validate(path.read_bytes()) for path in templates()}
    said = {(one.template.audience, one.template.phase) for one in found.values() if one.template}
    assert len(said) == len(found) == 12
    for name, one in found.items():
        assert not one.errors + one.warnings, name
        assert one.template is not None
        assert one.template.name == name == f"{one.template.audience}-{one.template.phase}"
        public = f"{one.template.subject}\n{one.template.body}" if name.startswith("customer") else ""
        assert unfit_for_public(public) is None, name
        assert "!" not in one.template.body
        assert "outage" not in one.template.body


def test_what_may_be_empty_takes_its_line_with_it() -> None:
    assert filled(who="Jo").text == "Hello Jo."
    assert filled(who="Jo").subject == "Jo: hello"
    found = filled(who="Jo", more="one\ntwo", when="14:30", read="https://example.com/x")
    assert found.text == (
        "Hello Jo.\nMore: one\ntwo\n\nWhen: 24 Nov 2025, 16:00 UTC\nRead: https://example.com/x".replace(
            "24 Nov 2025, 16:00", utc(moment("14:30", NOW) or 0).removesuffix(" UTC")
        )
    )


def test_an_empty_required_field_and_every_other_wrong_one_is_named() -> None:
    found = fill(template(), {"who": "  ", "when": "soon", "read": "http://x", "mroe": "x"}, {}, NOW)
    assert isinstance(found, Unfilled)
    assert dict(found.wrong) == {
        "mroe": "is no field of it; did you mean `more`?",
        "who": "is empty: a name",
        "when": "is no moment: write 20m (from now), 14:30 (UTC) or 2026-11-22T14:30Z",
        "read": "is no link: it has to begin with https://",
    }


def test_what_was_said_goes_before_what_is_known_and_that_before_a_default() -> None:
    defaulted = template(GOOD.replace("{type: text}", '{type: text, default: "later"}'))
    for given_, known, says in (
        ({}, {}, "later"),
        ({}, {"more": "known"}, "known"),
        ({"more": "x"}, {}, "x"),
    ):
        found = fill(defaulted, {"who": "Jo", **given_}, known, NOW)
        assert isinstance(found, Filled)
        assert f"More: {says}" in found.text


def test_a_value_is_filled_in_once_and_as_text() -> None:
    hostile = (
        "{{ more }} {{ who }} <!here> <@U1> @channel @EveryOne <https://evil|pay> <b>x</b> [a](https://evil)"
    )
    found = filled(who=hostile, more="{{ who }}")
    assert found.text == (
        "Hello {{ more }} {{ who }} ‹!here> ‹@U1> ＠channel ＠EveryOne ‹https://evil|pay> ‹b>x‹/b> "
        "[a] (https://evil).\nMore: {{ who }}"
    )
    assert "\x1b" not in filled(who="\x1b[31mred\x00\u202ex\r\nsecond").text
    assert filled(who="a\nb\tc").subject == "a b c: hello", "a subject is one line"
    assert "@cha\\u200bnnel" in filled(who="@cha\u200bnnel").text


@given(st.text(max_size=60), st.booleans())
def test_whatever_is_filled_in_can_be_seen_and_calls_nobody(text: str, lines: bool) -> None:
    found = harmless(text, lines=lines)
    assert all(one.isprintable() or (lines and one == "\n") for one in found)
    assert not MENTION.search(found)
    assert not TAG.search(found)
    assert harmless(found, lines=lines) == found


@pytest.mark.parametrize(
    "text",
    [
        "It will be fixed soon", "back within 20 minutes", "ETA is noon", "by 14:30 at the latest",
        "solved in about an hour", "dpl_abc123 is bad", "db1.internal is down", "10.0.0.7 is slow",
        "we promise",
    ],
)  # fmt: skip
def test_the_public_hears_no_promise_and_nothing_inside(text: str) -> None:
    public = template(GOOD.replace("audience: internal", "audience: customer"))
    found = fill(public, {"who": "you", "more": text}, {}, NOW)
    assert isinstance(found, Unfilled)
    assert [name for name, _ in found.wrong] == ["more"]
    assert isinstance(fill(template(), {"who": "you", "more": text}, {}, NOW), Filled), "inside it is said"


@pytest.mark.parametrize(
    "text", ["Some orders fail in the app.", "About 5 % of pages are slow since 14:30 UTC."]
)
def test_plain_words_are_fit_for_the_public(text: str) -> None:
    assert unfit_for_public(text) is None


def test_moments() -> None:
    assert moment("20m", NOW) == NOW + 20 * 60_000
    assert moment("2026-11-22T14:30:00Z", NOW) == 1_795_357_800_000
    assert moment("2026-11-22T14:30", NOW) is None, "without a zone it is no moment"
    assert moment("25:00", NOW) is None
    at = moment("00:00", NOW)
    assert at is not None
    assert at > NOW
    found = fill(
        template(GOOD.replace("when", "next_update")),
        {"who": "x", "next_update": "2020-01-01T00:00Z"},
        {},
        NOW,
    )
    assert isinstance(found, Unfilled)
    assert "has passed" in found.says


def test_the_digest_tells_subject_and_text_apart(tmp_path: Path) -> None:
    assert Filled("a", "b\n\nc").sha256 != Filled("a b", "c").sha256
    assert Filled("a", "b").sha256 == Filled("a", "b", 7).sha256
