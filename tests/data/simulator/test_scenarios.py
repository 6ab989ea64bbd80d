"""Scenario files: those that ship are sound, and a mistake is named with its file and key."""

from __future__ import annotations

import pytest

from data.simulator import scenario
from data.simulator.scenario import BadScenario


def test_the_scenarios_that_ship() -> None:
    assert {"healthy", "error-spike", "latency-regression", "metrics-outage", "api-brownout"} <= set(
        scenario.names()
    )
    for name in scenario.names():
        assert scenario.load(name).title
    assert scenario.load("healthy").effects == ()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("title = ", "not valid TOML"),
        ("", "title"),
        ('title = "x"\ncolour = 1', "colour"),
        ('title = "x"\n[[effects]]\nkind = "magic"', "effects.0"),
        ('title = "x"\n[[effects]]\nkind = "errors"\ntrack = "canary"\nshare = 2', "effects.0.errors.share"),
        (
            'title = "x"\n[[effects]]\nkind = "errors"\ntrack = "both"\nshare = 0.1\nroutes = ["/nope"]',
            "/nope",
        ),
        ('title = "x"\n[[effects]]\nkind = "latency"\ntrack = "prod"\nfactor = 2', "effects.0.latency.track"),
        (
            'title = "x"\n[[effects]]\nkind = "endpoint"\nendpoint = "vercel"\nfault = "drop"\nfor_s = 0',
            "for_s",
        ),
        (
            'title = "x"\n[[effects]]\nkind = "metric"\ntrack = "canary"\nmetric = "luck"\nfactor = 2',
            "metric",
        ),
        (
            'title = "x"\n[[effects]]\nkind = "metric"\ntrack = "canary"\nmetric = "feature_usage"\n'
            'factor = 2\nonly = ["teleport"]',
            "teleport",
        ),
        ('title = "x"\n[[effects]]\nkind = "traffic"\nfactor = 0', "effects.0.traffic.factor"),
        ('title = "x"\n[[effects]]\nkind = "traffic"\nfactor = 1\nevery_s = 9', "for_s"),
    ],
)
def test_mistakes_are_named(text: str, key: str) -> None:
    with pytest.raises(BadScenario) as bad:
        scenario.parse(text, "mine.toml")
    assert "mine.toml" in str(bad.value)
    assert key in str(bad.value)


def test_an_effect_begins_ramps_and_ends() -> None:
    effect = scenario.ErrorEffect(kind="errors", track="canary", share=0.5, after_s=10, for_s=60)
    strengths = [effect.strength(at, 20) for at in (0, 9.9, 10, 20, 30, 69, 70)]
    assert strengths == [0, 0, 0, 0.5, 1, 1, 0]


def test_what_begins_again_is_on_for_its_time_and_off_for_the_rest() -> None:
    effect = scenario.ErrorEffect(kind="errors", track="canary", share=0.5, after_s=10, for_s=20, every_s=100)
    assert [effect.strength(at) for at in (9, 10, 29, 30, 109, 110, 129, 130)] == [0, 1, 1, 0, 0, 1, 1, 0]


def test_an_effect_on_a_metric_grows_from_nothing_different() -> None:
    slower = scenario.MetricEffect(kind="metric", track="canary", metric="page_load", factor=3)
    unseen = scenario.MetricEffect(kind="metric", track="canary", metric="new_errors", factor=0.01)
    assert [slower.change(strength).factor for strength in (0.0, 0.5, 1.0)] == [1, 2, 3]
    assert [unseen.change(strength).factor for strength in (0.0, 0.5, 1.0)] == [0, 0.005, 0.01]
