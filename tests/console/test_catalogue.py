"""The catalogue: what comes with Coalmine, what settings make of it, and every fault with its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.canary.catalogue import CATALOGUE, Catalogue, Metric, packaged
from console.canary.catalogue_file import NEEDS, BadCatalogue, MetricTable, load
from console.canary.headline import HEADLINE
from console.canary.selectors import selector
from console.plain import made, plain
from console.settings import SettingsError, combine

FILE = Path("/somewhere/coalmine.toml")
FULL: dict[str, Any] = {
    "title": "queue",
    "family": "infrastructure",
    "kind": "gauge",
    "unit": "s",
    "worse": "higher",
    "prometheus": [{"expression": "max by ($BY) (queue_age_seconds{$D})"}],
}


def faults(text: str | None, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        combine(text, FILE if text is not None else None, environ or {}, Path("/state"))
    return caught.value.faults


def refused(**changed: Any) -> list[str]:
    """What is said of the metric ``own`` made of :data:`FULL` with ``changed`` keys (``None``: left out)."""
    table = {key: value for key, value in {**FULL, **changed}.items() if value is not None}
    with pytest.raises(BadCatalogue) as caught:
        load({"own": table})
    return [f"{'.'.join(str(part) for part in loc)}: {what}" for loc, what in caught.value.faults]


# --- what comes with Coalmine -------------------------------------------------------------------------


def test_there_are_the_sixteen_in_four_families() -> None:
    rows = CATALOGUE.rows
    assert len(rows) == 16
    families = [row[0].family for row in rows]
    assert {family: families.count(family) for family in families} == dict.fromkeys(
        ("errors", "performance", "experience", "infrastructure"), 4
    )
    assert {part.id: part.part_of for row in rows for part in row[1:]} == {
        "probe_failures": "error_rate",
        "page_views": "session_duration",
        "visits": "session_duration",
        "memory": "cpu",
        "request_rate": "network",
    }


def test_the_first_three_keep_their_meaning() -> None:
    assert [one.id for one in CATALOGUE.headline] == list(HEADLINE)
    error_rate, latency, requests = CATALOGUE.headline
    assert (error_rate.kind, error_rate.unit, error_rate.guard) == ("ratio", "%", True)
    assert (latency.kind, latency.unit, latency.quantile, latency.guard) == ("histogram", "ms", 0.95, True)
    assert (requests.kind, requests.unit, requests.guard) == ("count", "req/s", False)


def test_every_metric_is_asked_for_in_one_of_two_turns() -> None:
    assert sorted(m.id for m in (*CATALOGUE.often, *CATALOGUE.seldom)) == sorted(
        m.id for m in CATALOGUE.asked
    )
    assert {*CATALOGUE} - {*CATALOGUE.asked} == {CATALOGUE.probes}
    assert (CATALOGUE.probes.series, CATALOGUE.probes.vercel) == ((), ())
    assert {m.id for m in CATALOGUE if m.guard} <= {m.id for m in CATALOGUE.often}


def test_context_has_no_place_for_deployments_and_is_no_guard() -> None:
    context = [metric for metric in CATALOGUE if not metric.split]
    assert {metric.id for metric in context} == {"network", "db_connections"}
    for metric in CATALOGUE:
        for series in metric.series:
            for text in (*series.selectors, series.expression or "{$D}" * metric.split):
                assert ("$D" in text) is metric.split
            assert all(selector(text).split is metric.split for text in series.selectors)
    assert not any(metric.guard for metric in context)


def test_what_only_stands_in_says_so_and_sessions_say_how_late_they_are() -> None:
    stand_ins = {m.id: [s.instead for s in m.series if s.instead] for m in CATALOGUE}
    assert stand_ins["time_to_interactive"] == ["INP"]
    late = {metric.id for metric in CATALOGUE if metric.late_s}
    assert late == {"conversion_rate", "session_duration", "bounce_rate", "feature_usage", "visits"}


def test_it_can_be_kept_as_plain_json() -> None:
    for metric in CATALOGUE:
        assert made(Metric, plain(metric)) == metric


def test_reading_it_waits_until_somebody_asks() -> None:
    code = (
        "import sys, console.canary.catalogue as c, console.picture, console.settings_faults\n"
        "assert 'console.canary.catalogue_file' not in sys.modules\n"
        "assert c.ERROR_RATE.id == 'error_rate'\n"
        "assert 'console.canary.catalogue_file' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    with pytest.raises(AttributeError):
        _ = sys.modules["console.canary.catalogue"].NO_SUCH_METRIC


# --- what settings make of it -------------------------------------------------------------------------


def in_force(text: str, environ: dict[str, str] | None = None) -> Catalogue:
    return combine(text, FILE, environ or {}, Path("/state")).catalogue


def test_without_settings_it_is_the_packaged_one() -> None:
    assert in_force("") is packaged()


def test_a_key_is_overridden_and_the_others_stay() -> None:
    changed = in_force("[metrics.conversion_rate]\nmargin = 1.5\nweight = 3\n")
    metric, before = changed["conversion_rate"], packaged()["conversion_rate"]
    assert (metric.margin, metric.weight) == (1.5, 3.0)
    assert metric.series == before.series
    assert [one.id for one in changed] == [one.id for one in packaged()]


def test_a_variable_goes_before_the_file() -> None:
    text = "[metrics.bounce_rate]\nguard = true\nweight = 3\n"
    metric = in_force(text, {"COALMINE_METRICS__BOUNCE_RATE__GUARD": "false"})["bounce_rate"]
    assert not metric.guard
    assert metric.weight == 3


def test_the_source_and_the_metrics_stand_in_one_table() -> None:
    text = '[metrics]\nsource = "off"\n[metrics.bounce_rate]\nweight = 3\n'
    loaded = combine(text, FILE, {"COALMINE_METRICS__SOURCE": "prometheus"}, Path("/state"))
    assert loaded.settings.metrics.source == "prometheus"
    assert loaded.catalogue["bounce_rate"].weight == 3
    assert in_force('[metrics]\nsource = "off"\n') is packaged()
    [fault] = faults('[metrics]\nsorce = "off"\n')
    assert fault.startswith(f"{FILE}:2: metrics.sorce: there is no such setting")


def test_the_probes_stay_what_they_are() -> None:
    assert in_force('[metrics.probe_failures]\ntitle = "our own"\n').probes.title == "our own"
    text = "[metrics.probe_failures]\nguard = true\n[[metrics.probe_failures.prometheus]]\n"
    named = faults(text + "numerator = 'a{$D}'\ndenominator = 'b{$D}'\n")
    assert ["guard" in named[0], "prometheus" in named[1], len(named)] == [True, True, 2]


def test_a_metric_of_ones_own_comes_last() -> None:
    text = """
[metrics.checkout_errors]
title = "failed payments"
family = "errors"
kind = "ratio"
unit = "%"
worse = "higher"
by = { labels = "provider" }

[[metrics.checkout_errors.prometheus]]
numerator = 'payments_total{$D,result!="paid"}'
denominator = 'payments_total{$D}'
"""
    *_, own = in_force(text)
    assert own.id == "checkout_errors"
    assert own.guard
    assert own.by is not None
    assert own.series[0].labels == own.by.labels == ("provider",)


def test_faults_have_file_and_line() -> None:
    text = """[vercel]
project_id = "shop"

[metrics.bounce_rate]
weight = -1
wieght = 3

[metrics.own]
title = "own"
family = "errors"
kind = "ratio"
unit = "%"
worse = "higher"

[[metrics.own.prometheus]]
numerator = 'a{$D}'
denominator = 'b{$D}'

[[metrics.own.prometheus]]
numerator = 'rate(a{$D}[5m])'
denominator = 'b{$D}'
"""
    said = faults(text)
    assert len(said) == 3
    assert said[0] == f"{FILE}:5: metrics.bounce_rate.weight: it has to be greater than 0."
    assert said[1] == f"{FILE}:6: metrics.bounce_rate.wieght: there is no such setting."
    assert said[2].startswith(f"{FILE}:19: metrics.own.prometheus.1: numerator: a selector is a name and")


def test_what_is_missing_is_said_where_it_belongs() -> None:
    said = faults('[poll]\nrelease_s = 5\n[metrics.own]\ntitle = "own"\n')
    assert f"{FILE}:3: metrics.own.kind: it has to be set." in said
    said = faults(None, {"COALMINE_METRICS__OWN__TITLE": "own"})
    assert all(one.startswith("COALMINE_METRICS__OWN") for one in said)


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"kind": "ratio", "unit": "%"}, "a ratio needs denominator and numerator"),
        ({"unit": "%", "kind": "histogram"}, "a histogram needs buckets"),
        ({"unit": "per session"}, "a gauge is not counted in per session"),
        ({"unit": "bananas"}, "it has to be '%'"),
        ({"worse": None}, "which direction is worse"),
        ({"split": False}, "belongs into every selector"),
        (
            {"split": False, "prometheus": [{"expression": "max(queue_age_seconds)"}]},
            "cannot be a guard",
        ),
        ({"margin": 1.0, "tolerance": 1.2}, "cannot be below the tolerance"),
        ({"margin": 0.5}, "at least 1"),
        ({"guard": False, "required": True}, "only a guard can be required"),
        ({"by": {"labels": ["x"]}}, "only a ratio or a count"),
        ({"part_of": "nobody"}, "no other metric 'nobody'"),
        ({"part_of": "memory"}, "stands in another's row itself"),
        ({"prometheus": [{"expression": "max(q{$D}"}]}, "a ) is missing"),
        ({"prometheus": [{"expression": "max(q{$D}))"}]}, "a ) too many"),
        ({"prometheus": [{"expression": 'q{$D,a="b}'}]}, "does not end"),
        ({"prometheus": [{"expression": "q{$D}", "buckets": "q_bucket{$D}"}]}, "has no buckets"),
        ({"kind": "set", "unit": "types", "prometheus": [{"numerator": "q{$D}"}]}, "needs one label"),
        ({"kind": "histogram", "prometheus": [{"buckets": "q{$D}"}]}, "ends in _bucket"),
        ({"title": "two\nlines"}, "it does not have the form"),
        ({"kind": "categorical", "unit": "%", "prometheus": []}, "names its worst"),
    ],
)
def test_what_means_nothing_is_refused(changed: dict[str, Any], about: str) -> None:
    said = refused(**changed)
    assert any(about in one for one in said), said


@pytest.mark.parametrize("name", ["Own", "1st", "a-b", "a.b", "", "x" * 41, "ö"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(BadCatalogue):
        load({name: FULL})


@pytest.mark.parametrize(
    ("name", "key", "value"), [("error_rate", "unit", "ms"), ("latency_p95", "split", False)]
)
def test_what_the_screens_rely_on_cannot_be_changed(name: str, key: str, value: object) -> None:
    with pytest.raises(BadCatalogue) as caught:
        load({name: {key: value}})
    assert any(loc == (name, key) and "fixed" in what for loc, what in caught.value.faults)


def test_there_is_an_end_to_them() -> None:
    with pytest.raises(BadCatalogue, match="are the most"):
        load({f"own_{number}": FULL for number in range(60)})


KEYS = st.sampled_from([*MetricTable.model_fields, "nonsense"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(table=st.dictionaries(KEYS, ANYTHING, max_size=6), name=st.sampled_from([*NEEDS, "cpu", "own", "Own"]))
def test_any_table_makes_a_whole_catalogue_or_is_refused_with_its_key(
    table: dict[str, Any], name: str
) -> None:
    faults: tuple[tuple[Any, str], ...] = ()
    try:
        catalogue = load({name: table})
    except BadCatalogue as error:
        catalogue, faults = packaged(), error.faults
    assert all(loc[:1] == (name,) and what for loc, what in faults)
    assert catalogue.headline
    assert all(metric.guard is False or metric.split for metric in catalogue)
    assert all(metric.margin >= metric.tolerance >= 1 for metric in catalogue)
