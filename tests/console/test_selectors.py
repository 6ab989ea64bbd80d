"""Selectors of the catalogue, and which series belong to them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.selectors import BadSelector, expression_fault, selector
from data.prometheus.queries import expression, named, one_of, quoted
from data.simulator import promql


def test_a_selector_knows_its_series() -> None:
    chosen = selector('http_requests_total{$D, status=~"5..", route!="/health"}')
    assert (chosen.name, chosen.split) == ("http_requests_total", True)
    assert chosen.fits({"status": "503", "route": "/"})
    assert chosen.fits({"status": "503"})
    assert not chosen.fits({"status": "5030", "route": "/"})
    assert not chosen.fits({"status": "503", "route": "/health"})
    assert not chosen.fits({})


def test_without_a_place_for_deployments_it_is_not_split() -> None:
    assert not selector('up{job="x"}').split
    assert not selector("up").split
    assert selector("up{$D}").split


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{$D}",
        "rate(x{$D}[5m])",
        "x{$D}[5m]",
        "x{$D} offset 5m",
        "x{$D",
        "x{a=b}",
        'x{a~"b"}',
        'x{a="b" c="d"}',
        'x{a=~"["}',
        "x{$E}",
        "x + y",
        'x{a="}',
    ],
)
def test_everything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadSelector) as caught:
        selector(text)
    assert len(str(caught.value)) > 10


VALUES = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\t\a\b\f\v"), max_size=12)


@given(value=VALUES, other=VALUES)
def test_any_value_is_matched_as_a_prometheus_would(value: str, other: str) -> None:
    for matcher in (f"l={quoted(value)}", f"l!={quoted(value)}", f"l=~{quoted(re.escape(value))}"):
        own, theirs = selector(f"x{{{matcher}}}").matchers[0], promql.parse(f"x{{{matcher}}}")
        assert isinstance(theirs, promql.Selector)
        for label in (value, other, ""):
            assert own.fits({"l": label}) is theirs.matchers[1].fits(label)


@given(ids=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3), other=st.text(max_size=8))
def test_deployments_are_found_literally_whatever_they_are_called(ids: list[str], other: str) -> None:
    tree = promql.parse(named(["a_total", "b_total"], one_of("deployment", ids)))
    assert isinstance(tree, promql.Selector)
    names, deployments = tree.matchers
    assert [names.fits(one) for one in ("a_total", "b_total", "a_totalx")] == [True, True, False]
    assert all(deployments.fits(one) for one in ids)
    assert deployments.fits(other) is (other in ids)


@given(strange=st.sampled_from(["$W", "$BY", "$D", '"} or up{a="', "a|b"]))
def test_nothing_in_a_deployments_name_is_filled_in(strange: str) -> None:
    text = expression("avg by ($BY) (rate(x{$D}[$W]))", "deployment", one_of("deployment", [strange]), 59.2)
    tree = promql.parse(text)
    assert isinstance(tree, promql.Aggregate)
    assert isinstance(tree.inner, promql.Over)
    assert tree.by == ("deployment",)
    assert tree.inner.selector.range_ms == 60_000
    assert tree.inner.selector.matchers[1].fits(strange)


@given(st.text(alphabet="()[]{}\"'`\\ a$D", max_size=20))
def test_brackets_and_strings_are_looked_at_and_never_fail(text: str) -> None:
    fault = expression_fault(text)
    if fault is None:
        assert re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", "", text, flags=re.DOTALL).count(
            "("
        ) == (re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", "", text, flags=re.DOTALL).count(")"))
