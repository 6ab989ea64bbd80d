"""The expressions: a closed language, three values, nothing of Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playbooks.evaluate import NO_DATA, condition, evaluate, names, wrongs
from console.playbooks.expression import BadExpression, parse

VALUES: dict[str, Any] = {
    "a": 2,
    "b": 3.5,
    "t": "x",
    "yes": True,
    "android": 1,
    "gone": NO_DATA,
    "json": {"ok": True, "list": [{"n": 7}], "null": None, "Ü": 1},
    "header": {"content-type": "text/html"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("(1 + 2) * 3", 9),
        ("- a - -b", 1.5),
        ("a < b and not (t == 'y') or false", True),
        ("not a > b", True),
        ("android == 1", True),
        ("json.list[0].n == 7", True),
        ('json["Ü"] == 1', True),
        ('header["Content-Type"] == "text/html"', True),
        ("10 - 2 - 3", 5),
        ("true or false and false", True),
        ("1 / 0", NO_DATA),
        ("json.null", NO_DATA),
        ("json.list[1].n > 1", NO_DATA),
        ("json.ok > 1", NO_DATA),
        ("json.ok == 1", NO_DATA),
        ("gone > 1", NO_DATA),
        ("gone > 1 or true", NO_DATA),
        ("false and gone > 1", NO_DATA),
        ("not (gone > 1)", NO_DATA),
    ],
)
def test_what_an_expression_is_worth(text: str, value: object) -> None:
    assert evaluate(parse(text), VALUES) == value


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("__import__('os')", 10),
        ("a if b else c", 2),
        ("lambda: 1", 6),
        ("a ** b", 3),
        ("a == b == t", 7),
        ("a && b", 2),
        ("json.list[a]", 10),
        ("a <", 3),
        ("{}", 0),
        ("a; b", 1),
        ('"open', 0),
        ("", 0),
        ("(" * 300 + "a", 301),
        ("not " * 60 + "yes", 0),
        ("a" * 501, 0),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, at: int) -> None:
    with pytest.raises(BadExpression) as refused:
        parse(text)
    assert refused.value.at == at


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("number > nmber", "unknown name `nmber`; did you mean `number`?"),
        ("number == 'x'", "`==` compares a number with a text"),
        ("number and yes", "`and` wants conditions, and this is a number"),
        ("text < 5", "`<` wants numbers, and this is a text"),
        ("text.x == 1", "a text has no parts"),
        ("-yes == 1", "`-` wants numbers, and this is a boolean"),
    ],
)
def test_types_are_told_before_anything_is_known(text: str, message: str) -> None:
    scope: Any = {"number": "number", "text": "text", "yes": "boolean"}
    assert [one[1] for one in wrongs(parse(text), scope)] == [message]


CONDITIONS = st.recursive(
    st.sampled_from(["a < b", "gone == 1", "yes", "json.ok", "t == 'x'", "json.no", "1 / (a - 2) > 0"]),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map("({0[0]}) {0[1]} ({0[2]})".format),
    ),
    max_leaves=8,
)  # fmt: skip


@given(CONDITIONS)
def test_without_data_nothing_passes_and_nothing_fails(text: str) -> None:
    """With all data the value is Python's own; if any part lacks data, there is none."""
    found = condition(parse(text), VALUES)
    if any(part in text for part in ("gone", "json.no", "1 / (a - 2)")):
        assert found is NO_DATA
    else:
        python = text.replace("json.ok", "True")
        assert found is eval(python, {}, dict(VALUES))  # the reference: a closed set of words, of this test


@given(st.text(alphabet="ab01.()[]<>=!+-*/'\" \n&|andornot", max_size=60))
def test_any_text_is_an_expression_or_refused_in_words(text: str) -> None:
    try:
        one = parse(text)
    except BadExpression as error:
        refused = error
    else:
        assert all(name in text for name in names(one))
        assert condition(one, VALUES) in (True, False, NO_DATA)
        return
    assert 0 <= refused.at <= len(text)
    assert refused.says
