"""Which playbook is offered first for what."""

from __future__ import annotations

import pytest

from console.canary.catalogue import packaged
from console.playbooks.offering import Card, Offered, offered, offers_words
from console.playbooks.validate import validate
from data.playbook_files import read, shipped

CARDS = (
    Card("canary-bad", ("error_rate",), asks_for_canary=True),
    Card("generic-triage", ()),
    Card("migration", ("error_rate", "db_query_time")),
    Card("production", ("rollback", "error_rate")),
)


def names(*signs: str, on_release: bool = False) -> list[str]:
    return [one.name for one in offered(signs, on_release=on_release, cards=CARDS)]


def test_what_fits_best_comes_first_and_triage_last() -> None:
    assert names("error_rate", on_release=True) == ["canary-bad", "migration", "production", "generic-triage"]
    assert names("error_rate", "db_query_time") == ["migration", "production", "canary-bad", "generic-triage"]
    assert names("rollback") == ["production", "generic-triage"]
    assert names("nobody_knows") == names() == ["generic-triage"]


def test_the_one_that_an_alert_names_is_the_first() -> None:
    assert names("production", "error_rate", on_release=True)[0] == "production"


def test_a_name_of_an_alert_holds_what_it_is_about() -> None:
    assert names("CanaryErrorRateHigh", on_release=True)[0] == "canary-bad"


def test_what_it_is_offered_for_is_said() -> None:
    found = (Offered("a", ("error_rate",)), Offered("generic-triage", ()))
    assert offers_words(found) == "a (error_rate), generic-triage"


@pytest.fixture(scope="module")
def cards() -> tuple[Card, ...]:
    metrics = {one.id for one in packaged()}
    read_ = [validate(read(path), metrics).playbook for path in shipped()]
    return tuple(Card.of(one) for one in read_ if one is not None)


@pytest.mark.parametrize(
    ("signs", "on_release", "first"),
    [
        (("error_rate",), True, "canary-high-error-rate"),
        (("latency_p95",), True, "canary-slow"),
        (("rollback",), False, "production-down"),
        (("error_rate", "db_query_time"), False, "database-migration"),
        (("metrics_source", "MetricsSourceLost"), True, "metrics-lost"),
        (("PreviewExposed",), False, "preview-exposure"),
        ((), False, "generic-triage"),
    ],
)
def test_those_that_ship_are_offered_where_they_belong(
    cards: tuple[Card, ...], signs: tuple[str, ...], on_release: bool, first: str
) -> None:
    assert len(cards) == 9
    assert offered(signs, on_release=on_release, cards=cards)[0].name == first
