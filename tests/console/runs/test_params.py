"""Parameters of a run: their types, and how they are filled in."""

from __future__ import annotations

import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st

from console.runs.hand_http import host_of
from console.runs.params import fill, given
from console.runs.pinned import hosts_of, pinned, resolved, task_fields
from tests.console.playbooks.written import written
from tests.console.runs.imagined import playbook_of

FRONT = """\
playbook: a
version: 1
title: A
secrets: [API_TOKEN]
hosts: [example.com]
params:
  domain: {type: hostname, required: true, about: where users are}
  most: {type: number, default: 0.02}
  tries: {type: integer}
  loud: {type: boolean}
  pause: {type: duration, default: 5m}
  words: {type: string, default: x}"""
ACTION = (
    'id: a\nkind: command\nargv: [echo, "{{ words }}", "{{most}} {{ pause }}"]\nenv: {KEY: "{{ API_TOKEN }}"}'
)
PLAYBOOK = playbook_of(ACTION, front=FRONT)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("most", "2%", "expected a number"),
        ("most", "nan", "expected a number"),
        ("tries", "1.5", "whole number"),
        ("loud", "yes", "true or false"),
        ("pause", "5", "a duration such as"),
        ("domain", "a.com/x?@b", "the name of a host"),
        ("domain", "", "the name of a host"),
        ("words", "a\x1b[31m", "no text"),
        ("words", "x" * 501, "longer than 500"),
        ("wrods", "x", "did you mean `words`?"),
    ],
)
def test_what_does_not_fit_its_type_is_told(name: str, text: str, says: str) -> None:
    found = given(PLAYBOOK, {"domain": "a.com", name: text})
    assert len(found.faults) == 1
    assert says in found.faults[0]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    faults = given(PLAYBOOK, {"most": "x", "tries": "y"}).faults
    assert [one.partition("`:")[0].strip("`") for one in faults[1:]] == ["most", "tries"]
    assert "--param domain=" in faults[0]


def test_values_are_of_their_types() -> None:
    found = given(PLAYBOOK, {"domain": "a.com:8080", "most": "0.5", "tries": "3", "loud": "true"})
    assert found.faults == ()
    assert dict(found.values) == {
        "domain": "a.com:8080",
        "most": 0.5,
        "tries": 3,
        "loud": True,
        "pause": "5m",
        "words": "x",
    }
    assert hosts_of(PLAYBOOK, found.values) == {"example.com", "a.com:8080"}


def test_a_value_is_filled_in_once_and_stays_one_argument() -> None:
    hostile = "; rm -rf / && `id` {{ API_TOKEN }} {{ most }} $HOME"
    values = given(PLAYBOOK, {"domain": "a.com", "words": hostile}).values
    fields, lacks = task_fields(PLAYBOOK.steps[0], values, {"API_TOKEN": "s3cret"})
    assert lacks == ()
    assert fields["argv"] == ["echo", hostile, "0.02 5m"]
    assert fields["env"] == {"KEY": "s3cret"}
    shown = resolved(PLAYBOOK, values).steps[0].fields
    assert shown["argv"] == ["echo", hostile, "0.02 5m"]
    assert shown["env"] == {"KEY": "{{ API_TOKEN }}"}, "what is shown and kept has no secret in it"


def test_what_is_not_there_is_named() -> None:
    values = {
        name: value for name, value in given(PLAYBOOK, {"domain": "a"}).values.items() if name != "words"
    }
    assert task_fields(PLAYBOOK.steps[0], values, {})[1] == ("words", "API_TOKEN")


@given_by(st.text(max_size=60))
def test_no_value_is_ever_looked_into_again(text: str) -> None:
    assert fill("<{{ a }}|{{ a }}>", {"a": text, "b": "no"}) == f"<{text}|{text}>"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.com/x", "a.com"),
        ("http://A.com:81/", "a.com:81"),
        ("https://a.com@evil.com/", None),
        ("https://a.com\\@evil.com/", None),
        ("https://a.com\n.evil.com/", None),
        ("ftp://a.com/", None),
        ("https:///x", None),
        ("https://a.com:x/", None),
    ],
)
def test_whose_address_it_is(url: str, host: str | None) -> None:
    assert host_of(url) == host


def test_a_playbook_is_pinned_as_its_very_bytes() -> None:
    data = written("id: a\nkind: manual\ntext: x").replace(b"\n", b"\r\n")
    found = pinned(data)
    assert found is not None
    assert found.text.encode() == data
    assert pinned(found.text.encode()) == found
    assert pinned(b"---\nplaybook: a\n---\n") is None
