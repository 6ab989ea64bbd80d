"""Contexts as a person types them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.flags.contexts import BadContext, context_of

NAMES = st.text("abcxyz", min_size=1, max_size=4)
VALUES = st.one_of(st.integers(), st.booleans(), st.text("abc@-19", max_size=6).map(lambda text: f"x{text}"))


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("", {}),
        ("user.id=qa-1 user.plan=pro", {"user": {"id": "qa-1", "plan": "pro"}}),
        ('{"user": {"id": "u1"}}', {"user": {"id": "u1"}}),
        ('user.id="42" user.age=42 user.beta=true', {"user": {"id": "42", "age": 42, "beta": True}}),
        ("user.name='Jo Okafor'", {"user": {"name": "Jo Okafor"}}),
        ("user.email=a=b", {"user": {"email": "a=b"}}),
    ],
)
def test_what_is_typed_is_understood(text: str, context: object) -> None:
    assert context_of(text) == context


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("user", "user: it has no value"),
        ("user.=1", "a part without a name"),
        ("=1", "a part without a name"),
        ("user=1 user.id=2", "has a value of its own"),
        ("user.id=1 user.id=2", "is there twice"),
        ("user.name='Jo", "a quote is not closed"),
        ('{"user": ', "it is no JSON yet"),
        ('{"user": NaN}', "NaN is no JSON"),
        ("[" * 5_000, "longer than"),
    ],
)
def test_what_is_no_context_says_why(text: str, says: str) -> None:
    with pytest.raises(BadContext, match=re.escape(says)):
        context_of(text)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, min_size=1, max_size=3), max_size=3))
def test_both_ways_of_typing_mean_the_same(context: dict[str, dict[str, object]]) -> None:
    words = [
        f"{kind}.{name}={value if isinstance(value, str) else json.dumps(value)}"
        for kind, attributes in context.items()
        for name, value in attributes.items()
    ]
    assert context_of(" ".join(words)) == context_of(json.dumps(context)) == context
