"""``flags list --suspects``: what it tells, and what it says it cannot tell."""

from __future__ import annotations

import pytest

from tests.commands.running import Place
from tests.commands.test_json import check

pytestmark = pytest.mark.slow


def test_what_speaks_against_a_flag_and_what_a_kill_would_do_is_told(here: Place) -> None:
    document = here.run("flags", "list", "--suspects", "--json").json
    check("flags list --suspects", document)
    (only,) = document["suspects"]
    assert document["incident"]["harm"] is False
    assert (only["key"], only["kill"]["moves_low"], only["kill"]["moves_high"]) == ("new-cart", 0.25, 0.25)
    assert [one["kind"] for one in only["reasons"]] == ["changed", "canary_only"]
    shown = here.run("flags", "list", "--suspects").out
    assert "1 suspect of the flags of Vercel Flags; no harm is seen: the verdict is " in shown
    assert "off: another variant for 25 % of people" in shown
    assert "coalmine flags kill new-cart --environment production" in shown


def test_without_a_prometheus_it_is_said_that_errors_by_variant_are_not_known(here: Place) -> None:
    done = here.run("flags", "list", "--suspects", env={"COALMINE_METRICS__SOURCE": "off"})
    assert done.code == 0
    assert "not known: errors by variant: only a Prometheus can tell them" in done.out
    assert "changed 38 min ago" in done.out
    named = here.run("flags", "list", "--suspects", env={"COALMINE_PROMETHEUS__FLAG_SERIES": "other_total"})
    assert "errors by variant: the canary counts nothing as other_total" in named.out
    wrong = here.run("flags", "list", "--suspects", "--tag", "cart")
    assert (wrong.code, wrong.out) == (2, "")
